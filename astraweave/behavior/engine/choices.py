"""Running nodes that branch or catch; their meaning stands in `nodes.controls`."""

from collections.abc import Callable
from typing import Self

from astraweave.behavior.engine.running import Agent, Run, reset
from astraweave.behavior.engine.twins import place_after, skipped_after, twin
from astraweave.behavior.nodes import Node
from astraweave.behavior.status import FAILURE, IDLE, RUNNING, SKIPPED, SUCCESS, Status
from astraweave.errors import TreeError

Read = Callable[[Agent], "str | None"]
Flag = Callable[[Agent], bool]


class Branch(Run):
    """IfThenElse. at: the child that runs, 0 while its condition is asked."""

    __slots__ = ("at",)

    def __init__(self, node: Node, children: list[Run]) -> None:
        """Idle; two or three children."""
        super().__init__(node, children)
        self.at = 0

    def tick(self, agent: Agent) -> Status:
        """Ask once, then follow the branch."""
        if len(self.children) not in (2, 3):
            raise miscounted(self.node, "2 or 3")
        self.status = RUNNING
        if self.at == 0:
            status = self.children[0].tick(agent)
            if status is RUNNING:
                return RUNNING
            if status is SKIPPED:
                raise skipped(self.node)
            self.at = 1 if status is SUCCESS else 2
            if self.at == len(self.children):
                # As in BehaviorTree.CPP the condition keeps its status here.
                self.at = 0
                self.status = FAILURE
                return FAILURE
        status = self.children[self.at].tick(agent)
        if status is RUNNING:
            return RUNNING
        self.at = 0
        reset(self.children, agent)
        if status is not SKIPPED:
            self.status = status
        return status

    def halt(self, agent: Agent) -> None:
        """Halt the children."""
        self.at = 0
        super().halt(agent)

    def adopt(self, old: Self, agent: Agent) -> None:
        """Keep the branch, if it is still there."""
        super().adopt(old, agent)
        self.at = twin(old.children[old.at], self.children) or 0


class While(Run):
    """WhileDoElse."""

    __slots__ = ()

    def tick(self, agent: Agent) -> Status:
        """Ask again, halt the branch that is not meant, tick the other."""
        if len(self.children) not in (2, 3):
            raise miscounted(self.node, "2 or 3")
        self.status = RUNNING
        status = self.children[0].tick(agent)
        if status is RUNNING:
            return RUNNING
        if status is SKIPPED:
            reset(self.children, agent)
            raise skipped(self.node)
        meant = 1 if status is SUCCESS else 2
        if len(self.children) > 2:
            reset((self.children[3 - meant],), agent)
        if meant < len(self.children):
            status = self.children[meant].tick(agent)
            if status is RUNNING:
                return RUNNING
        reset(self.children, agent)
        if status is not SKIPPED:
            self.status = status
        return status


def miscounted(node: Node, wanted: str) -> TreeError:
    """The error for a node with too many or too few children; as there, who is ticked is told."""
    return TreeError(
        what=f"<{type(node).__name__}> must have {wanted} children",
        got=len(node.children),
        where=node.at,
        fix="add what is missing, or put some under a node of their own",
    )


def skipped(node: Node) -> TreeError:
    """The error for a condition of IfThenElse or WhileDoElse that was skipped."""
    return TreeError(
        what=f"the condition of <{type(node).__name__}> was skipped",
        got=node.children[0].name,
        where=node.at,
        fix="move its _skipIf to the whole node",
    )


class Select(Run):
    """Switch. chosen: the child that runs, −1 for none."""

    __slots__ = ("cases", "chosen", "same", "variable")

    def __init__(
        self,
        node: Node,
        children: list[Run],
        variable: Read,
        cases: list[Read],
        same: Callable[[str, str], bool],
    ) -> None:
        """Idle. `variable` and `cases` give texts, None where there is none."""
        super().__init__(node, children)
        self.variable, self.cases, self.same = variable, cases, same
        self.chosen = -1

    def match(self, agent: Agent) -> int:
        """Place of the child that is meant now."""
        value = self.variable(agent)
        if value is not None:
            for place, case in enumerate(self.cases):
                wanted = case(agent)
                if wanted is not None and self.same(value, wanted):
                    return place
        return len(self.cases)

    def tick(self, agent: Agent) -> Status:
        """Halt another one that ran, tick the one that is meant."""
        if len(self.children) != len(self.cases) + 1:
            raise miscounted(self.node, str(len(self.cases) + 1))
        place = self.match(agent)
        if self.chosen not in (-1, place):
            reset((self.children[self.chosen],), agent)
        status = self.children[place].tick(agent)
        self.chosen = -1
        if status is SKIPPED:
            return SKIPPED
        if status is RUNNING:
            self.chosen = place
        else:
            reset(self.children, agent)
        self.status = status
        return status

    def halt(self, agent: Agent) -> None:
        """Halt the children."""
        self.chosen = -1
        super().halt(agent)

    def adopt(self, old: Self, agent: Agent) -> None:
        """Keep the child that runs, if it is still there."""
        super().adopt(old, agent)
        place = None if old.chosen < 0 else twin(old.children[old.chosen], self.children)
        self.chosen = -1 if place is None else place


class Try(Run):
    """TryCatch. at: the next child of those that are tried. catching: whether one has failed."""

    __slots__ = ("at", "catch_on_halt", "catching", "skipped")

    def __init__(self, node: Node, children: list[Run], catch_on_halt: Flag) -> None:
        """Idle; the last child is the one that catches."""
        super().__init__(node, children)
        self.catch_on_halt = catch_on_halt
        self.at = self.skipped = 0
        self.catching = False

    def tick(self, agent: Agent) -> Status:
        """Go on at the child that ran; when one fails, at the last."""
        if self.status is IDLE:
            self.skipped, self.catching = 0, False
        self.status = RUNNING
        tried = len(self.children) - 1
        while not self.catching and self.at < tried:
            status = self.children[self.at].tick(agent)
            if status is RUNNING:
                return RUNNING
            if status is FAILURE:
                reset(self.children, agent)
                self.at, self.catching = 0, True
            else:
                self.at += 1
                self.skipped += status is SKIPPED
        return self.caught(agent) if self.catching else self.passed(agent)

    def passed(self, agent: Agent) -> Status:
        """None has failed."""
        skipped = self.skipped == len(self.children) - 1
        reset(self.children, agent)
        self.at = self.skipped = 0
        if skipped:
            return SKIPPED
        self.status = SUCCESS
        return SUCCESS

    def caught(self, agent: Agent) -> Status:
        """Tick the child that catches."""
        if self.children[-1].tick(agent) is RUNNING:
            return RUNNING
        reset(self.children, agent)
        self.at, self.catching = 0, False
        self.status = FAILURE
        return FAILURE

    def halt(self, agent: Agent) -> None:
        """Halt the children; before that, the last one may be ticked once."""
        if self.status is not IDLE and not self.catching and self.catch_on_halt(agent):
            reset(self.children[:-1], agent)
            if self.children[-1].tick(agent) is RUNNING:
                reset(self.children[-1:], agent)
        self.at = self.skipped = 0
        self.catching = False
        super().halt(agent)

    def adopt(self, old: Self, agent: Agent) -> None:
        """Keep the place, by the children's names."""
        super().adopt(old, agent)
        before, now = old.children[:-1], self.children[:-1]
        self.at = place_after(before, old.at, now)
        self.skipped = skipped_after(before, old.skipped, old.at, now, self.at)
        self.catching = old.catching
