"""Mend a damaged save: every row that can still be read, in a fresh file.

The damaged file is kept as it is, under another name. Refuses what never was a save of ours, and to
make a save out of nothing.
"""

import os
import shlex
from collections import Counter
from contextlib import suppress
from pathlib import Path

import apsw
import msgspec

from astraweave.errors import SaveError, StoreError
from astraweave.memory.backup import counted
from astraweave.memory.beside import (
    DAMAGED,
    backups_of,
    drop_half_made,
    name_once,
    remove,
    swap_in,
    sync_file,
    sync_folder,
    whole_file,
)
from astraweave.memory.checkup import Checked, check, mendable
from astraweave.memory.connection import Link, translated
from astraweave.memory.holders import check_unused
from astraweave.memory.log import log_of
from astraweave.memory.looking import existing
from astraweave.memory.mark import is_count
from astraweave.memory.migrations import MIGRATIONS, migrate
from astraweave.memory.pages import Image
from astraweave.memory.refill import Asked, Refilled, refill
from astraweave.memory.remaking import forgotten_again, make_again
from astraweave.memory.salvage import Salvage
from astraweave.memory.schema import APPLICATION_ID
from astraweave.memory.shapes import derived, insertion
from astraweave.memory.store import open_memory

_ASIDE = "SELECT source FROM quarantine"


