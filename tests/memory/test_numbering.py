"""No memory is given the number of one that was deleted: what is held in RAM stays true."""

from pathlib import Path
from typing import Any

import apsw
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from astraweave.errors import StoreError
from astraweave.memory import MemoryStore, open_memory
from astraweave.model.memory import Association, Memory

WORDS = ("orchid", "bridge", "daisy", "wolf")
PLAYERS = ("ann", "bob")


def texts(store: MemoryStore, question: str, player_id: str = "player") -> list[str]:
    return [hit.memory.text for hit in store.retrieve(question, player_id=player_id, now=9.0)]


def test_the_newest_memory_written_anew_is_found_by_its_new_words_alone(save: Path) -> None:
    with open_memory(save) as store:
        store.remember("a wolf", now=1.0)
        newest = store.remember("an orchid", now=2.0)
        assert texts(store, "orchid") == ["an orchid"]
        store.encode(msgspec.structs.replace(newest, text="a daisy"))
        assert texts(store, "daisy") == ["a daisy"]
        assert texts(store, "orchid") == []


def test_who_still_searches_what_another_process_deleted_finds_nobody_else_s(
    save: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_memory(save) as game, open_memory(save, recover=False) as other:
        gone = game.remember("an orchid", player_id="ann", now=1.0)
        assert texts(game, "orchid", "ann") == ["an orchid"]
        other.forget(gone.id)
        other.remember("what only Bob may know", player_id="bob", now=2.0)
        other.flush()
        # As it is while the game's own writer works.
        monkeypatch.setattr(game._foreign, "changed", lambda: False)
        game._cache.clear()  # as when it holds others by now
        assert texts(game, "", "ann") == []


def test_a_number_is_kept_by_a_save_that_lost_its_newest_rows(save: Path) -> None:
    with open_memory(save) as store:
        for n in range(3):
            store.remember(f"an orchid, {n}", now=float(n))
        store.prune(9.0)
    with open_memory(save) as store:
        store.remember("a wolf", now=1.0)
        assert store._ask().query("SELECT seq FROM memories") == [(4,)]
        with store._link.transaction() as db:
            db.execute("UPDATE memories SET text = 'wolf!'")
    with open_memory(save) as store:
        assert store.memory(store.recent(1)[0]) is None
        assert store.health()["quarantine"] == 1
        store.remember("a daisy", now=1.0)
        assert store._ask().query("SELECT seq FROM memories") == [(5,)]


def test_a_row_with_the_last_number_there_is_keeps_no_memory_out(save: Path) -> None:
    with open_memory(save) as store:
        store.remember("an orchid", now=1.0)
    db = apsw.Connection(str(save))
    db.execute("UPDATE memories SET seq = 9223372036854775807")
    db.close()
    with open_memory(save) as store:
        wolf = store.remember("a wolf", now=1.0)
        store.flush()
        assert store.forget(wolf.id) == 1
        store.remember("a daisy", now=1.0)
        store.flush()
    with open_memory(save) as store:
        assert store.count() == 2


def test_what_went_before_a_slice_failed_is_in_no_cache(
    save: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_memory(save) as store:
        orchid = store.remember("an orchid", now=1.0)
        assert store.memory(orchid.id) is not None
        call = store._writer.call

        def full(work: Any, **named: Any) -> Any:
            if named["durable"]:
                raise StoreError(what="the disk is full", where="test", fix="make room")
            return call(work, **named)

        monkeypatch.setattr(store._writer, "call", full)
        with pytest.raises(StoreError, match="full"):
            store.forget(orchid.id)
        monkeypatch.undo()
        assert store.memory(orchid.id) is None


STEP = st.tuples(
    st.sampled_from(["remember", "again", "forget", "prune", "link"]),
    st.sampled_from(PLAYERS),
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=2).map(" ".join),
    st.integers(0, 5),
)


def take(store: MemoryStore, step: tuple[str, str, str, int]) -> None:
    what, player, text, at = step
    known = store.recent(9, player_id=player)
    if what == "remember":
        store.remember(text, player_id=player, now=float(at))
    elif what == "prune":
        store.prune(float(at), player_id=player)
    elif known:
        chosen = known[at % len(known)]
        if what == "forget":
            store.forget(chosen)
            return
        memory = store.memory(chosen)
        assert memory is not None
        link = Association(memory_id=known[0], relation="with", strength=0.5)
        links = (link,) if what == "link" else ()
        store.encode(msgspec.structs.replace(memory, text=text, associations=links))


def answers(store: MemoryStore) -> list[object]:
    def one(player: str, question: str) -> list[tuple[Memory, object]]:
        hits = store.retrieve(question, player_id=player, now=9.0, hops=1)
        return [
            (
                msgspec.structs.replace(hit.memory, access_count=0, last_accessed=0.0),
                (round(hit.score, 9), hit.matched),
            )
            for hit in hits
        ]

    return [one(player, question) for player in PLAYERS for question in ("", "orchid", "dasy wolf")]


@settings(max_examples=20)
@given(st.lists(st.lists(STEP, max_size=3), max_size=4))
def test_a_store_that_was_asked_before_answers_as_one_that_was_not(
    steps: list[list[tuple[str, str, str, int]]],
) -> None:
    with open_memory() as asked, open_memory() as fresh:
        for some in steps:
            for step in some:
                take(asked, step)
                take(fresh, step)
            answers(asked)
        assert answers(asked) == answers(fresh)
