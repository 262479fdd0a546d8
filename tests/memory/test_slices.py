"""Long work is done a little at a time, ends as if done at once, and lets others write between."""

from collections.abc import Callable
from functools import partial
from math import inf
from pathlib import Path
from typing import Any

import apsw
import pytest
from hypothesis import given
from hypothesis import strategies as st

from astraweave.memory import Limit, MemoryStore, Retention, open_memory
from astraweave.memory.consolidation import link_some, planned
from astraweave.memory.fading import Cursor, evict, fade, weak_some
from astraweave.memory.forgotten import forget_episode, forget_memory
from astraweave.memory.pruning import prunable, prune_one
from astraweave.memory.slices import each_within
from astraweave.model.learned import LearningCommit
from astraweave.model.memory import (
    Association,
    Memory,
    MemoryType,
    SpatialTemporalContext,
)

START_S, DAY_S = 1.7e9, 86_400.0
LATE = START_S + 400 * DAY_S


@given(st.lists(st.integers(0, 20), max_size=20), st.integers(0, 60))
def test_a_slice_ends_before_an_item_like_the_longest_would_take_it_over(
    costs: list[int], most: int
) -> None:
    spent = 0

    def work(_db: Any, cost: int) -> bool:
        nonlocal spent
        spent += cost
        return cost % 2 == 0

    nowhere: Any = None
    taken, done = each_within(nowhere, costs, work, float(most), lambda: float(spent))
    should = min(1, len(costs))
    while 0 < should < len(costs) and sum(costs[:should]) + max(costs[:should]) < most:
        should += 1
    assert taken == should
    assert done == [cost for cost in costs[:taken] if cost % 2 == 0]


def filled(make_draft: Any, episodes: int = 12) -> MemoryStore:
    """A store of learned episodes and of memories of every type, linked and indexed."""
    store = open_memory()
    for n in range(episodes):
        store.write(make_draft(f"e{n}"))
    store.flush()
    ids = store.episode_ids()
    pair = store.pairs()[0]
    rows = dict.fromkeys(ids, b"row")
    store.commit(LearningCommit(player_id=pair[0], companion_id=pair[1], rows=rows))
    for n in range(40):
        kind = list(MemoryType)[n % len(MemoryType)]
        place = SpatialTemporalContext(location="mill" if n % 2 else "camp")
        store.encode(
            Memory(
                id=f"m{n}",
                memory_type=kind,
                text=f"wolf {n % 5}",
                created_at=START_S + n * DAY_S / 3,
                context=place,
                importance=n / 40,
            )
        )
    store.retrieve("x")
    return store


TABLES = (
    *("memories", "episodes", "digests", "associations", "contexts", "vectors", "statistics"),
    *("states", "tags", "uses", "observations", "quarantine", "memory_words"),
)


def held(store: MemoryStore) -> dict[str, list[Any]]:
    reader = store._ask()
    return {table: sorted(reader.query(f"SELECT * FROM {table}")) for table in TABLES}


def decayed(store: MemoryStore, slice_s: float) -> int:
    query, cursor, slices = store._ask().query, Cursor(), 0
    following: Cursor | None = cursor
    while following is not None:
        following, weak = weak_some(query, LATE, following)
        slices += done_in_slices(partial(fade, now=LATE), weak, store, slice_s)
    return slices


def pruned(store: MemoryStore, slice_s: float) -> int:
    old = prunable(store._ask().query, LATE, None)
    return done_in_slices(partial(prune_one, before_s=LATE, player=None), old, store, slice_s)


def linked(store: MemoryStore, slice_s: float) -> int:
    slices = 0
    while plans := planned(store._ask().query):
        with store._link.transaction() as db:
            link_some(db, plans, slice_s)
        slices += 1
    return slices


def forgotten(store: MemoryStore, slice_s: float) -> int:
    return sum(taken(work, store, slice_s) for work in (forget_memory, forget_episode))


def taken(work: Any, store: MemoryStore, slice_s: float) -> int:
    return done_in_slices(work, [*[f"e{n}" for n in range(7)], "m3", "m4"], store, slice_s)


def done_in_slices(work: Any, left: list[Any], store: MemoryStore, slice_s: float) -> int:
    slices = 0
    while left:
        with store._link.transaction() as db:
            left = left[each_within(db, left, work, slice_s)[0] :]
        slices += 1
    return slices


JOBS = {
    "decay": decayed,
    "consolidate": linked,
    "retain": partial(taken, evict),
    "forget": forgotten,
    "prune": pruned,
}


@pytest.mark.parametrize("job", JOBS)
def test_work_in_slices_of_one_ends_as_work_in_one_slice(job: str, make_draft: Any) -> None:
    ends, slices = [], []
    for slice_s in (0.0, inf):
        with filled(make_draft) as store:
            slices.append(JOBS[job](store, slice_s))
            ends.append(held(store))
            JOBS[job](store, slice_s)
            assert held(store) == ends[-1]
    assert ends[0] == ends[1]
    assert slices[0] > 2 * slices[1]


