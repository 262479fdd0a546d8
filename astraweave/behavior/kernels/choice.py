"""Availability, draw and log of a WeightedFallback's choice. Twin of `behavior.weighted`."""

import numpy as np

from astraweave.behavior.kernels import layout as at
from astraweave.behavior.kernels.layout import F8, I8
from astraweave.behavior.kernels.scripts import skipped
from astraweave.model.kernels.jit import njit
from astraweave.model.kernels.rng import uniform


@njit(**at.INNER)
def close(row: I8, log: I8, choice: int, result: int) -> None:
    """End the open decision of the choice at this place of the row."""
    logged = row[choice + at.LOGGED]
    row[choice + at.HELD] = -1
    row[choice + at.LOGGED] = 0
    if logged > 0:
        log[logged, at.ENDED] = row[at.STEP]
        log[logged, at.RESULT] = result


@njit(**at.INNER)
def child_at(nodes: I8, node: int, place: int) -> int:
    """Node number of a child."""
    child = node + 1
    for _ in range(place):
        child = nodes[child, at.END]
    return child


@njit(**at.INNER)
def _available(nodes: I8, code: I8, cells: F8, node: int, excluded: int) -> int:
    """Bit mask of the children that stand for choice; bit 63 makes it negative."""
    mask, bit = np.int64(0), np.int64(1)
    child = node + 1
    for _ in range(nodes[node, at.COUNT]):
        if excluded & bit == 0 and not skipped(nodes, code, cells, child):
            mask |= bit
        bit <<= np.int64(1)
        child = nodes[child, at.END]
    return int(mask)


@njit(**at.INNER)
def _heaviest(cells: F8, first: int, count: int, mask: int) -> int:
    best = np.int64(-1)
    for place in range(count):
        if (mask >> place) & 1 and (best < 0 or cells[first + place] > cells[first + best]):
            best = np.int64(place)
    return int(best)


@njit(**at.INNER)
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


@njit(**at.INNER)
def _write(
    nodes: I8, row: I8, log: I8, shares: F8, node: int, mask: int, propensity: float
) -> None:
    """Open a decision in the log, which has room for it."""
    log[0, 0] += 1
    logged = log[0, 0]
    log[logged, at.STARTED] = row[at.STEP]
    log[logged, at.ENDED] = -1
    log[logged, at.NODE] = nodes[node, at.INDEX]
    log[logged, at.CHOSEN] = row[at.TACTIC]
    log[logged, at.AVAILABLE] = mask
    log[logged, at.RESULT] = at.OPEN
    shares[logged] = propensity
    row[nodes[node, at.ARG] + at.LOGGED] = logged


@njit(**at.INNER)
def choose(
    nodes: I8, code: I8, cells: F8, row: I8, log: I8, shares: F8, node: int
) -> tuple[int, int]:
    """Draw among the available children: (the child, 0), or (−1, the status) when none is."""
    choice = nodes[node, at.ARG]
    mask = _available(nodes, code, cells, node, row[choice + at.EXCLUDED])
    if mask == 0:
        failed = row[at.HEAD + node] == 3
        row[at.HEAD + node] = 0
        return -1, at.FAILURE if failed else at.SKIPPED
    first, count = nodes[node, at.CELL], nodes[node, at.COUNT]
    if nodes[node, at.STOP] == 1:
        place, propensity = _heaviest(cells, first, count, mask), 1.0
    else:
        stream = at.STREAM + int(nodes[node, at.INDEX])
        drawn = uniform(int(row[at.SEED]), 0, int(row[at.DRAWS]), stream)
        row[at.DRAWS] += 1
        place, propensity = _lot(cells, first, count, mask, drawn)
    row[choice + at.PICK] = place
    row[choice + at.SINCE] = row[at.STEP]
    row[at.TACTIC] = nodes[node, at.FIRST] + place
    if log.shape[0] > 1:
        _write(nodes, row, log, shares, node, mask, propensity)
    return child_at(nodes, node, place), 0
