import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import apsw
import pytest

from astraweave.errors import SaveError, StoreError
from astraweave.memory import MemoryStore, open_memory
from astraweave.memory import store as store_module
from astraweave.memory.jobs import Job
from astraweave.model.memory import Memory, MemoryType
from tests.children import PATIENCE_S

Make = Callable[..., Any]


def hold_lock(path: Path) -> apsw.Connection:
    db = apsw.Connection(str(path))
    db.set_busy_timeout(60_000)
    db.execute("BEGIN IMMEDIATE")
    return db


def impatient(store: MemoryStore) -> None:
    """Let the writer hear of another process's lock at once instead of after 5 s."""
    with store._link.lock:
        store._link.db.set_busy_timeout(1)


def stuck(store: MemoryStore) -> None:
    """Wait until the writer has tried in vain."""
    store._writer.settle(PATIENCE_S)
    assert store._writer._stuck


def test_nothing_waits_while_another_process_writes_and_nothing_is_lost(
    store: MemoryStore, save: Path, make_draft: Make
) -> None:
    impatient(store)
    other = hold_lock(save)
    for number in range(40):
        store.write(make_draft(f"e{number}", 2))
    stuck(store)
    with pytest.raises(StoreError, match="BusyError"):
        store.flush(timeout_s=0.2)
    assert store.episode_ids() == ()
    with pytest.raises(StoreError, match="not done in time"):
        store._writer.call(lambda db: None, timeout_s=0.01)
    other.execute("ROLLBACK")
    other.close()
    store.flush()
    assert len(store.episode_ids()) == 40


def test_a_call_that_cannot_be_done_now_says_why(store: MemoryStore, save: Path) -> None:
    impatient(store)
    other = hold_lock(save)
    with pytest.raises(StoreError, match="BusyError"):
        store.put_note("a", b"b")
    other.close()
    store.put_note("a", b"b")


def test_a_full_disk_keeps_what_was_given_until_there_is_room(
    store: MemoryStore, make_draft: Make
) -> None:
    store.flush()
    with store._link.lock:
        db = store._link.db
        pages = db.pragma("page_count")
        db.execute(f"PRAGMA max_page_count = {pages}")
    for number in range(9):
        store.write(make_draft(f"e{number}", 150))
    stuck(store)
    with pytest.raises(StoreError, match="FullError"):
        store.flush(timeout_s=0.2)
    with store._link.lock:
        db.execute("PRAGMA max_page_count = 100000")
    store.flush()
    assert len(store.episode_ids()) == 9
    assert store.problems == ()


def test_closing_on_a_full_disk_says_what_was_not_kept(save: Path, make_draft: Make) -> None:
    store = open_memory(save)
    with store._link.lock:
        store._link.db.execute(f"PRAGMA max_page_count = {store._link.db.pragma('page_count')}")
    for number in range(9):
        store.write(make_draft(f"e{number}", 150))
    stuck(store)
    store._writer.flush = lambda: store_module.Writer.flush(store._writer, 0.2)  # type: ignore[method-assign]
    with pytest.raises(StoreError, match="FullError"):
        store.close()
    assert store.figures()["refused"] > 0
    with open_memory(save) as again:
        kept = len(again.episode_ids())
    assert kept == store.figures().get("written", 0)


def test_a_full_queue_drops_checkpoints_counts_them_and_keeps_episodes(
    save: Path, make_draft: Make
) -> None:
    with open_memory(save, queue_limit=2) as store:
        with store._writer._changed:  # the writer cannot take anything meanwhile
            for number in range(9):
                store.write(make_draft(f"e{number}", 2))
            assert store.checkpoint(make_draft("open")) is False
            memory = Memory(id="m", memory_type=MemoryType.SOCIAL, text="", created_at=1.0)
            assert store.encode(memory) is False
        store.flush()
        figures = store.figures()
        assert (figures["dropped_checkpoints"], figures["dropped_memories"]) == (1, 1)
        assert len(store.episode_ids()) == 9


def test_an_episode_that_finds_no_room_at_all_is_said_by_flush(
    save: Path, make_draft: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("astraweave.memory.writer.SPILL_FACTOR", 1)
    with open_memory(save, queue_limit=1) as store:
        with store._writer._changed:
            store.write(make_draft("kept", 2))
            store.write(make_draft("lost", 2))
        with pytest.raises(StoreError, match="1 of what was given could not be stored"):
            store.flush()
        assert store.figures()["dropped_episodes"] == 1
        assert store.episode_ids() == ("kept",)


class Deadly(Job):
    def apply(self, db: apsw.Connection) -> str:
        raise SystemExit(3)


def test_a_writer_that_died_is_noticed_by_everyone(save: Path, make_draft: Make) -> None:
    store = open_memory(save)
    store.write(make_draft("safe", 2))
    store.flush()
    store._writer.post(Deadly("poison"))
    store._writer.settle()
    uses: tuple[Callable[[], object], ...] = (
        lambda: store.write(make_draft()),
        lambda: store.checkpoint(make_draft()),
        lambda: store.put_note("a", b"b"),
        store.flush,
        store.close,
    )
    assert store.episode_ids() == ("safe",)
    for use in uses:
        with pytest.raises(StoreError, match="writer has stopped"):
            use()
    assert "writer has stopped" in store.problems[-1]
    with open_memory(save) as again:
        assert again.episode_ids() == ("safe",)


def test_a_damaged_file_stops_the_writer_instead_of_being_written_to(
    save: Path, make_draft: Make
) -> None:
    store = open_memory(save)

    class Corrupt(Job):
        def apply(self, db: apsw.Connection) -> str:
            raise apsw.CorruptError

    store._writer.post(Corrupt("x"))
    store._writer.settle()
    with pytest.raises(StoreError, match="CorruptError"):
        store.write(make_draft())
    with pytest.raises(StoreError):
        store.close()


def test_an_error_of_a_call_reaches_only_its_caller(store: MemoryStore) -> None:
    def divide(db: apsw.Connection) -> float:
        db.execute("INSERT INTO notes VALUES ('half', x'00')")
        return 1 / 0

    with pytest.raises(ZeroDivisionError):
        store._writer.call(divide)
    store.flush()
    assert store._reader.value("SELECT count(*) FROM notes") == 0


@pytest.mark.parametrize(
    ("raised", "expected"), [(apsw.CantOpenError, SaveError), (apsw.IOError, StoreError)]
)
def test_an_error_of_sqlite_reaches_its_caller_with_a_next_step(
    raised: type[Exception], expected: type[SaveError], store: MemoryStore
) -> None:
    def work(_: apsw.Connection) -> None:
        raise raised

    with pytest.raises(expected) as caught:
        store._writer.call(work)
    assert caught.value.fix


def test_many_threads_may_write_and_ask(store: MemoryStore, make_draft: Make) -> None:
    failures: list[BaseException] = []
    users = 4

    def use(who: int) -> None:
        try:
            for number in range(10):
                store.write(make_draft(f"{who}-{number}", 3))
                assert store.episode(f"{who}-{number}") is not None
                store.recent(3)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=use, args=(who,)) for who in range(users)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(store.episode_ids()) == 10 * users
