"""The tree's own blackboard, as the game sees it. Refuses what is no number, text or queue."""

from collections.abc import Callable, Iterator, MutableMapping
from typing import TYPE_CHECKING

from astraweave.behavior.engine.blackboard import Blackboard, Cell, Held

if TYPE_CHECKING:
    from astraweave.behavior.engine.running import Agent


class Board(MutableMapping[str, Held]):
    """The tree's own blackboard, as the game sees it: names → values.

    Reading gives what is there, without the facts. What was declared with a type keeps it.
    """

    __slots__ = ("_agent", "_declare")

    def __init__(self, agent: "Agent", declare: Callable[[str], None]) -> None:
        """Over the root's entries; `declare` is told of each name that is written."""
        self._agent, self._declare = agent, declare

    @property
    def _board(self) -> Blackboard:
        return self._agent.board

    def _cells(self) -> Iterator[tuple[str, Cell]]:
        board = self._board
        for entry, cell in zip(board.scopes.entries, board._cells, strict=True):
            if not entry.scope:
                yield entry.name, cell
        for (home, name), cell in board._extra.items():
            if home == id(board.scopes.root):
                yield name, cell

    def __getitem__(self, name: str) -> Held:
        """Value of an entry; KeyError when it has none."""
        cell = self._board.cell(self._board.scopes.root, name)
        if cell is None or cell.value is None:
            raise KeyError(name)
        # Scripts compute with it as a number, also past 1.
        return bool(cell.value) if cell.origin == "bool" else cell.value

    def __setitem__(self, name: str, value: Held) -> None:
        """Write an entry.

        Raises:
            TreeError: it was declared with a type that the value cannot become.
        """
        self._board.give(self._board.scopes.root, name, value)
        self._declare(name)

    def __delitem__(self, name: str) -> None:
        """Remove an entry; KeyError when there is none."""
        if self._board.count(self._board.scopes.root, name) is None:
            raise KeyError(name)
        self._board.unset(self._board.scopes.root, name)

    def __iter__(self) -> Iterator[str]:
        """Names of the entries that have a value."""
        return (name for name, cell in self._cells() if cell.value is not None)

    def __len__(self) -> int:
        """How many have a value."""
        return sum(1 for _ in self)
