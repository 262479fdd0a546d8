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
    bits = np.int64(0)
    column, low = np.int64(lists[choice + at.TESTS]), np.int64(lists[choice + at.LIMITS])
    plains, pairs = np.int64(lists[choice + at.PLAINS]), np.int64(lists[choice + at.PAIRS])
    high = low + plains + pairs
    for i in range(plains):
        x = facts[w, lists[column + i]]
        bits |= np.int64((bounds[low + i] <= x) & (x <= bounds[high + i])) << i
    for i in range(plains, plains + pairs):
        x = facts[w, lists[column + i]] - facts[w, lists[column + pairs + i]]
        bits |= np.int64((bounds[low + i] <= x) & (x <= bounds[high + i])) << i
    row = column + plains + 2 * pairs
    for i in range(np.int64(lists[choice + at.SCRIPTS])):
        holds = computed(scripts, cells, facts, w, lists[row + i])
        bits |= np.int64(holds) << (plains + pairs + i)
    return int(bits)


@njit(**at.INNER)
def standing(
    lists: U4, bounds: F8, masks: I8, scripts: I8, cells: F8, facts: F8, w: int, choice: int
) -> int:
    """Bit mask of the children whose guard does not hold."""
    bits = _held(lists, bounds, scripts, cells, facts, w, choice)
    count, term = np.int64(lists[choice + at.TERMS]), np.int64(lists[choice + at.TERM])
    mask = np.int64(0)
    if lists[choice + at.SIMPLE]:
        for i in range(count):
            mask |= np.int64((bits ^ masks[term + count + i]) & masks[term + i] == 0) << i
        return int(mask)
    owner = np.int64(lists[choice + at.OWNERS])
    for i in range(count):
        stands = (bits ^ masks[term + count + i]) & masks[term + i] == 0
        mask |= np.int64(stands) << np.int64(lists[owner + i])
    return int(mask)
