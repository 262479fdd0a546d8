"""Where the player walks: a bot keeps its preferred range, a person goes where he wants. Wide."""

import numpy as np

from astraweave.arena.kernels import balance as num
from astraweave.arena.kernels import layout as at
from astraweave.arena.kernels.lanes import (
    ONE,
    STAYS,
    ZERO,
    Due,
    State,
    inner,
    mark,
    most,
    pick,
)
from astraweave.arena.kernels.moving import stride

ADVANCES, RETREATS, EVADES = (np.float32(code) for code in (at.ADVANCE, at.RETREAT, at.EVADE))
HURT_RANGE, CLOSE_UP, SLACK, CIRCLES = (np.float32(n) for n in (7.0, 1.2, 0.3, 2.0))
SIDESTEP, BENT, EDGE, INWARDS = (np.float32(n) for n in (0.6, 0.45, 3.0, 0.5))
NEAREST, SHORT = np.float32(0.05), np.float32(0.01)
RIGHT, BOTTOM = np.float32(num.FIELD_W - EDGE), np.float32(num.FIELD_H - EDGE)


@inner()
def roam(s: State, now: np.float32, due: Due) -> None:
    """A bot keeps its preferred range, farther when hurt, and circles; a person goes by STEP.

    Marks the lanes where a wall is near.
    """
    p = at.P
    for i in range(at.WIDTH):
        x, y = s[p + at.X + i], s[p + at.Y + i]
        distance = most(np.sqrt(s[at.NEAR_P_SQ + i]), NEAREST)
        inverse = ONE / distance
        ex, ey = (s[at.NEAR_P_X + i] - x) * inverse, (s[at.NEAR_P_Y + i] - y) * inverse
        last, side = s[p + at.LAST_ACTION + i], s[at.SIDE + i]
        rushes = s[p + at.RUSH + i] > now

        wish = s[at.PREFERRED_RANGE + i]
        hurt = s[p + at.HP + i] < s[at.ENGAGE_AT + i] * s[p + at.MAX_HP + i]
        wish = pick(hurt, most(wish, HURT_RANGE), wish)
        wish = pick(rushes & (last == RETREATS), most(wish, distance + ONE), wish)
        wish = pick(rushes & (last == ADVANCES), CLOSE_UP, wish)

        factor = pick(last == EVADES, num.EVADE_FACTOR, num.RUSH_FACTOR)
        factor = pick(rushes, factor, ONE)
        factor = pick(s[p + at.BLOCKING + i] > now, factor * num.BLOCKED_FACTOR, factor)
        speed = num.PLAYER_SPEED * factor * s[at.LIVE + i]

        # Away, bent aside and inwards where the edge is near.
        bent = side * BENT
        bx, by = ey * bent - ex, -ex * bent - ey
        bx += most(ZERO, EDGE - x) * INWARDS - most(ZERO, x - RIGHT) * INWARDS
        by += most(ZERO, EDGE - y) * INWARDS - most(ZERO, y - BOTTOM) * INWARDS
        back = speed * num.BACKWARD_FACTOR / most(np.sqrt(bx * bx + by * by), SHORT)

        # At range: circle, if there is room for it.
        aside = speed * SIDESTEP * side
        aside = pick(rushes | (wish > CIRCLES), aside, ZERO)
        dx, dy = -ey * aside, ex * aside
        dx = pick(distance < wish - SLACK, bx * back, dx)
        dy = pick(distance < wish - SLACK, by * back, dy)
        dx = pick(distance > wish + SLACK, ex * speed, dx)
        dy = pick(distance > wish + SLACK, ey * speed, dy)
        dx = pick(s[at.HUMAN + i] > ZERO, s[p + at.STEP_X + i], dx)
        dy = pick(s[at.HUMAN + i] > ZERO, s[p + at.STEP_Y + i], dy)
        s[p + at.STEP_X + i], s[p + at.STEP_Y + i] = dx, dy
        x, y, stays = stride(s, i, x, y, dx, dy)
        s[p + at.X + i], s[p + at.Y + i] = x, y
        due[i] = mark(stays, STAYS)
