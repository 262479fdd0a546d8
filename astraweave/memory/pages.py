"""A damaged database as plain bytes: its pages, and the rows that can still be read on them.

After SQLite's file format, <https://www.sqlite.org/fileformat2.html>, sections 1.5 to 2.1 and 4.
Refuses, with `ValueError`, whatever does not fit: every length and pointer is checked before use.
"""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from astraweave.memory.log import committed

Value = str | float | int | bytes | None
INTERIOR_INDEX, INTERIOR_TABLE, LEAF_INDEX, LEAF_TABLE = 2, 5, 10, 13
PAGE_BYTES = 4096
"""Of every save that this program made."""
MAX_ROW_BYTES = 64 << 20
MOST_OWNERS = 4
"""Entries that one byte of a file may be part of: of a sound one it is 1, and each costs memory."""
_MAGIC = b"SQLite format 3\0"
_FIRST_HEADER = 100
_INTEGERS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}


class Cell(NamedTuple):
    """An entry of a page: `child` is 0 on a leaf, `values` None where there are none.

    `row`: the number of a table's row; of an index, 0.
    """

    child: int
    row: int
    values: tuple[Value, ...] | None


class Span(NamedTuple):
    """Keys from `low` to `high`, both of them in it; None is without end.

    Of a table the numbers of rows; of an index its first column, where that is a whole number.
    """

    low: int | None = None
    high: int | None = None

    def __contains__(self, key: object) -> bool:
        """Whether a key may stand here; what is no whole number may stand anywhere."""
        if not isinstance(key, int):
            return True
        return (self.low is None or key >= self.low) and (self.high is None or key <= self.high)


class Hole(NamedTuple):
    """A page of a tree that is no more, and the keys that it held."""

    number: int
    span: Span


class Page(NamedTuple):
    """A page of a tree. `children` has the last one too; `bad` counts entries that are no more.

    `span`: the keys that the pages above leave to it.
    """

    kind: int
    cells: tuple[Cell, ...]
    children: tuple[int, ...]
    bad: int
    span: Span = Span()


