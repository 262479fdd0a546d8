"""How often memories were asked for: counted in RAM, written now and then.

Refuses to write for every question; a killed process loses the count of its last few.
"""

import threading
from collections.abc import Iterable

import apsw

from astraweave.memory.jobs import Job
from astraweave.memory.used import add_uses

WRITTEN_AT = 256
"""Memories used since the last writing, from which on they are written."""


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
    derived = True
    awaited = False

    def __init__(self, counted: dict[int, tuple[int, float]]) -> None:
        """`counted` as `Uses` keeps it."""
        super().__init__("uses of memories")
        self._counted = counted

    def apply(self, db: apsw.Connection) -> str:
        """One row a memory."""
        add_uses(db, self._counted)
        return "uses"
