"""Empty episodes: an id that never recurs in a save, a seed, and the weights that play them."""

from collections.abc import Callable
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from astraweave.ecs.policies import Pair, Policies
from astraweave.errors import RecordError, UsageError
from astraweave.model.draft import Draft
from astraweave.model.episode import EpisodeCategory
from astraweave.model.rng import uniform

if TYPE_CHECKING:
    from astraweave.memory import MemoryStore

STREAM_EPISODE = 1
MAX_SEED = 2**63
MAX_DATE = 4e11

_begun: "WeakKeyDictionary[MemoryStore, int]" = WeakKeyDictionary()
"""Episodes begun on each open save: learners of several worlds may share one."""


class Drafts:
    """Makes the episodes of one learner."""

    def __init__(
        self,
        memory: "MemoryStore",
        policies: Policies,
        *,
        fact_names: tuple[str, ...],
        seed: int,
        wall: Callable[[], float],
    ) -> None:
        """Count on from what the save holds; `seed` decides the seeds of the episodes."""
        self._memory, self._policies, self._fact_names = memory, policies, fact_names
        self._seed, self._wall = seed, wall
        _begun[memory] = max(_begun.get(memory, 0), memory.episodes_ever())

    def new(
        self, pair: Pair, category: EpisodeCategory, tags: list[str], seed: int | None
    ) -> tuple[Draft, dict[str, float]]:
        """An empty episode of (player id, companion id), and its weights; touches no disk."""
        _begun[self._memory] = ordinal = _begun[self._memory] + 1
        if seed is None:
            seed = int(uniform(self._seed, ordinal, 0, STREAM_EPISODE) * 2**32)
        version, weights = self._policies.playing(pair, ordinal)
        draft = Draft(
            id=f"{pair[1]}-{ordinal:06d}-{seed & 0xFFFFFFFF:08x}",
            category=category,
            start_time=checked_date(self._wall()),
            player_id=pair[0],
            companion_id=pair[1],
            policy_version=version,
            seed=seed,
            fact_names=self._fact_names,
            tags=tags,
        )
        return draft, weights


def checked_date(seconds: float) -> float:
    """Seconds since 1970 that a save can hold.

    Raises:
        RecordError: the game's `wall` gives something else.
    """
    if 0.0 <= seconds <= MAX_DATE:
        return float(seconds)
    raise RecordError(
        what="the date must be seconds since 1970", got=seconds, where="attach(wall=…)"
    )


def check_seed(seed: object, where: str) -> None:
    """A seed is a whole number of 64 bits, or None.

    Raises:
        UsageError: it is not.
    """
    if seed is None or (isinstance(seed, int) and -MAX_SEED <= seed < MAX_SEED):
        return
    raise UsageError(what="seed must be a whole number of 64 bits", got=seed, where=where)
