"""Rows that a damaged save lost, from the newest of its backups that has them.

Only those that a witness proves to have been there until the damage, and (`dependents`) what cannot
be deleted by itself. Refuses a backup that is damaged, or of which `kinship` says no; never puts a
row in the place of a sound one.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import apsw
import msgspec

from astraweave.errors import AstraweaveError, SaveError
from astraweave.memory.beside import backups_of
from astraweave.memory.dependents import give_dependents
from astraweave.memory.kinship import is_unchanged, objection
from astraweave.memory.looking import look
from astraweave.memory.mentions import take_out
from astraweave.memory.migrations import MIGRATIONS, migrate, verify, version_of
from astraweave.memory.placing import Given, Mending, put, rows_of
from astraweave.memory.relinking import links_left
from astraweave.memory.rolling import structure
from astraweave.memory.soundness import is_sound, named
from astraweave.memory.witness import Witness

if TYPE_CHECKING:
    from pathlib import Path

    from astraweave.memory.salvage import Salvage

_PROVEN = (
    "episodes",
    "memories",
    "statistics",
    "weight_sets",
    "proposals",
    "deployments",
    "ledger",
    "digests",
    "verdicts",
    "notes",
)
_LINKED = "memory IN (SELECT memory FROM vectors WHERE linked = 1)"
_IDS = "SELECT id FROM memories UNION SELECT id FROM episodes"
_DIGESTS = " UNION SELECT episode FROM digests"
_LEARNED = (
    "UPDATE episodes SET learned = 1 WHERE seq = ?1 AND learned = 0 AND EXISTS (SELECT 1 FROM "
    "statistics s WHERE s.player = episodes.player AND s.companion = episodes.companion "
    "AND s.episode = episodes.id)"
)


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A backup that was asked for lost rows: how many it gave, or why it was not taken."""

    file: str
    rows: int = 0
    problem: str = ""


class Refilled(msgspec.Struct, frozen=True, kw_only=True):
    """What backups gave: `rows` by table, `replaced` those of them in place of damaged ones.

    `left_out`: episodes and memories of backups that are not in the save: forgotten since, or
    nothing proves that they were not.
    """

    rows: Counter[str]
    replaced: Counter[str]
    older: Counter[str]
    asked: tuple[Asked, ...]
    left_out: int

    def fresh(self, table: str) -> int:
        """Rows of a table that were not there at all."""
        return self.rows[table] - self.replaced[table]


def refill(db: apsw.Connection, salvage: "Salvage", save: "Path") -> Refilled:
    """Ask the backups of `save`, the newest first, for what its mended copy lacks.

    Args:
        db: the mended copy in a transaction, of the newest schema; foreign keys are not enforced.
        salvage: what was read of the save.
        save: its file.
    """
    asked, ids = list[Asked](), set[Any]()
    unsound = {
        name: {row.number for row in salvage.rows[name] if not is_sound(name, named(table, row))}
        for name, table in salvage.tables.items()
        if name in (*_PROVEN, "states", "uses", "consents")
    }
    given = Given()
    work = Mending(db, salvage, given, unsound)
    for backup in backups_of(save):
        before, problem = sum(given.rows.values()), ""
        try:
            with _opened(backup.file) as other:
                problem = objection(db, salvage, other) or ""
                if not problem:
                    _give(work, other)
                    ids.update(other.execute(_IDS).fetchall())
        except (AstraweaveError, apsw.Error, OSError, UnicodeDecodeError) as error:
            if not db.in_transaction or isinstance(error.__cause__ or error, apsw.FullError):
                raise  # not of the backup: the mended copy has no room
            problem = getattr(error, "what", "") or "it cannot be read"
        rows = sum(given.rows.values()) - before
        asked.append(Asked(file=str(backup.file), rows=rows, problem=problem))
    there = set(db.execute(_IDS + _DIGESTS).fetchall())
    return Refilled(
        rows=given.rows,
        replaced=given.replaced,
        older=given.older,
        asked=tuple(asked),
        left_out=len(ids - there),
    )


@contextmanager
def _opened(file: "Path") -> Iterator[apsw.Connection]:
    """A sound backup, to be read at the newest schema.

    Raises:
        SaveError: it is damaged, or no save this program reads.
    """
    with look(file, str(file)) as db:
        verify(db, str(file))
        for line in structure(db, 1):
            raise SaveError(what="it is damaged", got=line, where=str(file))
        if version_of(db) == len(MIGRATIONS):
            yield db
            return
        copy = apsw.Connection(":memory:")
        try:
            with copy.backup("main", db, "main") as copying:
                copying.step()
            migrate(copy)
            yield copy
        finally:
            copy.close()


def _give(work: Mending, backup: apsw.Connection) -> None:
    """Take from one backup what is still missing."""
    db, salvage, given, unsound = work.db, work.salvage, work.given, work.unsound
    unchanged = is_unchanged(salvage, backup)
    # A state is folded from rows of statistics: an older one would belie them.
    for name in (*_PROVEN, "states") if unchanged else _PROVEN:
        if name not in salvage.tables:
            continue
        read = {row.number for row in salvage.rows[name]} - unsound[name]
        new = _take(db, Witness(salvage, name, read, unsound[name]), backup, given)
        if name == "memories" and new:
            _take_out_mentions(db, backup, [row["seq"] for row in new])
        if name == "notes" and not unchanged:
            given.older["notes"] += len(new)
        if name == "episodes":
            given.episodes += [row["seq"] for row in new]
    _take(db, links_left(db, salvage).witness, backup, given, _LINKED)
    give_dependents(work, backup)
    db.executemany(_LEARNED, [(number,) for number in given.episodes])


def _take(
    db: apsw.Connection,
    witness: Witness,
    backup: apsw.Connection,
    given: Given,
    where: str = "1",
) -> list[dict[str, Any]]:
    """Rows of a table that a witness vouches for."""
    if not witness.places:
        return []
    name = witness.table.name
    rows = (row for row in rows_of(backup, name, where) if witness.vouches(row))
    return [row for row in rows if is_sound(name, row) and put(db, name, row, given)]


def _take_out_mentions(
    db: apsw.Connection, backup: apsw.Connection, numbers: Sequence[int]
) -> None:
    """Let memories of a backup name nothing that was forgotten since."""
    known = {str(row[0]) for row in backup.execute(_IDS + _DIGESTS).fetchall()}
    gone = known - {str(row[0]) for row in db.execute(_IDS + _DIGESTS).fetchall()}
    for number in numbers if gone else ():
        take_out(db, number, frozenset(gone))
