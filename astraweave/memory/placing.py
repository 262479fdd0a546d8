"""A row of a backup put into a mended save, unless a sound one stands there."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import apsw

from astraweave.memory.migrations import MIGRATIONS
from astraweave.memory.shapes import tables
from astraweave.memory.soundness import Named, is_sound

if TYPE_CHECKING:
    from astraweave.memory.salvage import Salvage

_KEYS = {
    "episodes": ("seq",),
    "memories": ("seq",),
    "statistics": ("player", "companion", "episode"),
    "states": ("player", "companion"),
    "weight_sets": ("player", "companion", "version"),
    "proposals": ("seq",),
    "deployments": ("seq",),
    "ledger": ("player", "companion", "number"),
    "digests": ("episode",),
    "verdicts": ("key",),
    "notes": ("key",),
    "associations": ("memory", "target", "relation"),
    "dictionaries": ("number",),
    "uses": ("memory",),
    "consents": ("seq",),
    "audit": ("seq",),
    "salts": ("kind", "name"),
}


@dataclass
class Given:
    """What backups gave so far, by table; `replaced` in place of damaged rows.

    `older`: what may have been written anew since; `episodes`: numbers of those that came back.
    """

    rows: Counter[str] = field(default_factory=Counter)
    replaced: Counter[str] = field(default_factory=Counter)
    older: Counter[str] = field(default_factory=Counter)
    episodes: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Mending:
    """A save that is being mended, whatever backup is asked.

    `db`: the mended copy in a transaction; `salvage`: what was read of the save; `given`: what
    backups gave so far; `unsound`: numbers of rows that were read and are damaged, by table.
    """

    db: apsw.Connection
    salvage: "Salvage"
    given: Given
    unsound: dict[str, set[int]]


def rows_of(db: apsw.Connection, name: str, where: str = "1") -> Iterator[dict[str, Any]]:
    """Rows of a table of the newest schema, column → value; `where` is written by us."""
    columns = [column.name for column in tables(len(MIGRATIONS))[name].columns]
    for row in db.execute(f"SELECT {','.join(columns)} FROM {name} WHERE {where}"):
        yield dict(zip(columns, row, strict=True))


def put(db: apsw.Connection, name: str, row: Named, given: Given) -> bool:
    """Insert a row; False where a sound one has its key, or what else must be unique."""
    found = _same(db, name, row)
    if any(is_sound(name, other) for other in found):
        return False
    where = " AND ".join(f"{key} = ?" for key in _KEYS[name])
    db.execute(f"DELETE FROM {name} WHERE {where}", [row[key] for key in _KEYS[name]])
    try:
        _insert(db, name, row)
    except apsw.ConstraintError:
        for other in found:  # a damaged row goes only for one that takes its place
            _insert(db, name, other)
        return False
    given.rows[name] += 1
    given.replaced[name] += bool(found)
    return True


def _insert(db: apsw.Connection, name: str, row: Named) -> None:
    marks = ",".join("?" * len(row))
    db.execute(f"INSERT INTO {name} ({','.join(row)}) VALUES ({marks})", [*row.values()])


def _same(db: apsw.Connection, name: str, row: Named) -> list[dict[str, Any]]:
    columns = [column.name for column in tables(len(MIGRATIONS))[name].columns]
    where = " AND ".join(f"{key} = ?" for key in _KEYS[name])
    sql = f"SELECT {','.join(columns)} FROM {name} WHERE {where}"
    found = db.execute(sql, [row[key] for key in _KEYS[name]]).fetchall()
    return [dict(zip(columns, other, strict=True)) for other in found]
