"""The ports of a leaf as its callback sees them: typed values in, typed values out."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from astraweave.behavior.engine.convert import cast
from astraweave.behavior.engine.plan import port_error
from astraweave.behavior.nodes import Action, Condition, Key, Port, PortType
from astraweave.behavior.scopes import Scope
from astraweave.behavior.status import BY_NAME
from astraweave.errors import TreeError
from astraweave.model.actions import nearest

if TYPE_CHECKING:
    from astraweave.behavior.engine.blackboard import Blackboard

UNDECLARED = PortType("")


class Ports:
    """The ports of one leaf of one agent: ``ports["amount"]`` reads, ``ports["hit"] = 3`` writes.

    A value comes in the type that the tree's model of the node declares (int, float, bool, str),
    or as it is where none is declared; a port that is not given has its declared default. Writing
    needs a port that is wired to an entry (``hit="{last_hit}"``); to one that is declared and not
    given it does nothing. Good for as long as the agent is, also over a reload of the tree.
    """

    __slots__ = ("_board", "_given", "_node", "_scope", "_types")

    def __init__(self, node: Action | Condition, scope: Scope, board: "Blackboard") -> None:
        """Of `node`, whose keys mean entries of `scope`."""
        self.bind(node, scope, board)

    def bind(self, node: Action | Condition, scope: Scope, board: "Blackboard") -> None:
        """Be the ports of this node from now on."""
        self._node, self._scope, self._board = node, scope, board
        self._given: dict[str, Port] = dict(node.ports)
        self._types = {port.name: port for port in node.declared}

    @property
    def name(self) -> str:
        """Name of the node that asks: one callback may serve many."""
        return self._node.name

    @property
    def path(self) -> str:
        """Path of the node that asks, as in `Ticker.statuses`."""
        return self._node.path

    def __iter__(self) -> Iterator[str]:
        """Names of the ports that are given or declared."""
        return iter(dict.fromkeys((*self._given, *self._types)))

    def __contains__(self, name: object) -> bool:
        """Whether a port is given or declared."""
        return name in self._given or name in self._types

    def __getitem__(self, name: str) -> Any:
        """Value of a port.

        Raises:
            TreeError: no such port, no value, or none of the declared type.
        """
        value, port = self._value(name)
        if value is not None:
            return value
        if isinstance(port, Key):
            fix = "write the entry before the node is ticked, or give the fact"
            raise port_error(self._node, name, "has no value", f"{{{port.name}}}", fix)
        raise port_error(self._node, name, "is not given", None, f'write {name}="…"')

    def get(self, name: str, default: Any = None) -> Any:
        """Value of a port, or the default where it has none.

        Raises:
            TreeError: no such port, or a value that is not of the declared type.
        """
        value, _ = self._value(name)
        return default if value is None else value

    def _value(self, name: str) -> "tuple[Any, Port | None]":
        """Value and what the port says, each None for none."""
        model = self._types.get(name, UNDECLARED)
        port = self._given.get(name)
        if port is None and name not in self:
            raise self._unknown(name)
        value = self._board.look(self._scope, port.name) if isinstance(port, Key) else port
        if not isinstance(value, (int, float, str)):
            return value, port
        try:
            typed = cast(value, model.kind)
        except TreeError as error:
            raise port_error(self._node, name, error.what, error.got, error.fix) from None
        return (BY_NAME[str(typed).lower()] if model.kind == "status" else typed), port

    def __setitem__(self, name: str, value: Any) -> None:
        """Write the entry that a port is wired to.

        Raises:
            TreeError: no such port, one that only reads, a text instead of an entry, or a value
                that is not of its type.
        """
        if name not in self:
            raise self._unknown(name)
        model = self._types.get(name, UNDECLARED)
        port = self._given.get(name)
        if model.direction == "input":
            fix = "declare it as an output_port or an inout_port"
            raise port_error(self._node, name, "is declared for reading only", value, fix)
        if port is None:
            return
        if not isinstance(port, Key):
            fix = f'write {name}="{{entry}}"'
            raise port_error(self._node, name, "is wired to a text, not to an entry", port, fix)
        try:
            self._board.give(self._scope, port.name, value, model.kind)
        except TreeError as error:
            raise port_error(self._node, name, error.what, error.got, error.fix) from None

    def _unknown(self, name: str) -> TreeError:
        return port_error(self._node, name, "does not exist", None, nearest(name, tuple(self)))

    def __repr__(self) -> str:
        """Names and what they say in the tree."""
        return f"Ports({', '.join(f'{k}={v!r}' for k, v in self._given.items())})"
