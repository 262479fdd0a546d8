"""What stands before and after a node: the scripts of its attributes, and who watches it.

A node that has neither is its plain class; the others get a class that adds just this, so that
nobody pays for what he does not use.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple, Protocol

from astraweave.behavior.engine.running import Agent, Facts, Run
from astraweave.behavior.nodes import Node
from astraweave.behavior.scripts.parser import Script
from astraweave.behavior.status import FAILURE, IDLE, RUNNING, SKIPPED, SUCCESS, Status

Test = Callable[[Agent], bool]
FactTest = Callable[[Facts], bool]
Act = Callable[[Agent], object]


class Asked(NamedTuple):
    """The compiled scripts of a node.

    before: tests in their order, each with the status that takes the place of a tick when it
    holds. going_on: `_while`, None where there is none. The others run after the node.
    """

    before: tuple[tuple[Test, Status], ...] = ()
    going_on: Test | None = None
    on_halted: Act | None = None
    on_failure: Act | None = None
    on_success: Act | None = None
    post: Act | None = None


class Watcher(Protocol):
    """Told of all that a ticker does, node by node."""

    def ticked(self, node: Node, status: Status, now_s: float) -> None:
        """The node was ticked and said this; nodes below it were told of before."""
        ...

    def halted(self, node: Node, now_s: float) -> None:
        """The node was RUNNING and is halted; nodes below it are told of after it."""
        ...

    def asked(
        self,
        node: Node,
        attribute: str,
        script: Script,
        value: object,
        read: Mapping[str, object],
    ) -> None:
        """A script of the node gave this value.

        attribute: its name in XML. read: what the names it reads meant before it ran.
        """
        ...

    def failed(self, error: BaseException) -> None:
        """The tick, or a halt, met this error; what is told next is that its nodes are halted."""
        ...


if TYPE_CHECKING:
    _Base = Run
else:
    _Base = object


class Hooked(_Base):
    """Adds the scripts of a node's attributes."""

    hooks: Asked

    def tick(self, agent: Agent) -> Status:
        """Ask what stands before it, tick, do what stands after it."""
        status = self.early(agent)
        if status is None:
            status = super().tick(agent)
        if status is SUCCESS or status is FAILURE:
            self.after(status, agent)
            # Again: what a precondition said is the node's status too.
            self.status = status
        return status

    def early(self, agent: Agent) -> Status | None:
        """What takes the place of the tick; None when nothing does."""
        going_on = self.hooks.going_on
        if self.status is IDLE:
            for test, status in self.hooks.before:
                if test(agent):
                    return status
            if going_on is not None and not going_on(agent):
                return SKIPPED
        elif self.status is RUNNING and going_on is not None and not going_on(agent):
            self.halt(agent)
            return SKIPPED
        return None

    def after(self, status: Status, agent: Agent) -> None:
        """The node has ended."""
        hooks = self.hooks
        act = hooks.on_success if status is SUCCESS else hooks.on_failure
        if act is not None:
            act(agent)
        if hooks.post is not None:
            hooks.post(agent)

    def halt(self, agent: Agent) -> None:
        """Halt the node, then say so."""
        super().halt(agent)
        if self.hooks.on_halted is not None:
            self.hooks.on_halted(agent)


class Watched(_Base):
    """Tells a watcher."""

    def tick(self, agent: Agent) -> Status:
        """Tick, and tell what it said."""
        status = super().tick(agent)
        assert agent.watcher is not None
        agent.watcher.ticked(self.node, status, agent.now)
        return status

    def halt(self, agent: Agent) -> None:
        """Halt, and tell so when it ran."""
        if self.status is RUNNING:
            assert agent.watcher is not None
            agent.watcher.halted(self.node, agent.now)
        super().halt(agent)


_ADORNED: dict[tuple[type[Run], bool, bool], Callable[..., Run]] = {}


def adorned(kind: type[Run], *, hooked: bool, watched: bool) -> Callable[..., Run]:
    """The class of a node of that kind with hooks, with a watcher, with both."""
    if not (hooked or watched):
        return kind
    key = kind, hooked, watched
    if key not in _ADORNED:
        bases = (*((Watched,) if watched else ()), *((Hooked,) if hooked else ()), kind)
        _ADORNED[key] = type(kind.__name__, bases, {})
    return _ADORNED[key]
