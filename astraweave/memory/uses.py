"""How often memories were asked for: counted in RAM, written now and then.

Refuses to write for every question, or more than every ten seconds in a storm of them: who writes
is in the way of who asks, and 2,048 rows take 10 ms. A killed process loses what it had counted
since.
"""

import math
import threading
from collections.abc import Iterable
from time import monotonic

import apsw

from astraweave.memory.jobs import Job
from astraweave.memory.used import add_uses
from astraweave.model.ports import Clock

WRITTEN_AT, MOST = 256, 8_192
"""Memories used since the last writing, from which on they are written, and are at the latest: so
many take 1.5 MB."""

BETWEEN_S = 10.0
"""Seconds between two writings, but for the sake of `MOST`."""


class Uses:
    """Row number → (times, seconds since 1970 of the last), not written yet."""

    def __init__(self, clock: Clock = monotonic) -> None:
        """Start with none; `clock`: seconds of any beginning."""
        self._clock = clock
        self._written_at = -math.inf
        self._counted: dict[int, tuple[int, float]] = {}
        self._guard = threading.Lock()

    def add(self, numbers: Iterable[int], now: float) -> bool:
        """Count one use of each; True when it is time to write."""
        with self._guard:
            counted = self._counted
            for number in numbers:
                times, last = counted.get(number, (0, 0.0))
                counted[number] = (times + 1, now if now > last else last)
            waiting = len(counted)
        if waiting < WRITTEN_AT:
            return False
        return waiting >= MOST or self._clock() - self._written_at >= BETWEEN_S

    def job(self) -> "WriteUses | None":
        """What to write, once; None without."""
        with self._guard:
            counted, self._counted = self._counted, {}
            self._written_at = self._clock()
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
