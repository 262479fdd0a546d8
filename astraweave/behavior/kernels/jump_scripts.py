"""Conditions that are no tests, as postfix code over facts. Twin of `scripts.functions`.

A row of code is (operation, argument).
"""

from astraweave.behavior.kernels import jump_layout as at
from astraweave.behavior.kernels.jump_layout import U4
from astraweave.behavior.kernels.layout import F8, SAME
from astraweave.model.kernels.jit import njit


@njit(**at.RARE)
def _compared(op: int, x: float, y: float) -> bool:
    """As in BehaviorTree.CPP an order is "not the opposite", which NaN makes true."""
    if op == at.LESS:
        return not x >= y
    if op == at.LESS_EQUAL:
        return not x > y
    if op == at.GREATER:
        return not x <= y
    if op == at.GREATER_EQUAL:
        return not x < y
    return (abs(x - y) <= SAME) == (op == at.EQUAL)


@njit(**at.RARE)
def _two(op: int, x: float, y: float) -> float:
    if op == at.ADD:
        return x + y
    if op == at.SUBTRACT:
        return x - y
    if op == at.MULTIPLY:
        return x * y
    if op == at.DIVIDE:
        return x / y
    if op < at.AND:
        return 1.0 if _compared(op, x, y) else 0.0
    both = x != 0.0 and y != 0.0
    return 1.0 if both or (op == at.OR and (x != 0.0 or y != 0.0)) else 0.0


@njit(**at.RARE)
def holds(scripts: U4, constants: F8, stack: F8, facts: F8, w: int, row: int) -> bool:
    """Whether the number of the script at this row is not 0."""
    top, i = -1, 2 * row
    while scripts[i] != at.CLOSE:
        op, argument = scripts[i], scripts[i + 1]
        if op <= at.CONSTANT:
            top += 1
            stack[top] = facts[w, argument] if op == at.FACT else constants[argument]
        elif op == at.NEGATE:
            stack[top] = -stack[top]
        elif op == at.NOT:
            stack[top] = 1.0 if stack[top] == 0.0 else 0.0
        elif op == at.SELECT:
            top -= 2
            stack[top] = stack[top + 1] if stack[top] != 0.0 else stack[top + 2]
        else:
            top -= 1
            stack[top] = _two(op, stack[top], stack[top + 1])
        i += 2
    return bool(stack[top] != 0.0)