class Image:
    """The pages of a save, those in its log in place of those in the file."""

    def __init__(self, file: Path, *, log: bool = True) -> None:
        """Read it whole, with what is whole of its log, or without.

        Raises:
            OSError: it cannot be read.
        """
        self._data = file.read_bytes()
        self.size = self._page_bytes()
        self._log = committed(file, self.size) if log else {}
        self.count = max([len(self._data) // self.size, *self._log])
        self._owners: dict[int, tuple[int, ...]] = {}

    def _page_bytes(self) -> int:
        if self._data.startswith(_MAGIC) and len(self._data) >= _FIRST_HEADER:
            (size,) = struct.unpack_from(">H", self._data, 16)
            size = 65536 if size == 1 else size
            if size >= 512 and not size & (size - 1):
                return int(size)
        return PAGE_BYTES

    @property
    def header(self) -> bytes:
        """The first 100 bytes; none when they are not those of a database."""
        head = self._log.get(1, self._data)[:_FIRST_HEADER]
        return head if head.startswith(_MAGIC) and len(head) == _FIRST_HEADER else b""

    def bytes_of(self, number: int) -> bytes:
        """A page, from 1 on.

        Raises:
            ValueError: there is none.
        """
        held = self._log.get(number)
        if held is not None:
            return held
        found = self._data[(number - 1) * self.size : number * self.size]
        _need(number >= 1 and len(found) == self.size, "a page outside the file")
        return found

    def page(self, number: int) -> Page:
        """A page of a tree.

        Raises:
            ValueError: it is none.
        """
        data = self.bytes_of(number)
        at = _FIRST_HEADER if number == 1 else 0
        kind = data[at]
        _need(kind in (INTERIOR_INDEX, INTERIOR_TABLE, LEAF_INDEX, LEAF_TABLE), "no page of a tree")
        inner = kind in (INTERIOR_INDEX, INTERIOR_TABLE)
        (count,) = struct.unpack_from(">H", data, at + 3)
        first = at + (12 if inner else 8)
        _need(first + 2 * count <= self.size, "too many entries")
        cells, bad, room = [], 0, MOST_OWNERS * self.size
        for (offset,) in struct.iter_unpack(">H", data[first : first + 2 * count]):
            try:
                cell, here = self._cell(data, kind, offset, number)
            except (ValueError, IndexError, struct.error):
                bad += 1
                continue
            room -= here
            _need(room > 0, "entries that lie on one another")
            cells.append(cell)
        children = [cell.child for cell in cells if cell.child]
        if inner:
            children.append(struct.unpack_from(">I", data, at + 8)[0])
        return Page(kind, tuple(cells), tuple(children), bad)

    def _cell(self, data: bytes, kind: int, at: int, number: int) -> tuple[Cell, int]:
        """An entry of page `number`, and how many of its bytes are there."""
        child = row = 0
        if kind in (INTERIOR_INDEX, INTERIOR_TABLE):
            (child,) = struct.unpack_from(">I", data, at)
            at += 4
        if kind == INTERIOR_TABLE:
            return Cell(child, _signed(_varint(data, at)[0]), None), 0
        length, at = _varint(data, at)
        if kind == LEAF_TABLE:
            row, at = _varint(data, at)
        here = self._here(kind, length)
        payload = _exactly(data[at : at + here], here)
        if length > here:
            (following,) = struct.unpack_from(">I", data, at + here)
            payload += self._overflow(following, length - here, number * self.size + at)
        return Cell(child, _signed(row), record(payload)), here

    def _here(self, kind: int, length: int) -> int:
        """How many of an entry's bytes are on its page; the others overflow (section 1.6)."""
        _need(0 < length <= MAX_ROW_BYTES, "a length out of range")
        most = self.size - 35 if kind == LEAF_TABLE else (self.size - 12) * 64 // 255 - 23
        if length <= most:
            return length
        least = (self.size - 12) * 32 // 255 - 23
        here = least + (length - least) % (self.size - 4)
        return here if here <= most else least

    def _overflow(self, following: int, left: int, owner: int) -> bytes:
        """So many bytes of the chain of pages that begins with `following`."""
        parts, seen = list[bytes](), set[int]()
        while left:
            _need(following not in seen, "a chain that bites its tail")
            seen.add(following)
            owners = self._owners.get(following, ())
            if owner not in owners:
                _need(len(owners) < MOST_OWNERS, "a chain of too many entries")
                self._owners[following] = (*owners, owner)
            page = self.bytes_of(following)
            (following,) = struct.unpack_from(">I", page)
            parts.append(page[4 : 4 + left])
            left -= len(parts[-1])
        return b"".join(parts)


def record(payload: bytes) -> tuple[Value, ...]:
    """The values of a row (section 2.1).

    Raises:
        ValueError: it is none.
    """
    header, at = _varint(payload, 0)
    _need(at <= header <= len(payload), "a header out of range")
    body, values = header, []
    while at < header:
        kind, at = _varint(payload, at)
        value, body = _value(payload, kind, body)
        values.append(value)
    _need(at == header and body == len(payload), "lengths that do not add up")
    return tuple(values)


def _value(payload: bytes, kind: int, at: int) -> tuple[Value, int]:
    if kind in (0, 8, 9):
        return (None if kind == 0 else kind - 8), at
    if kind in _INTEGERS:
        end = at + _INTEGERS[kind]
        return int.from_bytes(_exactly(payload[at:end], end - at), "big", signed=True), end
    if kind == 7:
        return float(struct.unpack_from(">d", payload, at)[0]), at + 8
    _need(kind >= 12, "a type that is reserved")
    end = at + (kind - 12) // 2
    data = _exactly(payload[at:end], end - at)
    return (data.decode() if kind % 2 else data), end


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """A number of one to nine bytes, and where it ends."""
    value = 0
    for end in range(at, at + 8):
        value = value << 7 | data[end] & 0x7F
        if data[end] < 0x80:
            return value, end + 1
    return value << 8 | data[at + 8], at + 9


def _signed(value: int) -> int:
    return value - (1 << 64) if value >= 1 << 63 else value


def _exactly(data: bytes, length: int) -> bytes:
    _need(len(data) == length, "bytes that are missing")
    return data


def _need(fits: bool, what: str) -> None:
    if not fits:
        raise ValueError(what)


def leaves(image: Image, root: int, holes: list[Hole]) -> Iterator[tuple[int, Page]]:
    """(number, page) of every page with entries below `root`; what cannot be read goes to `holes`.

    A tree is of one kind: a page of the other is a hole, and so is one that was there before.
    """
    table: bool | None = None
    seen, waiting = set[int](), [Hole(root, Span())]
    while waiting:
        number, span = hole = waiting.pop()
        try:
            _need(number not in seen, "a page that is its own parent")
            seen.add(number)
            page = image.page(number)
            of_table = page.kind in (INTERIOR_TABLE, LEAF_TABLE)
            _need(table in (None, of_table), "a page of another kind")
        except ValueError:
            holes.append(hole)
            continue
        table = of_table
        waiting += reversed(_below(page, span))
        yield number, page._replace(span=span)


def _below(page: Page, span: Span) -> list[Hole]:
    """The pages below a page, with the keys that it leaves to each."""
    if not page.children:
        return []
    found, low = list[Hole](), span.low
    ends: list[int | None] = [_key(page, cell) for cell in page.cells if cell.child]
    for child, end in zip(page.children, [*ends, span.high], strict=True):
        found.append(Hole(child, Span(low, end)))
        low = end if end is None or page.kind == INTERIOR_INDEX else end + 1
    return found


def _key(page: Page, cell: Cell) -> int | None:
    if page.kind == INTERIOR_TABLE:
        return cell.row
    first = cell.values[0] if cell.values else None
    return first if isinstance(first, int) else None
