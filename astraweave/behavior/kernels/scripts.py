"""Scripts as postfix code over a stack of numbers. The Python twin is `behavior.scripts.values`.

A row of code is (operation, argument, argument). Most operations take and give doubles. Where
the type shows (an entry that holds whole numbers takes no half), operations that need it read it
beside the stack, and the compiler, which knows the other types, puts it there before. An error
leaves its code in the agent's row and ends the script.

Row 0 of code: (END_OF_CODE, where the stack begins in cells, where its types begin); row 1:
(where the entries begin in cells, where their types begin in state, where their memory begins in
a row); row 2: (0, where the numbers of the Timeout nodes begin in code, how many there are).
"""

import numpy as np

from astraweave.behavior.kernels import layout as at
from astraweave.behavior.kernels.board import not_a_double, not_whole, store, trouble
from astraweave.behavior.kernels.layout import F8, I1, I8
from astraweave.model.kernels.jit import njit


@njit(**at.INLINE)
def _one(op: int, x: float) -> float:
    if op == at.NEGATE:
        return -x
    return 1.0 if x == 0.0 else 0.0


@njit(**at.INLINE)
def _arithmetic(op: int, x: float, y: float) -> float:
    if op == at.ADD:
        return x + y
    if op == at.SUBTRACT:
        return x - y
    if op == at.MULTIPLY:
        return x * y
    return x / y


@njit(**at.INLINE)
def compare(op: int, x: float, y: float) -> bool:
    """As BehaviorTree.CPP: an order holds unless its opposite does, which NaN never does."""
    if op == at.LESS:
        return not x >= y
    if op == at.LESS_EQUAL:
        return not x > y
    if op == at.GREATER:
        return not x <= y
    if op == at.GREATER_EQUAL:
        return not x < y
    return (abs(x - y) <= at.SAME) == (op == at.EQUAL)


@njit(**at.INLINE)
def _two(op: int, x: float, y: float) -> float:
    if op <= at.DIVIDE:
        return _arithmetic(op, x, y)
    if op <= at.UNEQUAL:
        holds = compare(op, x, y)
    elif op == at.AND:
        holds = x != 0.0 and y != 0.0
    else:
        holds = x != 0.0 or y != 0.0
    return 1.0 if holds else 0.0


@njit(**at.INLINE)
def _not_a_truth(value: float, kind: float) -> int:
    """Error of taking a value as a condition: no negative number, nor 2 if it is whole."""
    if kind == at.TEXT:
        return at.IS_TEXT
    return at.NOT_A_TRUTH if value < 0.0 or (kind == at.WHOLE and value > 1.0) else at.FINE


@njit(**at.INNER)
def _assign(code: I8, cells: F8, state: I1, row: I8, i: int, top: int) -> bool:
    """ASSIGN (entry, how): the stack's top becomes what the entry then holds."""
    types, entry, how = code[0, 2] - code[0, 1], code[i, 1], code[i, 2]
    value, kind = cells[top], cells[top + types]
    if how != at.SET:
        before, held = state[code[1, 1] + entry], cells[code[1, 0] + entry]
        if before <= at.EMPTY:
            trouble(row, at.NO_VALUE, entry)
            return False
        error = max(not_a_double(held, float(before)), not_a_double(value, kind))
        if error != at.FINE:
            trouble(row, error, entry)
            return False
        value, kind = _arithmetic(how - at.PLUS + at.ADD, held, value), float(at.DOUBLE)
    if not store(code, cells, state, row, entry, value, kind):
        return False
    cells[top] = cells[code[1, 0] + entry]
    cells[top + types] = state[code[1, 1] + entry]
    return True


@njit(**at.INNER)
def _bits(op: int, x: float, y: float) -> float:
    if op == at.BITS_AND:
        return float(np.int64(x) & np.int64(y))
    if op == at.BITS_OR:
        return float(np.int64(x) | np.int64(y))
    if op == at.BITS_XOR:
        return float(np.int64(x) ^ np.int64(y))
    return float(~np.int64(x))


