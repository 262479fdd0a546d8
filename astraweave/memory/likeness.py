"""What a player's memories are like, in RAM: the arrays that a search runs over.

Loaded with the first question and kept up with the save afterwards. Refuses to hold more than one
player: nobody's question can reach another's memories.
"""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from astraweave.errors import SaveError
from astraweave.memory.features import DIMENSIONS, FEATURE
from astraweave.memory.grown import Grown
from astraweave.memory.indexing import FEATURES_KEY, FEATURES_V1
from astraweave.memory.links import Links
from astraweave.memory.postings import Postings
from astraweave.memory.reader import Reader
from astraweave.model.memory import MemoryType

TYPES = tuple(MemoryType)
_ALL = np.empty(0, np.bool_)
LOADED_AT_ONCE = 8_192
"""Memories read from the save in one statement."""

_TYPE_CODE = {kind.value: code for code, kind in enumerate(TYPES)}
_SELECT = (
    "SELECT v.memory, v.features, m.created_at, m.importance, m.type, m.companion "
    "FROM vectors v JOIN memories m ON m.seq = v.memory "
    "WHERE v.player = ? AND v.memory > ? ORDER BY v.memory LIMIT ?"
)
_SEALED = (np.frombuffer(FEATURES_V1, np.uint8), np.frombuffer(FEATURES_KEY.encode(), np.uint8))

_COLUMNS: dict[str, npt.DTypeLike] = {
    "numbers": np.int64,
    "created_at": np.float64,
    "importance": np.float64,
    "types": np.uint8,
    "companions": np.int32,
    "hashes": np.uint32,
    "weights": np.uint8,
}


