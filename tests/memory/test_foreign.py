"""The log or the journal of another save, and a name that is no text: refused, nothing written."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from astraweave.errors import SaveError
from astraweave.memory import open_memory
from astraweave.memory.checkup import check
from astraweave.memory.repair import repair

Make = Callable[..., Any]
N = 9


def played(save: Path, make_draft: Make) -> None:
    """A save that was closed."""
    with open_memory(save, backups=0) as store:
        for number in range(N):
            store.write(make_draft(f"e{number}"))


def left_open(save: Path, make_draft: Make, rows: int) -> dict[str, bytes]:
    """What a crash leaves of a save: its parts, by their ends."""
    store = open_memory(save)
    for number in range(rows):
        store.write(make_draft(f"{save.name} {number}", seed=99))
    store.flush()
    ends = ("", "-wal", "-mark")
    return {end: Path(f"{save}{end}").read_bytes() for end in ends}


@pytest.mark.parametrize("ends", [("-wal",), ("-wal", "-mark")])
def test_the_log_of_another_save_is_refused_and_nothing_is_written(
    save: Path, make_draft: Make, tmp_path: Path, ends: tuple[str, ...]
) -> None:
    other = left_open(tmp_path / "other.db", make_draft, 12)
    played(tmp_path / "mine.db", make_draft)
    save.write_bytes((tmp_path / "mine.db").read_bytes())
    for end in ends:
        Path(f"{save}{end}").write_bytes(other[end])
    whole = save.read_bytes()
    with pytest.raises(SaveError, match="another save's; move"):
        open_memory(save)
    assert save.read_bytes() == whole
    assert not check(str(save)).sound
    repair(str(save))
    with open_memory(save) as store:
        assert len(store.episode_ids()) == N


def test_a_journal_of_another_save_is_refused_and_nothing_is_rolled_back(
    save: Path, make_draft: Make, tmp_path: Path
) -> None:
    played(save, make_draft)
    whole = save.read_bytes()
    magic, page = bytes.fromhex("d9d505f920a163d7"), (4096).to_bytes(4)
    head = magic + b"\xff" * 4 + bytes(4) + (2).to_bytes(4) + (512).to_bytes(4) + page
    Path(f"{save}-journal").write_bytes(head.ljust(512, b"\0") + bytes(4104))
    with pytest.raises(SaveError, match=r"a journal of another save.*-journal away"):
        open_memory(save)
    assert not check(str(save)).sound
    assert save.read_bytes() == whole


@pytest.mark.skipif(os.name == "nt", reason="needs names of bytes")
def test_a_name_that_is_no_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SaveError, match="not a file name"):
        open_memory(Path(os.fsdecode(os.fsencode(tmp_path) + b"/slot\xff.db")))
