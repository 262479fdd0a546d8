"""Running composites and decorators of the scalar engine; their meaning stands in `nodes`."""

from astraweave.behavior.engine.running import Agent, Run, bad_fact
from astraweave.behavior.nodes import Node
from astraweave.behavior.scripts.functions import condition
from astraweave.behavior.scripts.parser import Script
from astraweave.behavior.status import FAILURE, RUNNING, SKIPPED, SUCCESS, Status


class Memory(Run):
    """Sequence (`stop` FAILURE) and Fallback (`stop` SUCCESS)."""

    __slots__ = ("active", "asked", "at", "children", "other", "stop")

    def __init__(self, node: Node, children: list[Run], stop: Status) -> None:
        """Idle; `stop` is the child's status that ends it."""
        super().__init__(node)
        self.children, self.stop = children, stop
        self.other = SUCCESS if stop is FAILURE else FAILURE
        self.active = self.asked = False
        self.at = 0

    def tick(self, agent: Agent) -> Status:
        """Go on at the child that ran."""
        if not self.active:
            self.active, self.asked, self.at = True, False, 0
        children = self.children
        while self.at < len(children):
            status = children[self.at].tick(agent)
            if status is RUNNING:
                return RUNNING
            if status is self.stop:
                self.halt(agent)
                return status
            self.asked |= status is not SKIPPED
            self.at += 1
        asked = self.asked
        self.halt(agent)
        # As in BehaviorTree.CPP, a node whose children were all skipped stays active until its
        # parent resets it; at the root its `_skipIf` is then not asked again.
        self.active = not asked
        return self.other if asked else SKIPPED

    def halt(self, agent: Agent) -> None:
        """Halt the children."""
        if self.active:
            for child in self.children:
                child.halt(agent)
            self.active, self.asked, self.at = False, False, 0


class Reactive(Run):
    """ReactiveSequence (`stop` FAILURE) and ReactiveFallback (`stop` SUCCESS)."""

    __slots__ = ("active", "children", "other", "stop")

    def __init__(self, node: Node, children: list[Run], stop: Status) -> None:
        """Idle; `stop` is the child's status that ends it."""
        super().__init__(node)
        self.children, self.stop = children, stop
        self.other = SUCCESS if stop is FAILURE else FAILURE
        self.active = False

    def tick(self, agent: Agent) -> Status:
        """Ask all children again, up to the one that decides."""
        self.active = True
        result = SKIPPED
        for child in self.children:
            status = child.tick(agent)
            if status is RUNNING:
                for other in self.children:
                    if other is not child:
                        other.halt(agent)
                return RUNNING
            if status is SKIPPED:
                child.halt(agent)
            elif status is self.stop:
                result = status
                break
            else:
                result = self.other
        self.halt(agent)
        self.active = result is SKIPPED
        return result

    def halt(self, agent: Agent) -> None:
        """Halt the children."""
        if self.active:
            for child in self.children:
                child.halt(agent)
            self.active = False


class Pass(Run):
    """SubTree, and Inverter: `success` is what a child's SUCCESS becomes."""

    __slots__ = ("active", "child", "failure", "success")

    def __init__(self, node: Node, child: Run, success: Status) -> None:
        """Idle."""
        super().__init__(node)
        self.child, self.success = child, success
        self.failure = FAILURE if success is SUCCESS else SUCCESS
        self.active = False

    def tick(self, agent: Agent) -> Status:
        """Hand on the child's status."""
        self.active = True
        status = self.child.tick(agent)
        if status is RUNNING or status is SKIPPED:
            return status
        self.halt(agent)
        return self.success if status is SUCCESS else self.failure

    def halt(self, agent: Agent) -> None:
        """Halt the child."""
        if self.active:
            self.child.halt(agent)
            self.active = False


class Guarded(Run):
    """A node with `_skipIf`: asked while the node is idle, before it is ticked."""

    __slots__ = ("inner", "open", "script", "skip")

    def __init__(self, node: Node, inner: Run, script: Script) -> None:
        """`inner` is the node itself."""
        super().__init__(node)
        self.inner, self.script, self.skip = inner, script, condition(script)
        self.open = False

    def tick(self, agent: Agent) -> Status:
        """SKIPPED when idle and the guard holds, else the node's own status."""
        if not self.open:
            try:
                if self.skip(agent.facts):
                    return SKIPPED
            except (KeyError, TypeError) as error:
                raise bad_fact(self.node, self.script, agent, error) from error
        status = self.inner.tick(agent)
        unsettled = status is SKIPPED and getattr(self.inner, "active", False)
        self.open = status is RUNNING or unsettled
        return status

    def halt(self, agent: Agent) -> None:
        """Halt the node."""
        self.open = False
        self.inner.halt(agent)
