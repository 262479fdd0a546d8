"""Availability, draw and log of a WeightedFallback's choice. Twin of `behavior.engine.weighted`."""

import numpy as np

from astraweave.behavior.kernels import layout as at
from astraweave.behavior.kernels.halting import ask_one, close
from astraweave.behavior.kernels.layout import F8, I1, I8
from astraweave.behavior.kernels.scripts import evaluate
from astraweave.model.kernels.jit import njit
from astraweave.model.kernels.rng import uniform


@njit(**at.INNER)
def child_at(nodes: I8, node: int, place: int) -> int:
    """Node number of a child."""
    child = node + 1
    for _ in range(place):
        child = nodes[child, at.END]
    return child


@njit(**at.INLINE)
def _available(nodes: I8, code: I8, cells: F8, state: I1, row: I8, node: int, excluded: int) -> int:
    """Bit mask of the children that neither failed nor are skipped."""
    mask, bit = np.int64(0), np.int64(1)
    child, end = node + 1, nodes[node, at.END]
    while child < end:
        if excluded & bit == 0:
            guard = nodes[child, at.GUARD]
            if guard == 0 or evaluate(code, cells, state, row, guard) == 0.0:
                mask |= bit
            if row[at.TROUBLE] != at.FINE:
                row[at.PLACE] = child
                return 0
        bit <<= np.int64(1)
        child = nodes[child, at.END]
    return int(mask)


@njit(**at.INLINE)
def _heaviest(cells: F8, first: int, count: int, mask: int) -> int:
    best = np.int64(-1)
    for place in range(count):
        if (mask >> place) & 1 and (best < 0 or cells[first + place] > cells[first + best]):
            best = np.int64(place)
    return int(best)


@njit(**at.INLINE)
def _lot(cells: F8, first: int, count: int, mask: int, drawn: float) -> tuple[int, float]:
    """Child that a number in [0, 1) falls on, and its propensity; sums in child order."""
    total = 0.0
    for place in range(count):
        if (mask >> place) & 1:
            total += cells[first + place]
    aim, below, last = drawn * total, 0.0, np.int64(0)
    for place in range(count):
        if (mask >> place) & 1:
            below += cells[first + place]
            last = np.int64(place)
            if aim < below:
                break
    return int(last), cells[first + last] / total


@njit(**at.INLINE)
def _write(
    nodes: I8, row: I8, log: I8, shares: F8, node: int, mask: int, propensity: float
) -> None:
    """Open a decision in the log, which has room for it."""
    log[0, 0] += 1
    logged = log[0, 0]
    log[logged, at.STARTED] = row[at.STEP]
    log[logged, at.ENDED] = -1
    log[logged, at.NODE] = nodes[node, at.D]
    log[logged, at.CHOSEN] = row[at.TACTIC]
    log[logged, at.AVAILABLE] = mask
    log[logged, at.RESULT] = at.OPEN
    shares[logged] = propensity
    row[nodes[node, at.A] + at.LOGGED] = logged


@njit(**at.INNER)
def choose(
    nodes: I8, code: I8, cells: F8, state: I1, row: I8, log: I8, shares: F8, node: int
) -> tuple[int, int]:
    """Draw among the available children: (the child, 0), or (DONE, the status) when none is."""
    choice = nodes[node, at.A]
    mask = _available(nodes, code, cells, state, row, node, row[choice + at.EXCLUDED])
    if row[at.TROUBLE] != at.FINE:
        return at.DONE, at.ERROR
    if mask == 0:
        state[node] = at.IDLE
        return at.DONE, at.FAILURE if row[choice + at.FAILED] else at.SKIPPED
    first, count = nodes[node, at.B], nodes[node, at.COUNT]
    if nodes[node, at.STOP] == 1:
        place, propensity = _heaviest(cells, first, count, mask), 1.0
    else:
        stream = at.STREAM + int(nodes[node, at.D])
        drawn = uniform(int(row[at.SEED]), 0, int(row[at.DRAWS]), stream)
        row[at.DRAWS] += 1
        place, propensity = _lot(cells, first, count, mask, drawn)
    row[choice + at.PICK] = place
    row[choice + at.SINCE] = row[at.STEP]
    row[at.TACTIC] = nodes[node, at.C] + place
    if log.shape[0] > 1:
        _write(nodes, row, log, shares, node, mask, propensity)
    return child_at(nodes, node, place), 0


@njit(**at.INLINE)
def enter_choice(nodes: I8, state: I1, row: I8, log: I8, node: int) -> int:
    """Where a WeightedFallback goes on: its running child, KEEP for the held one, or CHOOSE."""
    choice = nodes[node, at.A]
    if state[node] == at.RUNNING:
        return child_at(nodes, node, row[choice + at.PICK])
    state[node] = at.RUNNING
    row[choice + at.EXCLUDED] = 0
    row[choice + at.FAILED] = 0
    if row[choice + at.HELD] >= 0:
        if row[at.STEP] - row[choice + at.SINCE] < row[at.HOLD]:
            return at.KEEP
        close(row, log, choice, at.WON)
    return at.CHOOSE


@njit(**at.INLINE)
def keep(nodes: I8, code: I8, cells: F8, state: I1, row: I8, log: I8, node: int) -> int:
    """The held child, unless its `_skipIf` holds now: then CHOOSE."""
    choice = nodes[node, at.A]
    kept = child_at(nodes, node, row[choice + at.PICK])
    guard = nodes[kept, at.GUARD]
    if guard == 0 or evaluate(code, cells, state, row, guard) == 0.0:
        row[choice + at.HELD] = -1
        return kept
    close(row, log, choice, at.WON)
    return at.CHOOSE


@njit(**at.INLINE)
def leave_choice(
    nodes: I8, row: I8, log: I8, node: int, child: int, result: int
) -> tuple[int, int]:
    """What a WeightedFallback makes of its child's status."""
    if result == at.RUNNING:
        return at.DONE, at.RUNNING
    choice = nodes[node, at.A]
    ask_one(nodes, row, child)
    if result == at.SUCCESS:
        if nodes[node, at.STOP] == 0 and row[at.STEP] - row[choice + at.SINCE] < row[at.HOLD]:
            row[choice + at.HELD] = row[at.STEP]
        else:
            close(row, log, choice, at.WON)
        return at.DONE, at.SUCCESS
    if result == at.FAILURE:
        row[choice + at.FAILED] = 1
    close(row, log, choice, at.LOST if result == at.FAILURE else at.INTERRUPTED)
    row[choice + at.EXCLUDED] |= np.int64(1) << row[choice + at.PICK]
    return at.CHOOSE, 0


@njit(**at.INLINE)
def settle(row: I8, log: I8, first: int, before: int) -> None:
    """End the decisions whose hold was not used since step `before`."""
    for choice in range(first, row.shape[0], at.CHOICE):
        if 0 <= row[choice + at.HELD] < before:
            close(row, log, choice, at.WON)
