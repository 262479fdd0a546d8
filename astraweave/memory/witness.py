"""What proves that a row of a damaged save was there until the damage, and was not deleted.

Its place in the table cannot be read, an index that names it still does, and none that is whole
lacks it. Refuses to believe less: an index may be older than its table.
"""

from collections.abc import Collection, Mapping
from typing import NamedTuple

from astraweave.memory.pages import Hole, Span, Value, leaves
from astraweave.memory.salvage import Salvage
from astraweave.memory.shapes import Index, Table, indexes

_NAMING = {"statistics": "episode", "digests": "episode"}
"""Their numbers may be given twice: only an index with this column says which row it was."""


class _Read(NamedTuple):
    """An index: number of the row (or 0) by what its entry holds; `whole`: all of it was read."""

    of: Index
    entries: dict[tuple[Value, ...], int]
    whole: bool


class Witness:
    """What the indexes of one table say of rows that cannot be read."""

    def __init__(
        self, salvage: Salvage, table: str, there: Collection[object], unsound: Collection[int] = ()
    ) -> None:
        """Read them.

        Args:
            salvage: what was read of the save.
            table: one that is not derived.
            there: numbers of the rows that can be read; of a table without, what its index holds.
            unsound: numbers of rows that were read and are damaged.
        """
        self.table = salvage.tables[table]
        self.places = [*salvage.places[table], *(Span(n, n) for n in unsound)]
        # All of an index is read: not without need.
        of = indexes(salvage.version)[table] if self.places else ()
        self._reads = [_read(salvage, index, self.table, there) for index in of]
        self._naming = _NAMING.get(table)

    def entries(self) -> list[tuple[tuple[Value, ...], int]]:
        """What indexes hold of rows that were not read, and the numbers of these."""
        return [entry for read in self._reads for entry in read.entries.items()]

    def is_lost(self, key: Value) -> bool:
        """Whether the place of a row with this number, or first column, cannot be read."""
        return any(key in span for span in self.places)

    def allows(self, row: Mapping[str, Value]) -> bool:
        """Whether a row of a table without numbers may have been there: nothing tells otherwise."""
        return self._is_lost(row, 0) and all(
            tuple(row[name] for name in read.of.columns if name is not None) in read.entries
            for read in self._reads
            if read.whole
        )

    def vouches(self, row: Mapping[str, Value]) -> bool:
        """Whether a row, column → value, was there until the damage."""
        sure = False
        for read in self._reads:
            columns = [name for name in read.of.columns if name is not None]
            at = read.entries.get(tuple(row.get(name) for name in columns))
            if at is None or not self._is(row, at):
                if read.whole and not read.of.partial:
                    return False
            elif self._naming in (None, *columns) and self._is_lost(row, at):
                sure = True
        return sure

    def _is(self, row: Mapping[str, Value], number: int) -> bool:
        """Whether `row` has this number, where rows keep theirs."""
        at = self.table.number
        return at is None or row[self.table.columns[at].name] == number

    def _is_lost(self, row: Mapping[str, Value], number: int) -> bool:
        """Whether the place of a row cannot be read."""
        return self.is_lost(row[self.table.columns[0].name] if self.table.rowless else number)


def _read(salvage: Salvage, index: Index, table: Table, there: Collection[object]) -> _Read:
    entries, holes = dict[tuple[Value, ...], int](), list[Hole]()
    types = {column.name: column.types for column in table.columns}
    takes = [(int,) if name is None else types[name] for name in index.columns]
    root = salvage.roots.get(index.name)
    if root is None:
        return _Read(index, entries, whole=False)
    whole = True
    for _, page in leaves(salvage.image, root, holes):
        whole = whole and not page.bad
        for cell in page.cells:
            values = cell.values or ()
            if len(values) != len(takes) or not all(
                type(value) in some for value, some in zip(values, takes, strict=True)
            ):
                whole = False  # a page of another index in the place of its own
            elif table.rowless and values not in there:
                entries[values] = 0
            elif not table.rowless and (number := values[-1]) not in there:
                assert isinstance(number, int)  # as `takes` says
                entries[values[:-1]] = number
    return _Read(index, entries, whole and not holes)
