"""The tables and indexes of a save as they are stored: columns, types, and what a row must be.

Of any version that was ever released. Refuses nothing: it says what fits.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import apsw

from astraweave.errors import SaveError
from astraweave.memory.codec import LOG_V1, decoded, row_crc
from astraweave.memory.directions import EMBEDDING_V1
from astraweave.memory.indexing import FEATURES_V1
from astraweave.memory.learned import NOTE_V1, ROW_V1, STATE_V1
from astraweave.memory.ledger import VERDICT_V1
from astraweave.memory.mark import MARKED_FROM
from astraweave.memory.migrations import MIGRATIONS, migrate
from astraweave.memory.packing import DICTIONARY_V1, PACKED_V1
from astraweave.memory.pages import Value
from astraweave.memory.recovery import PART_V1
from astraweave.model.verdict import Spent
from astraweave.model.weights import WeightSet

_DERIVED = frozenset({"vectors", "contexts", "embeddings", "migrations"})
_MARKS: dict[str, tuple[bytes, ...]] = {
    "observations": (LOG_V1, PACKED_V1),
    "dictionaries": (DICTIONARY_V1,),
    "verdicts": (VERDICT_V1,),
    "checkpoints": (PART_V1,),
    "vectors": (FEATURES_V1,),
    "embeddings": (EMBEDDING_V1,),
    "statistics": (ROW_V1,),
    "states": (STATE_V1,),
    "notes": (NOTE_V1,),
}
_JSON: dict[str, type] = {"weight_sets": WeightSet, "ledger": Spent}
_ANY = (int, float, str, bytes)
_PYTHON = {"INTEGER": (int,), "TEXT": (str,), "BLOB": (bytes,), "REAL": (float, int)}
_CRC_COVERS = {"episodes": slice(1, 12), "memories": slice(1, 9)}


class Column(NamedTuple):
    """A column: the types it takes, and whether it may be left out of a row or be null."""

    name: str
    types: tuple[type, ...]
    nullable: bool
    added: bool


class Table(NamedTuple):
    """A table: its columns as they are stored; `number` is the column that is the row's number."""

    name: str
    columns: tuple[Column, ...]
    number: int | None
    rowless: bool

    def fits(self, values: Sequence[Value]) -> bool:
        """Whether these may be a row of this table."""
        columns = self.columns
        if len(values) > len(columns) or not all(c.added for c in columns[len(values) :]):
            return False
        for at, (value, column) in enumerate(zip(values, columns, strict=False)):
            if at == self.number or value is None:
                if value is not None or (at != self.number and not column.nullable):
                    return False
            elif type(value) not in column.types:
                return False
        marks = _MARKS.get(self.name)
        if marks is None:
            return True
        return any(isinstance(v, bytes) and v[:4] in marks for v in values)

    @property
    def typed(self) -> bool:
        """Whether a value of the wrong type would be noticed."""
        return all(len(column.types) < len(_ANY) for column in self.columns)

    def certain(self, values: Sequence[Value]) -> bool:
        """Whether four letters or a checksum say so, too, and what is JSON is of its kind."""
        if self.name in _MARKS:
            return True
        names = [column.name for column in self.columns]
        if "crc" not in names or len(values) != len(names):
            return False
        real = [float in column.types for column in self.columns]
        plain = [float(v) if r and v is not None else v for v, r in zip(values, real, strict=True)]
        at, first = names.index("crc"), 0 if self.number is None else 1
        if values[at] != row_crc(*plain[_CRC_COVERS.get(self.name, slice(first, at))]):
            return False
        kind = _JSON.get(self.name)
        try:
            return kind is None or decoded(str(values[names.index("body")]), kind) is not None
        except SaveError:
            return False


class Found(NamedTuple):
    """A row: its number (0 without one), its values."""

    number: int
    values: tuple[Value, ...]


class Index(NamedTuple):
    """An index: what its entries hold, in their order; None is the number of the row.

    `partial`: it has entries of some rows only.
    """

    name: str
    columns: tuple[str | None, ...]
    partial: bool


def derived(name: str) -> bool:
    """Whether a table is made anew: from the memories when somebody asks, or with the save."""
    return name in _DERIVED or name.startswith("memory_words")


def insertion(table: Table, row: Found) -> tuple[str, list[Value]]:
    """The statement that inserts a row, and its values."""
    values = list(row.values)
    names = ",".join(column.name for column in table.columns[: len(values)])
    if table.number is not None:
        values[table.number] = row.number
    return f"INSERT INTO {table.name} ({names}) VALUES ({','.join('?' * len(values))})", values


@lru_cache(maxsize=4)
def tables(version: int) -> dict[str, Table]:
    """Every table of a schema, and the one in which SQLite keeps the newest numbers."""
    db = empty(version)
    names = db.execute(
        "SELECT name, wr FROM pragma_table_list "
        "WHERE schema = 'main' AND type IN ('table', 'shadow') AND name != 'sqlite_schema'"
    ).fetchall()
    return {str(name): _table(db, str(name), bool(rowless)) for name, rowless in names}


@lru_cache(maxsize=4)
def empty(version: int) -> apsw.Connection:
    """A save of this schema in memory, with nothing in it."""
    db = apsw.Connection(":memory:")
    migrate(db, MIGRATIONS[:version])
    db.execute("DELETE FROM acknowledged" if version >= MARKED_FROM else "")
    return db


def _table(db: apsw.Connection, name: str, rowless: bool) -> Table:
    rows = db.execute(
        'SELECT name, type, "notnull", dflt_value, pk FROM pragma_table_xinfo(?)', (name,)
    ).fetchall()
    keys = sum(bool(row[4]) for row in rows)
    if rowless:  # stored by key, then the rest
        rows.sort(key=lambda row: row[4] or keys + 1)
    columns = [
        Column(
            str(row[0]),
            _PYTHON.get(str(row[1]), _ANY),
            not row[2] and not (rowless and row[4]),
            bool(row[3]) or not row[2],
        )
        for row in rows
    ]
    alias = [at for at, row in enumerate(rows) if keys == 1 and row[4] and row[1] == "INTEGER"]
    return Table(name, tuple(columns), None if rowless or not alias else alias[0], rowless)


@lru_cache(maxsize=4)
def indexes(version: int) -> dict[str, tuple[Index, ...]]:
    """The indexes of every table that is not derived; of one without numbers not its own tree."""
    db = empty(version)
    return {
        name: tuple(
            Index(str(index), _columns(db, str(index)), bool(partial))
            for index, origin, partial in db.execute(
                "SELECT name, origin, partial FROM pragma_index_list(?)", (name,)
            )
            if not (table.rowless and origin == "pk")
        )
        for name, table in tables(version).items()
        if not derived(name) and name != "sqlite_sequence"
    }


def _columns(db: apsw.Connection, index: str) -> tuple[str | None, ...]:
    rows = db.execute("SELECT name FROM pragma_index_xinfo(?) ORDER BY seqno", (index,))
    return tuple(None if name is None else str(name) for (name,) in rows)


@lru_cache(maxsize=4)
def listed(version: int) -> frozenset[tuple[str, str, str, str | None]]:
    """(type, name, table, SQL) of everything in the list of tables."""
    rows = empty(version).execute("SELECT type, name, tbl_name, sql FROM sqlite_schema")
    return frozenset((str(a), str(b), str(c), None if d is None else str(d)) for a, b, c, d in rows)