@njit(**at.INNER)
def _on_bits(cells: F8, row: I8, op: int, top: int) -> int:
    """BITS_…: the new top, −1 after an error."""
    if op == at.BITS_NOT:
        # BehaviorTree.CPP cuts the fraction off here, and only here.
        if not -(2.0**63) <= cells[top] < 2.0**63:
            return trouble(row, at.TOO_LARGE, -1)
        cells[top] = _bits(op, np.trunc(cells[top]), 0.0)
        return top
    if not_whole(cells[top - 1]) or not_whole(cells[top]):
        return trouble(row, at.NOT_WHOLE, -1)
    cells[top - 1] = _bits(op, cells[top - 1], cells[top])
    return top - 1


@njit(**at.INNER)
def _entry(code: I8, cells: F8, state: I1, row: I8, i: int, top: int) -> int:
    """ENTRY (entry, cell of the fact behind it or −1): the new top, −1 after an error."""
    kind = state[code[1, 1] + code[i, 1]]
    types = code[0, 2] - code[0, 1]
    if kind > at.EMPTY:
        cells[top + 1] = cells[code[1, 0] + code[i, 1]]
        cells[top + 1 + types] = kind
    elif code[i, 2] >= 0:
        cells[top + 1] = cells[code[i, 2]]
        cells[top + 1 + types] = at.DOUBLE
    else:
        return trouble(row, at.NO_VALUE, code[i, 1])
    return top + 1


@njit(**at.INLINE)
def _not_comparable(x: float, kind_x: float, y: float, kind_y: float) -> int:
    """Error of comparing: a text and a number, as numbers; two texts would be, as texts."""
    if at.TEXT in (kind_x, kind_y):
        return at.IS_TEXT if kind_x == kind_y else at.FINE
    return max(not_a_double(x, kind_x), not_a_double(y, kind_y))


@njit(**at.INNER)
def _port(row: I8, value: float, kind: float, wanted: int) -> int:
    """WHOLE_PORT: 0, or −1 after an error."""
    low, high = -(2.0**31), 2.0**31 - 1.0
    if wanted == at.UNSIGNED:
        low, high = 0.0, 2.0**32 - 1.0
    elif wanted == at.BOOL and kind == at.DOUBLE:
        # Any double is a truth value.
        return 0
    elif wanted == at.BOOL:
        low, high = 0.0, 1.0
    if low <= value <= high and value == np.rint(value):
        return 0
    return trouble(row, at.BAD_PORT, -1)


@njit(**at.INNER)
def as_text(value: float) -> float:
    """The number that a double is once written with six digits behind the point.

    A large one lies so far from its neighbours that it is itself. The product with a million is
    taken exactly, as a sum of two doubles, so that halves are halves.
    """
    if not abs(value) < 2.0**33:
        return value
    million = 1_000_000.0
    product = value * million
    split = value * 134_217_729.0
    upper = split - (split - value)
    rest = (upper * million - product) + (value - upper) * million
    whole = np.rint(product)
    over = (product - whole) + rest
    if over > 0.5 or (over == 0.5 and whole % 2.0 == 1.0):
        whole += 1.0
    elif over < -0.5 or (over == -0.5 and whole % 2.0 == 1.0):
        whole -= 1.0
    return whole / million


@njit(**at.INNER)
def _typed(code: I8, cells: F8, row: I8, i: int, top: int) -> int:
    """Operations that read types beside the stack: 0, or −1 after an error."""
    op, place = code[i, 0], top - code[i, 1]
    types = code[0, 2] - code[0, 1]
    value, kind = cells[place], cells[place + types]
    if op == at.WHOLE_PORT:
        return _port(row, value, kind, code[i, 2])
    if op == at.AS_TEXT:
        if kind == at.DOUBLE:
            cells[place] = as_text(value)
        return 0
    if op == at.NUMBER:
        error = not_a_double(value, kind)
        if error == (at.FINE, at.IS_TEXT, at.TOO_LARGE)[code[i, 2]]:
            error = at.FINE
    elif op == at.COMPARABLE:
        error = _not_comparable(value, kind, cells[place - 1], cells[place - 1 + types])
    else:
        error = _not_a_truth(value, kind if op == at.TRUTH else float(at.DOUBLE))
    return 0 if error == at.FINE else trouble(row, error, -1)


