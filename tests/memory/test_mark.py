"""A damaged log is noticed when the save is next opened, and nothing else is taken for one."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from astraweave.errors import SaveError
from astraweave.memory import MemoryStore, open_memory
from astraweave.memory.checkup import check
from astraweave.memory.keeping import backup_now, put_back
from astraweave.memory.mark import mark_of, missing, read_mark
from astraweave.memory.repair import repair
from astraweave.model.learned import LearningCommit

Make = Callable[..., Any]
N = 2
"""Episodes of a session."""


@pytest.fixture(autouse=True)
def log_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """The writer moves nothing of the log into the file."""
    monkeypatch.setattr("astraweave.memory.drain.PAGES", 1 << 20)


def crash(store: MemoryStore) -> None:
    """What a kill leaves: no checkpoint, no goodbye."""
    store._writer.stop()
    store._closed = True
    store._session.end()
    for link in (store._read_link, store._link):
        # Who is killed moves no log into its file.
        folder = Path(store.path).parent
        kept = {file: file.read_bytes() for file in folder.iterdir()}
        link.db.close()
        for file in set(folder.iterdir()) - kept.keys():
            file.unlink()
        for file, data in kept.items():
            file.write_bytes(data)


def played(save: Path, make_draft: Make, first: int = 0, count: int = N) -> None:
    """A session that ended in a crash after `count` acknowledged episodes."""
    store = open_memory(save, backups=0)
    for number in range(first, first + count):
        store.write(make_draft(f"e{number}", 4))
        store.flush()
    crash(store)


def log_of(save: Path) -> Path:
    return Path(f"{save}-wal")


def cut(data: bytes, rng: np.random.Generator) -> bytes:
    return data[: rng.integers(0, len(data) - 4096)]


def flipped(data: bytes, rng: np.random.Generator) -> bytes:
    at = int(rng.integers(0, len(data) - 4096 * 3))
    return data[:at] + bytes([data[at] ^ 1 << int(rng.integers(8))]) + data[at + 1 :]


def zeroed(data: bytes, rng: np.random.Generator) -> bytes:
    at = int(rng.integers(0, len(data) - 4096 * 3))
    return data[:at] + bytes(4096) + data[at + 4096 :]


def garbage(data: bytes, rng: np.random.Generator) -> bytes:
    at = int(rng.integers(0, len(data) - 4096 * 3))
    return data[:at] + rng.bytes(len(data) - at)


def gone(data: bytes, rng: np.random.Generator) -> bytes:
    return b""


@pytest.mark.parametrize("damage", [cut, flipped, zeroed, garbage, gone])
@pytest.mark.parametrize("seed", range(3))
def test_what_a_torn_log_cost_is_told_once_with_the_figure(
    save: Path, make_draft: Make, damage: Callable[..., bytes], seed: int
) -> None:
    played(save, make_draft)
    log_of(save).write_bytes(damage(log_of(save).read_bytes(), np.random.default_rng(seed)))
    told = check(str(save))
    assert not told.sound
    with open_memory(save) as store:
        ids = store.episode_ids()
        # A clean prefix: what is there was written first, and is whole.
        assert ids == tuple(f"e{number}" for number in range(len(ids)))
        assert all(store.episode(name) is not None for name in ids)
        assert len(ids) < N
        found = store.recovered
        assert found is not None
        assert found.lost_changes == N - len(ids)
        line = f"{N} changes were acknowledged and {len(ids)} are there, {N - len(ids)} are lost"
        assert line in found.message
        assert any(line in problem for problem in store.problems)
        assert any(line in problem for problem in told.problems)
        assert store.health()["quarantine"] == 1
        store.write(make_draft("later"))
        store.flush()
    with open_memory(save) as again:
        assert again.recovered is None
        assert again.problems == ()


def test_a_log_that_is_whole_says_nothing(save: Path, make_draft: Make) -> None:
    played(save, make_draft)
    assert mark_of(save).exists()
    assert check(str(save)).sound
    played(save, make_draft, first=N)
    with open_memory(save, backups=0) as store:
        assert (store.recovered, store.problems) == (None, ())
        assert len(store.episode_ids()) == 2 * N
    assert [file.name for file in save.parent.iterdir()] == [save.name]


def test_a_loss_of_the_second_session_is_told_though_the_first_crashed_too(
    save: Path, make_draft: Make
) -> None:
    played(save, make_draft)
    played(save, make_draft, first=N)
    log_of(save).unlink()
    with open_memory(save) as store:
        assert store.recovered is not None
        assert store.recovered.lost_changes == 2 * N


def test_whoever_only_looks_tells_it_and_leaves_it_to_be_told(save: Path, make_draft: Make) -> None:
    played(save, make_draft)
    log_of(save).unlink()
    for _ in range(2):
        with open_memory(save, recover=False, mend=False) as store:
            assert store.recovered is not None
            assert store.recovered.lost_changes == N
    with open_memory(save) as store:
        assert store.recovered is not None


def test_learning_and_notes_count_as_changes(save: Path, make_draft: Make) -> None:
    store = open_memory(save)
    store.put_note("colour", b"blue")
    store.commit(LearningCommit(player_id="robin", companion_id="mira", rows={"a": b"row"}))
    crash(store)
    log_of(save).unlink()
    with open_memory(save) as again:
        assert again.recovered is not None
        assert again.recovered.lost_changes == 2


def test_what_was_never_acknowledged_is_not_missed(save: Path, make_draft: Make) -> None:
    store = open_memory(save)
    for number in range(20):
        store.write(make_draft(f"e{number}", 4))
    store._writer.settle()
    crash(store)
    log_of(save).unlink()
    with open_memory(save) as again:
        assert (again.episode_ids(), again.recovered) == ((), None)


def test_a_flush_of_what_is_stored_already_is_a_commit_all_the_same(
    save: Path, make_draft: Make
) -> None:
    with open_memory(save) as store:
        store.write(make_draft("a"))
        store.flush()
        before = log_of(save).stat().st_size
        store.write(make_draft("a"))
        store.flush()
        # Without a frame of its own there would be nothing that the disk is asked to keep.
        assert log_of(save).stat().st_size > before


def no_alarm(save: Path) -> None:
    assert check(str(save)).sound
    with open_memory(save) as store:
        assert (store.recovered, store.problems) == (None, ())


def test_another_save_put_in_the_place_is_not_compared(
    save: Path, make_draft: Make, tmp_path: Path
) -> None:
    played(save, make_draft)
    fresh = tmp_path / "fresh.db"
    open_memory(fresh).close()
    log_of(save).unlink()
    shutil.copy(fresh, save)
    no_alarm(save)


def test_a_game_begun_anew_under_the_same_name_is_not_compared(
    save: Path, make_draft: Make
) -> None:
    played(save, make_draft)
    log = log_of(save).read_bytes()
    save.unlink()
    with open_memory(save) as store:
        assert store.episode_ids() == ()
        assert store.recovered is None
    no_alarm(save)
    assert Path(f"{save}.damaged-1-wal").read_bytes() == log


def test_a_backup_or_an_older_copy_put_back_is_not_compared(
    save: Path, make_draft: Make, tmp_path: Path
) -> None:
    with open_memory(save) as store:
        store.write(make_draft("first"))
    older = tmp_path / "older.db"
    shutil.copy(save, older)
    played(save, make_draft, count=5)
    backup_now(str(save))
    played(save, make_draft, first=5, count=5)
    put_back(str(save), "newest")
    no_alarm(save)
    played(save, make_draft, first=10, count=5)
    log_of(save).unlink()
    shutil.copy(older, save)
    no_alarm(save)
    # By hand, over a crashed one, with its mark still there.
    played(save, make_draft, first=15, count=5)
    log_of(save).unlink()
    shutil.copy(f"{save}.backup-1", save)
    no_alarm(save)


def test_a_copy_with_its_mark_and_one_without_are_both_well(
    save: Path, make_draft: Make, tmp_path: Path
) -> None:
    played(save, make_draft)
    for name, ends in (("a.db", ("", "-wal", "-mark")), ("b.db", ("", "-wal"))):
        for end in ends:
            shutil.copy(f"{save}{end}", tmp_path / f"{name}{end}")
    assert "cannot be told" in check(str(tmp_path / "b.db")).unsure[0]
    no_alarm(tmp_path / "a.db")
    with open_memory(tmp_path / "b.db") as store:
        assert "no mark beside the save: it cannot be told" in store.problems[0]
        assert store.recovered is None
        assert len(store.episode_ids()) == N
    no_alarm(tmp_path / "b.db")


def test_a_log_with_the_mark_of_another_save_is_said(
    save: Path, make_draft: Make, tmp_path: Path
) -> None:
    other = tmp_path / "other.db"
    played(save, make_draft)
    played(other, make_draft)
    shutil.copy(mark_of(other), mark_of(save))
    assert "is that of another one: it cannot be told" in check(str(save)).unsure[0]
    with open_memory(save) as store:
        assert "is that of another one: it cannot be told" in store.problems[0]
    no_alarm(save)


def test_a_log_that_nobody_asked_to_be_durable_has_a_mark_too(save: Path, make_draft: Make) -> None:
    store = open_memory(save)
    store.write(make_draft("a"))
    store._writer.settle()
    crash(store)
    assert read_mark(save) is not None
    assert check(str(save)).sound
    with open_memory(save) as again:
        assert (again.recovered, again.problems) == (None, ())
        assert again.episode_ids() == ("a",)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes")
def test_a_pipe_in_the_place_of_the_mark_blocks_nobody(save: Path, make_draft: Make) -> None:
    open_memory(save).close()
    os.mkfifo(mark_of(save))
    assert "not a plain file" in check(str(save)).unsure[0]
    with open_memory(save) as store:
        assert "not a plain file" in store.problems[0]
        store.write(make_draft("a"))
        store.flush()


@pytest.mark.parametrize("damage", [b"", b"x", b"AWM1" + bytes(44), bytes(200)])
def test_a_damaged_mark_is_no_loss_and_is_said(save: Path, make_draft: Make, damage: bytes) -> None:
    played(save, make_draft)
    mark_of(save).write_bytes(damage)
    with pytest.raises(SaveError, match="the mark is damaged"):
        read_mark(save)
    found = check(str(save))
    assert not found.sound
    assert not found.problems
    assert "the mark is damaged" in found.unsure[0]
    with open_memory(save) as store:
        assert store.recovered is None
        assert store.problems[0].startswith(f"{save}: the mark is damaged")
        assert len(store.episode_ids()) == N
        store.put_note("a", b"b")
        assert read_mark(save) is not None


def test_a_mark_that_cannot_be_written_fails_no_flush_and_is_said_once(
    save: Path, make_draft: Make
) -> None:
    open_memory(save).close()
    mark_of(save).mkdir()
    with open_memory(save) as store:
        for name in ("a", "b", "c"):
            store.write(make_draft(name))
            store.flush()
        assert sum("mark" in line for line in store.problems[-1:]) == 1
        assert len(store.problems) <= 2
        assert len(store.episode_ids()) == 3


def test_two_stores_of_one_save_keep_one_mark(save: Path, make_draft: Make) -> None:
    one, two = open_memory(save), open_memory(save, recover=False)
    for number in range(10):
        for name, store in (("one", one), ("two", two)):
            store.write(make_draft(f"{name}-{number}"))
            store.flush()
    noted = read_mark(save)
    assert noted is not None
    assert (noted.now.changes - noted.since.changes, noted.now.episodes) == (20, 20)
    assert missing(noted, one._link.db) is None
    one.close()
    assert mark_of(save).exists()
    two.close()
    assert not mark_of(save).exists()


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5, 0.8])
def test_a_log_older_than_its_file_is_not_moved_over_what_is_newer(
    save: Path, make_draft: Make, share: float
) -> None:
    # So many that SQLite moved pages into the file, and went on in the same log.
    played(save, make_draft, count=24)
    log = log_of(save).read_bytes()
    log_of(save).write_bytes(log[: int(share * len(log))])
    before = save.read_bytes(), log_of(save).read_bytes()
    try:
        with open_memory(save, backups=0) as store:
            assert store.health()["structure"] == "ok"
    except SaveError:
        assert (save.read_bytes(), log_of(save).read_bytes()) == before
        repair(str(save))
        with open_memory(save, backups=0) as store:
            assert len(store.episode_ids()) >= 15
