"""What each world has decided, in one pass over the log of a batch."""

import numpy as np
import numpy.typing as npt

from astraweave.model.kernels.jit import njit

DECISIONS, CHANGES, DITHERED, DITHERED_AT, LAST, RUN = range(6)
"""Columns of what is counted; LAST, the tactic chosen before, and RUN are of the count alone."""
_Whole = npt.NDArray[np.int64]


@njit()
def count(log: _Whole, step_s: float, short_s: float, run: int, told: _Whole) -> None:
    """Count decision by decision.

    Args:
        log: int64[4, decisions]: world, step started, step ended (−1 while open), tactic; those of
            a world in the order they were made.
        step_s: seconds of a step.
        short_s: seconds below which a decision was dropped at once.
        run: how many of those, each another tactic than the one before, are dithering.
        told: int64[worlds, 6], filled: the columns above; DITHERED_AT in steps, −1 for never.
    """
    told[:] = 0
    told[:, DITHERED_AT] = -1
    for i in range(log.shape[1]):
        world, started, ended, tactic = log[0, i], log[1, i], log[2, i], log[3, i]
        mine = told[world]
        first = mine[DECISIONS] == 0
        changed = not first and tactic != mine[LAST]
        short = ended >= 0 and (ended - started) * step_s < short_s
        mine[RUN] = mine[RUN] + 1 if short and (changed or first) else 0
        mine[DECISIONS] += 1
        mine[CHANGES] += 1 if changed else 0
        mine[LAST] = tactic
        if mine[RUN] == run:
            mine[DITHERED] += 1
            if mine[DITHERED_AT] < 0:
                mine[DITHERED_AT] = ended
