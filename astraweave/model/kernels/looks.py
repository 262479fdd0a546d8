"""Whether all of what a batch gave is as it must be: yes or no, in one pass without a branch.

Who is told no looks again, number by number, for what is wrong.
"""

import numpy as np
import numpy.typing as npt

from astraweave.model.kernels.jit import njit

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int32]
LARGEST = float(np.finfo(np.float64).max)


@njit(_nrt=False)
def within(rows: Floats, low: Floats, high: Floats) -> bool:
    """Whether each number is finite and in the range of its column.

    Args:
        rows: float64[n, k]. low, high: float64[k], inclusive; they may be infinite.
    """
    fine = True
    for i in range(rows.shape[0]):
        for k in range(rows.shape[1]):
            x = rows[i, k]
            fine &= (low[k] <= x) & (x <= high[k]) & (abs(x) <= LARGEST)
    return fine


@njit(_nrt=False)
def counted(counts: Counts, first: Counts) -> bool:
    """Whether each count is at least 0, and each first tick at least −1; int32[n, k] both."""
    fine = True
    for i in range(counts.shape[0]):
        for k in range(counts.shape[1]):
            fine &= (counts[i, k] >= 0) & (first[i, k] >= -1)
    return fine
