"""The running WeightedFallback of the scalar engine: availability, propensity, draw, hold."""

from astraweave.behavior.engine.leaves import EPSILON_S
from astraweave.behavior.engine.running import Agent, Run, bad_fact
from astraweave.behavior.nodes import WeightedFallback
from astraweave.behavior.scripts.functions import condition
from astraweave.behavior.status import FAILURE, RUNNING, SKIPPED, SUCCESS, Result, Status
from astraweave.model.episode import ActionResult
from astraweave.model.rng import uniform

STREAM = 1000
"""Stream of the first weighted node's draws; the next node's is one more."""


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

    chosen: the child of the open decision. since: when it was chosen. held: the tick in which
    it succeeded inside the hold, −1 when it did not. outcome: what its actions said last.
    """

    __slots__ = (
        "active",
        "children",
        "chosen",
        "designed",
        "excluded",
        "failed",
        "guards",
        "held",
        "index",
        "keys",
        "name",
        "open",
        "outcome",
        "roulette",
        "since",
        "skips",
        "weights",
    )

    def __init__(
        self, node: WeightedFallback, children: list[Run], index: int, keys: tuple[str, ...]
    ) -> None:
        """`children` come without guards, which are evaluated here; `keys` as in `Tree.tactics`."""
        super().__init__(node)
        self.children, self.index, self.keys, self.name = children, index, keys, node.name
        self.guards = [child.skip_if for child in node.children]
        self.skips = [None if guard is None else condition(guard) for guard in self.guards]
        self.designed = node.weights
        self.weights = list(node.weights)
        self.roulette = node.policy == "roulette"
        self.active = self.failed = self.open = False
        self.chosen = 0
        self.excluded = 0
        self.since = 0.0
        self.held = -1
        self.outcome: Result | None = None

    def tick(self, agent: Agent) -> Status:
        """Follow the running child, the held one, or a new choice."""
        if self.active:
            return self.follow(agent)
        self.active, self.failed, self.excluded = True, False, 0
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
            child.halt(agent)
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
        """No child is left."""
        self.active = False
        return FAILURE if self.failed else SKIPPED

    def succeed(self, agent: Agent) -> None:
        """End the decision, or hold it."""
        self.active = False
        if self.roulette and agent.now - self.since < agent.hold_s - EPSILON_S:
            self.held = agent.step
            agent.holding += 1
        else:
            self.close(agent, ActionResult.SUCCESS)

    def skipped(self, agent: Agent, child: int) -> bool:
        """Whether a child's guard holds."""
        skip = self.skips[child]
        if skip is None:
            return False
        try:
            return bool(skip(agent.facts))
        except (KeyError, TypeError) as error:
            guard = self.guards[child]
            assert guard is not None
            raise bad_fact(self.node.children[child], guard, agent, error) from error

    def choose(self, agent: Agent) -> bool:
        """Open a decision among the available children; False when there is none."""
        excluded = self.excluded
        available = [
            i for i in range(len(self.keys)) if not excluded >> i & 1 and not self.skipped(agent, i)
        ]
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
        if self.active:
            self.active = False
            try:
                self.children[self.chosen].halt(agent)
            finally:
                self.close(agent, ActionResult.INTERRUPTED)
