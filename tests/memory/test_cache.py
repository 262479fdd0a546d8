from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import apsw
import pytest
from hypothesis import given
from hypothesis import strategies as st

from astraweave.errors import StoreError
from astraweave.memory import MemoryStore, open_memory
from astraweave.memory.cache import HotCache
from astraweave.model.memory import Memory, MemoryType


def note(name: str, text: str = "") -> Memory:
    return Memory(id=name, memory_type=MemoryType.SOCIAL, text=text, created_at=1.0)


def pages_read(store: MemoryStore) -> int:
    return int(store._read_link.db.status(apsw.SQLITE_DBSTATUS_CACHE_MISS)[0])


def test_what_was_just_written_is_read_without_waiting_and_without_the_disk(
    store: MemoryStore, make_draft: Callable[..., Any]
) -> None:
    store.write(make_draft("fight"))
    store.flush()
    before = pages_read(store)
    with store._link.lock:  # the writer cannot write, and need not
        store.encode(note("m", "hello"))
        found = store.memory("m")
        assert found is not None
        assert found.text == "hello"
    fight = store.memory("fight")
    assert fight is not None
    assert fight.tags == ("combat", "night")
    assert pages_read(store) == before
    figures = store.figures()
    assert (figures["cache_hits"], figures["cache_misses"]) == (2, 0)


def test_what_was_read_once_is_read_from_ram_and_is_the_callers_own(save: Path) -> None:
    with open_memory(save) as store:
        store.encode(Memory(**{**as_fields(note("m")), "data": {"list": [1, {"deep": 2}]}}))
    with open_memory(save) as store:
        first, second = store.memory("m"), store.memory("m")
        assert first == second
        assert first is not None
        first.data["list"][1]["deep"] = 3
        again = store.memory("m")
        assert again is not None
        assert again.data == {"list": [1, {"deep": 2}]}
        assert (store.figures()["cache_hits"], store.figures()["cache_misses"]) == (2, 1)


DATA = [{"big": 2**80, "list": [1.0, -0.0, {"deep": 2}]}, [2, 2.0, True, None], "text", 2**64, None]


@pytest.mark.parametrize("data", DATA)
def test_what_a_question_finds_is_the_callers_own_with_every_number_of_its_kind(
    save: Path, data: Any
) -> None:
    with open_memory(save) as store:
        store.encode(Memory(**{**as_fields(note("m", "orchid")), "data": data}))
        store.flush()
        store._cache.clear()  # the first is read from the file
        for uses in range(3):
            found = store.retrieve("orchid", now=9.0)[0].memory
            assert repr(found.data) == repr(data)
            assert found.access_count == uses
            if isinstance(found.data, (dict, list)):
                found.data.clear()


def as_fields(memory: Memory) -> dict[str, Any]:
    return {name: getattr(memory, name) for name in memory.__struct_fields__}


def test_another_process_is_believed_at_once(save: Path) -> None:
    with open_memory(save) as ours, open_memory(save, recover=False) as theirs:
        ours.encode(note("m", "old"))
        ours.flush()
        theirs.encode(note("m", "new"))
        theirs.flush()
        found = ours.memory("m")
        assert found is not None
        assert found.text == "new"
        theirs.prune(2.0)
        assert ours.memory("m") is None


