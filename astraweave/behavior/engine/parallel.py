"""Running Parallel and ParallelAll; their meaning stands in `nodes.controls`."""

from collections.abc import Callable
from typing import Self

from astraweave.behavior.engine.running import Agent, Run, reset
from astraweave.behavior.engine.twins import twin
from astraweave.behavior.nodes import Node
from astraweave.behavior.status import FAILURE, RUNNING, SKIPPED, SUCCESS, Status
from astraweave.errors import TreeError

Count = Callable[[Agent], int]


def threshold(given: int, children: int) -> int:
    """How many a count means: a negative one is that many from the end, −1 is all."""
    return max(children + given + 1, 0) if given < 0 else given


def too_many(node: Node, port: str, wanted: int) -> TreeError:
    """The error for a count that can never be reached."""
    return TreeError(
        what=f"{port} is more than there are children ({len(node.children)})",
        got=wanted,
        where=node.at,
        fix="-1 means all of them",
    )


class Counting(Run):
    """What both have: ended, a bit for each child that has; how many succeeded and failed."""

    __slots__ = ("ended", "failed", "succeeded")

    def __init__(self, node: Node, children: list[Run]) -> None:
        """Idle."""
        super().__init__(node, children)
        self.ended = self.failed = self.succeeded = 0

    def forget(self) -> None:
        """Nobody has ended."""
        self.ended = self.failed = self.succeeded = 0

    def count(self, place: int, agent: Agent) -> bool:
        """Tick one child, unless it has ended, and count what it said; True when it skipped."""
        bit = 1 << place
        if self.ended & bit:
            return False
        status = self.children[place].tick(agent)
        if status is SUCCESS:
            self.ended |= bit
            self.succeeded += 1
        elif status is FAILURE:
            self.ended |= bit
            self.failed += 1
        return status is SKIPPED

    def halt(self, agent: Agent) -> None:
        """Halt the children."""
        self.forget()
        super().halt(agent)

    def adopt(self, old: Self, agent: Agent) -> None:
        """Keep who has ended, and how, of those that are still there."""
        super().adopt(old, agent)
        for child in (c for i, c in enumerate(old.children) if old.ended >> i & 1):
            place = twin(child, self.children)
            if place is not None:
                self.ended |= 1 << place
                self.succeeded += child.status is SUCCESS
                self.failed += child.status is FAILURE


class Some(Counting):
    """Parallel."""

    __slots__ = ("failures", "successes")

    def __init__(self, node: Node, children: list[Run], successes: Count, failures: Count) -> None:
        """Idle; the counts are read at every tick."""
        super().__init__(node, children)
        self.successes, self.failures = successes, failures

    def tick(self, agent: Agent) -> Status:
        """Tick who has not ended, until enough have."""
        children = len(self.children)
        given = self.successes(agent)
        wanted = threshold(given, children)
        refused = threshold(self.failures(agent), children)
        if children < wanted:
            raise too_many(self.node, "success_count", wanted)
        if children < refused:
            raise too_many(self.node, "failure_count", refused)
        self.status = RUNNING
        skipped = 0
        for place in range(children):
            skipped += self.count(place, agent)
            # A count from the end takes those that skip for successes.
            if self.succeeded + (skipped if given < 0 else 0) >= wanted:
                return self.decided(SUCCESS, agent)
            if children - self.failed < wanted or self.failed == refused:
                return self.decided(FAILURE, agent)
        return SKIPPED if skipped == children else RUNNING

    def decided(self, status: Status, agent: Agent) -> Status:
        """Enough have ended."""
        self.forget()
        reset(self.children, agent)
        self.status = status
        return status


class All(Counting):
    """ParallelAll."""

    __slots__ = ("failures",)

    def __init__(self, node: Node, children: list[Run], failures: Count) -> None:
        """Idle; the count is read at every tick."""
        super().__init__(node, children)
        self.failures = failures

    def tick(self, agent: Agent) -> Status:
        """Tick who has not ended."""
        children = len(self.children)
        refused = threshold(self.failures(agent), children)
        if children < refused:
            raise too_many(self.node, "max_failures", refused)
        self.status = RUNNING
        skipped = sum([self.count(place, agent) for place in range(children)])
        if skipped == children:
            return SKIPPED
        if skipped + self.ended.bit_count() < children:
            return RUNNING
        reset(self.children, agent)
        status = FAILURE if self.failed >= refused else SUCCESS
        self.forget()
        self.status = status
        return status
