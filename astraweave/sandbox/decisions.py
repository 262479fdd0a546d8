"""What a batch's decision log says of each episode: how many, how often changed, dithering.

Dithering is six decisions running, each dropped within .3 s and each for another tactic than the
one before: a companion that cannot make up its mind, as a player would see it.
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

DITHER_SECONDS = 0.3
DITHER_RUN = 6


class DecisionFigures(NamedTuple):
    """Per world, int32[n]: decisions, changes of tactic, runs of dithering, its first tick."""

    decisions: npt.NDArray[np.int32]
    changes: npt.NDArray[np.int32]
    dithered: npt.NDArray[np.int32]
    dithered_at: npt.NDArray[np.int32]


def decision_figures(log: Any, worlds: int, step_seconds: float, scale: int) -> DecisionFigures:
    """Count over the columns of `BatchTicker.log`.

    Args:
        log: columns world, step_started, step_ended, tactic (integers), in any order of worlds;
            those of a world in the order they were made.
        worlds: n.
        step_seconds: length of a step.
        scale: ticks in a step.
    """
    # Loads numba, which asking for the type above does not need.
    from astraweave.behavior.kernels import dithering as at  # noqa: PLC0415

    columns = (log.world, log.step_started, log.step_ended, log.tactic)
    told = np.empty((at.RUN + 1, worlds), dtype=np.int32)
    paces = (step_seconds, DITHER_SECONDS, DITHER_RUN, scale)
    at.count(*(np.asarray(column, np.int64) for column in columns), *paces, told)
    return DecisionFigures(*told[: at.DITHERED_AT + 1])
