"""Where a host, a game or a test plugs in: clocks, environments, reward."""

from typing import Any, NamedTuple, Protocol, TypeGuard, runtime_checkable

import numpy as np
import numpy.typing as npt

from astraweave.model.actions import ActionVocabulary
from astraweave.model.facts import FactSheet
from astraweave.model.scenario import Scenario

IDLE, RUNNING, SUCCESS, FAILURE = 0, 1, 2, 3
"""Status of a commanded action: codes shared by trees, kernels and environments."""

OUTCOMES = ("success", "seconds", "damage_dealt", "damage_taken", "resources", "satisfaction")
"""Columns of `BatchEnvironment.outcomes`: success in [0, 1], seconds of play, then game units."""


class Clock(Protocol):
    """Seconds, monotonic; `time.monotonic` is one, so is a simulated clock."""

    def __call__(self) -> float:
        """Seconds since some fixed moment."""
        ...


class Step(NamedTuple):
    """What an `Environment` says after one decision step.

    facts: declared name → value. status: of the commanded action. effectiveness: of the action
    that ended in this step, in [0, 1], else None. events: names of rule events that happened.
    """

    facts: dict[str, float]
    status: int
    effectiveness: float | None = None
    events: tuple[str, ...] = ()
    done: bool = False


@runtime_checkable
class Environment(Protocol):
    """A game the sandbox can play, one world at a time. The same seed must give the same play.

    `actions` are the names of the tree's leaves it understands; `ranges` the names a scenario
    may set; `events` the names of what a rule may look at; `step_seconds` the length of a step.
    """

    facts: FactSheet
    actions: tuple[str, ...]
    events: tuple[str, ...]
    ranges: tuple[str, ...]
    step_seconds: float

    def reset(self, scenario: Scenario, seed: int) -> dict[str, float]:
        """Start an episode; returns the first facts."""
        ...

    def step(self, action: str | None) -> Step:
        """Play until the next decision. A new `action` interrupts the running one."""
        ...

    def outcome(self) -> dict[str, float]:
        """The `OUTCOMES` of the episode so far."""
        ...


class BatchStep(NamedTuple):
    """What a `BatchEnvironment` says after one decision step of n worlds.

    facts: float64[n, f]. status: int8[n], of the commanded action. effectiveness: float64[n],
    NaN unless an action ended in this step. done: bool[n]; a done world stays as it is.
    """

    facts: npt.NDArray[np.float64]
    status: npt.NDArray[np.int8]
    effectiveness: npt.NDArray[np.float64]
    done: npt.NDArray[np.bool_]


@runtime_checkable
class BatchEnvironment(Protocol):
    """`Environment` over arrays: n worlds at once, world i keyed by seeds[i] alone.

    The result for a seed must not depend on n nor on the other seeds. Call `reset` again to
    play anew; one object plays one batch at a time.
    """

    facts: FactSheet
    actions: tuple[str, ...]
    events: tuple[str, ...]
    ranges: tuple[str, ...]
    step_seconds: float
    vocabulary: ActionVocabulary

    def reset(
        self, scenario: Scenario, seeds: npt.NDArray[np.int64], players: Any = None
    ) -> npt.NDArray[np.float64]:
        """Start n episodes; `players` says who plays (the environment's own type), one a world.

        Returns facts, float64[n, f].
        """
        ...

    def step(self, commands: npt.NDArray[np.int16]) -> BatchStep:
        """Play one decision step; commands[i] indexes `actions`, −1 is none."""
        ...

    def outcomes(self) -> npt.NDArray[np.float64]:
        """float64[n, len(OUTCOMES)] so far."""
        ...

    def event_counts(self) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
        """Counts int32[n, len(events)] and tick of the first, int32[n, …], −1 where none."""
        ...

    def content_hash(self) -> str:
        """Hash of everything but the arguments that decides a result (code, constants)."""
        ...


class WholeEpisodes(BatchEnvironment, Protocol):
    """What a `BatchEnvironment` may offer besides: a batch played to its end in one call.

    The play must be, bit by bit, that of `step` under the same ticker, and must release the
    interpreter: a verdict gives each core a copy. Who wraps or derives from such an environment
    and changes `step` must not offer it, or answer None.
    """

    def play_episodes(
        self, ticker: Any, facts: npt.NDArray[np.float64], limit: int
    ) -> npt.NDArray[np.int32] | None:
        """Play on from `reset` until every episode is over.

        Args:
            ticker: a `behavior.BatchTicker` that has not ticked yet; ticked on, its log written.
            facts: what `reset` gave; may be overwritten.
            limit: decision steps after which an episode is over.

        Returns:
            int32[n], the steps of each episode; or None where it can only be stepped: a tree its
            kernels cannot run, numbers that are not finite. Then what was played is forgotten.
        """
        ...


class TellsDraw(Protocol):
    """What an `Environment` or a `BatchEnvironment` may offer besides: what a seed draws.

    A counterexample then states every range of its scenario as one value.
    """

    def drawn(self, scenario: Scenario, seed: int) -> dict[str, float]:
        """The value of each range of the scenario for a seed, whether or not it was played.

        The scenario with these ranges fixed to these values must begin the same episode.
        """
        ...


def plays_whole_episodes(environment: BatchEnvironment) -> TypeGuard[WholeEpisodes]:
    """Whether its class offers `play_episodes`; a wrapper that passes attributes on does not."""
    return hasattr(type(environment), "play_episodes")
