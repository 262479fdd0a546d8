"""Rows of a damaged save, page by page, into a fresh one.

Trees are followed from the list of tables on page 1; what they no longer reach is told by the shape
of its rows: columns, types, four letters before each blob, checksums. Refuses to look at pages that
no tree reaches as long as every tree is whole: they are free, and hold what was deleted.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress

import apsw

from astraweave.memory.migrations import MIGRATIONS
from astraweave.memory.pages import (
    INTERIOR_TABLE,
    LEAF_TABLE,
    Hole,
    Image,
    Page,
    Span,
    Value,
    leaves,
)
from astraweave.memory.shapes import Found, Table, derived, empty, insertion, listed, tables

_VOTES = 8
"""Rows of a page that are asked whose they are."""
Root = tuple[Value, ...]
"""A row of the list of tables: kind, name, table, where its tree begins, SQL."""


class Salvage:
    """What can be read of a save.

    version: the schema its rows were written for; the newest when its header is gone
    rows: for each table, rows in the order they were found
    numbers: for each table, the numbers of rows that its indexes name
    named: for each table without numbers, how many rows its indexes name
    memories: numbers of memories by their ids, as their index names them
    linked: up to which number memories were linked, as far as can be told
    holes: pages of a tree that are no more
    places: for each table, keys whose rows may have been where nothing can be read
    roots: for each index, where its tree begins
    bad: for each table, rows that are no more on a page that is
    """

    def __init__(self, image: Image) -> None:
        """Read all of it."""
        version = int.from_bytes(image.header[60:64], "big")
        self.version = version if 1 <= version <= len(MIGRATIONS) else len(MIGRATIONS)
        self.tables = tables(self.version)
        self.rows: dict[str, list[Found]] = {name: [] for name in self.tables}
        self.numbers: dict[str, set[int]] = {name: set() for name in self.tables}
        self.named: Counter[str] = Counter()
        self.memories: dict[Value, Value] = {}
        self.linked = 0
        self.holes: list[Hole] = []
        self.places: dict[str, list[Span]] = {name: [] for name in self.tables}
        self.roots: dict[str, int] = {}
        self.bad: Counter[str] = Counter()
        self.image = image
        self._reached: set[int] = set()
        self._walk()
        if self.holes or any(self.bad.values()) or any(map(self.lacks, self.tables)):
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

    def lacks(self, name: str) -> int:
        """How many rows of a table are known to be missing: indexes, or episodes, name them."""
        rows, named = self.rows.get(name, []), self.numbers.get(name, set())
        read = {row.number for row in rows}
        if name == "observations":  # those that were evicted left digests
            named = {row.number for row in self.rows["episodes"]}
            return max(0, len(named - read) - len(self.rows.get("digests", ())))
        return max(len(named - read), self.named[name] - len(rows))

    def _walk(self) -> None:
        """Every tree of which the list of tables knows the root."""
        known = dict[str, Root]()
        for _, page in self._tree(1, self.holes):
            self.bad["sqlite_schema"] += page.bad
            known |= {str(root[1]): root for root in self._listed(page)}
        wanted = {name for name in self.tables if not derived(name)}
        if not known.keys() >= wanted:
            self.holes.append(Hole(1, Span()))
            known |= self._listed_elsewhere(known)
        for name, (kind, _, of, root, _) in known.items():
            assert isinstance(root, int)  # `_listed` says so
            if kind == "index":
                self.roots[name] = root
            self._read(kind == "index", str(of), root)
        for name in self.tables.keys() - known.keys():
            self.places[name].append(Span())

    def _listed(self, page: Page) -> list[Root]:
        """Entries of the list of tables that name a tree."""
        rows = [cell.values for cell in page.cells if cell.values is not None]
        return [
            row
            for row in rows
            if len(row) == 5 and isinstance(row[3], int) and row[3] > 1 and row[2] in self.tables
        ]

    def _listed_elsewhere(self, known: Mapping[str, Root]) -> dict[str, Root]:
        """What the list of tables held on pages that it does not reach any more."""
        found, twice = dict[str, Root](), set[str]()
        for _, page in self._unreached():
            for root in self._listed(page) if page.kind == LEAF_TABLE else ():
                if (*root[:3], root[4]) in listed(self.version):
                    name = str(root[1])
                    twice.update({name} & (found.keys() | known.keys()))
                    found[name] = root
        return {name: root for name, root in found.items() if name not in twice}

    def _read(self, is_index: bool, name: str, root: int) -> None:
        table, holes, named = self.tables[name], list[Hole](), 0
        numbered = not is_index and not table.rowless
        for number, page in self._tree(root, holes):
            if numbered is not (page.kind in (INTERIOR_TABLE, LEAF_TABLE)):
                self._leave(number, page, holes)
            elif derived(name):
                if not is_index:
                    self._note_linked(table, number, page, holes)
            elif is_index:
                named += sum(cell.values is not None for cell in page.cells)
                self._note_numbers(table, page)
            else:
                self._take(table, number, page, holes)
        self.holes += holes
        if not is_index:
            self.places[name] += [hole.span for hole in holes]
        elif table.rowless:
            self.named[name] = max(self.named[name], named)

    def _leave(self, number: int, page: Page, holes: list[Hole]) -> None:
        """A page that a changed pointer leads to: whose it is, its rows say themselves."""
        holes.append(Hole(number, page.span))
        self._reached.discard(number)

    def _note_linked(self, table: Table, number: int, page: Page, holes: list[Hole]) -> None:
        if table.name != "vectors" or page.kind != LEAF_TABLE:
            return
        rows = [cell for cell in page.cells if cell.values and table.fits(cell.values)]
        linked = [cell.row for cell in rows if cell.values and cell.values[3:4] == (1,)]
        self.linked = max(self.linked, *linked, 0)
        if page.bad or is_misplaced(page) or len(rows) < len(page.cells):
            holes.append(Hole(number, page.span))

    def _note_numbers(self, table: Table, page: Page) -> None:
        values = [cell.values for cell in page.cells if cell.values]
        if not table.rowless:
            self.numbers[table.name].update([v[-1] for v in values if isinstance(v[-1], int)])
        if table.name == "memories":
            self.memories.update({v[0]: v[1] for v in values if len(v) == 2})

    def _take(self, table: Table, number: int, page: Page, holes: list[Hole]) -> None:
        """The rows of a page of a table's tree."""
        fits = [table.fits(cell.values) for cell in page.cells if cell.values is not None]
        if fits and not any(fits):
            self._leave(number, page, holes)
            return
        self._keep(table, page)
        if page.bad or not all(fits) or is_misplaced(page):
            self.places[table.name].append(page.span)

    def _tree(self, root: int, holes: list[Hole]) -> Iterator[tuple[int, Page]]:
        for number, page in leaves(self.image, root, holes):
            if number not in self._reached:
                self._reached.add(number)
                yield number, page
            else:  # a copy of another's page, or the other way round
                holes.append(Hole(number, page.span))

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
        for number, page in self._unreached():
            table = whose(page, self.tables.values(), self.version)
            if table is not None and not derived(table.name):
                self._keep(table, page)
            elif table is not None:
                self._note_linked(table, number, page, [])

    def _unreached(self) -> Iterator[tuple[int, Page]]:
        for number in range(1, self.image.count + 1):
            if number not in self._reached:
                with suppress(ValueError):
                    yield number, self.image.page(number)


def is_misplaced(page: Page) -> bool:
    """Whether a page of a table holds rows that do not belong where it stands."""
    rows = [cell.row for cell in page.cells] if page.kind == LEAF_TABLE else []
    return not all(row in page.span for row in rows)


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
    db = empty(version)
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
