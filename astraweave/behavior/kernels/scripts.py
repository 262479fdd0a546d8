"""Postfix code of scripts, evaluated over cells. The Python twin is `scripts.functions`."""

from astraweave.behavior.kernels import layout as at
from astraweave.behavior.kernels.layout import F8, I8
from astraweave.model.kernels.jit import njit


@njit(**at.INNER)
def _arithmetic(op: int, x: float, y: float) -> float:
    if op == at.ADD:
        return x + y
    if op == at.SUB:
        return x - y
    if op == at.MUL:
        return x * y
    return x / y


@njit(**at.INNER)
def _two(op: int, x: float, y: float) -> float:
    if op <= at.DIV:
        return _arithmetic(op, x, y)
    # As in BehaviorTree.CPP an order is "not the opposite": NaN is below and above everything.
    if op == at.LESS:
        holds = not x >= y
    elif op == at.LESS_EQUAL:
        holds = not x > y
    elif op == at.EQUAL:
        holds = abs(x - y) <= at.SAME
    elif op == at.AND:
        holds = x != 0.0 and y != 0.0
    else:
        holds = x != 0.0 or y != 0.0
    return 1.0 if holds else 0.0


@njit(**at.INNER)
def evaluate(code: I8, cells: F8, start: int) -> float:
    """Number that the script at row `start` gives."""
    top = code[0, 1] - 1
    i = start
    while code[i, 0] != at.END_OF_CODE:
        op = code[i, 0]
        if op == at.LOAD:
            top += 1
            cells[top] = cells[code[i, 1]]
        elif op == at.NEG:
            cells[top] = -cells[top]
        elif op == at.NOT:
            cells[top] = 1.0 if cells[top] == 0.0 else 0.0
        elif op == at.SELECT:
            top -= 2
            cells[top] = cells[top + 1] if cells[top] != 0.0 else cells[top + 2]
        else:
            top -= 1
            cells[top] = _two(op, cells[top], cells[top + 1])
        i += 1
    return cells[top]


@njit(**at.INNER)
def skipped(nodes: I8, code: I8, cells: F8, node: int) -> bool:
    """Whether the node's `_skipIf` holds."""
    guard = nodes[node, at.GUARD]
    return guard != 0 and evaluate(code, cells, guard) != 0.0
