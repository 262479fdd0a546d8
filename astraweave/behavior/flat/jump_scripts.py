"""The scripts of a tree for jump code: names become columns, what is no test becomes postfix code.

Refuses nothing: `jump_shape.jumpable` has looked at every script.
"""

from astraweave.behavior import nodes
from astraweave.behavior.flat.jump_code import Mark, Marked
from astraweave.behavior.flat.jump_formula import Formula, formula
from astraweave.behavior.kernels import jump_layout as at
from astraweave.behavior.kernels import layout
from astraweave.behavior.scopes import Scope, Scopes
from astraweave.behavior.scripts.parser import Expression, Name, Number, Script
from astraweave.behavior.scripts.postfix import postfix


class Scripts:
    """Postfix code and constants of one tree; equal code is kept once."""

    def __init__(self, root: nodes.Node, facts: tuple[str, ...]) -> None:
        """`facts`: names of the columns, among them every name that a script means."""
        self.scopes = Scopes(root).scope_of
        self.columns = {name: i for i, name in enumerate(facts)}
        self.code = Marked()
        self.constants: list[float] = []
        self._rows: dict[tuple[tuple[int, int], ...], int] = {}

    def formula(self, script: Script | None, number: int) -> Formula:
        """When a script of the node of this number holds; no script never does."""
        if script is None:
            return False
        return formula(script.expression, self.reader(number))

    def reader(self, number: int) -> "Reader":
        """Reads names as the node of this number does."""
        return Reader(self, self.scopes[number])

    def row(self, code: list[tuple[int, int]]) -> int:
        """Where this code lies, among rows. Its cells below 0 count constants, from −1 down."""
        key = tuple(code)
        if key not in self._rows:
            self._rows[key] = len(self.code.numbers) // 2
            for op, cell in (*code, (layout.END_OF_CODE, 0)):
                self.code.add((op,), Mark.PLAIN)
                if op == layout.LOAD and cell >= 0:
                    self.code.add((at.SUMS + cell,), Mark.PLAIN)
                else:
                    self.code.add((max(-1 - cell, 0),), Mark.CONSTANT if cell < 0 else Mark.PLAIN)
        return self._rows[key]


class Reader:
    """Reads names as one node does."""

    def __init__(self, scripts: Scripts, scope: Scope) -> None:
        """`scope`: whose names they are."""
        self.scripts, self.scope = scripts, scope

    def column(self, name: str) -> int:
        """Column of the fact that a name means."""
        return self.scripts.columns[self.scope.home(name)[1]]

    def computed(self, node: Expression) -> int:
        """Row of the postfix code of an expression."""
        return self.scripts.row(postfix(node, self._cell))

    def _cell(self, leaf: Name | Number) -> int:
        if isinstance(leaf, Name):
            return self.column(leaf.name)
        constants = self.scripts.constants
        if leaf.value not in constants:
            constants.append(float(leaf.value))
        return -1 - constants.index(leaf.value)
