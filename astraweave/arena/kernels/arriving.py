"""Reinforcements: who has fallen comes back at the edge, in waves. Sparse, but for the marks."""

import numpy as np

from astraweave.arena.kernels import balance as num
from astraweave.arena.kernels import layout as at
from astraweave.arena.kernels.chance import draw
from astraweave.arena.kernels.lanes import (
    ONE,
    YES,
    ZERO,
    Due,
    State,
    foe,
    inner,
    least,
    mark,
    most,
    pick,
)
from astraweave.arena.kernels.moving import wall_at
from astraweave.arena.kernels.surveying import survey_lane

GATE_STREAM, LATE_STREAM = 320, 340
GATES, STRIDE_OF_GATES, ON_A_SIDE = 16, 5, 4
QUARTER, MIDDLE = np.float32(0.25), np.float32(0.5)
WIDE, HIGH = np.float32(num.FIELD_W - ONE - ONE), np.float32(num.FIELD_H - ONE - ONE)
READY_AFTER, READY_WITHIN = np.float32(10), np.float32(30)
ROOM = np.float32(25)
"""Metres from the player where nobody comes in, squared."""


@inner()
def due_at(s: State, now: np.float32, due: Due) -> None:
    """Mark the lanes whose fallen come back at this tick. Wide."""
    for i in range(at.WIDTH):
        every = s[at.WAVE_EVERY + i]
        age = now - s[at.BORN + i]
        turn = age - np.floor(age / most(every, ONE)) * every
        turn = pick(least(every, age) > ZERO, turn, ONE)
        comes = pick(s[at.RESERVES + i] > ZERO, s[at.LIVE + i], ZERO)
        due[i] = mark(pick(turn == ZERO, comes, ZERO) > ZERO, YES)


@inner()
def arrive(s: State, e: State, i: np.uint64, m: int) -> None:
    """Everybody who has fallen and is not spent stands up anew, at a gate in the field's edge."""
    for slot in range(at.FIRST_ENEMY, at.FIRST_ENEMY + e.shape[0] // at.FOE):
        me = foe(slot)
        if e[me + at.HP + i] > ZERO or e[me + at.LIVES + i] <= ZERO:
            continue
        e[me + at.LIVES + i] -= ONE
        s[at.RESERVES + i] -= ONE
        e[me + at.X + i], e[me + at.Y + i] = _gate(s, i, int(draw(m, GATE_STREAM + slot) * GATES))
        e[me + at.HP + i] = e[me + at.MAX_HP + i]
        e[me + at.STEP_X + i] = e[me + at.STEP_Y + i] = ZERO
        e[me + at.HUNTS + i] = e[me + at.CHASING + i] = ZERO
        now = s[at.TICK + i]
        e[me + at.ANGER + i] = e[me + at.TAUNTED + i] = now
        e[me + at.PINNED + i] = e[me + at.HEXED + i] = now
        late = np.float32(int(READY_WITHIN * draw(m, LATE_STREAM + slot)))
        e[me + at.WAIT + i] = now + READY_AFTER + late
    survey_lane(s, e, i)


@inner()
def _gate(s: State, i: np.uint64, first: int) -> tuple[np.float32, np.float32]:
    """The first of sixteen gates round the field with no wall before it and no player near."""
    x, y = ONE, ONE
    for step in range(GATES):
        number = (first + step * STRIDE_OF_GATES) % GATES
        along = (np.float32(number % ON_A_SIDE) + MIDDLE) * QUARTER
        side = number // ON_A_SIDE
        x, y = ONE + WIDE * along, ONE + HIGH * along
        if side == 0:
            x = np.float32(num.FIELD_W - ONE)
        elif side == 1:
            y = ONE
        elif side == 2:
            y = np.float32(num.FIELD_H - ONE)
        else:
            x = ONE
        dx, dy = x - s[at.P + at.X + i], y - s[at.P + at.Y + i]
        if wall_at(s, i, x, y) < 0 and dx * dx + dy * dy > ROOM:
            break
    return x, y


@inner()
def nothing_left(s: State, i: np.uint64) -> bool:
    """Whether a fight that stopped is over: lost, out of time, or nobody comes any more."""
    lost = s[at.P + at.HP + i] <= ZERO or s[at.TICK + i] >= s[at.LIMIT + i]
    return bool(lost or s[at.RESERVES + i] <= ZERO)