class Mended(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a table's rows.

    `kept`: in the new file; `lost`: at least so many are not; `set_aside`: damaged, in the
    quarantine; `made_again`: were lost, and could be made from others; `from_backup`: were lost
    or damaged, and a backup had them; `older`: of these, what may have been changed since.
    """

    kept: int
    lost: int = 0
    set_aside: int = 0
    made_again: int = 0
    from_backup: int = 0
    older: int = 0


class Repaired(msgspec.Struct, frozen=True, kw_only=True):
    """What a repair did; `to` is None when nothing was wrong, and nothing was done.

    `pages_lost`: pages of tables that could not be read; `damaged`: where the old file is; `left`:
    what is wrong and no repair mends, where nothing else is. `from_backup`: rows that `backups`
    gave; `left_out`: their episodes and memories that are not in the save, since nothing proves
    that they were not forgotten.
    """

    path: str
    to: str | None
    damaged: str | None
    pages_lost: int
    tables: dict[str, Mended]
    left: tuple[str, ...] = ()
    from_backup: int = 0
    backups: tuple[Asked, ...] = ()
    left_out: int = 0

    @property
    def lost(self) -> int:
        """Rows that are gone, or set aside."""
        return sum(table.lost + table.set_aside for table in self.tables.values())


def repair(path: str, to: Path | None = None) -> Repaired:
    """Mend the save at `path`, which nobody may have open.

    Args:
        path: the damaged save.
        to: a new file for the mended one; None puts it in the place of the damaged one, which is
            kept as `SAVE.damaged-N`.

    Raises:
        SaveError: there is none, nothing of a save can be read, or it is newer than the program.
        StoreError: somebody has it open, or the disk is full.
    """
    file = existing(path)
    fresh = file.with_name(f"{file.name}.{os.urandom(4).hex()}.new")
    try:
        with whole_file(file):
            # Inside: another repair may have been first.
            found = _needed(path)
            if found is not None and not mendable(found.problems) and to is None:
                return _nothing_done(path, found)
            check_unused(file, path)
            drop_half_made(file)
            try:
                with translated(path):
                    salvage, tables, refilled = _mended(file, fresh, path)
                aside = None
                if to is None:
                    aside = swap_in(file, fresh, DAMAGED)
                else:
                    sync_file(fresh)
                    name_once(fresh, to)
                    sync_folder(to.absolute().parent)
            finally:
                remove(fresh)
    except FileExistsError as error:
        what, fix = "there is a file of this name already", "choose another for --to"
        raise SaveError(what=what, where=str(to), fix=fix) from error
    except OSError as error:
        what, fix = "the mended save cannot be written", "check the folder and free space"
        raise StoreError(what=what, got=error.strerror, where=path, fix=fix) from error
    return Repaired(
        path=path,
        to=path if to is None else str(to),
        damaged=None if aside is None else str(aside),
        pages_lost=len({hole.number for hole in salvage.holes}),
        tables=tables,
        from_backup=refilled.rows.total(),
        backups=refilled.asked,
        left_out=refilled.left_out,
    )


def _nothing_done(path: str, found: Checked) -> Repaired:
    kept = {name: Mended(kept=n) for name, n in found.rows.items() if n}
    return Repaired(
        path=path, to=None, damaged=None, pages_lost=0, tables=kept, left=found.problems
    )


def _needed(path: str) -> Checked | None:
    """What a full check says; None when it takes the file for no save at all.

    Raises:
        SaveError: it is another program's, or of a newer one.
    """
    image = Image(existing(path))
    if image.header and int.from_bytes(image.header[68:72], "big") != APPLICATION_ID:
        return check(path)
    try:
        return check(path, full=True)
    except SaveError:
        return None


def _mended(file: Path, fresh: Path, where: str) -> tuple[Salvage, dict[str, Mended], Refilled]:
    salvage = Salvage(Image(file))
    if log_of(file).exists():
        # What is left of a torn log may be older than what was moved into the file before.
        alone = Salvage(Image(file, log=False))
        strange = _is_strange(salvage, alone)
        salvage = alone if strange else max(salvage, alone, key=lambda one: one.worth)
    if not salvage.found:
        fix = "there is no backup; choose another file for the save"
        if backups_of(file):
            fix = f"`astraweave save restore {shlex.quote(where)} newest` puts a backup back"
        raise SaveError(what="nothing of a save can be read in this file", where=where, fix=fix)
    db = apsw.Connection(str(fresh))
    try:
        db.execute("PRAGMA journal_mode = DELETE").fetchall()
        again, refilled = _fill(db, salvage, file)
    finally:
        db.close()
    # Reads every row once, as it will be read: what has a wrong checksum goes to the quarantine.
    with open_memory(fresh, recover=False) as store:
        store.health()
        store.flush()
        kept = counted(store._link.db)
        aside = Counter([str(row[0]) for row in store._link.db.execute(_ASIDE)])
    aside.subtract(str(row.values[1]) for row in salvage.rows["quarantine"])
    tables = {
        name: Mended(
            kept=kept[name],
            lost=max(0, _lost(salvage, name) - again.get(name, 0) - refilled.fresh(name)),
            set_aside=max(0, aside[name]),
            made_again=again.get(name, 0),
            from_backup=refilled.rows[name],
            older=refilled.older[name],
        )
        for name in sorted(kept)
        if not derived(name) and name != "quarantine"
    }
    return salvage, tables, refilled


def _is_strange(logged: Salvage, alone: Salvage) -> bool:
    """Whether the log is another save's: most episodes of the file are others with it."""
    there = {row.number: row.values[5:9] for row in logged.rows["episodes"]}
    both = [row for row in alone.rows["episodes"] if row.number in there]
    return sum(there[row.number] != row.values[5:9] for row in both) * 2 > len(both)


def _lost(salvage: Salvage, name: str) -> int:
    return max(salvage.lacks(name), salvage.bad[name])


def _fill(db: apsw.Connection, salvage: Salvage, save: Path) -> tuple[dict[str, int], Refilled]:
    """Make a save of what was salvaged; rows of each table made again, and what backups gave."""
    migrate(db, MIGRATIONS[: salvage.version])
    link = Link(db, str(save), None)
    with link.transaction():
        _take_over(db, salvage)
    migrate(db)
    with link.transaction():
        again = {"tombstones": forgotten_again(db, salvage)}
        refilled = refill(db, salvage, save)
        again |= make_again(db, salvage)
    return again, refilled


def _take_over(db: apsw.Connection, salvage: Salvage) -> None:
    for name in salvage.tables:
        if not derived(name) and name != "sqlite_sequence":
            _insert(db, salvage, name)
    # A number must never be given twice.
    for row in salvage.rows["sqlite_sequence"]:
        if len(row.values) != 2 or not is_count(row.values[1]):
            continue
        db.execute("UPDATE sqlite_sequence SET seq = max(seq, ?2) WHERE name = ?1", row.values)
        if not db.changes() and row.values[0] in salvage.tables:
            db.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?1, ?2)", row.values)
    db.execute(
        "INSERT OR IGNORE INTO sessions SELECT session FROM checkpoints WHERE length(session) = 16"
    )


def _insert(db: apsw.Connection, salvage: Salvage, name: str) -> None:
    table = salvage.tables[name]
    for row in salvage.rows[name]:
        with suppress(apsw.ConstraintError):  # a second one, or out of range: counted as lost
            db.execute(*insertion(table, row))
