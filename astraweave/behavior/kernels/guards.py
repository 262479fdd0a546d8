"""Checks of what a batch is given, and which children of a choice stand: without a branch."""

import numpy as np

from astraweave.behavior.kernels import jump_layout as at
from astraweave.behavior.kernels.jump_layout import U4
from astraweave.behavior.kernels.layout import F8, FAILURE, I1, I8
from astraweave.behavior.kernels.scripts import evaluate
from astraweave.model.kernels.jit import njit

NAN_BITS = np.int64(0x7FF0000000000000)
NO_SIGN = np.int64(0x7FFFFFFFFFFFFFFF)
FINE, NAN, STRANGE = range(3)


@njit(**at.OUTER)
def check(bits: I8, status: I1) -> int:
    """FINE, NAN when one of the facts is, STRANGE when a status is none.

    bits: int64[n·f], the facts' own bytes: a search in integers uses whole vectors.
    """
    nan, strange = 0, 0
    for i in range(bits.shape[0]):
        nan |= (bits[i] & NO_SIGN) > NAN_BITS
    for i in range(status.shape[0]):
        strange |= (status[i] < 0) | (status[i] > FAILURE)
    return NAN if nan else STRANGE if strange else FINE


@njit(**at.INNER)
def computed(scripts: I8, cells: F8, facts: F8, w: int, start: int) -> bool:
    """Whether a script's number is not 0."""
    for i in range(facts.shape[1]):
        cells[at.SUMS + i] = facts[w, i]
    return evaluate(scripts, cells, start) != 0.0


@njit(**at.INNER)
def _held(lists: U4, bounds: F8, scripts: I8, cells: F8, facts: F8, w: int, choice: int) -> int:
    """Bit mask of the choice's tests that hold."""
    bits, bit = np.int64(0), np.int64(1)
    limit = lists[choice + at.LIMITS]
    for i in range(lists[choice + at.TESTS], lists[choice + at.PAIRS], 2):
        x = facts[w, lists[i]]
        bits |= bit if bounds[limit] <= x <= bounds[limit + 1] else 0
        bit <<= 1
        limit += 2
    for i in range(lists[choice + at.PAIRS], lists[choice + at.SCRIPTS], 2):
        x = facts[w, lists[i]] - facts[w, lists[i + 1]]
        bits |= bit if bounds[limit] <= x <= bounds[limit + 1] else 0
        bit <<= 1
        limit += 2
    for i in range(lists[choice + at.SCRIPTS], lists[choice + at.STOP], 2):
        bits |= bit if computed(scripts, cells, facts, w, lists[i]) else 0
        bit <<= 1
    return int(bits)


@njit(**at.INNER)
def standing(
    lists: U4, bounds: F8, masks: I8, scripts: I8, cells: F8, facts: F8, w: int, choice: int
) -> int:
    """Bit mask of the children whose guard does not hold."""
    bits = _held(lists, bounds, scripts, cells, facts, w, choice)
    first, last = lists[choice + at.TERMS], lists[choice + at.LAST]
    mask, bit = np.int64(0), np.int64(1)
    if lists[choice + at.SIMPLE]:
        for i in range(first, last, 2):
            mask |= bit if (bits ^ masks[i + 1]) & masks[i] == 0 else 0
            bit <<= 1
        return int(mask)
    owner = lists[choice + at.OWNERS]
    for i in range(first, last, 2):
        if (bits ^ masks[i + 1]) & masks[i] == 0:
            mask |= bit << np.int64(lists[owner])
        owner += 1
    return int(mask)
