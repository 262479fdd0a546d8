"""Players who do not play along: one stands still, one gets in the way, one changes his style.

A bot with WALK above 0 is led by `stray` as a person is by his hands. All sparse but `due_at`.
"""

import numpy as np

from astraweave.arena.kernels import balance as num
from astraweave.arena.kernels import layout as at
from astraweave.arena.kernels.chance import draw
from astraweave.arena.kernels.lanes import (
    FAR_AWAY,
    HALF,
    ONE,
    YES,
    ZERO,
    Due,
    State,
    inner,
    least,
    mark,
    most,
    pick,
)
from astraweave.arena.kernels.player import gait

STANDS = np.float32(1)
WHIM_TICKS = 120
IN_THE_WAY = np.float32(0.65)
"""Share of his whims that lead the one who strays into the companion's line; else he runs."""
CORNER = np.float32(1.5)
MIDDLE_X, MIDDLE_Y = np.float32(num.FIELD_W * HALF), np.float32(num.FIELD_H * HALF)
SHORT = np.float32(0.01)


@inner()
def stray(s: State, i: np.uint64, now: np.float32, m: int) -> None:
    """Step of a bot that does not keep his distance; `m` is the moment of his whim."""
    p, c = at.P, at.C
    s[p + at.STEP_X + i], s[p + at.STEP_Y + i] = ZERO, ZERO
    if s[at.WALK + i] == STANDS:
        return
    cx, cy = s[c + at.X + i], s[c + at.Y + i]
    if draw(m, at.DRAW_WHIM) < IN_THE_WAY:
        # Half way between her and whom she would shoot; to herself where there is nobody.
        share = HALF if s[at.NEAR_C_SQ + i] < FAR_AWAY else ZERO
        x, y = cx + share * (s[at.NEAR_C_X + i] - cx), cy + share * (s[at.NEAR_C_Y + i] - cy)
    else:
        x = CORNER if cx > MIDDLE_X else num.FIELD_W - CORNER
        y = CORNER if cy > MIDDLE_Y else num.FIELD_H - CORNER
    dx, dy = x - s[p + at.X + i], y - s[p + at.Y + i]
    length = np.sqrt(dx * dx + dy * dy)
    scale = least(num.PLAYER_SPEED * gait(s, i, now), length) / most(length, SHORT)
    s[p + at.STEP_X + i], s[p + at.STEP_Y + i] = dx * scale, dy * scale


@inner()
def due_at(s: State, now: np.float32, due: Due) -> None:
    """Mark the lanes whose player changes his style at this tick. Wide."""
    for i in range(at.WIDTH):
        every = s[at.SWITCH_EVERY + i]
        age = now - s[at.BORN + i]
        turn = age - np.floor(age / most(every, ONE)) * every
        turn = pick(least(every, age) > ZERO, turn, ONE)
        due[i] = mark(pick(turn == ZERO, s[at.LIVE + i], ZERO) > ZERO, YES)


@inner()
def change(s: State, i: np.uint64) -> None:
    """Take the other style; the one before is the other now."""
    for trait in range(at.STYLE):
        row = np.uint64(trait) * at.WIDTH + i
        s[at.MELEE + row], s[at.OTHER + row] = s[at.OTHER + row], s[at.MELEE + row]
