"""Running nodes over the blackboard: SetBlackboard, UnsetBlackboard, the updates and the queues."""

from collections import deque
from collections.abc import Callable
from typing import Any, Self

from astraweave.behavior.engine.blackboard import Blackboard
from astraweave.behavior.engine.decorators import Decorator
from astraweave.behavior.engine.hooks import Act
from astraweave.behavior.engine.plan import Read, port_error
from astraweave.behavior.engine.running import Agent, Run, reset
from astraweave.behavior.engine.twins import twin
from astraweave.behavior.nodes import (
    NOT_GIVEN,
    Key,
    Loop,
    Port,
    SetBlackboard,
    WasEntryUpdated,
)
from astraweave.behavior.scopes import Scope
from astraweave.behavior.scripts.environment import Kind, Value
from astraweave.behavior.scripts.values import convert, queue
from astraweave.behavior.status import FAILURE, IDLE, RUNNING, SUCCESS, Status
from astraweave.errors import TreeError

Count = Callable[[Agent], "int | None"]


def entry_count(port: Port, scope: Scope) -> Count:
    """A function of the agent: how often an entry was written, None when there is none."""
    name = port.name if isinstance(port, Key) else port
    return lambda agent: agent.board.count(scope, name)


def setter(node: SetBlackboard, scope: Scope, output_key: Read) -> Callable[[Agent], bool]:
    """What SetBlackboard does: whether there was a value to write."""

    def act(agent: Agent) -> bool:
        board, key = agent.board, str(output_key(agent))
        if node.value is NOT_GIVEN:
            raise port_error(node, "value", "is not given", None, 'write value="…"')
        try:
            if isinstance(node.value, Key):
                return _copy(board, scope, node.value.name, key)
            return _literal(board, scope, node.value, key)
        except TreeError as error:
            raise port_error(node, "value", error.what, error.got, error.fix) from None

    return act


def _copy(board: Blackboard, scope: Scope, source: str, key: str) -> bool:
    """Write what another entry, or a fact, holds; False when it holds nothing."""
    cell, value = board.cell(scope, source), board.look(scope, source)
    if cell is None or cell.kind is None or cell.value is None:
        if value is None and (cell is None or cell.kind is None):
            raise TreeError(what="names an entry that is not there", got=f"{{{source}}}")
        kind: Kind = "double" if value is not None or cell is None else cell.kind or "any"
        origin: Kind = "double"
    else:
        kind, origin = cell.kind, cell.origin
    target = board.made(scope, key)
    if target.kind is None:
        # A new entry is of the type of the one it is copied from.
        target.kind = kind
    if value is None:
        return False
    if isinstance(value, str):
        return _literal(board, scope, value, key)
    board.overwrite(scope, key, value, origin)
    return True


def _literal(board: Blackboard, scope: Scope, text: str, key: str) -> bool:
    """Write a text, as a value of the entry's type."""
    kind = board.made(scope, key).kind or "string"
    # As in BehaviorTree.CPP: what has no type cannot read a text, and is emptied.
    value = None if kind == "any" else convert(text, kind)
    board.overwrite(scope, key, value, kind)
    return True


def unsetter(scope: Scope, key: Read) -> Act:
    """What UnsetBlackboard does."""
    return lambda agent: agent.board.unset(scope, str(key(agent)))


class Assign(Run):
    """SetBlackboard."""

    __slots__ = ("act",)

    def __init__(self, node: SetBlackboard, act: Callable[[Agent], bool]) -> None:
        """Compiled once for all agents."""
        super().__init__(node)
        self.act = act

    def tick(self, agent: Agent) -> Status:
        """FAILURE when the entry that is to be copied has no value."""
        status = SUCCESS if self.act(agent) else FAILURE
        self.status = status
        return status


class Fresh(Run):
    """WasEntryUpdated. seen: how often the entry had been written when it was last looked at."""

    __slots__ = ("count", "seen")

    def __init__(self, node: WasEntryUpdated, count: Count) -> None:
        """Nothing seen."""
        super().__init__(node)
        self.count = count
        self.seen = 0

    def tick(self, agent: Agent) -> Status:
        """SUCCESS when the count is another one."""
        count = self.count(agent)
        status = FAILURE if count is None or count == self.seen else SUCCESS
        if count is not None:
            self.seen = count
        self.status = status
        return status

    def adopt(self, old: Self, agent: Agent) -> None:
        """Keep what was seen."""
        super().adopt(old, agent)
        self.seen = old.seen


class Each(Decorator):
    """LoopInt, LoopBool, LoopDouble and LoopString.

    literal: the values that stand in the tree, None when the queue is an entry. queue: what is
    left of this activation's. inside: whether the child runs.
    """

    __slots__ = ("if_empty", "inside", "literal", "queue", "scope")

    node: Loop

    def __init__(
        self,
        node: Loop,
        children: list[Run],
        scope: Scope,
        if_empty: Callable[[Agent], Status],
    ) -> None:
        """Idle."""
        super().__init__(node, children)
        self.scope, self.if_empty = scope, if_empty
        self.literal = None if isinstance(node.queue, Key) else _split(node, node.queue)
        self.queue: deque[Any] | None = None
        self.inside = False

    def tick(self, agent: Agent) -> Status:
        """The next value, unless the child still has the last one."""
        if self.status is IDLE:
            self.inside = False
            self.queue = None if self.literal is None else deque(self.literal)
        if not self.inside:
            if self.literal is None:
                self.look(agent)
            if not self.queue:
                return self.answer(self.if_empty(agent))
            self.give(agent, self.queue.popleft())
        self.status = RUNNING
        status = self.children[0].tick(agent)
        self.inside = status is RUNNING
        if status is FAILURE:
            return self.ended(FAILURE, agent)
        if status is SUCCESS:
            reset(self.children, agent)
        return RUNNING

    def adopt(self, old: Self, agent: Agent) -> None:
        """Keep what is left."""
        super().adopt(old, agent)
        self.queue = old.queue
        self.inside = old.inside and twin(old.children[0], self.children) is not None

    def look(self, agent: Agent) -> None:
        """Take the entry's queue; one that is no queue yet becomes one, once an activation."""
        key = self.node.queue
        assert isinstance(key, Key)
        held = agent.board.look(self.scope, key.name)
        if isinstance(held, deque):
            self.queue = held
        elif self.queue is None:
            if isinstance(held, list):
                self.queue = deque(held)
            elif isinstance(held, str):
                self.queue = deque(_split(self.node, held))
            else:
                fix = "write a text as 1;2;3 to it, or a list"
                raise port_error(self.node, "queue", "is no queue", f"{{{key.name}}}", fix)

    def give(self, agent: Agent, value: Any) -> None:
        """Write a value for the child."""
        port = self.node.value
        if isinstance(port, Key):
            try:
                agent.board.give(self.scope, port.name, value, self.node.kind)
            except TreeError as error:
                raise port_error(self.node, "value", error.what, error.got, error.fix) from None


def _split(node: Loop, text: str) -> list[Value]:
    try:
        return queue(text, node.kind)
    except TreeError as error:
        raise port_error(node, "queue", error.what, error.got, error.fix) from None
