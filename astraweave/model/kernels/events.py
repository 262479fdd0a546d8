"""Events of a game and those that others saw in it, counted together."""

import numpy as np
import numpy.typing as npt

from astraweave.model.kernels.jit import njit

Columns = npt.NDArray[np.int32]


@njit(_nrt=False)
def add(counts: Columns, first: Columns, column: int, often: Columns, at: Columns) -> None:
    """Count one event together with what its column holds.

    Args:
        counts, first: int32[n, events], changed: how often, and the first tick or −1.
        column: of the event.
        often, at: int32[n], the same of what was seen besides.
    """
    for i in range(often.shape[0]):
        counts[i, column] += often[i]
        if at[i] >= 0 and (first[i, column] < 0 or at[i] < first[i, column]):
            first[i, column] = at[i]


@njit(_nrt=False)
def widen(counts: Columns, first: Columns, wide: Columns, earliest: Columns) -> None:
    """Copy columns of events to wider ones; the rest holds what has never happened.

    counts, first: int32[n, events]. wide, earliest: int32[n, more], filled.
    """
    width = counts.shape[1]
    for i in range(wide.shape[0]):
        for k in range(wide.shape[1]):
            wide[i, k] = counts[i, k] if k < width else 0
            earliest[i, k] = first[i, k] if k < width else -1
