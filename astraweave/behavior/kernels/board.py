"""Entries of the blackboard, and what BehaviorTree.CPP allows to be written to them.

What an entry holds lies in cells, its type in state, and the rest of it in the agent's row; see
`scripts` for where. A value keeps its type, and an entry the kind it was declared as. An error
leaves its code in the row.
"""

import numpy as np

from astraweave.behavior.kernels import layout as at
from astraweave.behavior.kernels.layout import F8, I1, I8
from astraweave.model.kernels.jit import njit


@njit(**at.INNER)
def trouble(row: I8, error: int, detail: int) -> int:
    """Note an error, unless one came before it; returns −1."""
    if row[at.TROUBLE] == at.FINE:
        row[at.TROUBLE] = error
        row[at.DETAIL] = detail
    return -1


@njit(**at.INLINE)
def not_a_double(value: float, kind: float) -> int:
    """Error of taking a value as a double."""
    if kind == at.TEXT:
        return at.IS_TEXT
    return at.TOO_LARGE if kind == at.WHOLE and abs(value) > at.MAX_EXACT else at.FINE


@njit(**at.INLINE)
def not_whole(value: float) -> bool:
    """Whether a double is none of the whole numbers of 64 bits."""
    return not (-(2.0**63) <= value < 2.0**63) or value != np.rint(value)


@njit(**at.INLINE)
def can_be(value: float, kind: int, wanted: int) -> bool:
    """Whether a number of one kind can become one of another."""
    if wanted == at.REAL:
        return kind == at.REAL or abs(value) <= at.MAX_EXACT
    if kind == at.BOOL and value == 0.0 and wanted in (at.INT, at.INT64):
        # As in BehaviorTree.CPP, where false is below the least whole number taken for a bool.
        return False
    if wanted == at.INT:
        return -(2.0**31) <= value < 2.0**31 and value == np.rint(value)
    if wanted == at.UNSIGNED:
        return 0.0 <= value < 2.0**32 and value == np.rint(value)
    return wanted == at.INT64 and not not_whole(value)


@njit(**at.INNER)
def _put(
    code: I8, cells: F8, state: I1, row: I8, entry: int, value: float, kind: float, origin: int
) -> None:
    memory = code[1, 2] + at.ENTRY_MEMORY * entry
    # A whole number has no −0; adding 0 takes its sign away.
    cells[code[1, 0] + entry] = value + 0.0 if kind == at.WHOLE else value
    state[code[1, 1] + entry] = np.int8(kind)
    row[memory + at.ORIGIN] = origin
    row[memory + at.STAMP_OF] += 1


@njit(**at.INNER)
def _fits(row: I8, entry: int, before: int, value: float, kind: float) -> bool:
    """Whether a number can take the place of a value of type `before`."""
    error = at.FINE
    if at.TEXT in (float(before), kind):
        error = at.FINE if before == kind else at.IS_TEXT
    elif before == at.WHOLE:
        error = at.NOT_WHOLE if kind == at.DOUBLE and not_whole(value) else at.FINE
    elif before == at.DOUBLE:
        error = not_a_double(value, kind)
    if error != at.FINE:
        trouble(row, error, entry)
    return error == at.FINE


@njit(**at.INNER)
def store(code: I8, cells: F8, state: I1, row: I8, entry: int, value: float, kind: float) -> bool:
    """What an assignment of a script does: whether the entry takes the value."""
    before = int(state[code[1, 1] + entry])
    declared = row[code[1, 2] + at.ENTRY_MEMORY * entry + at.DECLARED]
    if kind == at.TEXT and declared == at.STRING:
        before = at.EMPTY
    elif kind == at.TEXT and before != at.TEXT and (before > at.EMPTY or declared != at.ANY):
        # It is read as a value of the declared kind, without one as a number.
        if declared > at.REAL or declared == at.OPAQUE:
            trouble(row, at.NO_READING, entry)
            return False
        whole = at.OPAQUE < declared < at.REAL
        value = np.trunc(value) if whole else value
        if whole and not can_be(value, at.INT64, declared):
            trouble(row, at.NO_READING, entry)
            return False
        before, kind = at.EMPTY, float(at.WHOLE if whole else at.DOUBLE)
    if before <= at.EMPTY:
        origin = at.INT64 if kind == at.WHOLE else (at.REAL if kind == at.DOUBLE else at.STRING)
        _put(code, cells, state, row, entry, value, kind, origin)
        return True
    if not _fits(row, entry, before, value, kind):
        return False
    origin = row[code[1, 2] + at.ENTRY_MEMORY * entry + at.ORIGIN]
    _put(code, cells, state, row, entry, value, float(before), origin)
    return True


