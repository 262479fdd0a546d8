"""Rows of a damaged save, page by page, into a fresh one.

Trees are followed from the list of tables on page 1; what they no longer reach is told by the shape
of its rows: columns, types, four letters before each blob, checksums. Refuses to look at pages that
no tree reaches as long as every tree is whole: they are free, and hold what was deleted.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
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
from astraweave.memory.pages import LEAF_TABLE, Image, Page, Value, leaves
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
_VOTES = 8
"""Rows of a page that are asked whose they are."""
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


class Salvage:
    """What can be read of a save.

    version: the schema its rows were written for; the newest when its header is gone
    rows: for each table, rows in the order they were found
    numbers: for each table, the numbers of rows that its indexes name
    memories: numbers of memories by their ids, as their index names them
    holes: pages of a tree that are no more
    bad: for each table, rows that are no more on a page that is
    """

    def __init__(self, image: Image) -> None:
        """Read all of it."""
        version = int.from_bytes(image.header[60:64], "big")
        self.version = version if 1 <= version <= len(MIGRATIONS) else len(MIGRATIONS)
        self.tables = tables(self.version)
        self.rows: dict[str, list[Found]] = {name: [] for name in self.tables}
        self.numbers: dict[str, set[int]] = {name: set() for name in self.tables}
        self.memories: dict[Value, Value] = {}
        self.holes: list[int] = []
        self.bad: Counter[str] = Counter()
        self._image = image
        self._reached: set[int] = set()
        self._walk()
        if self.holes or any(self.bad.values()):
            self._stray()

    @property
    def found(self) -> int:
        """How many rows there are that a fresh save would not have."""
        return sum(len(rows) for name, rows in self.rows.items() if not derived(name))

    @property
    def worth(self) -> tuple[int, int]:
        """Of two, the larger is to be had: whole, then later by its count of durable commits.

        A log that breaks trees is another save's, or older than what was moved into the file.
        """
        counts = [row.values[2] for row in self.rows.get("acknowledged", ())]
        changes = max([count for count in counts if isinstance(count, int)], default=0)
        return -len(self.holes) - sum(self.bad.values()), changes

    def _walk(self) -> None:
        """Every tree of which the list of tables knows the root."""
        known = set[str]()
        for _, page in self._tree(1):
            self.bad["sqlite_schema"] += page.bad
            for cell in page.cells:
                if cell.values is None or len(cell.values) != 5:
                    continue
                kind, name, of, root, _ = cell.values
                if isinstance(root, int) and root > 1 and of in self.tables:
                    known.add(str(name))
                    self._read(kind == "index", str(of), root)
        if not known >= {name for name in self.tables if not derived(name)}:
            self.holes.append(1)

    def _read(self, is_index: bool, name: str, root: int) -> None:
        table = self.tables[name]
        for number, page in self._tree(root):
            values = [cell.values for cell in page.cells if cell.values is not None]
            if derived(name) or (is_index and table.rowless):
                continue
            if is_index:
                self.numbers[name].update([v[-1] for v in values if isinstance(v[-1], int)])
                if name == "memories":
                    self.memories.update({v[0]: v[1] for v in values if len(v) == 2})
            elif values and not any(map(table.fits, values)):
                # A pointer that was changed: whose page this is, its rows say themselves.
                self.holes.append(number)
                self._reached.discard(number)
            else:
                self._keep(table, page)

    def _tree(self, root: int) -> Iterator[tuple[int, Page]]:
        for number, page in leaves(self._image, root, self.holes):
            if number not in self._reached:
                self._reached.add(number)
                yield number, page

    def _keep(self, table: Table, page: Page) -> None:
        self.bad[table.name] += page.bad
        for cell in page.cells:
            if cell.values is None:
                continue
            if table.fits(cell.values):
                self.rows[table.name].append(Found(cell.row, cell.values))
            else:
                self.bad[table.name] += 1

    def _stray(self) -> None:
        """Pages with rows that no tree reaches any more."""
        for number in range(1, self._image.count + 1):
            if number in self._reached:
                continue
            try:
                page = self._image.page(number)
            except ValueError:
                continue
            table = whose(page, self.tables.values(), self.version)
            if table is not None and not derived(table.name):
                self._keep(table, page)


def derived(name: str) -> bool:
    """Whether a table is made anew: from the memories when somebody asks, or with the save."""
    return name in _DERIVED or name.startswith("memory_words")


def whose(page: Page, known: Iterable[Table], version: int) -> Table | None:
    """The table that the rows of a page belong to; None when they are nobody's, or anybody's."""
    rows = [cell.values for cell in page.cells if cell.values][:_VOTES]
    votes: Counter[str] = Counter()
    of_kind = [table for table in known if table.rowless != (page.kind == LEAF_TABLE)]
    for table in of_kind:
        for values in filter(table.fits, rows):
            votes[table.name] += 1 + table.typed + 4 * table.certain(values)
    most = max(votes.values(), default=0)
    best = [table for table in of_kind if most and votes[table.name] == most]
    if len(best) > 1:  # what is alike in columns and types differs in what is in range
        best = [table for table in best if _taken(table, version, page)]
    return best[0] if len(best) == 1 else None


def _taken(table: Table, version: int, page: Page) -> bool:
    """Whether an empty table takes a row of the page."""
    db = _empty(version)
    db.execute("BEGIN")
    try:
        for cell in page.cells[:_VOTES]:
            if cell.values is not None and table.fits(cell.values):
                with suppress(apsw.ConstraintError):
                    db.execute(*insertion(table, Found(cell.row, cell.values)))
                    return True
    finally:
        db.execute("ROLLBACK")
    return False


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
    db = _empty(version)
    names = db.execute(
        "SELECT name, wr FROM pragma_table_list "
        "WHERE schema = 'main' AND type IN ('table', 'shadow') AND name != 'sqlite_schema'"
    ).fetchall()
    return {str(name): _table(db, str(name), bool(rowless)) for name, rowless in names}


@lru_cache(maxsize=4)
def _empty(version: int) -> apsw.Connection:
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
