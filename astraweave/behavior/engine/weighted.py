"""The running WeightedFallback of the scalar engine: availability, propensity, draw, hold."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Self

from astraweave.behavior.engine.running import EPSILON_S, Agent, Run, reset
from astraweave.behavior.engine.twins import twin
from astraweave.behavior.flat.odds import drawn_by
from astraweave.behavior.nodes import WeightedFallback
from astraweave.behavior.status import FAILURE, IDLE, RUNNING, SKIPPED, SUCCESS, Result, Status
from astraweave.errors import WeightsError
from astraweave.model.episode import ActionResult
from astraweave.model.rng import uniform

if TYPE_CHECKING:
    from astraweave.behavior.engine.hooks import FactTest, Test

STREAM = 1000
"""Stream of the first weighted node's draws; the next node's is one more."""


def strengths(node: WeightedFallback, factors: Iterable[float]) -> list[float]:
    """What a draw goes by: weight × learned factor, or what the policy makes of it.

    Raises:
        WeightsError: a product is 0 or infinite, or they lie too far apart for a softmax.
    """
    weights = [w * float(f) for w, f in zip(node.weights, factors, strict=True)]
    if not all(0.0 < weight < math.inf for weight in weights):
        raise WeightsError(
            what="a factor times the designer's weight leaves the range of doubles",
            where=node.at,
            fix="keep factors in [0.25, 4]",
        )
    return drawn_by(node.policy, weights, node.temperature)


def pick(weights: list[float], available: list[int], drawn: float) -> tuple[int, float]:
    """Child that a number in [0, 1) falls on, and its propensity: both engines' one rule.

    The weights are summed in child order in float64, so that every engine rounds alike.
    """
    total = 0.0
    for child in available:
        total += weights[child]
    aim, below = drawn * total, 0.0
    for child in available:
        below += weights[child]
        if aim < below:
            break
    return child, weights[child] / total


class RunWeighted(Run):
    """One agent's choice among the children of a WeightedFallback.

    It is RUNNING while a chosen child is. chosen: the child of the open decision. since: when it
    was chosen. held: the tick in which it succeeded inside the hold, −1 when it did not. outcome:
    what its actions said last.
    """

    __slots__ = (
        "chosen",
        "excluded",
        "failed",
        "guards",
        "held",
        "index",
        "keys",
        "name",
        "open",
        "outcome",
        "plain",
        "roulette",
        "since",
        "weights",
    )

    node: WeightedFallback

    def __init__(
        self,
        node: WeightedFallback,
        children: list[Run],
        index: int,
        keys: tuple[str, ...],
        guards: "Sequence[Test | None]",
        plain: "Sequence[tuple[int, FactTest | None]] | None",
    ) -> None:
        """`children` come without their `_skipIf`, which are the `guards`; keys: `Tree.tactics`.

        plain: the guards over facts alone, each with its child's place; None when one asks more.
        """
        super().__init__(node, children)
        self.guards, self.plain = guards, plain
        self.index, self.keys, self.name = index, keys, node.name
        self.weights = strengths(node, [1.0] * len(keys))
        self.roulette = node.policy != "sorted"
        self.failed = self.open = False
        self.chosen = 0
        self.excluded = 0
        self.since = 0.0
        self.held = -1
        self.outcome: Result | None = None

    def learned(self, factors: Mapping[str, float]) -> list[float]:
        """What its draws go by with these factors, 1 where none is given.

        Raises:
            WeightsError: as `strengths`.
        """
        return strengths(self.node, [factors.get(key, 1.0) for key in self.keys])

    def tick(self, agent: Agent) -> Status:
        """Follow the running child, the held one, or a new choice."""
        if self.status is RUNNING:
            return self.follow(agent)
        self.status, self.failed, self.excluded = RUNNING, False, 0
        if self.held >= 0:
            holds = agent.now - self.since < agent.hold_s - EPSILON_S
            if holds and not self.skipped(agent, self.chosen):
                self.held = -1
                agent.holding -= 1
                return self.follow(agent)
            self.close(agent, ActionResult.SUCCESS)
        return self.follow(agent) if self.choose(agent) else self.nothing()

    def follow(self, agent: Agent) -> Status:
        """Tick the chosen child; when it fails or is skipped, choose again."""
        while True:
            child = self.children[self.chosen]
            before, agent.outcome = agent.outcome, self.outcome
            status = child.tick(agent)
            self.outcome = agent.outcome
            if self.outcome is None:
                agent.outcome = before
            if status is RUNNING:
                return RUNNING
            reset((child,), agent)
            if status is SUCCESS:
                self.succeed(agent)
                return SUCCESS
            self.failed |= status is FAILURE
            self.excluded |= 1 << self.chosen
            failed = status is FAILURE
            self.close(agent, ActionResult.FAILURE if failed else ActionResult.INTERRUPTED)
            if not self.choose(agent):
                return self.nothing()

    def nothing(self) -> Status:
        """No child is left. Who skips is idle, so that the next tick is a new choice."""
        self.status = FAILURE if self.failed else IDLE
        return FAILURE if self.failed else SKIPPED

    def succeed(self, agent: Agent) -> None:
        """End the decision, or hold it."""
        self.status = SUCCESS
        if self.roulette and agent.now - self.since < agent.hold_s - EPSILON_S:
            self.held = agent.step
            agent.holding += 1
        else:
            self.close(agent, ActionResult.SUCCESS)

    def skipped(self, agent: Agent, child: int) -> bool:
        """Whether a child's guard holds."""
        guard = self.guards[child]
        return guard is not None and guard(agent)

    def available(self, agent: Agent) -> list[int]:
        """Children that have not failed and whose guard does not hold."""
        if self.plain is None or self.excluded:
            return self.asked(agent)
        facts = agent.facts
        try:
            return [child for child, holds in self.plain if holds is None or not holds(facts)]
        except (KeyError, TypeError):
            # Asked one by one, the guard that failed says its place.
            return self.asked(agent)

    def asked(self, agent: Agent) -> list[int]:
        """As `available`, by each guard's own function."""
        excluded = self.excluded
        return [
            child
            for child, guard in enumerate(self.guards)
            if not excluded >> child & 1 and (guard is None or not guard(agent))
        ]

    def choose(self, agent: Agent) -> bool:
        """Open a decision among the available children; False when there is none."""
        available = self.available(agent)
        if not available:
            return False
        if self.roulette:
            drawn = uniform(agent.seed, 0, agent.draws, STREAM + self.index)
            agent.draws += 1
            self.chosen, propensity = pick(self.weights, available, drawn)
        else:
            # `max` keeps the first of equals: document order.
            self.chosen, propensity = max(available, key=self.weights.__getitem__), 1.0
        self.since, self.outcome, self.open = agent.now, None, True
        agent.tactic = self.keys[self.chosen]
        if agent.listener is not None:
            names = tuple([self.keys[i] for i in available])
            agent.listener.chose(self.name, agent.tactic, propensity, names, agent.now)
        return True

    def close(self, agent: Agent, result: ActionResult) -> None:
        """End the open decision."""
        if self.held >= 0:
            self.held = -1
            agent.holding -= 1
        if not self.open:
            return
        self.open = False
        outcome, self.outcome = self.outcome, None
        effectiveness = None
        if outcome is not None and result is not ActionResult.INTERRUPTED:
            effectiveness = outcome.effectiveness
            if outcome.status == "partial" and result is ActionResult.SUCCESS:
                result = ActionResult.PARTIAL
        if agent.listener is not None:
            agent.listener.ended(
                self.name, self.keys[self.chosen], result, effectiveness, agent.now
            )

    def settle(self, agent: Agent, before: int) -> None:
        """End a decision whose hold was not used since tick `before`."""
        if 0 <= self.held < before:
            self.close(agent, ActionResult.SUCCESS)

    def halt(self, agent: Agent) -> None:
        """Interrupt the running decision; a held one is not running."""
        running = self.status is RUNNING
        try:
            super().halt(agent)
        finally:
            self.status = IDLE
            if running:
                self.close(agent, ActionResult.INTERRUPTED)

    def adopt(self, old: Self, agent: Agent) -> None:
        """Keep the decision, if its child is still there, and who has failed."""
        super().adopt(old, agent)
        place = twin(old.children[old.chosen], self.children) if old.open else None
        if place is None:
            running = old.status is RUNNING
            old.close(agent, ActionResult.INTERRUPTED if running else ActionResult.SUCCESS)
            self.status = IDLE
            return
        self.open, self.chosen, self.since = True, place, old.since
        self.failed, self.held, self.outcome = old.failed, old.held, old.outcome
        agent.holding += self.held >= 0
        for child in (c for i, c in enumerate(old.children) if old.excluded >> i & 1):
            other = twin(child, self.children)
            self.excluded |= 0 if other is None else 1 << other
