"""Types that ports give to blackboard keys, found while a tree is built.

As in BehaviorTree.CPP the first port that names a key decides, in document order; text may be read
as any type. Refuses a key that two ports want of different types.
"""

from dataclasses import dataclass, field

from astraweave.behavior.nodes import Key, Port
from astraweave.behavior.scripts.environment import Kind
from astraweave.behavior.scripts.values import constant


@dataclass(slots=True)
class Board:
    """Keys of the tree or of one SubTree, and which of them are keys of `parent`."""

    parent: "Board | None" = None
    autoremap: bool = False
    remap: dict[str, str] = field(default_factory=dict)
    constants: dict[str, str] = field(default_factory=dict)
    kinds: dict[str, Kind] = field(default_factory=dict)

    def inner(self, ports: dict[str, Port], *, autoremap: bool) -> "Board":
        """The board of a SubTree with these ports."""
        board = Board(self, autoremap)
        for name, port in ports.items():
            if isinstance(port, Key):
                board.remap[name] = port.name
            else:
                board.constants[name] = port
                board.kinds[name] = constant(port)[0]
        return board

    def home(self, key: str) -> "tuple[Board, str]":
        """The board whose entry a key means, and its name there."""
        board = self
        while True:
            if key.startswith("@"):
                while board.parent is not None:
                    board = board.parent
                return board, key[1:]
            if board.parent is None or key in board.kinds:
                return board, key
            if key in board.remap:
                key = board.remap[key]
            elif not board.autoremap or key.startswith("_"):
                return board, key
            board = board.parent

    def declare(self, key: str, kind: Kind) -> Kind | None:
        """Note that a port of this type names the key; the other type when there is a clash."""
        board, name = self.home(key)
        known = board.kinds.setdefault(name, kind)
        clash = known != kind and "any" not in (known, kind) and known != "string"
        return known if clash else None

    def constant(self, key: str) -> str | None:
        """The text that a SubTree's port sets a key to, None when none does."""
        board, name = self.home(key)
        return board.constants.get(name)
