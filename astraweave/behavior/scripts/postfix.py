"""Scripts over numbers → postfix code for kernels: what `kernels.scripts` evaluates.

Refuses what kernels cannot do: assignments, several statements, strings and operators on bits.
"""

from collections.abc import Callable

from astraweave.behavior.kernels.layout import (
    ADD,
    AND,
    DIV,
    EQUAL,
    LESS,
    LESS_EQUAL,
    LOAD,
    MUL,
    NEG,
    NOT,
    OR,
    SELECT,
    SUB,
)
from astraweave.behavior.scripts.parser import (
    Binary,
    Chain,
    Choice,
    Expression,
    Name,
    Number,
    Unary,
)
from astraweave.errors import TreeError

_BINARY = {"+": ADD, "-": SUB, "*": MUL, "/": DIV, "&&": AND, "||": OR}
_BINARY |= {"<": LESS, "<=": LESS_EQUAL, "==": EQUAL, ">": LESS, ">=": LESS_EQUAL, "!=": EQUAL}
_UNARY = {"-": NEG, "!": NOT}


def postfix(node: Expression, cell: Callable[[Name | Number], int]) -> list[tuple[int, int]]:
    """Postfix code of (operation, argument); `cell` says where a fact or a constant lies.

    Raises:
        TreeError: kernels cannot do it; `where` is the caller's.
    """
    if isinstance(node, (Name, Number)):
        return [(LOAD, cell(node))]
    if isinstance(node, Unary) and node.op in _UNARY:
        return [*postfix(node.operand, cell), (_UNARY[node.op], 0)]
    if isinstance(node, Choice):
        parts = [postfix(part, cell) for part in (node.condition, node.yes, node.no)]
        return [*parts[0], *parts[1], *parts[2], (SELECT, 0)]
    if isinstance(node, Chain):
        return postfix(_pairs(node), cell)
    if isinstance(node, Binary) and node.op in _BINARY:
        return _binary(node.op, postfix(node.left, cell), postfix(node.right, cell))
    raise TreeError(
        what="kernels run arithmetic, comparison, logic and choice over numbers",
        got=type(node).__name__,
        fix="leave the script to the scalar engine",
    )


def _binary(
    op: str, left: list[tuple[int, int]], right: list[tuple[int, int]]
) -> list[tuple[int, int]]:
    if op in (">", ">="):
        left, right = right, left
    code = [*left, *right, (_BINARY[op], 0)]
    return [*code, (NOT, 0)] if op == "!=" else code


def _pairs(chain: Chain) -> Expression:
    """A chain as comparisons joined by ``&&``."""
    # The middle operand stands twice in the code; were it an expression, nested chains would
    # double it at each level.
    if not all(isinstance(operand, (Name, Number)) for operand in chain.operands[1:-1]):
        raise TreeError(
            what="the middle of a chained comparison must be a name or a number",
            fix="write it as two comparisons",
        )
    result: Expression | None = None
    for i, op in enumerate(chain.ops):
        pair = Binary(op, chain.operands[i], chain.operands[i + 1])
        result = pair if result is None else Binary("&&", result, pair)
    assert result is not None
    return result
