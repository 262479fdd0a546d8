"""How often memories were asked for: counted in RAM, written now and then.

Refuses to write for every question; a killed process loses the count of its last few.
"""

import threading
from collections.abc import Iterable

import apsw
import msgspec

from astraweave.memory.jobs import Job

WRITTEN_AT = 256
"""Memories used since the last writing, from which on they are written."""

# One statement for all: SQLite keeps Python waiting once, not once a row.
_UPSERT = (
    "INSERT INTO uses (memory, count, last) "
    "SELECT value ->> 0, value ->> 1, CAST(value ->> 2 AS REAL) FROM json_each(?) "
    "WHERE EXISTS (SELECT 1 FROM memories WHERE seq = value ->> 0) "
    "ON CONFLICT DO UPDATE SET count = count + excluded.count, last = max(last, excluded.last)"
)


class Uses:
    """Row number → (times, seconds since 1970 of the last), not written yet."""

    def __init__(self) -> None:
        """Start with none."""
        self._counted: dict[int, tuple[int, float]] = {}
        self._guard = threading.Lock()

    def add(self, numbers: Iterable[int], now: float) -> bool:
        """Count one use of each; True when it is time to write."""
        with self._guard:
            for number in numbers:
                times, last = self._counted.get(number, (0, 0.0))
                self._counted[number] = (times + 1, max(last, now))
            return len(self._counted) >= WRITTEN_AT

    def job(self) -> "WriteUses | None":
        """What to write, once; None without."""
        with self._guard:
            counted, self._counted = self._counted, {}
        return WriteUses(counted) if counted else None


class WriteUses(Job):
    """Add up uses; those of memories that are gone are left out."""

    kind = "uses"
    awaited = False

    def __init__(self, counted: dict[int, tuple[int, float]]) -> None:
        """`counted` as `Uses` keeps it."""
        super().__init__("uses of memories")
        self._counted = counted

    def apply(self, db: apsw.Connection) -> str:
        """One row a memory."""
        rows = [(number, *counted) for number, counted in self._counted.items()]
        db.execute(_UPSERT, (msgspec.json.encode(rows).decode(),))
        return "uses"