@njit(**at.INNER)
def give(
    code: I8, cells: F8, state: I1, row: I8, entry: int, value: float, kind: int, own: bool
) -> bool:
    """What a port, or the game, does: write a number of that kind; whether the entry takes it.

    own: the entry is of the writer's scope, and not of an outer one.
    """
    place = code[1, 2] + at.ENTRY_MEMORY * entry + at.DECLARED
    declared, before = row[place], int(state[code[1, 1] + entry])
    fresh = float(at.DOUBLE if kind == at.REAL else at.WHOLE)
    if declared == at.NONE or (own and declared <= at.OPAQUE):
        row[place] = kind
        _put(code, cells, state, row, entry, value, fresh, kind)
        return True
    if not own:
        if declared > at.OPAQUE and declared != kind:
            trouble(row, at.KEEPS_KIND, entry)
            return False
        _put(code, cells, state, row, entry, value, fresh, kind)
        return True
    if declared != kind and not can_be(value, kind, declared):
        trouble(row, at.KEEPS_KIND, entry)
        return False
    if before <= at.EMPTY:
        _put(code, cells, state, row, entry, value, fresh, kind)
    elif _fits(row, entry, before, value, fresh):
        _put(code, cells, state, row, entry, value, float(before), row[place + 1])
    return row[at.TROUBLE] == at.FINE


@njit(**at.INNER)
def overwrite(
    code: I8,
    cells: F8,
    state: I1,
    row: I8,
    entry: int,
    value: float,
    kind: float,
    origin: int,
    own: bool,
) -> bool:
    """What SetBlackboard does: the value takes the place of the old one, type and all."""
    place = code[1, 2] + at.ENTRY_MEMORY * entry + at.DECLARED
    declared = row[place]
    if declared == at.NONE:
        row[place] = origin
    elif declared <= at.OPAQUE:
        # As in BehaviorTree.CPP, whose SetBlackboard makes it an entry for anything.
        row[place] = at.OPAQUE if own else declared
    elif kind != at.EMPTY and origin > at.OPAQUE and declared != origin:
        trouble(row, at.KEEPS_KIND, entry)
        return False
    _put(code, cells, state, row, entry, value, kind, origin)
    return True


@njit(**at.INNER)
def write_text(
    code: I8,
    cells: F8,
    state: I1,
    row: I8,
    entry: int,
    number: float,
    whole: float,
    truth: float,
    own: bool,
) -> bool:
    """SetBlackboard with a text that is a number: it is read as what the entry was declared as.

    number, whole, truth: what the text is as a double, a whole number and a truth value, NaN for
    none. As in BehaviorTree.CPP, an entry without a kind cannot read it, and is emptied.
    """
    declared = row[code[1, 2] + at.ENTRY_MEMORY * entry + at.DECLARED]
    value, kind, origin = whole, float(at.WHOLE), declared
    if declared in (at.NONE, at.STRING):
        value, kind, origin = number, float(at.TEXT), np.int64(at.STRING)
    elif declared == at.ANY:
        value, kind = 0.0, float(at.EMPTY)
    elif declared == at.REAL:
        value, kind = number, float(at.DOUBLE)
    elif declared == at.BOOL:
        value = truth
    fits = kind != at.WHOLE or declared == at.BOOL or can_be(value, declared, declared)
    # NaN is not equal to itself: no value of that kind.
    if declared == at.OPAQUE or not fits or (kind == at.WHOLE and value != value):  # noqa: PLR0124
        trouble(row, at.NO_READING, entry)
        return False
    return overwrite(code, cells, state, row, entry, value, kind, origin, own)


@njit(**at.INNER)
def copy(
    code: I8, cells: F8, state: I1, row: I8, source: int, fact: int, target: int, own: bool
) -> bool:
    """SetBlackboard with another entry, or the fact behind it (cell or −1); whether it had a value.

    A new entry is of the kind of the one it is copied from.
    """
    memory, place = code[1, 2] + at.ENTRY_MEMORY * source, code[1, 2] + at.ENTRY_MEMORY * target
    kind, declared, origin = state[code[1, 1] + source], row[memory + at.DECLARED], at.REAL
    value = cells[code[1, 0] + source]
    if kind > at.EMPTY:
        origin = row[memory + at.ORIGIN]
    elif fact >= 0:
        value, kind, declared = cells[fact], np.int8(at.DOUBLE), np.int64(at.REAL)
    elif declared == at.NONE:
        trouble(row, at.NO_ENTRY, source)
        return False
    if row[place + at.DECLARED] == at.NONE:
        row[place + at.DECLARED] = declared
        state[code[1, 1] + target] = at.EMPTY
    if kind <= at.EMPTY:
        return False
    if kind == at.TEXT:
        return write_text(code, cells, state, row, target, value, np.trunc(value), np.nan, own)
    return overwrite(code, cells, state, row, target, value, float(kind), origin, own)
