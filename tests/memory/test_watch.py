"""What is damaged where nothing looks when a save is opened is found out all the same."""

import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import apsw
import pytest

from astraweave.memory import open_memory

Make = Callable[..., Any]
PAGE = 4096


@pytest.fixture
def played(save: Path, make_draft: Make) -> Path:
    with open_memory(save, backups=0) as store:
        for number in range(60):
            store.write(make_draft(f"e{number}"))
    return save


def zeroed(save: Path, name: str) -> None:
    """Zero the root page of a table or an index."""
    db = apsw.Connection(str(save))
    (root,) = db.execute("SELECT rootpage FROM sqlite_schema WHERE name = ?", (name,)).fetchone()
    db.close()
    data = bytearray(save.read_bytes())
    data[(root - 1) * PAGE : root * PAGE] = bytes(PAGE)
    save.write_bytes(data)


def test_a_sound_save_is_looked_through_and_nothing_is_said(played: Path) -> None:
    with open_memory(played, backups=0, check_after_s=0.0) as store:
        store._watch.wait()
        assert store.problems == ()
        assert store.figures()["tables_checked"] > 20
        assert "tables_damaged" not in store.figures()


@pytest.mark.parametrize("name", ["deployments", "verdicts", "memories_by_time"])
def test_a_zeroed_page_that_nobody_reads_is_told(played: Path, name: str) -> None:
    zeroed(played, name)
    with open_memory(played, backups=0, check_after_s=0.0) as store:
        store._watch.wait()
        assert store.figures()["tables_damaged"] == 1
        (line,) = store.problems
        assert "damaged, in table" in line
        assert "save repair" in line
        assert "\n" not in line


def test_it_can_be_skipped_and_whoever_only_looks_does_without(played: Path) -> None:
    for options in ({"check_after_s": None}, {"recover": False}):
        with open_memory(played, backups=0, **options) as store:
            store._watch.wait()
            assert "tables_checked" not in store.figures()


def test_closing_does_not_wait_for_it(played: Path) -> None:
    before = set(threading.enumerate())  # other tests may have left a save open

    def looking() -> bool:
        return any(one.name == "astraweave-watch" for one in set(threading.enumerate()) - before)

    with open_memory(played, backups=0, check_after_s=1e6) as store:
        assert looking()
    assert not looking()
    store = open_memory(played, backups=0, check_after_s=0.0)
    store.close()
    assert not looking()
    assert store.problems == ()


def test_a_log_of_another_save_is_told(played: Path, make_draft: Make, tmp_path: Path) -> None:
    other = tmp_path / "other.db"
    store = open_memory(other, backups=0)
    for number in range(20):
        store.write(make_draft(f"o{number}"))
    store.flush()
    shutil.copy(f"{other}-wal", f"{played}-wal")
    store.close()
    with open_memory(played, backups=0, check_after_s=0.0) as mixed:
        mixed._watch.wait()
        assert mixed.problems
