"""The index of words stays in few parts, and no commit waits for them to be joined."""

import time
from pathlib import Path
from typing import Any

import apsw
import pytest

from astraweave.memory import MemoryStore, open_memory
from astraweave.memory.connection import another_link
from astraweave.memory.joining import Joining
from astraweave.model.memory import Memory, MemoryType
from tests.memory.ruins import destroy, pages_of

START_S = 1.7e9
PATIENCE_S = 60.0
PARTS = "SELECT count(DISTINCT segid) FROM memory_words_idx"
SOUND = "INSERT INTO memory_words (memory_words) VALUES ('integrity-check')"


def told(n: int) -> Memory:
    text = f"wolf {n} bit robin{n % 7} at mill{n % 5} by night{n % 3}"
    return Memory(
        id=f"m{n}", memory_type=MemoryType.SEMANTIC, text=text, created_at=START_S + 9.0 * n
    )


def fill(store: MemoryStore, first: int, number: int) -> None:
    """Memories whose words are each added by a commit of their own."""
    for n in range(first, first + number):
        store.encode(told(n))
        store._ask()
        store._index((), 1)


def rested(store: MemoryStore, most: int) -> int:
    """The number of parts once it is `most` or less."""
    end = time.monotonic() + PATIENCE_S
    while (parts := store._reader.value(PARTS)) > most and time.monotonic() < end:
        time.sleep(0.01)
    return int(parts)


def found(store: MemoryStore) -> list[list[str]]:
    words = ("wolf", "mill3", "night1", "robin2", "m7 wolf 7")
    return [[hit.memory.id for hit in store.retrieve(word, now=START_S)] for word in words]


def test_a_writer_that_rests_leaves_few_parts_and_every_word_is_found(
    save: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_memory(save) as store:
        with monkeypatch.context() as restless:
            restless.setattr(Joining, "some", lambda _: False)
            fill(store, 0, 12)
            assert store._reader.value(PARTS) == 12
            before = found(store)
        store._writer.call(lambda _: None)
        assert rested(store, 3) <= 3
        assert found(store) == before
        assert store.forget("m7") == 1
        assert "m7" not in [name for names in found(store) for name in names]
        store._writer.call(lambda db: db.execute(SOUND))


def test_no_commit_joins_what_others_added(save: Path) -> None:
    with open_memory(save) as store:
        fill(store, 0, 3)
        rested(store, 3)
        written, commit, db = list[int](), store._writer._commit, store._link.db

        def counted(*args: Any, **more: Any) -> None:
            before = db.total_changes()
            commit(*args, **more)
            written.append(db.total_changes() - before)

        store._writer._commit = counted  # type: ignore[method-assign]
        fill(store, 3, 100)
        assert len(written) >= 200
        assert max(written) - min(written[1::2]) < 4, written
        assert rested(store, 9) <= 9


def test_what_another_program_writes_meanwhile_is_not_waited_for(save: Path) -> None:
    with open_memory(save) as store:
        fill(store, 0, 6)
        rested(store, 3)
        other = another_link(store._link)
        joining = Joining(store._link)
        other.db.execute("BEGIN IMMEDIATE")
        assert not joining.some()
        other.db.execute("ROLLBACK")
        other.db.close()
        while joining.some():
            pass
        assert store._reader.value(PARTS) <= 3


def test_a_damaged_index_stops_no_episode(save: Path, make_draft: Any) -> None:
    with open_memory(save) as store:
        fill(store, 0, 6)
    db = apsw.Connection(str(save))
    db.execute("UPDATE memory_words_data SET block = randomblob(99) WHERE id = 10")
    db.close()
    with open_memory(save, recover=False) as store:
        for n in range(3):
            store.write(make_draft(f"e{n}"))
            store.flush()
        assert len(store.episode_ids()) == 3
        end = time.monotonic() + PATIENCE_S
        while not store.problems and time.monotonic() < end:
            time.sleep(0.01)
        (line,) = [line for line in store.problems if "words" in line]
        assert "astraweave save repair" in line


def test_an_index_that_cannot_even_be_read_is_said_once_and_holds_nobody_up(
    save: Path, make_draft: Any
) -> None:
    with open_memory(save) as store:
        fill(store, 0, 6)
    destroy(save, pages_of(save, "memory_words_data"))
    with open_memory(save, recover=False, check_after_s=None) as store:
        for n in range(40):
            store.write(make_draft(f"e{n}"))
            store.flush()
        assert len(store.episode_ids()) == 40
        end = time.monotonic() + PATIENCE_S
        while not store.problems and time.monotonic() < end:
            time.sleep(0.01)
        assert len([line for line in store.problems if "words" in line]) == 1