LONG: dict[str, Callable[[MemoryStore], object]] = {
    "decay": lambda store: store.decay(LATE),
    "consolidate": lambda store: store.consolidate(),
    "retain": lambda store: store.retain(Retention(every=Limit(episodes=2))),
    "forget": lambda store: store.forget(*[f"e{n}" for n in range(7)], "m3", "m4"),
    "compress": lambda store: store.compress(LATE),
    "prune": lambda store: store.prune(LATE),
}


@pytest.mark.parametrize("job", LONG)
def test_what_is_written_meanwhile_waits_for_one_slice_and_not_for_the_job(
    job: str, make_draft: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("astraweave.memory.slices.within", lambda items, *_: items[:1])
    with filled(make_draft) as store:
        call, waited = store._writer.call, list[int]()

        def one_slice(work: Any, *args: Any, **more: Any) -> Any:
            # Another thread gives a memory just before a slice begins.
            store.encode(
                Memory(
                    id=f"new{len(waited)}",
                    memory_type=MemoryType.SEMANTIC,
                    text="",
                    created_at=START_S,
                )
            )
            result = call(work, *args, **more)
            waited.append(store._writer.queued)
            return result

        monkeypatch.setattr(store._writer, "call", one_slice)
        LONG[job](store)
        assert len(waited) > 3
        assert waited == [0] * len(waited)


class Killed(BaseException):
    """As far as the save is concerned."""


def killed_after(slices: int, store: MemoryStore, job: Any, patch: pytest.MonkeyPatch) -> bool:
    """Whether `job` was still at it after so many transactions, and was cut off there."""
    call, left = store._writer.call, slices

    def some(work: Any, *args: Any, **more: Any) -> Any:
        nonlocal left
        if not left:
            raise Killed
        left -= 1
        return call(work, *args, **more)

    with patch.context() as patched:
        patched.setattr(store._writer, "call", some)
        try:
            job(store)
        except Killed:
            return True
    return False


@pytest.mark.parametrize("job", LONG)
def test_work_that_was_killed_after_any_slice_ends_as_if_it_had_not_been(
    job: str, make_draft: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("astraweave.memory.slices.within", lambda items, *_: items[:1])
    with filled(make_draft) as store:
        LONG[job](store)
        whole = held(store)
    slices, cut_off = 0, True
    while cut_off:
        with filled(make_draft) as store:
            cut_off = killed_after(slices, store, LONG[job], monkeypatch)
            LONG[job](store)
            assert held(store) == whole, slices
        slices += 1 + slices // 4
    assert slices > 5


def test_a_link_that_was_worked_out_leads_to_nothing_that_was_deleted_meanwhile() -> None:
    with open_memory() as store:
        for name, at in (("a", 0.0), ("b", 1.0), ("c", 2.0)):
            store.encode(
                Memory(id=name, memory_type=MemoryType.SOCIAL, text="", created_at=START_S + at)
            )
        store.retrieve("x")
        plans = planned(store._ask().query)
        store.forget("a")
        with store._link.transaction() as db:
            link_some(db, plans, inf)
        links = store._ask().query("SELECT target FROM associations")
        assert links == [("b",)]
        assert store.consolidate() == (0, 0)


def test_a_forgotten_id_is_named_nowhere_in_the_save(save: Any) -> None:
    gone, kept = 'fire "7" é', "fight"
    with open_memory(save) as store:
        for name in (gone, kept):
            store.encode(
                Memory(id=name, memory_type=MemoryType.EPISODIC, text="", created_at=START_S)
            )
        naming = Memory(
            id="naming",
            memory_type=MemoryType.SEMANTIC,
            text="what was learned",
            created_at=START_S,
            data={"from": [gone, kept, {"first": gone, "n": 2**60, "x": 0.1}], gone: 1},
            context=SpatialTemporalContext(
                location="mill", participants=("robin",), related_events=(gone, kept)
            ),
            associations=tuple(
                Association(memory_id=name, relation="of", strength=0.5) for name in (gone, kept)
            ),
        )
        store.encode(naming)
        store.consolidate()
        store.retrieve("what", now=START_S)
        assert store.forget(gone) == 1
        found = store.memory("naming")
        assert found is not None
        assert found.data == {"from": [kept, {"n": 2**60, "x": 0.1}]}
        assert found.context.related_events == (kept,)
        assert found.context.participants == ("robin",)
        assert [link.memory_id for link in found.associations] == [kept]
        assert (found.text, found.access_count) == (naming.text, 1)
        assert store.forget(gone) == 0
    for file in save.parent.iterdir():
        assert b'fire "7"' not in file.read_bytes()
        assert b'fire \\"7\\"' not in file.read_bytes()


def test_rows_that_lie_far_apart_are_looked_through_as_soon_as_others(
    save: Path, make_draft: Any
) -> None:
    with open_memory(save) as store:
        for n in range(3):
            store.write(make_draft(f"e{n}", 3))
        store.flush()
    db = apsw.Connection(str(save))  # as whoever edits a save: foreign keys are not looked at
    db.execute("UPDATE observations SET episode = 1 << 50 WHERE episode = 3")
    db.execute("UPDATE episodes SET seq = 1 << 50 WHERE seq = 3")
    db.execute("UPDATE memories SET seq = 1 << 50 WHERE seq = 3")
    db.close()
    with open_memory(save) as store:
        assert store.compress(1e12).episodes == 3
        assert store.forget("e2") == 1
