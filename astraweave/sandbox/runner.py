"""Plays a policy in an environment, many seeds at once, and says what happened.

The result of a seed depends on nothing but the seed: not on the chunk, not on its neighbours.
Refuses an environment that raises or changes its shape (`EnvironmentFailure`), and a tree that
meets an error (`TreeFailure`); numbers that are not finite are an event of the episode, for a rule
to judge, and end it. An environment that plays whole episodes in one call is asked for them.
"""

import math
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from astraweave.behavior import BatchTicker, Program
from astraweave.errors import EnvironmentFailure, InputError, TreeFailure, said_of
from astraweave.model.arguments import public
from astraweave.model.ports import BatchEnvironment, plays_whole_episodes
from astraweave.model.scenario import Scenario
from astraweave.sandbox import waiting
from astraweave.sandbox.decisions import DecisionFigures, decision_figures
from astraweave.sandbox.given import (
    Flags,
    Floats,
    Seen,
    as_declared,
    check_ranges,
    counts_in,
    facts_in,
    outcomes_in,
    step_in,
    steps_in,
)
from astraweave.sandbox.played import DITHERED, NON_FINITE, Played, joined, with_own
from astraweave.sandbox.shares import CHUNK

T = TypeVar("T")
Players = Callable[[npt.NDArray[np.int64]], Any]
"""Who plays: one player a seed, in the environment's own type; None is its default."""


Watch = Callable[[npt.NDArray[np.float64], npt.NDArray[np.int16], npt.NDArray[np.int8]], None]
"""Told of each step: the facts before it, the commands, and the status after it."""


class Decides(Protocol):
    """Who commands each step: a `BatchTicker`, or a script in its place."""

    def tick(
        self,
        facts: npt.NDArray[np.float64],
        status: npt.NDArray[np.int8],
        done: npt.NDArray[np.bool_],
    ) -> npt.NDArray[np.int16]:
        """Commands int16[n] of the next step."""
        ...

    @property
    def log(self) -> Any:
        """Columns as in `BatchTicker.log`."""
        ...


def nobody(seeds: npt.NDArray[np.int64]) -> None:
    """The environment's own player."""
    del seeds


@dataclass(frozen=True, slots=True, eq=False)
class Policy:
    """A tree and the learned factors of its tactics: what is played, and compared.

    factors: float64[len(tactics)], in the order of the tree's tactics.
    """

    program: Program
    factors: npt.NDArray[np.float64]


@public
def play(
    environment: BatchEnvironment,
    policy: Policy,
    scenario: Scenario,
    seeds: npt.NDArray[np.int64],
    players: Players = nobody,
    chunk: int = CHUNK,
) -> Played:
    """Play one episode a seed, each to its end or the scenario's time limit.

    Args:
        environment: what is played in; reset as often as needed.
        policy: who decides for the companion.
        scenario: checked by `check_scenario` before.
        seeds: int64[n], n ≥ 1.
        players: called with the seeds of each chunk.
        chunk: most worlds at once; an environment may set a lower `largest_batch`.

    Raises:
        EnvironmentFailure, TreeFailure: naming scenario, seed and step.
    """
    size = min(chunk, getattr(environment, "largest_batch", chunk))
    parts = [seeds[at : at + size] for at in range(0, len(seeds), size)]
    return joined([_play_or_find(environment, policy, scenario, part, players) for part in parts])


def tick_of_step(environment: BatchEnvironment) -> int:
    """Ticks in a decision step, the unit of the environment's event ticks; 1 without another."""
    return int(getattr(environment, "step_ticks", 1))


def step_limit(environment: BatchEnvironment, scenario: Scenario) -> int:
    """Steps after which an episode is over, whatever the environment says."""
    return math.ceil(scenario.seconds / environment.step_seconds) + 1


