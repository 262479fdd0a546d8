"""What a companion has in mind just now: a few things, in RAM, that fade by themselves.

Refuses nothing but an empty capacity: what is one too many pushes out what has expired, then what
matters least, then what is oldest, and that is counted. None of it is stored.
"""

import math
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any, NamedTuple

from astraweave.errors import StoreError
from astraweave.model.arguments import publish
from astraweave.model.ports import Clock

CAPACITY = 50


class Held(NamedTuple):
    """One entry. `since_s` and `until_s` are of the clock; `until_s` infinite without an expiry."""

    key: str
    value: Any
    category: str
    importance: float
    since_s: float
    until_s: float


@publish
class WorkingMemory:
    """Key → value, at most `capacity` of them, each in one category.

    `figures`: put, replaced, evicted for want of room, expired.
    """

    def __init__(self, clock: Clock, capacity: int = CAPACITY) -> None:
        """Start with nothing in mind.

        Raises:
            StoreError: `capacity` below 1.
        """
        if capacity < 1:
            raise StoreError(
                what="working memory needs room for one entry at least",
                got=capacity,
                where="WorkingMemory",
                fix=f"give a whole number from 1 on; {CAPACITY} is usual",
            )
        self.capacity = capacity
        self.figures: Counter[str] = Counter()
        self._clock = clock
        self._held: dict[str, Held] = {}
        self._guard = threading.RLock()

    def __len__(self) -> int:
        """How many entries have not expired."""
        return len(self.entries())

    def __contains__(self, key: object) -> bool:
        """Whether an entry with this key has not expired."""
        return any(held.key == key for held in self.entries())

    def put(
        self,
        key: str,
        value: Any,
        *,
        category: str = "general",
        importance: float = 0.5,
        seconds: float = math.inf,
    ) -> None:
        """Keep `value` in mind for `seconds`, in place of an older entry with its key.

        Args:
            key: any name; unique over all categories.
            value: anything; it is kept as it is, not copied.
            category: what `entries` and `clear` may ask for.
            importance: [0, 1]; what matters least goes first.
            seconds: of the clock, until it expires by itself.

        Raises:
            StoreError: `importance` outside [0, 1], or `seconds` not above 0.
        """
        if not 0.0 <= importance <= 1.0 or not seconds > 0.0:
            raise StoreError(
                what="importance must be in [0, 1] and seconds above 0",
                got=f"{importance} and {seconds}",
                where=f"working memory: {key}",
                fix="correct the value",
            )
        now = self._clock()
        with self._guard:
            self._expire(now)
            if self._held.pop(key, None) is not None:
                self.figures["replaced"] += 1
            if len(self._held) >= self.capacity:
                # Ties go by age: a dict keeps the order of putting.
                del self._held[min(self._held.values(), key=lambda held: held.importance).key]
                self.figures["evicted"] += 1
            self._held[key] = Held(key, value, category, importance, now, now + seconds)
            self.figures["put"] += 1

    def get(self, key: str, default: Any = None) -> Any:
        """The value of `key`; `default` without one, or when it has expired."""
        with self._guard:
            self._expire(self._clock())
            held = self._held.get(key)
        return default if held is None else held.value

    def take(self, key: str, default: Any = None) -> Any:
        """`get`, and forget it."""
        with self._guard:
            value = self.get(key, default)
            self._held.pop(key, None)
        return value

    def entries(self, category: str | None = None) -> tuple[Held, ...]:
        """What is in mind, oldest first; of one category, or of all."""
        with self._guard:
            self._expire(self._clock())
            return tuple(held for held in self._held.values() if category in (None, held.category))

    def clear(self, category: str | None = None) -> None:
        """Forget all of a category, or everything."""
        self._drop(lambda held: category in (None, held.category))

    def _expire(self, now: float) -> None:
        self.figures["expired"] += self._drop(lambda held: held.until_s <= now)

    def _drop(self, unwanted: Callable[[Held], bool]) -> int:
        with self._guard:
            gone = [key for key, held in self._held.items() if unwanted(held)]
            for key in gone:
                del self._held[key]
        return len(gone)
