"""Running nodes with one child; their meaning stands in `nodes.decorators`."""

from collections.abc import Callable
from typing import Self

from astraweave.behavior.engine.running import Agent, Run, reset
from astraweave.behavior.engine.twins import twin
from astraweave.behavior.nodes import Node
from astraweave.behavior.status import FAILURE, IDLE, RUNNING, SKIPPED, SUCCESS, Status
from astraweave.errors import TreeError

Count = Callable[[Agent], int]
Flag = Callable[[Agent], bool]
Test = Callable[[Agent], bool]


class Decorator(Run):
    """What all have: one child."""

    __slots__ = ()

    def answer(self, status: Status) -> Status:
        """Say what a port says, without the child."""
        if status is IDLE:
            raise TreeError(
                what="a node cannot say IDLE",
                got=self.node.name,
                where=self.node.at,
                fix="write FAILURE or SKIPPED",
            )
        if status is not SKIPPED:
            self.status = status
        return status

    def ended(self, status: Status, agent: Agent) -> Status:
        """Say so, and make the child ready for the next time."""
        reset(self.children, agent)
        self.status = status
        return status


class Pass(Decorator):
    """Inverter, ForceSuccess and ForceFailure: what becomes of the child's SUCCESS and FAILURE."""

    __slots__ = ("failure", "success")

    def __init__(self, node: Node, children: list[Run], success: Status, failure: Status) -> None:
        """Idle."""
        super().__init__(node, children)
        self.success, self.failure = success, failure

    def tick(self, agent: Agent) -> Status:
        """Hand on the child's status."""
        self.status = RUNNING
        status = self.children[0].tick(agent)
        if status is SUCCESS:
            return self.ended(self.success, agent)
        if status is FAILURE:
            return self.ended(self.failure, agent)
        return status


class Inline(Decorator):
    """SubTree."""

    __slots__ = ()

    def tick(self, agent: Agent) -> Status:
        """Hand on the child's status."""
        if self.status is IDLE:
            self.status = RUNNING
        status = self.children[0].tick(agent)
        if status is SUCCESS or status is FAILURE:
            return self.ended(status, agent)
        if status is RUNNING:
            self.status = RUNNING
        return status


class KeepRunning(Decorator):
    """KeepRunningUntilFailure."""

    __slots__ = ()

    def tick(self, agent: Agent) -> Status:
        """Only a failure ends it."""
        self.status = RUNNING
        status = self.children[0].tick(agent)
        if status is FAILURE:
            return self.ended(FAILURE, agent)
        if status is SUCCESS:
            reset(self.children, agent)
        return RUNNING


class Again(Decorator):
    """Repeat (`more` SUCCESS) and RetryUntilSuccessful (`more` FAILURE).

    done: how often the child has said `more`.
    """

    __slots__ = ("count", "done", "more", "other")

    def __init__(self, node: Node, children: list[Run], count: Count, more: Status) -> None:
        """Idle; `count` is read at every tick."""
        super().__init__(node, children)
        self.count, self.more = count, more
        self.other = FAILURE if more is SUCCESS else SUCCESS
        self.done = 0

    def tick(self, agent: Agent) -> Status:
        """Once more, unless there were enough."""
        count = self.count(agent)
        self.status = RUNNING
        child = self.children[0]
        while self.done < count or count == -1:
            before = child.status
            status = child.tick(agent)
            if status is RUNNING:
                return RUNNING
            reset(self.children, agent)
            if status is SKIPPED:
                return SKIPPED
            if status is self.other:
                self.done = 0
                self.status = status
                return status
            self.done += 1
            if self.more is FAILURE:
                count = self.refreshed(agent, count)
            if before is IDLE and (self.done < count or count == -1):
                agent.woken = True
                return RUNNING
        self.done = 0
        self.status = self.more
        return self.more

    def refreshed(self, agent: Agent, count: int) -> int:
        """How many attempts there are, now that the child may have changed it."""
        try:
            return self.count(agent)
        except TreeError:
            # As in BehaviorTree.CPP, which asks for it only at the next tick.
            return count

    def halt(self, agent: Agent) -> None:
        """Halt the child and count anew."""
        self.done = 0
        super().halt(agent)

    def adopt(self, old: Self, agent: Agent) -> None:
        """Keep the count."""
        super().adopt(old, agent)
        self.done = old.done


class Once(Decorator):
    """RunOnce. said: what the child ended with, IDLE before."""

    __slots__ = ("said", "then_skip")

    def __init__(self, node: Node, children: list[Run], then_skip: Flag) -> None:
        """Idle; a halt does not make it forget."""
        super().__init__(node, children)
        self.then_skip = then_skip
        self.said = IDLE

    def tick(self, agent: Agent) -> Status:
        """The child until it has ended once."""
        skip = self.then_skip(agent)
        if self.said is not IDLE:
            if skip:
                return SKIPPED
            self.status = self.said
            return self.said
        self.status = RUNNING
        status = self.children[0].tick(agent)
        if status is SUCCESS or status is FAILURE:
            self.said = status
            return self.ended(status, agent)
        return status

    def adopt(self, old: Self, agent: Agent) -> None:
        """Keep what was said."""
        super().adopt(old, agent)
        self.said = old.said


class Require(Decorator):
    """Precondition. met: the child was begun; as in BehaviorTree.CPP, a halt keeps that."""

    __slots__ = ("met", "other", "test")

    def __init__(
        self, node: Node, children: list[Run], test: Test, other: Callable[[Agent], Status]
    ) -> None:
        """Idle; `other` is the status when the test says no."""
        super().__init__(node, children)
        self.test, self.other = test, other
        self.met = False

    def tick(self, agent: Agent) -> Status:
        """Ask, unless the child was begun; then the child."""
        other = self.other(agent)
        if not self.met:
            self.met = self.test(agent)
            if not self.met:
                return self.answer(other)
        status = self.children[0].tick(agent)
        if status is SUCCESS or status is FAILURE:
            self.met = False
            return self.ended(status, agent)
        if status is RUNNING:
            self.status = RUNNING
        return status

    def adopt(self, old: Self, agent: Agent) -> None:
        """A child that is another one was not begun."""
        super().adopt(old, agent)
        self.met = old.met and twin(old.children[0], self.children) is not None


class Updated(Decorator):
    """SkipUnlessUpdated (`otherwise` SKIPPED) and WaitValueUpdate (RUNNING).

    seen: how often the entry had been written when it was last looked at.
    """

    __slots__ = ("count", "inside", "otherwise", "seen")

    def __init__(
        self,
        node: Node,
        children: list[Run],
        count: "Callable[[Agent], int | None]",
        otherwise: Status,
    ) -> None:
        """Idle. `count`: how often the entry was written, None when there is no such entry."""
        super().__init__(node, children)
        self.count, self.otherwise = count, otherwise
        self.seen = 0
        self.inside = False

    def tick(self, agent: Agent) -> Status:
        """The child when it runs, or the entry is new."""
        if not self.inside:
            count = self.count(agent)
            if count is None or count == self.seen:
                return self.answer(self.otherwise)
            self.seen = count
        status = self.children[0].tick(agent)
        self.inside = status is RUNNING
        if status is SUCCESS or status is FAILURE:
            return self.ended(status, agent)
        if status is RUNNING:
            self.status = RUNNING
        return status

    def halt(self, agent: Agent) -> None:
        """Halt the child."""
        self.inside = False
        super().halt(agent)

    def adopt(self, old: Self, agent: Agent) -> None:
        """Keep what was seen."""
        super().adopt(old, agent)
        self.seen = old.seen
        self.inside = old.inside and twin(old.children[0], self.children) is not None
