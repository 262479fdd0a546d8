"""Searching the vectors that a game computed itself: by cosine, exactly.

Refuses to compare a memory with a question of other dimensions: vectors of different models have
nothing in common.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from astraweave.errors import SaveError
from astraweave.memory.codec import unseal
from astraweave.memory.directions import EMBEDDING_V1
from astraweave.memory.likeness import Likeness
from astraweave.memory.reader import Reader

LOADED_AT_ONCE = 10_000
"""Vectors read from the save in one statement."""

_SELECT = (
    "SELECT memory, body FROM embeddings WHERE player = ? AND dimensions = ? AND memory > ? "
    "ORDER BY memory LIMIT ?"
)
_COUNT = "SELECT count(*) FROM embeddings WHERE player = ? AND dimensions = ?"
_THERE = "SELECT memory FROM embeddings WHERE player = ? AND dimensions = ? ORDER BY memory"


class Embedded:
    """A player's vectors of one length: numbers int64[n], ascending; directions float32[n, d]."""

    def __init__(self, player_id: str, dimensions: int) -> None:
        """Start empty; `refresh` fills it."""
        self._key = (player_id, dimensions)
        self.damaged: list[int] = []
        self.changes = -1
        self.numbers = np.empty(0, np.int64)
        self.directions = np.empty((0, dimensions), np.float32)

    def refresh(self, reader: Reader) -> None:
        """Take up what was indexed since, and let go of what was deleted."""
        parts = [self.directions]
        while rows := reader.query(_SELECT, (*self._key, self._last(), LOADED_AT_ONCE)):
            self.numbers = np.append(self.numbers, [row[0] for row in rows])
            parts.append(np.stack([self._read(*row) for row in rows]))
        if len(parts) > 1:
            self.directions = np.concatenate(parts)
        if reader.value(_COUNT, self._key) != len(self.numbers):
            there = np.array([row[0] for row in reader.query(_THERE, self._key)], np.int64)
            kept = np.isin(self.numbers, there)
            self.numbers, self.directions = self.numbers[kept], self.directions[kept]

    def _last(self) -> int:
        return int(self.numbers[-1]) if len(self.numbers) else 0

    def _read(self, number: int, body: bytes) -> npt.NDArray[np.float32]:
        try:
            found = np.frombuffer(unseal(EMBEDDING_V1, body, f"embedding {number}"), "<f4")
        except SaveError:
            found = np.empty(0, np.float32)
        if len(found) == self._key[1] and np.isfinite(found).all():
            return found
        self.damaged.append(number)
        return np.zeros(self._key[1], np.float32)


class AskedByVector(NamedTuple):
    """A question's vector, float32[d] of length one, and those it is compared with."""

    vector: npt.NDArray[np.float32]
    among: Embedded

    def nearest(
        self, like: Likeness, keep: npt.NDArray[np.bool_] | None, top: int
    ) -> npt.NDArray[np.int64]:
        """The places of the `top` memories with the largest cosines above 0, in no order."""
        places = like.places_of(self.among.numbers)
        cosines = self.among.directions @ self.vector
        if keep is not None:
            cosines = np.where(keep[places], cosines, -2.0)
        if len(cosines) > top:
            best = np.argpartition(-cosines, top)[:top]
            places, cosines = places[best], cosines[best]
        return places[cosines > 0.0]

    def cosines(self, like: Likeness, places: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        """How like each of these memories is, float64[k] in [0, 1]; 0 for one without a vector."""
        numbers, held = like.numbers[places], self.among.numbers
        found, at = np.zeros(len(places)), np.searchsorted(held, numbers)
        there = at < len(held)
        there[there] = held[at[there]] == numbers[there]
        products = self.among.directions[at[there]].astype(np.float64) @ self.vector
        found[there] = np.clip(products, 0.0, 1.0)
        return found


class Vectors:
    """All players' vectors, loaded with the first question of their length."""

    def __init__(self, reader: Reader, index: Callable[[Sequence[int]], None]) -> None:
        """`index` indexes anew what is damaged."""
        self._reader, self._index = reader, index
        self._held: dict[tuple[str, int], Embedded] = {}

    def drop(self) -> None:
        """Let go of all of them."""
        self._held = {}

    def asked(self, player_id: str, vector: npt.NDArray[np.float32], changes: int) -> AskedByVector:
        """The question, with what there is to compare it with after so many changes."""
        key = (player_id, len(vector))
        among = self._held.setdefault(key, Embedded(*key))
        if among.changes != changes:
            among.refresh(self._reader)
            if among.damaged:
                self._index(among.damaged)
                among = self._held[key] = Embedded(*key)
                among.refresh(self._reader)
            among.changes = changes
        return AskedByVector(vector, among)
