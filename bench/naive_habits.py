"""Who is where, who comes back, and the players who do not play along, told naively."""

from typing import Any

import numpy as np

from astraweave.arena.kernels import balance as num
from astraweave.arena.kernels import layout as at
from bench.naive_blows import (
    COMPANION,
    HALF,
    ONE,
    PLAYER,
    ZERO,
    F,
    Rows,
    apart_sq,
    draw,
    naive,
    ro,
    square,
)

FAR_AWAY = F(40 * 40)


@naive
def wall_at(w: Rows, x: Any, y: Any) -> int:
    for k in range(at.WALL_COUNT):
        dx, dy = abs(x - w[ro.WALL_1_X + 2 * k]), abs(y - w[ro.WALL_1_Y + 2 * k])
        if dx < w[ro.WALL_TOUCH] and dy < w[ro.WALL_TOUCH]:
            return k
    return -1


@naive
def survey(w: Rows, friends: Rows, foes: Rows) -> None:
    w[ro.NEAR_P], w[ro.NEAR_C], w[ro.NEAR_P_SQ], w[ro.NEAR_C_SQ] = -ONE, -ONE, FAR_AWAY, FAR_AWAY
    w[ro.FAR_SQ], w[ro.PIN_1_SQ], w[ro.PIN_2_SQ] = FAR_AWAY, FAR_AWAY, FAR_AWAY
    for k in range(len(foes)):
        foe = foes[k]
        stands = foe[ro.HP] > ZERO
        foe[ro.TO_PLAYER_SQ] = apart_sq(friends[PLAYER], foe) if stands else FAR_AWAY
        foe[ro.TO_COMPANION_SQ] = apart_sq(friends[COMPANION], foe) if stands else FAR_AWAY
        if foe[ro.TO_PLAYER_SQ] < w[ro.NEAR_P_SQ]:
            w[ro.NEAR_P_SQ], w[ro.NEAR_P] = foe[ro.TO_PLAYER_SQ], F(k + 2)
            w[ro.NEAR_P_X], w[ro.NEAR_P_Y] = foe[ro.X], foe[ro.Y]
        if foe[ro.TO_COMPANION_SQ] < w[ro.NEAR_C_SQ]:
            w[ro.NEAR_C_SQ], w[ro.NEAR_C] = foe[ro.TO_COMPANION_SQ], F(k + 2)
            w[ro.NEAR_C_X], w[ro.NEAR_C_Y] = foe[ro.X], foe[ro.Y]
        if foe[ro.TO_PLAYER_SQ] > square(num.CLOSE) and foe[ro.TO_COMPANION_SQ] < w[ro.FAR_SQ]:
            w[ro.FAR_SQ], w[ro.FAR_X], w[ro.FAR_Y] = foe[ro.TO_COMPANION_SQ], foe[ro.X], foe[ro.Y]
        if foe[ro.TO_PLAYER_SQ] > square(num.CLOSE) and foe[ro.TO_COMPANION_SQ] < square(
            num.VOLLEY_REACH
        ):
            if foe[ro.TO_PLAYER_SQ] < w[ro.PIN_1_SQ]:
                w[ro.PIN_2_SQ], w[ro.PIN_1_SQ] = w[ro.PIN_1_SQ], foe[ro.TO_PLAYER_SQ]
            elif foe[ro.TO_PLAYER_SQ] < w[ro.PIN_2_SQ]:
                w[ro.PIN_2_SQ] = foe[ro.TO_PLAYER_SQ]


@naive
def speed_of(w: Rows, p: Rows) -> Any:
    factor, now = ONE, w[ro.TICK]
    if p[ro.RUSH] > now:
        factor = num.EVADE_FACTOR if p[ro.LAST_ACTION] == F(at.EVADE) else num.RUSH_FACTOR
    if p[ro.BLOCKING] > now:
        factor = factor * num.BLOCKED_FACTOR
    return num.PLAYER_SPEED * factor


@naive
def stray(w: Rows, p: Rows, c: Rows, seed: int) -> tuple[Any, Any]:
    """A step of one who gets in the way: into the companion's line, or far away from her."""
    whim = F(int(w[ro.TICK]) // 120 * 120)
    if draw(seed, whim, at.DRAW_WHIM) < F(0.65):
        x, y = c[ro.X], c[ro.Y]
        if w[ro.NEAR_C_SQ] < FAR_AWAY:
            x, y = x + HALF * (w[ro.NEAR_C_X] - x), y + HALF * (w[ro.NEAR_C_Y] - y)
    else:
        x = F(1.5) if c[ro.X] > F(12) else F(22.5)
        y = F(1.5) if c[ro.Y] > F(8) else F(14.5)
    dx, dy = x - p[ro.X], y - p[ro.Y]
    length = np.sqrt(dx * dx + dy * dy)
    scale = min(speed_of(w, p), length) / max(length, F(0.01))
    return dx * scale, dy * scale


@naive
def change(w: Rows) -> None:
    """The other style, trait by trait."""
    for trait in range(at.STYLE):
        mine = w[ro.MELEE + trait]
        w[ro.MELEE + trait] = w[ro.OTHER + trait]
        w[ro.OTHER + trait] = mine


@naive
def gate(w: Rows, p: Rows, first: int) -> tuple[Any, Any]:
    """East, north, south, west: four gates each; the first that is free and not near the player."""
    x, y = ONE, ONE
    for step in range(16):
        number = (first + 5 * step) % 16
        share = (F(number % 4) + HALF) * F(0.25)
        x, y = ONE + F(22) * share, ONE + F(14) * share
        if number < 4:
            x = F(23)
        elif number < 8:
            y = ONE
        elif number < 12:
            y = F(15)
        else:
            x = ONE
        dx, dy = x - p[ro.X], y - p[ro.Y]
        if wall_at(w, x, y) < 0 and dx * dx + dy * dy > F(25):
            return x, y
    return x, y


@naive
def arrive(w: Rows, friends: Rows, foes: Rows, seed: int) -> None:
    """Who has fallen and has lives left comes back."""
    now = w[ro.TICK]
    for k in range(len(foes)):
        foe = foes[k]
        if foe[ro.HP] > ZERO or foe[ro.LIVES] == ZERO:
            continue
        foe[ro.LIVES] -= ONE
        w[ro.RESERVES] -= ONE
        first = int(draw(seed, now, 322 + k) * F(16))
        foe[ro.X], foe[ro.Y] = gate(w, friends[PLAYER], first)
        foe[ro.HP] = foe[ro.MAX_HP]
        foe[ro.STEP_X], foe[ro.STEP_Y], foe[ro.HUNTS] = ZERO, ZERO, ZERO
        foe[ro.CHASING] = ZERO
        foe[ro.ANGER], foe[ro.TAUNTED], foe[ro.PINNED], foe[ro.HEXED] = now, now, now, now
        foe[ro.WAIT] = now + F(10) + F(int(draw(seed, now, 342 + k) * F(30)))
    survey(w, friends, foes)
