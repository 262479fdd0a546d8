"""Mend a damaged save: every row that can still be read, in a fresh file.

The damaged file is kept as it is, under another name. Refuses what never was a save of ours, and to
make a save out of nothing.
"""

import os
import shlex
from collections import Counter
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

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
from astraweave.memory.codec import check_row
from astraweave.memory.connection import translated
from astraweave.memory.fading import evict
from astraweave.memory.holders import check_unused
from astraweave.memory.ledger import fill_ledger
from astraweave.memory.log import log_of
from astraweave.memory.looking import existing
from astraweave.memory.mark import is_count
from astraweave.memory.migrations import MIGRATIONS, migrate
from astraweave.memory.packing import stored_dictionary
from astraweave.memory.pages import Image
from astraweave.memory.relinking import index_all, links_left, relink
from astraweave.memory.rows import SELECT_EPISODE, insert_memory, memory_rows, read_episode
from astraweave.memory.salvage import Salvage
from astraweave.memory.schema import APPLICATION_ID
from astraweave.memory.shapes import derived, insertion
from astraweave.memory.store import open_memory
from astraweave.model.memory import memory_of

_ASIDE = "SELECT source FROM quarantine"


class Mended(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a table's rows.

    `kept`: in the new file; `lost`: at least so many are not; `set_aside`: damaged, in the
    quarantine; `made_again`: were lost, and could be made from others.
    """

    kept: int
    lost: int = 0
    set_aside: int = 0
    made_again: int = 0


class Repaired(msgspec.Struct, frozen=True, kw_only=True):
    """What a repair did; `to` is None when nothing was wrong, and nothing was done.

    `pages_lost`: pages of tables that could not be read; `damaged`: where the old file is; `left`:
    what is wrong and no repair mends, where nothing else is.
    """

    path: str
    to: str | None
    damaged: str | None
    pages_lost: int
    tables: dict[str, Mended]
    left: tuple[str, ...] = ()

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
    found = _needed(path)
    if found is not None and not mendable(found.problems) and to is None:
        kept = {name: Mended(kept=n) for name, n in found.rows.items() if n}
        left = found.problems
        return Repaired(path=path, to=None, damaged=None, pages_lost=0, tables=kept, left=left)
    fresh = file.with_name(f"{file.name}.{os.urandom(4).hex()}.new")
    try:
        with whole_file(file):
            check_unused(file, path)
            drop_half_made(file)
            try:
                with translated(path):
                    salvage, tables = _mended(file, fresh, path)
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


def _mended(file: Path, fresh: Path, where: str) -> tuple[Salvage, dict[str, Mended]]:
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
        again = _fill(db, salvage)
    finally:
        db.close()
    # Reads every row once, as it will be read: what has a wrong checksum goes to the quarantine.
    with open_memory(fresh, recover=False) as store:
        store.health()
        store.flush()
        kept = counted(store._link.db)
        aside = Counter([str(row[0]) for row in store._link.db.execute(_ASIDE)])
    aside.subtract(str(row.values[1]) for row in salvage.rows["quarantine"])
    return salvage, {
        name: Mended(
            kept=kept[name],
            lost=_lost(salvage, name),
            set_aside=max(0, aside[name]),
            made_again=again.get(name, 0),
        )
        for name in sorted(kept)
        if not derived(name) and name != "quarantine"
    }


def _is_strange(logged: Salvage, alone: Salvage) -> bool:
    """Whether the log is another save's: most episodes of the file are others with it."""
    there = {row.number: row.values[5:9] for row in logged.rows["episodes"]}
    both = [row for row in alone.rows["episodes"] if row.number in there]
    return sum(there[row.number] != row.values[5:9] for row in both) * 2 > len(both)


def _lost(salvage: Salvage, name: str) -> int:
    """How many rows are known to be missing: indexes name them, or their page says so."""
    read = {row.number for row in salvage.rows.get(name, ())}
    named = salvage.numbers.get(name, set())
    if name == "observations":
        named = {row.number for row in salvage.rows["episodes"]}
    return max(len(named - read), salvage.bad[name])


def _fill(db: apsw.Connection, salvage: Salvage) -> dict[str, int]:
    """Make a save of what was salvaged; how many rows of each table were made again."""
    migrate(db, MIGRATIONS[: salvage.version])
    with db:
        _take_over(db, salvage)
    migrate(db)
    again = dict[str, int]()
    with db:
        again["memories"] = _memories_again(db, salvage)
        for name in salvage.tables:
            _drop_strays(db, name)
        again["tags"] = _tags_again(db)
        again["digests"] = _digests_again(db)
        again["ledger"] = _ledger_again(db)
        linked = index_all(db, salvage.linked, sure=not salvage.places.get("vectors"))
        again["associations"] = relink(db, links_left(db, salvage), linked)
    return again


def _take_over(db: apsw.Connection, salvage: Salvage) -> None:
    for name in salvage.tables:
        if not derived(name) and name != "sqlite_sequence":
            _insert(db, salvage, name)
    # A number must never be given twice.
    for row in salvage.rows["sqlite_sequence"]:
        if not is_count(row.values[1]):
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


def _drop_strays(db: apsw.Connection, name: str) -> None:
    """Delete rows that refer to nothing."""
    keys = db.execute(
        'SELECT "from", "table", coalesce("to", "from") FROM pragma_foreign_key_list(?)', (name,)
    ).fetchall()
    for column, parent, of in keys:
        db.execute(f"DELETE FROM {name} WHERE {column} NOT IN (SELECT {of} FROM {parent})")


def _tags_again(db: apsw.Connection) -> int:
    """Tags, from the memories that have them; a memory that makes no sense has none."""
    before = db.total_changes()
    db.execute(
        "INSERT OR IGNORE INTO tags SELECT m.seq, t.value FROM memories m, "
        "json_each(CASE WHEN json_valid(m.rest) THEN m.rest ELSE '{}' END, '$.tags') t "
        "WHERE t.type = 'text'"
    )
    return int(db.total_changes() - before)


def _memories_again(db: apsw.Connection, salvage: Salvage) -> int:
    """The memory of each episode that has none, under its number, which its links refer to."""
    made = 0
    lost: list[Any] = db.execute(
        f"{SELECT_EPISODE}WHERE e.id NOT IN (SELECT id FROM memories) AND o.columns IS NOT NULL"
    ).fetchall()
    for row in lost:
        with suppress(SaveError, apsw.ConstraintError):  # damaged: whoever reads it sets it aside
            log = read_episode(row, partial(stored_dictionary, db))
            insert_memory(db, memory_rows(memory_of(log)))
            made += 1
            new, old = db.last_insert_rowid(), salvage.memories.get(row[1])
            db.execute("DELETE FROM tags WHERE memory = ?", (new,))
            db.execute("UPDATE OR IGNORE memories SET seq = ?2 WHERE seq = ?1", (new, old or new))
    return made


def _ledger_again(db: apsw.Connection) -> int:
    """What proposals cost, from their verdicts."""
    before = db.total_changes()
    fill_ledger(db)
    return int(db.total_changes() - before)


def _digests_again(db: apsw.Connection) -> int:
    """Of episodes that lost their observations, what is left of those that were evicted."""
    made = 0
    bare: list[Any] = db.execute(f"{SELECT_EPISODE}WHERE o.columns IS NULL").fetchall()
    for row in bare:
        with suppress(SaveError):  # damaged: whoever reads it sets it aside
            check_row(f"episode {row[1]}", row[12], *row[1:12])
            made += evict(db, row[1])
    return made
