"""Running Sequence and Fallback of every kind; their meaning stands in `nodes.controls`."""

from collections.abc import Sequence
from typing import Self

from astraweave.behavior.engine.running import Agent, Run, reset
from astraweave.behavior.engine.twins import place_after, skipped_after
from astraweave.behavior.nodes import Node
from astraweave.behavior.status import FAILURE, IDLE, RUNNING, SKIPPED, SUCCESS, Status


class Ordered(Run):
    """Sequence (`stop` FAILURE) and Fallback (`stop` SUCCESS).

    at: the child that is next. skipped: how many were, since it was idle.
    """

    __slots__ = ("at", "other", "skipped", "stop")

    def __init__(self, node: Node, children: list[Run], stop: Status) -> None:
        """Idle; `stop` is the child's status that ends it."""
        super().__init__(node, children)
        self.stop = stop
        self.other = SUCCESS if stop is FAILURE else FAILURE
        self.at = self.skipped = 0

    def tick(self, agent: Agent) -> Status:
        """Go on at the child that ran."""
        if self.status is IDLE:
            self.skipped = 0
        self.status = RUNNING
        children, stop = self.children, self.stop
        while self.at < len(children):
            status = children[self.at].tick(agent)
            if status is RUNNING:
                return RUNNING
            if status is stop:
                return self.stopped(agent)
            self.at += 1
            if status is SKIPPED:
                self.skipped += 1
        return self.ended(agent)

    def stopped(self, agent: Agent) -> Status:
        """A child has decided."""
        self.at = 0
        reset(self.children, agent)
        self.status = self.stop
        return self.stop

    def ended(self, agent: Agent) -> Status:
        """No child is left. As in BehaviorTree.CPP, who skips stays RUNNING for its parent."""
        skipped = self.skipped == len(self.children)
        self.at = self.skipped = 0
        reset(self.children, agent)
        if skipped:
            return SKIPPED
        self.status = self.other
        return self.other

    def halt(self, agent: Agent) -> None:
        """Halt the children."""
        self.at = self.skipped = 0
        super().halt(agent)

    def adopt(self, old: Self, agent: Agent) -> None:
        """Keep the place, by the children's names."""
        super().adopt(old, agent)
        before, now = old.children, self.children
        self.at = place_after(before, old.at, now)
        self.skipped = skipped_after(before, old.skipped, old.at, now, self.at)


class Pausing(Ordered):
    """AsyncSequence and AsyncFallback."""

    __slots__ = ()

    def tick(self, agent: Agent) -> Status:
        """As `Ordered`, and pause after a child that ended in one tick."""
        if self.status is IDLE:
            self.skipped = 0
        self.status = RUNNING
        children = self.children
        while self.at < len(children):
            child = children[self.at]
            before = child.status
            status = child.tick(agent)
            if status is RUNNING:
                return RUNNING
            if status is self.stop:
                return self.stopped(agent)
            self.at += 1
            if status is SKIPPED:
                self.skipped += 1
            elif before is IDLE and self.at < len(children):
                agent.woken = True
                return RUNNING
        return self.ended(agent)


class Remembering(Pausing):
    """SequenceWithMemory: neither a failure nor a halt loses its place."""

    __slots__ = ()

    def stopped(self, agent: Agent) -> Status:
        """A child has failed: it is where the next tick begins."""
        reset(self.children[self.at :], agent)
        self.status = self.stop
        return self.stop

    def halt(self, agent: Agent) -> None:
        """Halt the children."""
        Run.halt(self, agent)


def reset_others(children: Sequence[Run], stays: Run, agent: Agent) -> None:
    """Make all but one idle, in order; those that run are halted."""
    for child in children:
        if child.status is not IDLE and child is not stays:
            if child.status is RUNNING:
                child.halt(agent)
            child.status = IDLE


class Reactive(Run):
    """ReactiveSequence (`stop` FAILURE) and ReactiveFallback (`stop` SUCCESS)."""

    __slots__ = ("other", "stop")

    def __init__(self, node: Node, children: list[Run], stop: Status) -> None:
        """Idle; `stop` is the child's status that ends it."""
        super().__init__(node, children)
        self.stop = stop
        self.other = SUCCESS if stop is FAILURE else FAILURE

    def tick(self, agent: Agent) -> Status:
        """Ask all children again, up to the one that decides."""
        self.status = RUNNING
        children, result = self.children, SKIPPED
        for child in children:
            status = child.tick(agent)
            if status is RUNNING:
                reset_others(children, child, agent)
                return RUNNING
            if status is SKIPPED:
                reset((child,), agent)
            elif status is self.stop:
                result = status
                break
            else:
                result = self.other
        reset(children, agent)
        if result is not SKIPPED:
            self.status = result
        return result