def _play_or_find(
    environment: BatchEnvironment,
    policy: Policy,
    scenario: Scenario,
    seeds: npt.NDArray[np.int64],
    players: Players,
) -> Played:
    """Play a chunk; when it fails, halve it until the failing seed stands alone."""
    try:
        return Batch(environment, policy, scenario, seeds, players).play()
    except (EnvironmentFailure, TreeFailure):
        half = len(seeds) // 2
        if half:
            _play_or_find(environment, policy, scenario, seeds[:half], players)
            _play_or_find(environment, policy, scenario, seeds[half:], players)
        raise


class Batch:
    """One batch from reset to the end; played once.

    ticker: what decides, its log that of the episodes when they were played.
    """

    def __init__(
        self,
        environment: BatchEnvironment,
        policy: Policy,
        scenario: Scenario,
        seeds: npt.NDArray[np.int64],
        players: Players,
        decides: Decides | None = None,
    ) -> None:
        """Prepare; `play` does the rest. `decides` takes the place of the policy's own ticker."""
        self.environment, self.scenario, self.seeds = environment, scenario, seeds
        self.policy, self.cast, self.decides = policy, players(seeds), decides
        self.scale = tick_of_step(environment)
        self.limit = step_limit(environment, scenario)

    def play(self, watch: Watch | None = None, most_steps: int | None = None) -> Played:
        """Play to the end, or so many steps; `watch` is told of each.

        Where nobody watches, one call of the environment may hold all of them.
        """
        process = os.getpid()
        try:
            return self._played(watch, most_steps)
        finally:
            if os.getpid() != process:
                # The game has forked and come back twice: a second answer would be anybody's.
                os._exit(0)

    def _played(self, watch: Watch | None, most_steps: int | None) -> Played:
        limit = self.limit if most_steps is None else min(self.limit, most_steps)
        steps = self._whole(limit) if watch is None and self.decides is None else None
        if steps is None:
            steps = self._stepped(limit, watch)
        if most_steps is None and isinstance(self.ticker, BatchTicker):
            # All alike: or the decisions of those that end last would stay open, the others' not.
            self.ticker.halt()
            self._sound()
        return self._result(steps)

    def _begun(self) -> Seen:
        n, step_s = len(self.seeds), self.environment.step_seconds
        self.ticker: Decides = self.decides or BatchTicker(
            self.policy.program, self.seeds, self.policy.factors, step_s
        )
        self.broken_at = np.full(n, -1, dtype=np.int32)
        self.done, self.place, self.step = np.zeros(n, dtype=np.bool_), "reset", -1
        told = self._asked(self.environment.reset, self.scenario, self.seeds.copy(), self.cast)
        facts = self._read(facts_in, told, n, len(self.environment.facts))
        return self._followed(facts, np.zeros(n, dtype=np.int8), self.done)

    def _whole(self, limit: int) -> npt.NDArray[np.int32] | None:
        """Steps of each episode, played in one call; None where that cannot be."""
        if not plays_whole_episodes(self.environment):
            return None
        facts, _, _ = self._begun()
        if self.done.any():
            return None
        self.place = "whole episodes"
        steps = self._asked(self.environment.play_episodes, self.ticker, facts, limit)
        if steps is None:
            return None
        steps = self._read(steps_in, steps, len(self.seeds), limit)
        self.step = int(steps.max(initial=0)) - 1
        return steps

    def _stepped(self, limit: int, watch: Watch | None) -> npt.NDArray[np.int32]:
        """The same, step by step."""
        facts, status, done = self._begun()
        steps = np.zeros(len(self.seeds), dtype=np.int32)
        for step in range(limit):
            self.step, self.place = step, f"step {step}"
            steps += ~done
            commands = self.ticker.tick(facts, status, done)
            self._sound()
            seen = facts
            facts, status, done = self._checked(self._asked(self.environment.step, commands))
            if watch is not None:
                watch(seen, commands, status)
            if done.all():
                break
        return steps

    def _sound(self) -> None:
        """Refuse a tree that met an error in this tick or halt."""
        failure = self.ticker.failure() if isinstance(self.ticker, BatchTicker) else None
        if failure is not None:
            agent, error = failure
            raise TreeFailure(
                what=f"the tree failed at {error.where}: {error.what}",
                got=error.got,
                where=f"scenario {self.scenario.name}, seed {self.seeds[agent]}, {self.place}",
                fix=error.fix,
            ) from error

    def _asked(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Call the environment; whatever it raises is its failure, not ours."""
        # Who plays whole episodes in one call is compiled, and waits for its compiler.
        asking = None
        if not plays_whole_episodes(self.environment):
            asking = waiting.Asking(self.place, self._told)
            waiting.begun(asking)
        try:
            return function(*arguments)
        except InputError:  # a scenario or player it cannot play: said by whoever checks them
            raise
        except EnvironmentFailure as error:
            self._fail(error.what, error)
        except KeyboardInterrupt as error:
            error.add_note(self._told(self.place))
            raise
        except BaseException as error:  # SystemExit, CancelledError: whatever a game may raise
            self._fail(f"raised {said_of(error)}", error)
        finally:
            if asking is not None:
                waiting.ended(asking)

    def _told(self, place: str) -> str:
        seeds = self.seeds
        who = f"seed {seeds[0]}" if len(seeds) == 1 else f"a batch of {len(seeds)} seeds"
        return f"scenario {self.scenario.name}, {who}, {place}"

    def _fail(self, what: str, cause: BaseException | None = None) -> NoReturn:
        """Name scenario, seed and step."""
        raise EnvironmentFailure(
            what=f"the environment {what}",
            where=self._told(self.place),
            fix="play this seed by itself to see it",
        ) from cause

    def _checked(self, given: Any) -> Seen:
        """A step whose shapes are right."""
        n, f = len(self.seeds), len(self.environment.facts)
        return self._followed(*self._read(step_in, given, n, f))

    def _followed(self, facts: Floats, status: npt.NDArray[np.int8], done: Flags) -> Seen:
        """What may follow on the step before; worlds gone non-finite are done."""
        fine = as_declared(facts, self.environment.facts)
        if not fine:
            finite = np.isfinite(facts)
            wrong = ~finite.all(axis=1) & (self.broken_at < 0) & ~self.done
            self.broken_at[wrong] = (self.step + 1) * self.scale
            facts = np.where(finite, facts, 0.0)
        broken = self.broken_at >= 0
        if (self.done & ~done & ~broken).any():
            self._fail("went on with an episode that it had ended")
        self.done = done | broken
        if not fine:
            self._read(check_ranges, facts, ~self.done, self.environment.facts)
        return facts, status, self.done

    def _read(self, function: Callable[..., T], *arguments: Any) -> T:
        """What the environment gave, as it must be."""
        try:
            return function(*arguments)
        except EnvironmentFailure as error:
            self._fail(error.what, error)

    def _result(self, steps: npt.NDArray[np.int32]) -> Played:
        n, environment = len(self.seeds), self.environment
        outcomes = self._read(outcomes_in, self._asked(environment.outcomes), n)
        told = self._asked(environment.event_counts)
        counts, first = self._read(counts_in, told, n, len(environment.events))
        ticks = steps * np.int32(self.scale)
        finite = np.isfinite(outcomes)
        if not finite.all():
            wrong = ~finite.all(axis=1) & (self.broken_at < 0)
            self.broken_at[wrong] = ticks[wrong]
            outcomes = np.where(finite, outcomes, 0.0)
        seen: DecisionFigures = decision_figures(
            self.ticker.log, n, environment.step_seconds, self.scale
        )
        own = {
            NON_FINITE: ((self.broken_at >= 0).astype(np.int32), self.broken_at),
            DITHERED: (seen.dithered, seen.dithered_at),
        }
        events, counts, first = with_own(environment.events, counts, first, own)
        return Played(
            scenario=self.scenario,
            seeds=self.seeds.copy(),
            outcomes=outcomes.copy(),
            events=events,
            counts=counts,
            first=first,
            ticks=ticks,
            decisions=seen.decisions,
            changes=seen.changes,
        )
