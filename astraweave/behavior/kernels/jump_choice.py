"""Draw, hold and log of the choices of jump code. Twin of `engine.weighted`, bit by bit."""

import numpy as np

from astraweave.behavior.kernels import jump_layout as at
from astraweave.behavior.kernels import layout
from astraweave.behavior.kernels.jump_layout import U4, Batch
from astraweave.behavior.kernels.layout import F8, I1, I2, I8
from astraweave.model.kernels.jit import njit

WORD = 0xFFFFFFFF


@njit(**at.RARE)
def _mixed(h: int) -> int:
    """One round of `model.rng.uniform`, without its word."""
    h = (h ^ (h >> 16)) * 0x7FEB352D & WORD
    h = (h ^ (h >> 15)) * 0x846CA68B & WORD
    return h ^ (h >> 16)


@njit(**at.RARE)
def _absorbed(h: int, word: int) -> int:
    return _mixed((h + 0x9E3779B9) & WORD) ^ (word & WORD)


@njit(**at.OUTER)
def begin(seeds: I8, which: I8, idle: U4, state: U4, rows: I8, commands: I2, result: I1) -> None:
    """Agents before their first tick.

    Args:
        seeds: int64[n]. which: int64[n], their trees. idle: uint32[trees], the memory to begin in.
        state, rows, commands, result: of `Batch`, filled. The key is what
            `model.rng.uniform(seed, 0, …)` has made of its first words: they never change.
    """
    rows[:] = 0
    commands[:] = -1
    result[:] = 0
    for w in range(seeds.shape[0]):
        state[w, at.STATE], state[w, at.HOLDING] = idle[which[w]], 0
        seed = int(seeds[w])
        rows[w, at.KEY] = _absorbed(_absorbed(seed & WORD, seed >> 32), 0)
        rows[w, at.TACTIC] = -1
        for place in range(at.HEAD, rows.shape[1], at.CHOSEN):
            rows[w, place + at.HELD] = -1


@njit(**at.RARE)
def drawn(key: int, draw: int, stream: int) -> float:
    """`model.rng.uniform(seed, 0, draw, stream)`, from the key of the seed."""
    return _mixed(_absorbed(_absorbed(key, draw), stream)) / 4294967296.0


@njit(**at.INNER)
def close(state: U4, rows: I8, log: I8, w: int, place: int, result: int, step: int) -> None:
    """End the open decision of the choice at this place of the row."""
    if rows[w, place + at.HELD] >= 0:
        rows[w, place + at.HELD] = -1
        state[w, at.HOLDING] -= 1
    logged = rows[w, place + at.LOGGED]
    if logged > 0:
        rows[w, place + at.LOGGED] = 0
        log[logged, layout.ENDED] = step
        log[logged, layout.RESULT] = result


@njit(**at.RARE)
def settle(state: U4, rows: I8, log: I8, w: int, before: int, step: int) -> None:
    """End the decisions whose hold was not used since step `before`."""
    for place in range(at.HEAD, rows.shape[1], at.CHOSEN):
        if 0 <= rows[w, place + at.HELD] < before:
            close(state, rows, log, w, place, layout.WON, step)


@njit(**at.INNER)
def _heaviest(weights: F8, line: int, first: int, count: int, mask: int) -> int:
    best = -1
    for child in range(count):
        heavier = best < 0 or weights[line, first + child] > weights[line, first + best]
        if mask >> child & 1 and heavier:
            best = child
    return best


@njit(**at.INNER)
def _lot(sums: F8, weights: F8, line: int, first: int, count: int, mask: int, number: float) -> int:
    """Child that a number in [0, 1) falls on; sums[count − 1] is then the sum of the weights."""
    total = 0.0
    for child in range(count):
        # A product, not a branch: which children stand cannot be predicted.
        total += weights[line, first + child] * (mask >> child & 1)
        sums[child] = total
    aim, pick = number * total, 0
    # As many children as the number is not below; those that do not stand add nothing.
    for child in range(count):
        pick += not aim < sums[child]
    if pick == count:
        pick -= 1
        while not mask >> pick & 1:
            pick -= 1
    return pick


@njit(**at.INNER)
def pick(b: Batch, w: int, choice: int, mask: int, step: int) -> float:
    """Choose among the children in the mask, of which there is one; returns the propensity."""
    place = at.HEAD + at.CHOSEN * b.lists[choice + at.PLACE]
    count, alike = np.int64(b.lists[choice + at.COUNT]), b.weights.shape[0] == 1
    line = 0 if alike else w
    first = np.int64(b.lists[choice + (at.OFFSET if alike else at.FIRST)])
    if b.lists[choice + at.SORTED]:
        child, propensity = _heaviest(b.weights, line, first, count, mask), 1.0
    else:
        stream = layout.STREAM + int(b.lists[choice + at.PLACE])
        number = drawn(int(b.rows[w, at.KEY]), int(b.rows[w, at.DRAWS]), stream)
        b.rows[w, at.DRAWS] += 1
        child = _lot(b.stack, b.weights, line, first, count, mask, number)
        propensity = b.weights[line, first + child] / b.stack[count - 1]
    b.rows[w, place + at.PICK] = child
    b.rows[w, place + at.SINCE] = step
    b.rows[w, at.TACTIC] = b.lists[choice + at.FIRST] + child
    return propensity


@njit(**at.INNER)
def write(b: Batch, w: int, choice: int, mask: int, propensity: float, step: int) -> None:
    """Open a decision in the log, which has room for it."""
    b.log[0, 0] += 1
    row = b.log[0, 0]
    b.log[row, layout.WORLD] = w
    b.log[row, layout.STARTED] = step
    b.log[row, layout.ENDED] = -1
    b.log[row, layout.NODE] = b.lists[choice + at.PLACE]
    b.log[row, layout.CHOSEN] = b.rows[w, at.TACTIC]
    b.log[row, layout.AVAILABLE] = mask
    b.log[row, layout.RESULT] = layout.OPEN
    b.shares[row] = propensity
    b.rows[w, at.HEAD + at.CHOSEN * b.lists[choice + at.PLACE] + at.LOGGED] = row
