"""The naive arena, third part: what flies, and what the companion senses.

See `bench.naive_arena`.
"""

from typing import Any

import numpy as np

from astraweave.arena.kernels import balance as num
from astraweave.arena.kernels import layout as at
from bench.naive_blows import (
    COMPANION,
    HALF,
    HUNDRED,
    ONE,
    PLAYER,
    ZERO,
    F,
    Rows,
    apart,
    companion_hits,
    enemy_hits,
    naive,
    player_harmed,
    player_hits,
    ro,
    square,
)
from bench.naive_tactics import clear

FAR = F(40)


@naive
def meets(shot: Rows, body: Rows) -> tuple[Any, Any]:
    """When in this tick a shot was nearest to a body, and how near, squared."""
    vx, vy = shot[ro.SHOT_VX], shot[ro.SHOT_VY]
    dx, dy = body[ro.X] - shot[ro.SHOT_X], body[ro.Y] - shot[ro.SHOT_Y]
    when = max(min((dx * vx + dy * vy) * shot[ro.STRETCH], shot[ro.LEFT], ZERO), -ONE)
    dx, dy = dx - when * vx, dy - when * vy
    return when, dx * dx + dy * dy if body[ro.HP] > ZERO else F(1600)


@naive
def fly(w: Rows, friends: Rows, foes: Rows, shots: Rows) -> None:
    for k in range(len(shots)):
        shot, who = shots[k], int(shots[k, ro.SHOOTER])
        if shot[ro.LEFT] <= ZERO:
            continue
        shot[ro.SHOT_X] += shot[ro.SHOT_VX]
        shot[ro.SHOT_Y] += shot[ro.SHOT_VY]
        shot[ro.LEFT] -= ONE
        if shot[ro.LEFT] <= -ONE:
            continue
        found, soonest = -1, FAR
        for slot in range(len(foes) + 2):
            if (who >= 2 and slot >= 2) or (who < 2 and slot == COMPANION):
                continue
            if who < 2 and slot == PLAYER and shot[ro.SPARES] != ZERO:
                continue
            when, near = meets(shot, friends[slot] if slot < 2 else foes[slot - 2])
            if near < num.SHOT_RADIUS * num.SHOT_RADIUS and when < soonest:
                found, soonest = slot, when
        if found < 0:
            continue
        shot[ro.LEFT] = -ONE
        damage = shot[ro.SHOT_DAMAGE]
        if who >= 2:
            enemy_hits(w, friends, foes[who - 2], found, damage)
        elif found == PLAYER:
            player_harmed(w, friends, damage)
        elif who == PLAYER:
            player_hits(w, friends, foes[found - 2], damage, at.BY_SHOT)
        else:
            foe = foes[found - 2]
            if w[ro.TACTIC] == F(at.COVERING_FIRE) and foe[ro.CHASING] > ZERO:
                damage *= ONE + num.VOLLEY_BONUS
            companion_hits(w, foe, damage)


@naive
def facts_of(w: Rows, friends: Rows, foes: Rows, out: Any) -> None:
    """What the companion senses, in the order of `arena.declared.FACTS`."""
    p, c, now, left = friends[PLAYER], friends[COMPANION], w[ro.TICK], ZERO
    out[8], out[12], out[13] = 0.0, 0.0, 0.0
    for foe in foes:
        if foe[ro.HP] > ZERO:
            left += foe[ro.HP]
            out[8] += 1.0
            out[12] += 1.0 if foe[ro.TO_PLAYER_SQ] <= square(num.CLOSE) else 0.0
            out[13] += foe[ro.CHASING]
    out[0], out[1] = max(ZERO, p[ro.HP]) / p[ro.MAX_HP], c[ro.HP] / c[ro.MAX_HP]
    out[2] = w[ro.THREAT] * (HALF + HALF * (left / w[ro.ENEMY_HEALTH]))
    out[3] = 1.0 if w[ro.NEAR_P_SQ] <= square(num.ATTACK_RANGE) else 0.0
    out[4], out[5], out[6], out[7] = p[ro.X], p[ro.Y], c[ro.X], c[ro.Y]
    out[9], out[10], out[11] = np.sqrt(w[ro.NEAR_C_SQ]), np.sqrt(w[ro.NEAR_P_SQ]), apart(p, c)
    out[14] = 1.0 if p[ro.HURT] > now else 0.0
    seen = w[ro.NEAR_C] >= ZERO and clear(w, friends, w[ro.NEAR_C_X], w[ro.NEAR_C_Y])
    out[15] = 1.0 if seen else 0.0
    x, y = c[ro.X], c[ro.Y]
    out[16] = max(ZERO, min(x, num.FIELD_W - x, y, num.FIELD_H - y))
    out[17], out[18] = c[ro.STAMINA] / HUNDRED, c[ro.MANA] / HUNDRED
    out[19], out[20] = p[ro.MANA] / HUNDRED, 1.0 if c[ro.HEAL_AT] <= now else 0.0
