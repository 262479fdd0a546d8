"""How much of the episodes a save keeps, and which of them are beyond that.

Refuses to name an episode that was not learned from.
"""

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

from astraweave.errors import StoreError
from astraweave.memory.fading import DAY_S
from astraweave.memory.slices import LOOKED_AT_ONCE, Query
from astraweave.model.episode import EpisodeCategory

_EPISODES = (
    "SELECT e.seq, e.id, e.category, coalesce(e.end_time, e.start_time), length(o.columns), "
    "e.learned FROM episodes e LEFT JOIN observations o ON o.episode = e.seq "
    "WHERE e.seq < ? ORDER BY e.seq DESC LIMIT ?"
)
_AFTER_ALL = (1 << 63) - 1


class Limit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much of the episodes is kept; None is without limit. Bytes are those of observations."""

    days: float | None = None
    episodes: int | None = None
    bytes: int | None = None


class Retention(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much is kept of all episodes of a save, and of each category.

    Evicted episodes keep a digest (`MemoryStore.digests`), their statistics, and their memory
    until it decays.
    """

    every: Limit = Limit()
    categories: dict[EpisodeCategory, Limit] = {}


class _Kept(NamedTuple):
    """What one limit has kept so far, from the newest episode on."""

    limit: Limit
    episodes: int = 0
    bytes: int = 0

    def with_one(self, size: int) -> "_Kept":
        return self._replace(episodes=self.episodes + 1, bytes=self.bytes + size)

    def is_beyond(self, at: float, now: float) -> bool:
        """Whether the last one counted, of the moment `at`, is too much."""
        days, episodes, most = self.limit.days, self.limit.episodes, self.limit.bytes
        return (
            (days is not None and at < now - days * DAY_S)
            or (episodes is not None and self.episodes > episodes)
            or (most is not None and self.bytes > most)
        )


def beyond(query: Query, policy: Retention, now: float) -> list[str]:
    """Ids of the learned episodes that a policy no longer keeps, newest first; reads only.

    Raises:
        StoreError: a limit below 0, or not finite.
    """
    for limit in (policy.every, *policy.categories.values()):
        _check(limit)
    found = []
    every = _Kept(policy.every)
    kept = {category.value: _Kept(limit) for category, limit in policy.categories.items()}
    for _, episode, category, at, size, learned in _newest_first(query):
        every = every.with_one(size or 0)
        over = every.is_beyond(at, now)
        if category in kept:
            kept[category] = kept[category].with_one(size or 0)
            over = over or kept[category].is_beyond(at, now)
        if over and learned:
            found.append(episode)
    return found


def _newest_first(query: Query) -> Iterator[Any]:
    last = _AFTER_ALL
    while rows := query(_EPISODES, (last, LOOKED_AT_ONCE)):
        yield from rows
        last = rows[-1][0]


def _check(limit: Limit) -> None:
    for name, value in msgspec.structs.asdict(limit).items():
        if value is not None and not (math.isfinite(value) and value >= 0):
            raise StoreError(
                what=f"{name} must be 0 or more", got=value, where="retain", fix="correct the limit"
            )
