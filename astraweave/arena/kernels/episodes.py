"""Whole fights in one call: the companions' trees tick between the decision steps of the game.

A tile costs the same however few of its fights go on, and fights end at very different times. So
those of the emptiest tile move to lanes that have become free in the others, and it is left out;
at the end all are put back where they began.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from astraweave.arena.kernels import layout as at
from astraweave.arena.kernels.bits import Bits, count, lowest, marks
from astraweave.arena.kernels.lanes import (
    ANY,
    FIRST_LANE,
    NO_LANE,
    YES,
    ZERO,
    Due,
    State,
    Tile,
    Tiles,
    Work,
    Works,
    inner,
    mark,
    others,
)
from astraweave.arena.kernels.playing import advance, obey
from astraweave.arena.kernels.telling import tell
from astraweave.behavior.kernels.jump import tick
from astraweave.behavior.kernels.jump_layout import Batch
from astraweave.model.kernels.jit import njit

STRANGE = -1
"""In place of an agent: a fight's facts are not finite."""
Numbers = npt.NDArray[np.int64]


class Hall(NamedTuple):
    """Where the fights are.

    tiles: as in `playing.play`. work: of this thread. who: int64[tiles · LANES], the fight in
    each lane; at first their numbers in order. active: int64[1 + tiles], how many tiles are
    played, and which; at first all.
    """

    tiles: Tiles
    work: Works
    who: Numbers
    active: Numbers


@njit()
def play_on(
    hall: Hall,
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
        hall: the fights.
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
    tiles, who, active = hall.tiles, hall.who, hall.active
    going = steps.shape[0]
    while step < limit and going > 0:
        if first == 0:
            for fight in range(steps.shape[0]):
                steps[fight] += 0 if b.done[fight] else 1
        first = tick(b, first, step, hold, room)
        if first < steps.shape[0]:
            return step, first
        going = _play_all(tiles, hall.work[0], who, active, b, ticks)
        if going < 0:
            return step, STRANGE
        step, first = step + 1, 0
        while active[0] > 1 and (active[0] - 1) * at.LANES >= going:
            _leave_out(tiles, who, active)
    _put_back(tiles, who)
    return limit, 0


@inner()
def _play_all(tiles: Tiles, work: Work, who: Numbers, active: Numbers, b: Batch, ticks: int) -> int:
    """One decision step; how many fights go on, or STRANGE."""
    going = 0
    for k in range(1, active[0] + 1):
        lanes = who[active[k] * at.LANES : (active[k] + 1) * at.LANES]
        left = _play(tiles[active[k]], work, lanes, b, ticks)
        if left < 0:
            return STRANGE
        going += left
    return going


@inner()
def _play(t: Tile, work: Work, lanes: Numbers, b: Batch, ticks: int) -> int:
    """One decision step of a tile; how many of its fights go on, or STRANGE."""
    s, told, due = t["worlds"], work["told"], work["due"]
    before = _live(s, due)
    for lane in range(at.LANES):
        tactic = b.commands[min(lanes[lane], b.commands.shape[0] - 1)]
        told[lane] = tactic if before >> np.uint64(lane) & FIRST_LANE else at.KEEP
    obey(s, told, due)
    if before & ~marks(advance(t, work, ticks), ANY):
        return STRANGE
    tell(work["facts"], b.facts, lanes)
    left = before
    while left != NO_LANE:
        i, left = lowest(left), others(left)
        b.status[lanes[i]] = np.int8(s[at.STATUS + i])
    after = _live(s, due)
    left = before & ~after
    while left != NO_LANE:
        i, left = lowest(left), others(left)
        b.done[lanes[i]] = True
    return int(count(after))


@inner()
def _live(s: State, due: Due) -> Bits:
    """The lanes whose fight goes on."""
    for i in range(at.WIDTH):
        due[i] = mark(s[at.LIVE + i] > ZERO, YES)
    return marks(due, YES)


@inner()
def _leave_out(tiles: Tiles, who: Numbers, active: Numbers) -> None:
    """Play the emptiest tile no more; the others have lanes for all that go on in it."""
    least, place = at.LANES + 1, 1
    for k in range(1, active[0] + 1):
        going = _going(tiles[active[k]]["worlds"])
        if going < least:
            least, place = going, k
    left = active[place]
    active[place] = active[active[0]]
    active[0] -= 1
    k, hole = 1, 0
    for lane in range(at.LANES):
        if not _goes_on(tiles, left, lane):
            continue
        while _goes_on(tiles, active[k], hole):
            hole += 1
            if hole == at.LANES:
                k, hole = k + 1, 0
        _swap(tiles, who, left * at.LANES + lane, active[k] * at.LANES + hole)


@inner()
def _going(s: State) -> int:
    going = 0
    for i in range(at.WIDTH):
        going += int(s[at.LIVE + i] > ZERO)
    return going


@inner()
def _goes_on(tiles: Tiles, tile: int, lane: int) -> bool:
    return bool(tiles[tile]["worlds"][at.LIVE + np.uint64(lane)] > ZERO)


@inner()
def _put_back(tiles: Tiles, who: Numbers) -> None:
    for place in range(who.shape[0]):
        while who[place] != place:
            _swap(tiles, who, place, who[place])


@inner()
def _swap(tiles: Tiles, who: Numbers, one: int, other: int) -> None:
    """Exchange two lanes."""
    t, u = tiles[one // at.LANES], tiles[other // at.LANES]
    i, j = np.uint64(one % at.LANES), np.uint64(other % at.LANES)
    _swap_rows(t["worlds"], i, u["worlds"], j)
    _swap_rows(t["foes"], i, u["foes"], j)
    _swap_rows(t["shots"], i, u["shots"], j)
    _swap_rows(t["push"], i, u["push"], j)
    t["keys"][i], u["keys"][j] = u["keys"][j], t["keys"][i]
    for k in range(t["flying"].shape[0]):
        a, b = t["flying"][k] >> i & FIRST_LANE, u["flying"][k] >> j & FIRST_LANE
        t["flying"][k] ^= (a ^ b) << i
        u["flying"][k] ^= (a ^ b) << j
    who[one], who[other] = who[other], who[one]


@inner()
def _swap_rows(a: State, i: np.uint64, b: State, j: np.uint64) -> None:
    for row in range(a.shape[0] // at.WIDTH):
        first = np.uint64(row) * at.WIDTH
        a[first + i], b[first + j] = b[first + j], a[first + i]
