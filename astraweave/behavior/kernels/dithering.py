"""What each world has decided, in one pass over the log of a batch."""

import numpy as np
import numpy.typing as npt

from astraweave.model.kernels.jit import njit

DECISIONS, CHANGES, DITHERED, DITHERED_AT, LAST, RUN = range(6)
"""Rows of what is counted; LAST, the tactic chosen before, and RUN are of the count alone."""
_Whole = npt.NDArray[np.int64]
_Told = npt.NDArray[np.int32]


@njit(_nrt=False)
def count(
    worlds: _Whole,
    starts: _Whole,
    ends: _Whole,
    tactics: _Whole,
    step_s: float,
    short_s: float,
    run: int,
    scale: int,
    told: _Told,
) -> None:
    """Count decision by decision.

    Args:
        worlds, starts, ends, tactics: int64[decisions]: world, step started, step ended (−1 while
            open), tactic; those of a world in the order they were made.
        step_s: seconds of a step.
        short_s: seconds below which a decision was dropped at once.
        run: how many of those, each another tactic than the one before, are dithering.
        scale: ticks of a step.
        told: int32[6, worlds], filled: the rows above; DITHERED_AT in ticks, −1 for never.
    """
    told[:] = 0
    told[DITHERED_AT] = -1
    for i in range(worlds.shape[0]):
        world, tactic = worlds[i], tactics[i]
        first = told[DECISIONS, world] == 0
        changed = not first and tactic != told[LAST, world]
        short = ends[i] >= 0 and (ends[i] - starts[i]) * step_s < short_s
        told[RUN, world] = told[RUN, world] + 1 if short and (changed or first) else 0
        told[DECISIONS, world] += 1
        told[CHANGES, world] += 1 if changed else 0
        told[LAST, world] = tactic
        if told[RUN, world] == run:
            told[DITHERED, world] += 1
            if told[DITHERED_AT, world] < 0:
                told[DITHERED_AT, world] = ends[i] * scale