def test_what_the_disk_refused_is_not_remembered(
    store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise apsw.ConstraintError

    monkeypatch.setattr("astraweave.memory.jobs.replace_memory", refuse)
    store.encode(note("m"))
    with pytest.raises(StoreError, match="could not be stored"):
        store.flush()
    assert store.memory("m") is None


def test_a_memory_that_was_dropped_is_not_remembered_and_remember_says_so(save: Path) -> None:
    with open_memory(save, queue_limit=2) as store:
        with store._link.lock:
            kept = [store.encode(note(str(n))) for n in range(60)]
            assert not all(kept)
            with pytest.raises(StoreError, match="too many wait"):
                store.remember("one more")
        for n, was_kept in enumerate(kept):
            assert (store.memory(str(n)) is not None) is was_kept
        store._writer._unkept.clear()


def test_an_answer_that_was_read_before_a_change_is_not_kept() -> None:
    cache = HotCache(capacity=2)
    noted = cache.changes
    cache.put(note("m", "new"))
    cache.add(note("m", "old"), noted)
    found = cache.get("m")
    assert found is not None
    assert found.text == "new"
    for name in ("a", "b"):
        cache.put(note(name))
    assert cache.get("m") is None


def test_remembering_the_same_moment_twice_is_one_memory(store: MemoryStore) -> None:
    first = store.remember("Robin waved", memory_type="social", tags=["hello"], now=5.0)
    again = store.remember("Robin waved", memory_type="social", tags=["hello"], now=5.0)
    other = store.remember("Robin waved", memory_type="social", player_id="kim", now=5.0)
    assert first == again == store.memory(first.id)
    assert store.count() == 2
    assert other.id != first.id
    assert first.created_at == 5.0


def test_what_is_no_memory_is_refused_by_its_field(store: MemoryStore) -> None:
    with pytest.raises(StoreError, match="not a type of memory, got smelly"):
        store.remember("x", memory_type="smelly")
    for wrong in ({"importance": 2.0}, {"facts": {"hp": float("nan")}}, {"player_id": ""}):
        with pytest.raises(StoreError, match="cannot be stored"):
            store.remember("x", **wrong)  # type: ignore[arg-type]


def test_the_store_asks_its_clock_when_no_moment_is_given(save: Path) -> None:
    with open_memory(save, clock=lambda: 77.0) as store:
        assert store.remember("now").created_at == 77.0


def test_a_closed_store_says_so_whatever_it_is_asked(save: Path) -> None:
    with open_memory(save) as store:
        memory = store.remember("Robin waved", now=5.0)
    for asked in (lambda: store.retrieve("waved"), lambda: store.memory(memory.id)):
        with pytest.raises(StoreError, match="the store is closed"):
            asked()


class NaiveCache:
    """Id → [text, uses, row number], oldest first; room for three."""

    def __init__(self) -> None:
        self.kept: OrderedDict[str, list[Any]] = OrderedDict()

    def put(self, memory: Memory) -> None:
        before = self.kept.get(memory.id, [None, None, None])
        self.kept[memory.id] = [memory.text, 0, before[2]]
        self.kept.move_to_end(memory.id)
        if len(self.kept) > 3:
            self.kept.popitem(last=False)

    def add(self, memories: list[tuple[int, Memory]]) -> None:
        for row, memory in memories:
            self.put(memory)
            self.kept[memory.id][2] = row

    def fill(self, memories: list[tuple[int, Memory]]) -> bool:
        for row, memory in memories:
            if memory.id not in self.kept and len(self.kept) < 3:
                self.kept[memory.id] = [memory.text, 0, row]
                self.kept.move_to_end(memory.id, last=False)
            if memory.id in self.kept:
                self.kept[memory.id][2] = row
        return len(self.kept) < 3

    def found(self, rows: list[int]) -> dict[int, tuple[str, int]]:
        known = {one[2]: one for one in self.kept.values()}
        told = {row: (known[row][0], known[row][1]) for row in rows if row in known}
        for row in told:
            known[row][1] += 1
        return told

    def get(self, name: str) -> tuple[str, int] | None:
        if name not in self.kept:
            return None
        self.kept.move_to_end(name)
        return self.kept[name][0], self.kept[name][1]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["put", "add", "fill", "found", "get", "drop"]), st.integers(0, 4)
        )
    )
)
def test_a_cache_gives_what_a_plain_table_would(steps: list[tuple[str, int]]) -> None:
    cache, naive = HotCache(capacity=3), NaiveCache()
    for n, (step, row) in enumerate(steps):
        name = "abcde"[row]
        given = note(name, str(n))
        if step == "put":
            cache.put(given)
            naive.put(given)
        elif step == "add":
            cache.add([(row, given)], cache.changes)
            naive.add([(row, given)])
        elif step == "fill":
            assert cache.fill([(row, given)], cache.changes) is naive.fill([(row, given)])
        elif step == "drop":
            cache.drop(name)
            naive.kept.pop(name, None)
        elif step == "get":
            one = cache.get(name)
            assert (one and (one.text, one.access_count)) == naive.get(name)
        else:
            rows = [row, 0, 4, 1]
            some = cache.found(list(dict.fromkeys(rows)), 1.0)
            told = {at: (one.text, one.access_count) for at, one in some.items()}
            assert told == naive.found(rows)
