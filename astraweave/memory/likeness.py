"""What a player's memories are like, in RAM: the arrays that a search runs over.

Loaded with the first question and kept up with the save afterwards. Refuses to hold more than one
player: nobody's question can reach another's memories.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from astraweave.errors import SaveError
from astraweave.memory.codec import unseal
from astraweave.memory.features import DIMENSIONS, FEATURE
from astraweave.memory.indexing import FEATURES_V1
from astraweave.memory.reader import Reader
from astraweave.model.memory import MemoryType

TYPES = tuple(MemoryType)
_ALL = np.empty(0, np.bool_)
LOADED_AT_ONCE = 50_000
"""Memories read from the save in one statement."""

_TYPE_CODE = {kind.value: code for code, kind in enumerate(TYPES)}
_SELECT = (
    "SELECT v.memory, v.features, m.created_at, m.importance, m.type, m.companion "
    "FROM vectors v JOIN memories m ON m.seq = v.memory "
    "WHERE v.player = ? AND v.memory > ? ORDER BY v.memory LIMIT ?"
)
_LINKS = (
    "SELECT a.memory, t.seq, a.strength FROM associations a "
    "JOIN vectors v ON v.memory = a.memory JOIN memories t ON t.id = a.target "
    "WHERE v.player = ?1 AND t.player = ?1"
)


class Likeness:
    """All indexed memories of one player, by place in the arrays, in the order of their numbers.

    numbers: int64[n], row of each memory in the save. created_at: float64[n], seconds since 1970.
    importance: float64[n]. types: uint8[n], place in `TYPES`. companions: int32[n], whose each is.
    """

    def __init__(self, player_id: str) -> None:
        """Start empty; `refresh` fills it."""
        self.player_id = player_id
        self.damaged: list[int] = []
        self.size = 0
        self.numbers = np.empty(0, np.int64)
        self.created_at = np.empty(0, np.float64)
        self.importance = np.empty(0, np.float64)
        self.types = np.empty(0, np.uint8)
        self.companions = np.empty(0, np.int32)
        self._companion_codes: dict[str, int] = {}
        self._hashes = np.empty(0, np.uint32)
        self._weights = np.empty(0, np.uint8)
        self._starts = np.zeros(1, np.int64)
        self._dense = np.empty((DIMENSIONS, 0), np.int8)
        self.links = Links.none()

    def refresh(self, reader: Reader, *, links: bool) -> None:
        """Take up what was indexed since, and let go of what was deleted; `links`: those too."""
        known, last = self.size, self._last()
        # A part at a time: a million rows as tuples would take a gigabyte.
        while rows := reader.query(_SELECT, (self.player_id, self._last(), LOADED_AT_ONCE)):
            self._append(rows)
        there = "SELECT count(*) FROM vectors WHERE player = ?"
        if known and reader.value(there, (self.player_id,)) != self.size:
            there = "SELECT memory FROM vectors WHERE player = ? AND memory <= ?"
            kept = [row[0] for row in reader.query(there, (self.player_id, last))]
            mask = np.isin(self.numbers, np.array(kept, np.int64))
            self._keep(mask | (self.numbers > last))
            links = True
        if links:
            self.links = Links.read(reader, self)

    def _last(self) -> int:
        """The number of the newest memory that is known; 0 without one."""
        return int(self.numbers[-1]) if self.size else 0

    def places_of(self, numbers: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """Where these memories stand, int64[≤ len], without those of others."""
        wanted = np.asarray(numbers, np.int64)
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
        found. Places, int64[k], and products above 0, float64[k].
        """
        places, worth = np.empty(top, np.int64), np.empty(top, np.float64)
        mask = _ALL if keep is None else keep
        features = (self._hashes, self._weights, self._starts)
        found = _search().relevant(
            self._dense, self.size, features, hashes, weights, mask, worded, of, places, worth
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
        args = (self._hashes, self._weights, self._starts, places, hashes, weights, out)
        _search().scored(*args)
        return out

    def held(
        self, places: npt.NDArray[np.int64], hashes: npt.NDArray[np.uint32]
    ) -> npt.NDArray[np.bool_]:
        """Which of these features each of these memories has, bool[len(places), len(hashes)]."""
        out = np.empty((len(places), len(hashes)), np.bool_)
        _search().held(self._hashes, self._starts, places, hashes, out)
        return out

    def _append(self, rows: Sequence[Any]) -> None:
        for row in rows:
            if row[4] not in _TYPE_CODE or not all(isinstance(x, float) for x in row[2:4]):
                raise SaveError(
                    what="the save is damaged",
                    got=f"memory {row[0]} with columns of other types",
                    fix="restore a copy of it, or choose another save",
                )
        blobs = [self._checked(row[0], row[1]) for row in rows]
        made = np.frombuffer(b"".join(blobs), FEATURE)
        lengths = np.array([len(blob) // FEATURE.itemsize for blob in blobs], np.int64)
        first, self.size = self.size, self.size + len(rows)
        ends = self._starts[-1] + np.cumsum(lengths)
        self._starts = np.concatenate((self._starts, ends))
        self._hashes = np.concatenate((self._hashes, made["hash"].astype(np.uint32)))
        self._weights = np.concatenate((self._weights, made["weight"].astype(np.uint8)))
        columns = list(zip(*rows, strict=True))
        self.numbers = np.concatenate((self.numbers, np.array(columns[0], np.int64)))
        self.created_at = np.concatenate((self.created_at, np.array(columns[2], np.float64)))
        self.importance = np.concatenate((self.importance, np.array(columns[3], np.float64)))
        codes = np.array([_TYPE_CODE[kind] for kind in columns[4]], np.uint8)
        self.types = np.concatenate((self.types, codes))
        known = self._companion_codes
        whose = [known.setdefault(name, len(known)) for name in columns[5]]
        self.companions = np.concatenate((self.companions, np.array(whose, np.int32)))
        if self.size > self._dense.shape[1]:
            # More than is needed, so that one more memory seldom copies all.
            larger = np.empty((DIMENSIONS, max(1024, self.size * 5 // 4)), np.int8)
            larger[:, :first] = self._dense[:, :first]
            self._dense = larger
        _search().densify(
            self._hashes, self._weights, self._starts, self._dense, first, self.size - first
        )

    def _checked(self, number: int, blob: bytes) -> bytes:
        try:
            features = unseal(FEATURES_V1, blob, f"features {number}")
        except SaveError:
            self.damaged.append(number)
            return b""
        return features[: len(features) // FEATURE.itemsize * FEATURE.itemsize]

    def _keep(self, mask: npt.NDArray[np.bool_]) -> None:
        lengths = np.diff(self._starts)
        each = np.repeat(mask, lengths)
        self._hashes, self._weights = self._hashes[each], self._weights[each]
        self._starts = np.concatenate(([0], np.cumsum(lengths[mask])))
        self._dense = np.ascontiguousarray(self._dense[:, : self.size][:, mask])
        for name in ("numbers", "created_at", "importance", "types", "companions"):
            setattr(self, name, getattr(self, name)[mask])
        self.size = int(mask.sum())


class Links:
    """Associations between memories of one player, both ways: place → (places, strengths)."""

    def __init__(
        self,
        starts: npt.NDArray[np.int64],
        ends: npt.NDArray[np.int64],
        strengths: npt.NDArray[np.float64],
    ) -> None:
        """`starts` int64[n + 1] into `ends` int64[m] and `strengths` float64[m]."""
        self._starts, self._ends, self._strengths = starts, ends, strengths

    @property
    def are_none(self) -> bool:
        """Whether there are no links at all."""
        return not len(self._ends)

    @classmethod
    def none(cls) -> "Links":
        """No links."""
        return cls(np.zeros(1, np.int64), np.empty(0, np.int64), np.empty(0, np.float64))

    @classmethod
    def read(cls, reader: Reader, among: Likeness) -> "Links":
        """All links between memories that `among` knows."""
        rows = reader.query(_LINKS, (among.player_id,))
        if not rows:
            return cls.none()
        table = np.array(rows, np.float64)
        known = np.isin(table[:, :2].astype(np.int64), among.numbers).all(axis=1)
        places = np.searchsorted(among.numbers, table[known, :2].astype(np.int64))
        one, other = np.concatenate((places, places[:, ::-1])).T
        order = np.argsort(one, kind="stable")
        starts = np.searchsorted(one[order], np.arange(among.size + 1))
        return cls(starts, other[order], np.tile(table[known, 2], 2)[order])

    def of(self, place: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
        """The memories linked with one, and how strongly."""
        if place + 1 >= len(self._starts):
            return self._ends[:0], self._strengths[:0]
        span = slice(self._starts[place], self._starts[place + 1])
        return self._ends[span], self._strengths[span]


@cache
def _search() -> Any:
    """The compiled search, loaded with numba when it is first needed."""
    from astraweave.memory.kernels import search  # noqa: PLC0415

    return search
