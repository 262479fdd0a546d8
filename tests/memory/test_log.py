"""A save and the write-ahead log beside it: whole together, or refused and left as they are."""

import shutil
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import apsw
import numpy as np
import pytest

from astraweave.errors import SaveError
from astraweave.memory import open_memory
from astraweave.memory.connection import translated
from astraweave.memory.log import first_missing, log_of, logged

PAGE = 4096


def pages_of(file: Path) -> int:
    """What the file's own header says."""
    return int(struct.unpack_from(">I", file.read_bytes(), 28)[0])


def copied(save: Path, folder: Path) -> Path:
    """The bytes that a kill would leave."""
    folder.mkdir(exist_ok=True)
    for file in (save, log_of(save)):
        shutil.copy(file, folder / file.name)
    return folder / save.name


@pytest.fixture
def crashed(save: Path, tmp_path: Path, make_draft: Callable[..., Any]) -> Path:
    """A save whose program was killed: part of it is in the log alone."""
    with open_memory(save) as store:
        for number in range(4):
            store.write(make_draft(f"early-{number}"))
    with open_memory(save) as store:
        for number in range(4):
            store.write(make_draft(f"late-{number}"))
        store.flush()
        return copied(save, tmp_path / "crashed")


def test_a_save_and_its_log_are_whole_together(crashed: Path) -> None:
    by_log, held = logged(log_of(crashed), PAGE)
    assert by_log > crashed.stat().st_size // PAGE
    assert held
    assert first_missing(crashed, PAGE, pages_of(crashed)) is None
    with open_memory(crashed) as store:
        assert len(store.episode_ids()) == 8


def test_a_save_cut_short_beside_its_log_is_refused_and_keeps_every_byte(crashed: Path) -> None:
    whole, log = crashed.read_bytes(), log_of(crashed).read_bytes()
    _, held = logged(log_of(crashed), PAGE)
    cuts = [number for number in range(1, len(whole) // PAGE) if number + 1 not in held]
    assert len(cuts) > 3
    for cut in (*(number * PAGE for number in cuts), cuts[-1] * PAGE + 1000):
        crashed.write_bytes(whole[:cut])
        with pytest.raises(SaveError, match="the save is truncated: page"):
            open_memory(crashed)
        assert crashed.read_bytes() == whole[:cut]
        assert log_of(crashed).read_bytes() == log


def test_a_page_cut_off_that_the_log_holds_is_not_missed(crashed: Path) -> None:
    whole = crashed.read_bytes()
    _, held = logged(log_of(crashed), PAGE)
    last = len(whole) // PAGE
    while last in held:
        last -= 1
    crashed.write_bytes(whole[: last * PAGE])
    with open_memory(crashed) as store:
        assert len(store.episode_ids()) == 8


def test_a_newer_save_is_refused_with_its_log_as_it_is(crashed: Path) -> None:
    db = apsw.Connection(str(crashed))
    db.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
    db.execute("PRAGMA user_version = 99")
    db.close()
    before = crashed.read_bytes(), log_of(crashed).read_bytes()
    with pytest.raises(SaveError, match="99"):
        open_memory(crashed)
    assert (crashed.read_bytes(), log_of(crashed).read_bytes()) == before


def test_no_crash_at_any_moment_looks_like_a_cut(
    save: Path, tmp_path: Path, make_draft: Callable[..., Any]
) -> None:
    rng = np.random.default_rng(4)
    with open_memory(save) as store:
        db = store._link.db
        for number in range(60):
            store.write(make_draft(f"n{number}", start_time=1e9 + number, end_time=1e9 + number))
            store.put_note(f"note {number % 7}", rng.bytes(int(rng.integers(1, 40_000))))
            if number % 11 == 5:
                store.prune(1e9 + number - 3.0)
            if number % 13 == 7:
                db.execute("PRAGMA wal_checkpoint(RESTART)").fetchall()
            store.flush()
            with store._link.lock:  # a kill takes both files at one moment: nobody moves the log
                files = copied(save, tmp_path / "look"), half_moved(save, tmp_path / "half", rng)
            for file in files:
                assert first_missing(file, PAGE, pages_of(file)) is None
                with open_memory(file, recover=False) as look:
                    assert look.health()["structure"] == "ok"


def half_moved(save: Path, folder: Path, rng: np.random.Generator) -> Path:
    """A crash while the log is moved into the file, page by page from the first on."""
    file = copied(save, folder)
    log = log_of(file).read_bytes()
    _, held = logged(log_of(file), PAGE)
    newest = {}
    for at in range(32, len(log) - PAGE, 24 + PAGE):
        (number,) = struct.unpack_from(">I", log, at)
        if log[at + 8 : at + 16] == log[16:24] and number in held:
            newest[number] = log[at + 24 : at + 24 + PAGE]
    moved = sorted(newest)[: int(rng.integers(0, len(newest) + 1))]
    with file.open("r+b") as stream:
        for number in moved:
            stream.seek((number - 1) * PAGE)
            stream.write(newest[number])
    return file


def test_a_page_that_ends_too_soon_is_a_cut_and_no_full_disk() -> None:
    error = apsw.IOError("disk I/O error")
    error.extendedresult = apsw.SQLITE_IOERR_SHORT_READ  # type: ignore[attr-defined]
    with pytest.raises(SaveError, match="the save is truncated"), translated("a.db"):
        raise error


@pytest.mark.parametrize("data", [b"", b"x" * 31, b"x" * 5000, b"\x37\x7f\x06\x82" + b"\0" * 100])
def test_a_log_that_is_none_holds_nothing(tmp_path: Path, data: bytes) -> None:
    log = tmp_path / "a.db-wal"
    log.write_bytes(data)
    assert logged(log, PAGE) == (0, set())
    assert logged(tmp_path / "none", PAGE) == (0, set())
