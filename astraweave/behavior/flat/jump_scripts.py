"""The scripts of a tree for jump code: names become columns, what is no test becomes postfix code.

Refuses nothing: `jump_shape.jumpable` has looked at every script.
"""

from collections.abc import Iterator

from astraweave.behavior import nodes
from astraweave.behavior.flat.jump_code import Mark, Marked
from astraweave.behavior.flat.jump_formula import Formula, formula
from astraweave.behavior.kernels import jump_layout as at
from astraweave.behavior.scopes import Scope, Scopes
from astraweave.behavior.scripts.parser import (
    Binary,
    Chain,
    Choice,
    Expression,
    Name,
    Number,
    Script,
    Unary,
    parts,
)

_BINARY = {
    "+": at.ADD, "-": at.SUBTRACT, "*": at.MULTIPLY, "/": at.DIVIDE, "&&": at.AND, "||": at.OR,
    "<": at.LESS, "<=": at.LESS_EQUAL, ">": at.GREATER, ">=": at.GREATER_EQUAL, "==": at.EQUAL,
    "!=": at.UNEQUAL,
}  # fmt: skip
_UNARY = {"-": at.NEGATE, "!": at.NOT}
Code = list[tuple[int, int]]


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

    def row(self, code: Code) -> int:
        """Where this code lies, among rows."""
        key = tuple(code)
        if key not in self._rows:
            self._rows[key] = len(self.code.numbers) // 2
            for op, argument in (*code, (at.CLOSE, 0)):
                self.code.add((op,), Mark.PLAIN)
                self.code.add((argument,), Mark.CONSTANT if op == at.CONSTANT else Mark.PLAIN)
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
        return self.scripts.row(list(self._postfix(node)))

    def _postfix(self, node: Expression) -> Iterator[tuple[int, int]]:
        if isinstance(node, Chain):
            yield from self._chain(node)
            return
        for part in parts(node):
            yield from self._postfix(part)
        match node:
            case Name(name):
                yield at.FACT, self.column(name)
            case Number(number):
                yield at.CONSTANT, self._constant(float(number))
            case Unary(op):
                yield _UNARY[op], 0
            case Binary(op):
                yield _BINARY[op], 0
            case Choice():
                yield at.SELECT, 0

    def _chain(self, node: Chain) -> Iterator[tuple[int, int]]:
        """Pairs joined by ``&&``."""
        for i, op in enumerate(node.ops):
            yield from self._postfix(node.operands[i])
            yield from self._postfix(node.operands[i + 1])
            yield _BINARY[op], 0
            if i > 0:
                yield at.AND, 0

    def _constant(self, number: float) -> int:
        constants = self.scripts.constants
        if number not in constants:
            constants.append(number)
        return constants.index(number)
