"""Which memories hold a word, in RAM: of each feature a list of the places that have it.

Made of the hashes that a player's memories are scored by, so it knows a word from another as far
as scores do. Refuses to keep any text.
"""

import secrets
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from astraweave.memory.grown import Grown

FEWEST_SLOTS, FEWEST_BLOCKS = 1_024, 1_024

Features = tuple[npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any]]


class Postings:
    """Feature → places of the memories that have it; made a part at a time, 5 bytes a feature."""

    def __init__(self) -> None:
        """Know no memory."""
        self._salt = np.uint64(secrets.randbits(64) | 1)
        self.clear()

    def clear(self) -> None:
        """Know none any more."""
        self.size, self._used = 0, (0, 0)
        # Where each memory of the lists stands now; −1 where it is gone.
        self._now = Grown(np.int32)
        self._table = np.zeros((FEWEST_SLOTS, _kernels().SLOT), np.int32)
        self._blocks = np.empty((FEWEST_BLOCKS, _kernels().BLOCK), np.int32)

    def follow(self, features: Features, most: int) -> bool:
        """Take up `most` more memories at most; whether all are known now.

        `features` are hashes uint32[m], weights, and starts int64[n + 1]: those of before come
        first.
        """
        hashes, _, starts = features
        known = len(starts) - 1
        last = min(self.size + most, known)
        while self.size < last:
            more, self._used = _kernels().listed(
                (hashes, starts),
                self.size,
                last - self.size,
                self._table,
                self._blocks,
                self._used,
                self._salt,
                len(self._now.now) - self.size,
            )
            self._now.add(np.arange(self.size, self.size + more))
            self.size += more
            if self.size < last:
                self._grow(int(starts[self.size + 1] - starts[self.size]))
        return last == known

    def keep(self, mask: npt.NDArray[np.bool_]) -> None:
        """Strike out the memories that bool[n ≥ `size`] is false of; the others close up."""
        known = mask[: self.size]
        # The last is for what is gone already.
        places = np.append(np.where(known, np.cumsum(known) - 1, -1), -1)
        self._now.keep(places[self._now.now].astype(np.int32))
        self.size = int(known.sum())
        if 2 * self.size < len(self._now.now):
            self.clear()

    def _grow(self, more: int) -> None:
        """Make room for a memory with so many features."""
        slots, blocks = self._used
        if 2 * (slots + more) > len(self._table):
            larger = np.zeros((2 * len(self._table), _kernels().SLOT), np.int32)
            _kernels().rehashed(self._table, larger, self._salt)
            self._table = larger
        if blocks + more > len(self._blocks):
            room = np.empty((len(self._blocks) * 5 // 4 + more, _kernels().BLOCK), np.int32)
            room[:blocks] = self._blocks[:blocks]
            self._blocks = room

    def about(
        self, asked: npt.NDArray[np.uint32], numbers: npt.NDArray[np.int64], most: int
    ) -> npt.NDArray[np.float64]:
        """About how many memories have each of `asked`; exact below `most`.

        From there on by how close together the newest stand, whose `numbers` are int64[n].
        """
        about = np.empty(len(asked))
        lists = self._table, self._blocks, self._salt, self._now.now
        _kernels().about(*lists, asked, numbers, most, about)
        return about

    def best(
        self,
        asked: npt.NDArray[np.uint32],
        worths: npt.NDArray[np.float64],
        most: int,
        top: int,
    ) -> npt.NDArray[np.int64]:
        """The `top` places that have of `asked` what is worth most, as `worthiest` orders them.

        Of each the `most` newest are looked at. `worths` float64[q], above 0.
        """
        best = np.empty(top, np.int64)
        lists = self._table, self._blocks, self._salt, self._now.now
        return best[: _kernels().best_with(*lists, asked, worths, most, best)]


def worthiest(
    places: npt.NDArray[np.int64],
    found: npt.NDArray[np.int64],
    worths: npt.NDArray[np.float64],
    top: int,
) -> npt.NDArray[np.int64]:
    """The `top` places with the largest sums of worths, largest first, of equals the newest.

    Each of `worths`, above 0, is added to the first `found` places of its row.
    """
    best = np.empty(top, np.int64)
    return best[: _kernels().worthiest(places, found, worths, best)]


@cache
def _kernels() -> Any:
    """The compiled postings, loaded with numba when they are first needed."""
    from astraweave.memory.kernels import postings  # noqa: PLC0415

    return postings
