"""Rolling backups: whole saves beside the save, the newest three, made by SQLite's own backup.

A backup has its name only when it is whole, checked and on the disk; only then does the oldest
go. Refuses to keep a copy of a damaged save in place of a sound one.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import apsw

from astraweave.errors import SaveError, StoreError
from astraweave.memory.beside import (
    BACKUP,
    REPLACED,
    Beside,
    backups_of,
    drop_half_made,
    name_once,
    next_name,
    next_step,
    remove,
    swap_in,
    sync_file,
    sync_folder,
    whole_file,
)
from astraweave.memory.connection import translated
from astraweave.memory.holders import check_unused
from astraweave.memory.looking import look
from astraweave.memory.mark import MARKED_FROM, NEW_STAMP
from astraweave.memory.migrations import verify, version_of

KEPT = 3
PAGES, STEPS = 512, 100_000
"""Pages copied, and steps of checking, between two looks at whether to go on: about a ms each."""


def back_up(
    source: apsw.Connection,
    save: Path,
    *,
    keep: int = KEPT,
    wait_s: float = 10.0,
    go_on: Callable[[], bool] = lambda: True,
) -> Beside | None:
    """Copy what `source` reads to a new backup beside `save`; None when told to stop.

    Args:
        source: a connection of the caller's own; what is committed meanwhile is not in the copy.
        save: the file it reads.
        keep: how many backups stay, at least 1.
        wait_s: how long to wait for other work on the whole file.
        go_on: asked now and then.

    Raises:
        SaveError: the save is damaged: its backups stay as they are, and no new one is made.
        StoreError: another process works on the whole file, or the disk is full.
    """
    where = str(save)
    try:
        with whole_file(save, wait_s):
            fresh = save.with_name(f"{save.name}.{BACKUP}.new")
            try:
                if not copied(source, fresh, where, go_on):
                    return None
                sync_file(fresh)
                name_once(fresh, next_name(save, BACKUP))
            finally:
                remove(fresh)
            sync_folder(save.parent)
            found = backups_of(save)
            for old in found[max(1, keep) :]:
                remove(old.file)
            return found[0]
    except OSError as error:
        what = "the backup cannot be written"
        fix = "check the folder and free space"
        raise StoreError(what=what, got=error.strerror, where=where, fix=fix) from error


def copied(
    source: apsw.Connection,
    fresh: Path,
    where: str,
    go_on: Callable[[], bool] = lambda: True,
) -> bool:
    """Copy a save, of any version, to `fresh`, and make sure of its structure; False if stopped.

    Raises:
        SaveError: it is damaged.
    """
    remove(fresh)
    with translated(where):
        target = apsw.Connection(str(fresh))
        try:
            # One moment of the save, whoever writes: without it each commit would begin it anew.
            source.execute("BEGIN; SELECT count(*) FROM sqlite_schema").fetchall()
            try:
                with target.backup("main", source, "main") as copying:
                    while not copying.done:
                        if not go_on():
                            return False
                        copying.step(PAGES)
            finally:
                source.execute("ROLLBACK")
            target.execute("PRAGMA journal_mode = DELETE").fetchall()
            target.set_progress_handler(lambda: not go_on(), STEPS)
            check_structure(target, where)
            target.set_progress_handler(None)
            if version_of(target) >= MARKED_FROM:
                target.execute(NEW_STAMP)
        except apsw.InterruptError:
            return False
        finally:
            target.close()
    return True


def episodes_ever(db: apsw.Connection) -> int:
    """How many episodes were ever stored in a save, of any version."""
    rows: list[Any] = db.execute(
        "SELECT seq FROM sqlite_sequence WHERE name = 'episodes'"
    ).fetchall()
    return int(rows[0][0]) if rows else 0


def structure(db: apsw.Connection, most: int = 20) -> list[str]:
    """What is wrong with pages, free ones too, and with indexes: at most so many lines.

    Not the quick look of SQLite's: it compares no index with its table, and a query would lie.
    """
    found: dict[str, None] = {}
    # Only a look at one table is one at the free pages, too.
    for about in (str(most), "'sqlite_schema'"):
        for row in db.execute(f"PRAGMA integrity_check({about})").fetchall():
            found[" ".join(str(row[0]).split())] = None
    found.pop("ok", None)
    return list(found)[:most]


def check_structure(db: apsw.Connection, where: str) -> None:
    """Make sure that every page is where it belongs.

    Raises:
        SaveError: it is not.
    """
    for line in structure(db, 1):
        fix = next_step(where)
        raise SaveError(what="the save is damaged", got=line, where=where, fix=fix)


def restore(save: Path, source: Path) -> Path | None:
    """Put a backup in the place of `save`; returns where the old file is now, None without one.

    Raises:
        SaveError: `source` is not a sound save this program reads; nothing was changed.
        StoreError: the save is open somewhere, or cannot be replaced.
    """
    fresh = save.with_name(f"{save.name}.{os.urandom(4).hex()}.new")
    try:
        with whole_file(save):
            check_unused(save, str(save))
            drop_half_made(save)
            try:
                with look(source, str(source)) as db:
                    verify(db, str(source))
                    copied(db, fresh, str(source))
                return swap_in(save, fresh, REPLACED)
            finally:
                remove(fresh)
    except OSError as error:
        what, fix = "the save cannot be replaced", "check the folder and free space"
        raise StoreError(what=what, got=error.strerror, where=str(save), fix=fix) from error
