"""An environment with an eye on its facts: a fact beyond a threshold is an event of its own.

So a rule about a fact is a rule about an event: counted in decision steps, dated by the first one,
shown in a replay, the same in every process. Refuses nothing; plays step by step.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from astraweave.model.arguments import public
from astraweave.model.ports import BatchEnvironment, BatchStep
from astraweave.model.scenario import Scenario
from astraweave.sandbox.rules import Rule
from astraweave.sandbox.thresholds import FACT, Threshold


@public
def watching(environment: BatchEnvironment, rules: Iterable[Rule]) -> BatchEnvironment:
    """The environment as these rules want it seen: itself, if none is about a fact."""
    watches = {
        str(rule.broken): rule.broken
        for rule in rules
        if isinstance(rule.broken, Threshold) and rule.broken.over == FACT
    }
    new = {name: watch for name, watch in watches.items() if name not in environment.events}
    return Watched(environment, tuple(new.values())) if new else environment


class Watched:
    """A `BatchEnvironment` around another one; `events` are its own, then the watched facts'."""

    def __init__(self, environment: BatchEnvironment, watches: tuple[Threshold, ...]) -> None:
        """Take over what it declares.

        Args:
            environment: what is played.
            watches: over facts that it declares.
        """
        self.environment, self.watches = environment, watches
        self.facts, self.actions = environment.facts, environment.actions
        self.ranges, self.vocabulary = environment.ranges, environment.vocabulary
        self.events = (*environment.events, *map(str, watches))
        self.step_seconds = environment.step_seconds
        # Only these: a shortcut past `step` would not be seen here.
        for name in ("largest_batch", "states_content", "step_ticks", "bounds", "player_names"):
            if hasattr(environment, name):
                setattr(self, name, getattr(environment, name))
        self._columns = [self.facts.names.index(watch.name) for watch in watches]
        self._begin(0)

    def _begin(self, n: int) -> None:
        self._tick = 0
        self._live = np.ones(n, dtype=np.bool_)
        self._counts = np.zeros((n, len(self.watches)), dtype=np.int32)
        self._first = np.full((n, len(self.watches)), -1, dtype=np.int32)

    def reset(
        self, scenario: Scenario, seeds: npt.NDArray[np.int64], players: Any = None
    ) -> npt.NDArray[np.float64]:
        """Start episodes; what is sensed at once is looked at too."""
        facts = self.environment.reset(scenario, seeds, players)
        self._begin(len(seeds))
        self._look(facts)
        return facts

    def step(self, commands: npt.NDArray[np.int16]) -> BatchStep:
        """Play a decision step and look; a world that was done is left alone."""
        given = self.environment.step(commands)
        self._tick += getattr(self, "step_ticks", 1)
        self._look(given[0])
        self._live &= ~np.asarray(given[3], dtype=np.bool_)
        return given

    def outcomes(self) -> npt.NDArray[np.float64]:
        """The environment's."""
        return self.environment.outcomes()

    def event_counts(self) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
        """The environment's, and steps in which each watched fact was outside."""
        counts, first = self.environment.event_counts()
        return np.hstack([counts, self._counts]), np.hstack([first, self._first])

    def content_hash(self) -> str:
        """The environment's: what is watched is in the hash of the rules."""
        return self.environment.content_hash()

    def _look(self, facts: Any) -> None:
        """Count what is outside; a shape that is not right is the runner's to refuse."""
        seen = np.asarray(facts)
        if seen.shape != (len(self._live), len(self.facts)):
            return
        for i, (watch, column) in enumerate(zip(self.watches, self._columns, strict=True)):
            hit = watch.outside(seen[:, column]) & self._live
            self._counts[hit, i] += 1
            self._first[hit & (self._first[:, i] < 0), i] = self._tick