@njit(**at.INNER)
def _exists(code: I8, state: I1, row: I8, i: int) -> int:
    """MAKE and NEED (entry): 0, or −1 after an error."""
    place = code[1, 1] + code[i, 1]
    if state[place] == at.ABSENT:
        if code[i, 0] == at.NEED:
            return trouble(row, at.NO_ENTRY, code[i, 1])
        state[place] = at.EMPTY
        row[code[1, 2] + at.ENTRY_MEMORY * code[i, 1] + at.DECLARED] = at.ANY
    return 0


@njit(**at.INNER)
def _special(code: I8, cells: F8, state: I1, row: I8, i: int, top: int) -> int:
    """Operations on entries, types and bits: the new top, −1 after an error."""
    op = code[i, 0]
    if op == at.ENTRY:
        return _entry(code, cells, state, row, i, top)
    if at.BITS_AND <= op <= at.BITS_NOT:
        return _on_bits(cells, row, op, top)
    if op == at.TYPE:
        cells[top + code[0, 2] - code[0, 1]] = code[i, 1]
    elif op == at.ASSIGN:
        _assign(code, cells, state, row, i, top)
    elif op in (at.MAKE, at.NEED):
        _exists(code, state, row, i)
    elif op == at.FAIL:
        trouble(row, code[i, 1], code[i, 2])
    else:
        _typed(code, cells, row, i, top)
    return top if row[at.TROUBLE] == at.FINE else -1


@njit(**at.INLINE)
def _jump(code: I8, cells: F8, i: int, top: int) -> tuple[int, int]:
    """JUMP, JUMP_UNLESS and CHAIN (argument: where to): (the row before the next, the new top)."""
    op = code[i, 0]
    if op == at.JUMP:
        return code[i, 1] - 1, top
    if op == at.JUMP_UNLESS:
        return (i if cells[top] != 0.0 else code[i, 1] - 1), top - 1
    if op == at.POP:
        return i, top - 1
    # CHAIN (where to when it does not hold, comparison): the right side stays as the next left.
    if compare(code[i, 2], cells[top - 1], cells[top]):
        types = code[0, 2] - code[0, 1]
        cells[top - 1] = cells[top]
        cells[top - 1 + types] = cells[top + types]
        return i, top - 1
    cells[top - 1] = 0.0
    return code[i, 1] - 1, top - 1


@njit(**at.INLINE)
def _step(code: I8, cells: F8, i: int, top: int) -> tuple[int, int]:
    """One of the operations that know doubles only: (the row before the next, the new top)."""
    op = code[i, 0]
    if op == at.LOAD:
        cells[top + 1] = cells[code[i, 1]]
        return i, top + 1
    if op <= at.NOT:
        cells[top] = _one(op, cells[top])
        return i, top
    if op <= at.OR:
        cells[top - 1] = _two(op, cells[top - 1], cells[top])
        return i, top - 1
    return _jump(code, cells, i, top)


@njit(**at.INNER)
def plain(code: I8, cells: F8, start: int) -> float:
    """Number that a script of doubles gives, which has neither entries nor types."""
    top = code[0, 1] - 1
    i = start
    while code[i, 0] != at.END_OF_CODE:
        i, top = _step(code, cells, i, top)
        i += 1
    return cells[top]


@njit(**at.INNER)
def evaluate(code: I8, cells: F8, state: I1, row: I8, start: int) -> float:
    """Number that the script at row `start` gives; 0 after an error, which `row` then holds."""
    top = code[0, 1] - 1
    i = start
    while code[i, 0] != at.END_OF_CODE:
        if code[i, 0] <= at.POP:
            i, top = _step(code, cells, i, top)
        else:
            top = _special(code, cells, state, row, i, top)
            if top < 0:
                return 0.0
        i += 1
    return cells[top]


@njit(**at.INNER)
def holds(code: I8, cells: F8, state: I1, row: I8, start: int) -> bool:
    """Whether the script at row `start` gives a number that is not 0; `start` 0: there is none."""
    return start != 0 and evaluate(code, cells, state, row, start) != 0.0
