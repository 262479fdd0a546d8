"""Makes a sandbox of an esper game: `EsperEnvironment` is a `model.ports.Environment`.

    class Camp(EsperGame): ...           # see `EsperGame`: build, sense, act, outcome

    def make() -> EsperEnvironment:      # attach(environment="camp:make")
        return EsperEnvironment(Camp)

esper's world is a module global, so the game plays in a process of its own: whatever it does there,
raising, hanging, crashing or leaving things in other worlds, ends in an `EnvironmentFailure` that
the gate turns into a verdict, and the worlds of this process stay as they are.
"""

import math
import time
import weakref
from typing import Any

from astraweave.ecs.game import EsperGame
from astraweave.ecs.stage import Stage
from astraweave.ecs.stage_child import Answer, Order
from astraweave.ecs.stage_process import StageProcess, given_back, taken
from astraweave.ecs.target import Target
from astraweave.errors import UsageError
from astraweave.model.facts import FactSheet
from astraweave.model.ports import IDLE, Step
from astraweave.model.scenario import Scenario

__all__ = ["EsperEnvironment", "EsperGame"]

START_S = 60.0
"""Seconds to start a process and import the game in it."""


class EsperEnvironment:
    """An esper game as the sandbox plays it, one episode at a time.

    Attributes:
        facts, actions, events, ranges, scenarios, rules, vocabulary: the game's.
        step_seconds: dt × ticks.
    """

    def __init__(
        self,
        game: type[EsperGame],
        *,
        own_process: bool = True,
        step_s: float = 5.0,
        episode_s: float = 60.0,
    ) -> None:
        """Take over what the game declares; a process is started by the first `reset`.

        Args:
            game: the class; another process must find it by its module and name.
            own_process: False plays in this process: quicker to debug, but nothing stops a game
                that hangs or crashes, and threads must not share it.
            step_s, episode_s: seconds of waiting that a step (or `reset`), and an episode with
                all its steps, may cost.

        Raises:
            UsageError: it is no such class, or cannot be found, or a number is out of range.
        """
        _check(game, step_s, episode_s)
        self.facts = game.facts if isinstance(game.facts, FactSheet) else FactSheet(game.facts)
        self.actions, self.events = tuple(game.actions), tuple(game.events)
        self.ranges, self.scenarios = tuple(game.ranges), tuple(game.scenarios)
        self.bounds = dict(getattr(game, "bounds", {}))
        self.rules = tuple(game.rules)
        self.vocabulary = game.vocabulary
        self.step_seconds = game.dt * game.ticks
        # What it reads besides modules is not in its hash.
        self.states_content = False
        self._game, self._limits = game, (own_process, step_s, episode_s)
        self._spent_s = 0.0
        self._last: Step | None = None
        self._outcome: dict[str, float] | None = None
        self._target = Target.of(game) if own_process else None
        self._process: StageProcess | None = None
        self._stage: Stage | None = None
        if not own_process:
            self._stage = Stage(game)
            weakref.finalize(self, self._stage.close)

    def reset(self, scenario: Scenario, seed: int) -> dict[str, float]:
        """Begin an episode in a world of its own; the first facts.

        Raises:
            EnvironmentFailure: the game raised, hung, ended its process, or left something behind.
        """
        if self._stage is not None:
            return self._stage.reset(scenario, seed)
        self._spent_s, self._last, self._outcome = 0.0, None, None
        order = Order(do="reset", scenario=scenario, seed=seed)
        return self._asked(order, self._ready()).values

    def step(self, action: str | None) -> Step:
        """Play one decision step; after the end nothing moves any more.

        Raises:
            EnvironmentFailure: as for `reset`.
        """
        if self._stage is not None:
            return self._stage.step(action)
        if self._last is not None:
            return Step(dict(self._last.facts), IDLE, done=True)
        answer = self._asked(Order(do="step", action=action), self._process)
        assert answer.step is not None
        if answer.step.done:
            self._last, self._outcome = answer.step, answer.values
            self._give_back()
        return answer.step

    def outcome(self) -> dict[str, float]:
        """The `OUTCOMES` of the episode so far.

        Raises:
            EnvironmentFailure: as for `reset`.
        """
        if self._stage is not None:
            return self._stage.outcome()
        if self._outcome is not None:
            return dict(self._outcome)
        return self._asked(Order(do="outcome"), self._process).values

    def content_hash(self) -> str:
        """16 hex digits over the game's code: its files, its package, and what they import."""
        return (self._target or Target.of(self._game)).digest()

    def close(self) -> None:
        """End its process, or delete its world; `reset` begins anew."""
        if self._stage is not None:
            self._stage.close()
        process, self._process = self._process, None
        if process is not None:
            self._returns.detach()
            process.end()

    def _asked(self, order: Order, process: StageProcess | None) -> Answer:
        """The process's answer, within the limits; a failed process is not used again."""
        if process is None:
            raise UsageError(what="no episode has begun", where=order.do, fix="reset first")
        _, step_s, episode_s = self._limits
        left_s = max(0.0, episode_s - self._spent_s)
        late = f"no answer in {step_s:g} s"
        if left_s < step_s:
            late = f"the episode took more than {episode_s:g} s"
        start = time.monotonic()
        try:
            answer = process.ask(order, min(step_s, left_s), late)
        except BaseException:
            self.close()
            raise
        self._spent_s += time.monotonic() - start
        return answer

    def _ready(self) -> StageProcess:
        """A process that plays the next episode."""
        if self._process is None:
            assert self._target is not None
            self._process = taken(self._target, START_S)
            # Whoever plays next, such as a copy of this one, goes on with it.
            self._returns = weakref.finalize(self, given_back, self._process)
            self._returns.atexit = False
        return self._process

    def _give_back(self) -> None:
        """The episode is over: others may have the process, or it ends when nobody wants it."""
        self._process = None
        self._returns()

    def __deepcopy__(self, _memo: object) -> "EsperEnvironment":
        """Another one of the same game, with an episode of its own."""
        return _made(self._game, *self._limits)

    def __reduce__(self) -> tuple[Any, ...]:
        """To another process it goes by the name of the game."""
        return _named, (self._target or Target.of(self._game), *self._limits)


def _check(game: Any, step_s: float, episode_s: float) -> None:
    if not (isinstance(game, type) and issubclass(game, EsperGame)):
        fix = "derive it from EsperGame"
        raise UsageError(what="no game", got=game, where="EsperEnvironment", fix=fix)
    for name, value in (("step_s", step_s), ("episode_s", episode_s), ("dt", game.dt)):
        if not 0.0 < value < math.inf:
            what = f"{name} must be above 0 and finite"
            raise UsageError(what=what, got=value, where=game.__name__)
    if game.ticks < 1:
        raise UsageError(what="ticks must be 1 or more", got=game.ticks, where=game.__name__)


def _made(
    game: type[EsperGame], own_process: bool, step_s: float, episode_s: float
) -> EsperEnvironment:
    return EsperEnvironment(game, own_process=own_process, step_s=step_s, episode_s=episode_s)


def _named(target: Target, *limits: Any) -> EsperEnvironment:
    """What another process sent."""
    return _made(target.load(), *limits)
