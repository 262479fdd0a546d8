"""Associations between the memories of one player, in RAM: who is linked, and how strongly.

Read whole once, and then only what can be another since: the links of a memory are made when it is
written and once more when it is consolidated, and what is linked with a new memory, which may have
taken an older one's id, is found by that. Refuses to hold a link of which one end is not known.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from astraweave.memory.reader import Reader

AT_ONCE = 256
"""Memories whose links are read in one statement."""
_SELECT = (
    "SELECT a.memory, t.seq, a.strength FROM associations a "
    "JOIN vectors v ON v.memory = a.memory JOIN memories t ON t.id = a.target "
    "WHERE v.player = ?1 AND t.player = ?1 AND "
)
_FROM = f"{_SELECT}a.memory >= ?2 AND a.memory <= ?3"
_TO = f"{_SELECT}t.seq >= ?2 AND t.seq <= ?3 AND a.memory < ?4"
_UNSETTLED = "SELECT min(memory) FROM vectors WHERE linked = 0"
_Array = npt.NDArray[Any]


class Links:
    """Links both ways: place → (places, strengths).

    Those of memories with a number below `_settled` were read after these were consolidated; no
    number above `_newest` was known then.
    """

    def __init__(self) -> None:
        """No links."""
        self._starts, self._ends = np.zeros(1, np.int64), np.empty(0, np.int64)
        self._strengths, self._given = np.empty(0, np.float64), np.empty(0, np.bool_)
        self._settled = self._newest = 0

    @property
    def arrays(self) -> tuple[_Array, _Array, _Array]:
        """Starts int64[n + 1] into ends int64[m] and strengths float64[m], by place."""
        return self._starts, self._ends, self._strengths

    def of(self, place: int) -> tuple[_Array, _Array]:
        """The memories linked with one, and how strongly."""
        if place + 1 >= len(self._starts):
            return self._ends[:0], self._strengths[:0]
        span = slice(self._starts[place], self._starts[place + 1])
        return self._ends[span], self._strengths[span]

    def keep(self, mask: npt.NDArray[np.bool_]) -> None:
        """Let go of memories: `mask` bool[≥ n] says which stay, in their order."""
        one = self._places()
        stays = mask[one] & mask[self._ends]
        now = np.cumsum(mask) - 1
        self._put(int(mask.sum()), now[one[stays]], now[self._ends[stays]], stays)

    def refresh(self, reader: Reader, player_id: str, numbers: npt.NDArray[np.int64]) -> None:
        """Take up what was linked since; `numbers` int64[n] of the memories known, ascending."""
        # Asked first: what another program links meanwhile is read again the next time.
        settled = reader.value(_UNSETTLED)
        newest = int(numbers[-1]) if len(numbers) else 0
        rows = [*_read(reader, _FROM, player_id, numbers, self._settled)]
        rows += _read(reader, _TO, player_id, numbers, self._newest + 1, self._settled)
        one = self._places()
        kept = numbers[np.where(self._given, one, self._ends)] < self._settled
        table = np.concatenate([np.empty((0, 3)), *rows])
        named = table[:, :2].astype(np.int64)
        known = np.isin(named, numbers).all(axis=1)
        first, other = np.searchsorted(numbers, named[known]).T
        self._given = np.concatenate(
            (self._given, np.ones(len(first), np.bool_), np.zeros_like(first, np.bool_))
        )
        self._strengths = np.concatenate((self._strengths, np.tile(table[known, 2], 2)))
        one = np.concatenate((one, first, other))
        self._ends = np.concatenate((self._ends, other, first))
        stays = np.concatenate((kept, np.ones(2 * len(first), np.bool_)))
        self._put(len(numbers), one[stays], self._ends[stays], stays)
        self._settled = min(newest + 1, newest + 1 if settled is None else int(settled))
        self._newest = newest

    def _places(self) -> npt.NDArray[np.int64]:
        """The place at which each link stands."""
        return np.repeat(np.arange(len(self._starts) - 1), np.diff(self._starts))

    def _put(self, size: int, one: _Array, ends: _Array, stays: _Array) -> None:
        """Hold these, in the order of the places `one`; `stays` says which of those held."""
        order = np.argsort(one, kind="stable")
        self._starts = np.searchsorted(one[order], np.arange(size + 1))
        self._ends = ends[order]
        self._strengths, self._given = self._strengths[stays][order], self._given[stays][order]


def _read(
    reader: Reader,
    sql: str,
    player_id: str,
    numbers: npt.NDArray[np.int64],
    above: int,
    *more: int,
) -> Iterator[npt.NDArray[np.float64]]:
    """Links (number, number of the target, strength) by memories from `above` on, float64[k, 3]."""
    # A part at a time: making an array of all rows would keep Python from all else meanwhile.
    some = numbers[np.searchsorted(numbers, above) :]
    for first in range(0, len(some), AT_ONCE):
        part = some[first : first + AT_ONCE]
        rows = reader.query(sql, (player_id, int(part[0]), int(part[-1]), *more))
        if rows:
            yield np.array(rows, np.float64)
