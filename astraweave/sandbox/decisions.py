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
        log: columns world, step_started, step_ended, tactic (integers), in any order of worlds.
        worlds: n.
        step_seconds: length of a step.
        scale: ticks in a step.
    """
    world = np.asarray(log.world, dtype=np.int64)
    # Stable: decisions of one world stay in the order they were made.
    order = np.argsort(world, kind="stable")
    world, tactic = world[order], np.asarray(log.tactic)[order]
    started, ended = np.asarray(log.step_started)[order], np.asarray(log.step_ended)[order]
    decisions = np.bincount(world, minlength=worlds).astype(np.int32)
    same_world, changed = np.zeros((2, len(world)), dtype=np.bool_)
    same_world[1:] = world[1:] == world[:-1]
    changed[1:] = same_world[1:] & (tactic[1:] != tactic[:-1])
    changes = np.bincount(world[changed], minlength=worlds).astype(np.int32)
    short = (ended >= 0) & ((ended - started) * step_seconds < DITHER_SECONDS)
    restless = short & (changed | ~same_world)
    run = _run_lengths(restless, same_world)
    hit = run == DITHER_RUN
    dithered = np.bincount(world[hit], minlength=worlds).astype(np.int32)
    at = np.full(worlds, -1, dtype=np.int32)
    # Reversed, so that the first of a world is written last and stays.
    at[world[hit][::-1]] = (ended[hit][::-1] * scale).astype(np.int32)
    return DecisionFigures(decisions, changes, dithered, at)


def _run_lengths(
    wanted: npt.NDArray[np.bool_], joined: npt.NDArray[np.bool_]
) -> npt.NDArray[np.int64]:
    """Length of the run of True that ends at each place; a run breaks where `joined` is False."""
    index = np.arange(len(wanted))
    breaks = np.where(~wanted, index, np.where(~joined, index - 1, -1))
    return np.asarray(index - np.maximum.accumulate(breaks))
