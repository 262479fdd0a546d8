"""Checks of what a batch is given, and which children of a choice stand: without a branch."""

import numpy as np

from astraweave.behavior.kernels import jump_layout as at
from astraweave.behavior.kernels.jump_layout import Batch
from astraweave.behavior.kernels.jump_scripts import holds
from astraweave.behavior.kernels.layout import FAILURE, I1, I8
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
def _held(b: Batch, w: int, choice: int) -> int:
    """Bit mask of the choice's tests that hold."""
    bits = np.int64(0)
    column, low = np.int64(b.lists[choice + at.TESTS]), np.int64(b.lists[choice + at.LIMITS])
    plains, pairs = np.int64(b.lists[choice + at.PLAINS]), np.int64(b.lists[choice + at.PAIRS])
    high = low + plains + pairs
    for i in range(plains):
        x = b.facts[w, b.lists[column + i]]
        bits |= np.int64((b.bounds[low + i] <= x) & (x <= b.bounds[high + i])) << i
    for i in range(plains, plains + pairs):
        x = b.facts[w, b.lists[column + i]] - b.facts[w, b.lists[column + pairs + i]]
        bits |= np.int64((b.bounds[low + i] <= x) & (x <= b.bounds[high + i])) << i
    row = column + plains + 2 * pairs
    for i in range(np.int64(b.lists[choice + at.SCRIPTS])):
        kept = holds(b.scripts, b.constants, b.stack, b.facts, w, b.lists[row + i])
        bits |= np.int64(kept) << (plains + pairs + i)
    return int(bits)


@njit(**at.INNER)
def standing(b: Batch, w: int, choice: int) -> int:
    """Bit mask of the children whose guard does not hold."""
    bits = _held(b, w, choice)
    count, term = np.int64(b.lists[choice + at.TERMS]), np.int64(b.lists[choice + at.TERM])
    mask = np.int64(0)
    if b.lists[choice + at.SIMPLE]:
        for i in range(count):
            mask |= np.int64((bits ^ b.masks[term + count + i]) & b.masks[term + i] == 0) << i
        return int(mask)
    owner = np.int64(b.lists[choice + at.OWNERS])
    for i in range(count):
        stands = (bits ^ b.masks[term + count + i]) & b.masks[term + i] == 0
        mask |= np.int64(stands) << np.int64(b.lists[owner + i])
    return int(mask)
