"""Which memories hold a word, in RAM: the newest with each feature, and before it the one before.

Made of the hashes that a player's memories are scored by, so it knows a word from another as far
as scores do. Refuses to keep any text.
"""

import secrets
from functools import cache
from itertools import accumulate
from typing import Any

import numpy as np
import numpy.typing as npt

from astraweave.memory.grown import Grown

FEWEST_SLOTS = 1_024

Features = tuple[npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any]]


class Postings:
    """Feature → places of the memories that have it; made a part at a time, 4 bytes a feature."""

    def __init__(self) -> None:
        """Know no memory."""
        self._salt = np.uint64(secrets.randbits(64) | 1)
        self.clear()

    def clear(self) -> None:
        """Know none any more: they stand elsewhere, or are not to be known."""
        self.size = self._used = 0
        self._table = _empty(FEWEST_SLOTS)
        self._before = Grown(np.int32)

    def follow(self, features: Features, most: int) -> bool:
        """Take up `most` more memories at most; whether all are known now.

        `features` are hashes uint32[m], weights, and starts int64[n + 1]: those of before come
        first.
        """
        hashes, _, starts = features
        if self.size == len(starts) - 1:
            return True
        last = min(self.size + most, len(starts) - 1)
        self._before.add(np.empty(starts[last] - starts[self.size], np.int32))
        while True:
            more, self._used = _kernels().chained(
                (hashes, starts),
                self.size,
                last - self.size,
                self._table,
                self._used,
                self._salt,
                self._before.now,
            )
            self.size += more
            if self.size == last:
                return last == len(starts) - 1
            larger = _empty(2 * len(self._table[0]))
            _kernels().rehashed(self._table, larger, self._salt)
            self._table = larger

    def newest(
        self, features: Features, asked: npt.NDArray[np.uint32], most: int
    ) -> list[npt.NDArray[np.int64]]:
        """Places of the `most` newest memories with each of `asked`, newest first."""
        places = np.empty((len(asked), most), np.int64)
        found = np.empty(len(asked), np.int64)
        _kernels().newest_with(
            features[::2], self._table, self._salt, self._before.now, asked, places, found
        )
        return [row[:count] for row, count in zip(places, found.tolist(), strict=True)]


def worthiest(
    held: list[npt.NDArray[np.int64]], worths: list[float], top: int
) -> npt.NDArray[np.int64]:
    """The `top` places with the largest sums of worths, largest first, of equals the newest.

    `held` are the places that each of `worths`, above 0, is added to.
    """
    best = np.empty(top, np.int64)
    ends = np.array(list(accumulate(map(len, held))))
    found = _kernels().worthiest(np.concatenate(held), ends, np.array(worths), best)
    return best[:found]


def _empty(slots: int) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.int32]]:
    return np.zeros(slots, np.uint32), np.full(slots, _kernels().NOBODY, np.int32)


@cache
def _kernels() -> Any:
    """The compiled postings, loaded with numba when they are first needed."""
    from astraweave.memory.kernels import postings  # noqa: PLC0415

    return postings
