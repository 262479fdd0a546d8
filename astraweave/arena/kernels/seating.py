"""Worlds that begin while others are being played: which lane each gets, and how it gets there.

A tile has one clock. A fight that begins at another tick than 0 is the same fight with all its
times moved: nothing else in it knows the clock, but what is done every few ticks, see
`playing.ROUND`.
"""

import numpy as np
import numpy.typing as npt

from astraweave.arena.kernels import layout as at
from astraweave.arena.kernels.lanes import NO, ZERO, State, Tile, Tiles, inner
from astraweave.arena.kernels.playing import ROUND, clock
from astraweave.model.kernels.jit import njit

CLOSES_AT = 2**23
"""A tile whose clock is past this takes nobody, so that it empties and its clock can start anew:
float32 counts exactly up to 2²⁴, and no fight is that long.
"""

Flags = npt.NDArray[np.uint8]
Ints = npt.NDArray[np.int64]


@njit()
def seat(tiles: Tiles, taken: Flags, places: Ints, who: Ints, born: Ints, closes_at: int) -> int:
    """Give each of some worlds a lane, the foremost that is free and where it may begin now.

    Args:
        tiles: records of `layout.tile`.
        taken: uint8[tiles · LANES], 1 where a lane is somebody's; changed.
        places: int64[worlds], tile · LANES + lane, −1 for none yet; changed for those of `who`.
        who: int64[k], each once. Their lanes, if they have any, are free.
        born: int64[k], filled: the tick of the tile at which the fight begins.
        closes_at: `CLOSES_AT`.

    Returns:
        How many of `who` have a lane; where that is fewer than k, more tiles are needed.
    """
    tile, lane, now = -1, at.LANES, 0
    for k in range(who.shape[0]):
        while lane == at.LANES or taken[tile * at.LANES + lane] != NO:
            if lane < at.LANES:
                lane += 1
                continue
            tile += 1
            if tile == tiles.shape[0]:
                return k
            now = max(0, int(clock(tiles[tile]["worlds"])))
            lane = 0 if now % ROUND == 0 and now < closes_at else at.LANES
        places[who[k]], born[k] = tile * at.LANES + lane, now
        taken[places[who[k]]] = 1
    return who.shape[0]


@njit()
def leave(tiles: Tiles, taken: Flags, places: Ints, who: Ints) -> None:
    """Take some worlds off their lanes. Arguments as in `seat`."""
    for k in range(who.shape[0]):
        place = places[who[k]]
        if place >= 0:
            taken[place] = NO
            tiles[place // at.LANES]["worlds"][at.LIVE + np.uint64(place % at.LANES)] = ZERO
            places[who[k]] = -1


@njit()
def settle(tiles: Tiles, begun: Tiles, places: Ints, who: Ints, born: Ints) -> None:
    """Move fights that have just begun to their lanes.

    Args:
        tiles, places, who, born: as in `seat`.
        begun: records of `layout.tile`; world k of them, at tick 0, is for `who[k]`.
    """
    for k in range(who.shape[0]):
        place = places[who[k]]
        t, i = tiles[place // at.LANES], np.uint64(place % at.LANES)
        _copy(begun[k // at.LANES], np.uint64(k % at.LANES), t, i)
        t["keys"][i] = begun[k // at.LANES]["keys"][k % at.LANES]
        if born[k] > 0:
            _shift(t, i, np.float32(born[k]))


@inner()
def _copy(a: Tile, j: np.uint64, t: Tile, i: np.uint64) -> None:
    """All rows of a lane. What a tile notes of its shots holds for fights without any."""
    _copy_rows(a["worlds"], j, t["worlds"], i)
    _copy_rows(a["foes"], j, t["foes"], i)
    _copy_rows(a["shots"], j, t["shots"], i)
    _copy_rows(a["push"], j, t["push"], i)


@inner()
def _copy_rows(a: State, j: np.uint64, b: State, i: np.uint64) -> None:
    for row in range(b.shape[0] // at.WIDTH):
        b[np.uint64(row) * at.WIDTH + i] = a[np.uint64(row) * at.WIDTH + j]


@inner()
def _shift(t: Tile, i: np.uint64, born: np.float32) -> None:
    s, e = t["worlds"], t["foes"]
    s[at.BORN + i] = born
    for time in at.TIMES:
        s[time + i] += born
    for me in (at.P, at.C):
        for time in at.FRIEND_TIMES:
            s[me + time + i] += born
    for enemy in range(e.shape[0] // at.FOE):
        for time in at.FOE_TIMES:
            e[np.uint64(enemy) * at.FOE + time + i] += born
