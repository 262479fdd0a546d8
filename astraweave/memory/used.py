"""How often a memory was asked for, as a row: written, read, checked."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from itertools import chain
from typing import Any

import apsw
import msgspec

from astraweave.errors import SaveError
from astraweave.memory.codec import Row, check_row, row_crc

NEVER = (0, 0.0)
AT_ONCE = 256
# One statement for many: SQLite keeps Python waiting once, not once a row.
_SELECT = (
    "SELECT seq, count, last, uses.crc FROM memories LEFT JOIN uses ON memory = seq "
    "WHERE seq IN (SELECT value FROM json_each(?))"
)
_INSERT = "INSERT OR REPLACE INTO uses (memory, count, last, crc) VALUES "


def uses_in(number: int, found: Sequence[Any]) -> tuple[int, float]:
    """(times, seconds since 1970 of the last) in the (count, last, crc) of memory `number`.

    Raises:
        SaveError: a wrong CRC.
    """
    count, last, crc = found
    if count is None and last is None and crc is None:
        return NEVER  # without a row
    check_row(f"uses of memory {number}", crc, number, count, last)
    return count, last


def sound_uses(number: int, found: Sequence[Any]) -> tuple[int, float]:
    """As `uses_in`; none where they are damaged."""
    try:
        return uses_in(number, found)
    except SaveError:
        return NEVER  # whoever reads the memory sets them aside


def add_uses(db: apsw.Connection, more: Mapping[int, tuple[int, float]]) -> None:
    """Count `more`: row number → (times, last). Of memories that are gone, nothing.

    A damaged count stays as it is until it is read, and set aside.
    """
    numbers = list(more)
    for first in range(0, len(numbers), AT_ONCE):
        some = msgspec.json.encode(numbers[first : first + AT_ONCE]).decode()
        rows: list[Row] = []
        now: list[Any] = db.execute(_SELECT, (some,)).fetchall()
        for number, *found in now:
            with suppress(SaveError):
                rows.append(_added(number, uses_in(number, found), more[number]))
        if rows:
            db.execute(_INSERT + ",".join(["(?,?,?,?)"] * len(rows)), list(chain(*rows)))


def _added(number: int, before: tuple[int, float], more: tuple[int, float]) -> Row:
    row = (number, before[0] + more[0], max(before[1], more[1]) + 0.0)
    return (*row, row_crc(*row))


def check_uses(db: apsw.Connection) -> None:
    """Give the counts of an older save their checksums."""
    rows: list[Any] = db.execute("SELECT memory, count, last FROM uses").fetchall()
    db.executemany(
        "UPDATE uses SET crc = ? WHERE memory = ?", [(row_crc(*row), row[0]) for row in rows]
    )