class Likeness:
    """All indexed memories of one player, by place in the arrays, in the order of their numbers."""

    def __init__(self, player_id: str) -> None:
        """Start empty; `refresh` fills it."""
        self.player_id = player_id
        self.damaged: list[int] = []
        self.size = 0
        self._columns = {name: Grown(kind) for name, kind in _COLUMNS.items()}
        self._starts = Grown(np.int64, [0])
        self._companion_codes: dict[str, int] = {}
        self._dense = np.empty((DIMENSIONS, 0), np.int8)
        self.links = Links()
        self.postings = Postings()

    @property
    def numbers(self) -> npt.NDArray[np.int64]:
        """Row of each memory in the save, ascending, int64[n]."""
        return self._columns["numbers"].now

    @property
    def created_at(self) -> npt.NDArray[np.float64]:
        """Seconds since 1970, float64[n]."""
        return self._columns["created_at"].now

    @property
    def importance(self) -> npt.NDArray[np.float64]:
        """In [0, 1], float64[n]."""
        return self._columns["importance"].now

    @property
    def types(self) -> npt.NDArray[np.uint8]:
        """Place in `TYPES`, uint8[n]."""
        return self._columns["types"].now

    @property
    def companions(self) -> npt.NDArray[np.int32]:
        """Whose each is, int32[n]."""
        return self._columns["companions"].now

    @property
    def features(self) -> tuple[npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any]]:
        """Hashes uint32[m], weights uint8[m], where those of each memory start int64[n + 1]."""
        return self._columns["hashes"].now, self._columns["weights"].now, self._starts.now

    def refresh(self, reader: Reader, *, links: bool, deleted: bool) -> None:
        """Take up what was indexed since; `links`: those too; `deleted`: some may be gone."""
        known, last = self.size, self.newest
        # A part at a time: a million rows as tuples would take a gigabyte.
        while self.take(reader, LOADED_AT_ONCE):
            pass
        there = "SELECT count(*) FROM vectors WHERE player = ?"
        if known and deleted and reader.value(there, (self.player_id,)) != self.size:
            there = "SELECT memory FROM vectors WHERE player = ? AND memory <= ?"
            kept = [row[0] for row in reader.query(there, (self.player_id, last))]
            mask = np.isin(self.numbers, np.array(kept, np.int64))
            self._keep(mask | (self.numbers > last))
            links = True
        if links:
            self.links.refresh(reader, self.player_id, self.numbers)

    def take(self, reader: Reader, most: int) -> bool:
        """Take up the next `most` of what is indexed; False when there is no more."""
        rows = reader.query(_SELECT, (self.player_id, self.newest, most))
        if rows:
            self._append(rows)
        return len(rows) == most

    @property
    def newest(self) -> int:
        """The number of the newest memory that is known; 0 without one."""
        return int(self.numbers[-1]) if self.size else 0

    def places_of(self, numbers: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """Where these memories stand, int64[≤ len], without those of others."""
        wanted = np.asarray(numbers, np.int64)
        if not len(wanted):
            return wanted
        at = np.searchsorted(self.numbers, wanted)
        inside = at < self.size
        inside[inside] = self.numbers[at[inside]] == wanted[inside]
        return at[inside]

    def of_companion(self, companion_id: str) -> npt.NDArray[np.bool_]:
        """Which are a companion's, bool[n]."""
        mask: npt.NDArray[np.bool_] = self.companions == self._companion_codes.get(companion_id, -1)
        return mask

    def relevant(
        self,
        hashes: npt.NDArray[np.uint32],
        weights: npt.NDArray[np.float64],
        worded: npt.NDArray[np.int64],
        keep: npt.NDArray[np.bool_] | None,
        of: int,
        top: int,
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
        """The `top` memories with the largest exact products with the question, largest first.

        Of the `of` nearest as 256 numbers, and of `worded`; `keep` bool[n] says which may be
        found. Places, int64[k], and products above 0 as shares of the largest, float64[k].
        """
        places, worth = np.empty(top, np.int64), np.empty(top, np.float64)
        mask = _ALL if keep is None else keep
        found = _exact().relevant(
            self._dense, self.size, self.features, hashes, weights, mask, worded, of, places, worth
        )
        return places[:found], worth[:found]

    def scored(
        self,
        places: npt.NDArray[np.int64],
        hashes: npt.NDArray[np.uint32],
        weights: npt.NDArray[np.float64],
    ) -> npt.NDArray[np.float64]:
        """The exact product of the question with each of these memories, float64[len(places)]."""
        out = np.empty(len(places), np.float64)
        _exact().scored(*self.features, places, hashes, weights, out)
        return out

    def _append(self, rows: Sequence[Any]) -> None:
        numbers, blobs, created_at, importance, types, companions = zip(*rows, strict=True)
        for row in [] if _are_real(created_at, importance, types) else rows:
            if not _are_real(row[2:3], row[3:4], row[4:5]):
                raise SaveError(
                    what="the save is damaged",
                    got=f"memory {row[0]} with columns of other types",
                    fix="restore a copy of it, or choose another save",
                )
        hashes, weights, lengths = self._unsealed(numbers, blobs)
        first, self.size = self.size, self.size + len(rows)
        self._starts.add(self._starts.now[-1] + np.cumsum(lengths))
        known = self._companion_codes
        values: dict[str, npt.ArrayLike] = {
            "hashes": hashes,
            "weights": weights,
            "numbers": numbers,
            "created_at": created_at,
            "importance": importance,
            "types": [_TYPE_CODE[kind] for kind in types],
            "companions": [known.setdefault(name, len(known)) for name in companions],
        }
        for name, more in values.items():
            self._columns[name].add(more)
        if self.size > self._dense.shape[1]:
            # More than is needed, so that one more memory seldom copies all.
            larger = np.empty((DIMENSIONS, max(1024, self.size * 5 // 4)), np.int8)
            larger[:, :first] = self._dense[:, :first]
            self._dense = larger
        _search().densify(*self.features, self._dense, first, self.size - first)

    def _unsealed(
        self, numbers: Sequence[int], blobs: Sequence[Any]
    ) -> tuple[npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any]]:
        """Hashes and weights of all features, and how many each memory has; none where damaged."""
        # A page of another table in its place: SQLite gives what stands there, of any type.
        kept = [blob if type(blob) is bytes else b"" for blob in blobs]
        whole = np.frombuffer(b"".join(kept), np.uint8)
        rows = np.array(numbers, np.int64)
        most = len(whole) // FEATURE.itemsize
        hashes, weights = np.empty(most, np.uint32), np.empty(most, np.uint8)
        lengths, sound = np.empty(len(rows), np.int64), np.empty(len(rows), np.bool_)
        ends = np.cumsum([len(blob) for blob in kept])
        found = _loading().unsealed(
            whole, ends, rows, *_SEALED, _crc_table(), hashes, weights, lengths, sound
        )
        self.damaged += rows[~sound].tolist()
        return hashes[:found], weights[:found], lengths

    def _keep(self, mask: npt.NDArray[np.bool_]) -> None:
        lengths = np.diff(self._starts.now)
        each = np.repeat(mask, lengths)
        for name, column in self._columns.items():
            column.keep(column.now[each if name in ("hashes", "weights") else mask])
        self._starts.keep(np.concatenate(([0], np.cumsum(lengths[mask]))))
        self._dense = np.ascontiguousarray(self._dense[:, : self.size][:, mask])
        self.size = int(mask.sum())
        self.postings.keep(mask)
        self.links.keep(mask)


def _are_real(created_at: Iterable[Any], importance: Iterable[Any], types: Iterable[Any]) -> bool:
    return {*map(type, created_at), *map(type, importance)} <= {float} and _TYPE_CODE.keys() >= {
        *types
    }


@cache
def _crc_table() -> npt.NDArray[np.uint32]:
    table: npt.NDArray[np.uint32] = _loading().crc_table()
    return table


@cache
def _loading() -> Any:
    """The compiled loading."""
    from astraweave.memory.kernels import loading  # noqa: PLC0415

    return loading


@cache
def _search() -> Any:
    """The compiled search, loaded with numba when it is first needed."""
    from astraweave.memory.kernels import search  # noqa: PLC0415

    return search


@cache
def _exact() -> Any:
    """The compiled scoring."""
    from astraweave.memory.kernels import exact  # noqa: PLC0415

    return exact
