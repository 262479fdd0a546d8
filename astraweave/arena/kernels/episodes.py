"""Whole fights in one call: the companions' trees tick between the decision steps of the game."""

import numpy as np
import numpy.typing as npt

from astraweave.arena.kernels import layout as at
from astraweave.arena.kernels.lanes import ZERO, Tiles, Works, inner
from astraweave.arena.kernels.playing import play
from astraweave.behavior.kernels.jump import tick
from astraweave.behavior.kernels.jump_layout import Batch
from astraweave.model.kernels.jit import njit

STRANGE = -1
"""In place of an agent: a fight's facts are not finite."""


@njit()
def play_on(
    tiles: Tiles,
    work: Works,
    b: Batch,
    pace: tuple[int, int],
    ticks: int,
    step: int,
    first: int,
    limit: int,
    steps: npt.NDArray[np.int32],
) -> tuple[int, int]:
    """Play from a step on until every fight is over.

    Args:
        tiles: as in `playing.play`. work: of this thread.
        b: of `Jump.batch`; its facts are those of the fights as they stand.
        pace: of `Jump.pace`. ticks: of the game, between two steps.
        step, first: where to go on: the step, and the first agent not yet ticked in it.
        limit: the step that is not played any more.
        steps: int32[n], counts the steps of each fight.

    Returns:
        (`limit`, 0) when all is over; (step, STRANGE) when a fact is not finite; else step and
        agent, where the log must grow.
    """
    hold, room = pace
    while step < limit:
        if first == 0:
            for world in range(steps.shape[0]):
                steps[world] += 0 if b.done[world] else 1
        first = tick(b, first, step, hold, room)
        if first < steps.shape[0]:
            return step, first
        if not play(tiles, 0, tiles.shape[0], b.commands, ticks, b.facts, work):
            return step, STRANGE
        step, first = step + 1, 0
        if _heard(tiles, b.status, b.done) == 0:
            return limit, 0
    return limit, 0


@inner()
def _heard(tiles: Tiles, status: npt.NDArray[np.int8], done: npt.NDArray[np.bool_]) -> int:
    """What the tactics say, and which fights are over; how many are not."""
    going = 0
    for world in range(done.shape[0]):
        s, i = tiles[world // at.LANES]["worlds"], np.uint64(world % at.LANES)
        status[world] = np.int8(s[at.STATUS + i])
        done[world] = s[at.LIVE + i] == ZERO
        going += 0 if done[world] else 1
    return going
