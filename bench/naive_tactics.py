"""The naive arena, second part: the companion's thirteen tactics.

See `bench.naive_arena`.
"""

from typing import Any

import numpy as np

from astraweave.arena.kernels import balance as num
from astraweave.arena.kernels import layout as at
from bench.naive_blows import (
    COMPANION,
    NEVER,
    ONE,
    PLAYER,
    ZERO,
    F,
    Rows,
    apart,
    companion_hits,
    naive,
    note,
    ro,
    shoot,
    spend,
    square,
)

IDLE, RUNNING, SUCCESS, FAILURE = F(0), F(1), F(2), F(3)
FREE_OF_COST = (at.DEFENSIVE_STANCE, at.COVER_PLAYER, at.WAIT_FOR_PLAYER, at.CLOSE_SUPPORT)


@naive
def clear(w: Rows, friends: Rows, x: Any, y: Any) -> bool:
    """Whether the player is well out of the line from the companion to (x, y)."""
    p, c = friends[PLAYER], friends[COMPANION]
    dx, dy = x - c[ro.X], y - c[ro.Y]
    length = max(np.sqrt(dx * dx + dy * dy), F(0.01))
    dx, dy = dx / length, dy / length
    px, py = p[ro.X] - c[ro.X], p[ro.Y] - c[ro.Y]
    along, aside = px * dx + py * dy, abs(px * dy - py * dx)
    if along < F(-1.2) or along > length + F(3.0):
        return True
    return bool(aside > F(1.6) + F(0.1) * max(ZERO, along))


@naive
def cost_of(tactic: int) -> tuple[Any, Any]:
    """Stamina and mana."""
    if tactic in FREE_OF_COST:
        return ZERO, ZERO
    if tactic == at.HEAL_PLAYER:
        return ZERO, num.MEND_MANA
    if tactic == at.BUFF_PLAYER:
        return ZERO, num.BUFF_MANA
    if tactic == at.DEBUFF_ENEMY:
        return ZERO, num.HEX_MANA
    if tactic == at.AGGRESSIVE_ATTACK:
        return num.SWING_STAMINA, ZERO
    if tactic == at.FLANK_ENEMY:
        return num.FLANK_STAMINA, ZERO
    if tactic == at.DRAW_AGGRO:
        return num.TAUNT_STAMINA, ZERO
    if tactic == at.MELEE_COMBO:
        return num.COMBO_STAMINA, ZERO
    return (num.VOLLEY_STAMINA if tactic == at.COVERING_FIRE else num.PIN_STAMINA), ZERO


@naive
def within(w: Rows, friends: Rows, tactic: int) -> bool:
    """Whether whom a tactic is for is in its reach."""
    near_sq, both = w[ro.NEAR_C_SQ], apart(friends[PLAYER], friends[COMPANION])
    if tactic == at.HEAL_PLAYER:
        return bool(friends[COMPANION, ro.HEAL_AT] <= w[ro.TICK] and both <= num.MEND_REACH)
    if tactic == at.BUFF_PLAYER:
        return bool(both <= num.BUFF_REACH)
    if tactic == at.COVERING_FIRE:
        return bool(near_sq <= square(num.VOLLEY_REACH))
    if tactic in (at.SUPPRESS_ENEMY, at.DRAW_AGGRO):
        return bool(w[ro.FAR_SQ] < square(num.TAUNT_REACH))
    return bool(tactic != at.DEBUFF_ENEMY or near_sq <= square(num.HEX_REACH))


@naive
def command(w: Rows, friends: Rows, tactic: int) -> None:
    w[ro.EFFECT] = F(np.nan)
    if tactic >= 0 and F(tactic) == w[ro.TACTIC]:
        return
    c, now = friends[COMPANION], w[ro.TICK]
    w[ro.TACTIC], w[ro.STARTED], w[ro.ENDS] = F(tactic), now, now + num.TACTIC_TICKS - ONE
    w[ro.ACTED], w[ro.TURN], w[ro.VALUE], w[ro.AIM], w[ro.STATUS] = ZERO, ZERO, ZERO, -ONE, IDLE
    if tactic < 0:
        return
    w[ro.STATUS] = RUNNING
    w[ro.CAREFUL] = ONE if clear(w, friends, w[ro.NEAR_C_X], w[ro.NEAR_C_Y]) else ZERO
    stamina, mana = cost_of(tactic)
    if c[ro.STAMINA] < stamina or c[ro.MANA] < mana:
        note(w, at.OVERSPENT)
        finish(w, FAILURE)
        return
    spend(w, c, ro.STAMINA, stamina)
    spend(w, c, ro.MANA, mana)
    if c[ro.HP] > ZERO and w[ro.NEAR_C] >= ZERO:
        w[ro.AIM] = w[ro.NEAR_C]
        if not within(w, friends, tactic):
            finish(w, FAILURE)
            return
    w[ro.ACTED] = ONE
    plan(w, c, tactic)


@naive
def plan(w: Rows, c: Rows, tactic: int) -> None:
    """Where it goes meanwhile, and when it has something to do."""
    now = w[ro.TICK]
    w[ro.GO], w[ro.STOP], w[ro.GAIT] = F(at.TO_PLAYER_SIDE), ONE, num.COMPANION_SPEED
    w[ro.DUE_AT], w[ro.WATCH], w[ro.WITHIN] = NEVER, ZERO, square(F(40))
    if tactic == at.AGGRESSIVE_ATTACK:
        w[ro.GO], w[ro.GAIT] = F(at.TO_NEAR), num.CHARGE_SPEED
        w[ro.DUE_AT], w[ro.WITHIN] = c[ro.WAIT], square(num.SWING_REACH)
    if tactic == at.FLANK_ENEMY:
        w[ro.STOP], w[ro.GAIT] = ZERO, num.FLANK_SPEED
    if tactic in (at.FLANK_ENEMY, at.COVERING_FIRE, at.SUPPRESS_ENEMY):
        w[ro.GO], w[ro.DUE_AT] = F(at.NOWHERE), now
    if tactic == at.DRAW_AGGRO:
        w[ro.GO], w[ro.STOP] = F(at.TO_FAR), F(1.2)
    if tactic in (at.BUFF_PLAYER, at.DEBUFF_ENEMY):
        w[ro.STOP] = F(3.0)
    if tactic in (at.CLOSE_SUPPORT, at.MELEE_COMBO):
        w[ro.DUE_AT], w[ro.WATCH], w[ro.WITHIN] = c[ro.WAIT], ONE, square(num.CLOSE)
    if tactic in (at.WAIT_FOR_PLAYER, at.HEAL_PLAYER):
        w[ro.STOP] = F(2.0)
    if tactic == at.HEAL_PLAYER:
        w[ro.DUE_AT] = now + num.MEND_AT


@naive
def finish(w: Rows, status: Any) -> None:
    w[ro.STATUS], w[ro.TACTIC], w[ro.ACTED] = status, -ONE, ZERO
    worth = min(ONE, max(ZERO, w[ro.VALUE] / num.FULL_EFFECT))
    w[ro.EFFECT] = ZERO if status == FAILURE else worth


@naive
def blow(w: Rows, c: Rows, foe: Rows, damage: Any, reach: Any) -> bool:
    if foe[ro.HP] <= ZERO or foe[ro.TO_COMPANION_SQ] > square(reach):
        return False
    companion_hits(
        w, foe, damage * num.HELD_BACK if foe[ro.TO_PLAYER_SQ] <= square(num.CLOSE) else damage
    )
    c[ro.SWUNG] = w[ro.TICK]
    return True


@naive
def aim_behind(w: Rows, friends: Rows, foe: Rows) -> None:
    p, c = friends[PLAYER], friends[COMPANION]
    w[ro.DUE_AT] = NEVER
    if foe[ro.HP] <= ZERO:
        return
    away = F(1.1) / max(np.sqrt(foe[ro.TO_PLAYER_SQ]), F(0.5))
    dx = foe[ro.X] + (foe[ro.X] - p[ro.X]) * away - c[ro.X]
    dy = foe[ro.Y] + (foe[ro.Y] - p[ro.Y]) * away - c[ro.Y]
    scale = min(ONE, num.FLANK_DASH / max(np.sqrt(dx * dx + dy * dy), F(0.01)))
    w[ro.GOAL_X], w[ro.GOAL_Y] = c[ro.X] + dx * scale, c[ro.Y] + dy * scale
    w[ro.GO] = F(at.TO_GOAL)


@naive
def stab(w: Rows, c: Rows, foe: Rows) -> bool:
    """At the goal of a dash; whether it failed."""
    w[ro.GO] = F(at.NOWHERE)
    return bool(foe[ro.HP] > ZERO and not blow(w, c, foe, num.FLANK_DAMAGE, num.FLANK_REACH))


@naive
def volley(w: Rows, friends: Rows, foe: Rows, shots: Rows, count: Any, damage: Any) -> None:
    age = w[ro.TICK] - w[ro.STARTED]
    more = age + num.VOLLEY_PERIOD < count * num.VOLLEY_PERIOD
    w[ro.DUE_AT] = w[ro.TICK] + num.VOLLEY_PERIOD if more else NEVER
    held = w[ro.CAREFUL] == ONE and not clear(w, friends, foe[ro.X], foe[ro.Y])
    if not held and foe[ro.HP] > ZERO:
        shoot(w, shots, COMPANION, friends[COMPANION], foe, damage, num.VOLLEY_SPEED)


@naive
def carry_on(w: Rows, friends: Rows, foes: Rows, shots: Rows) -> None:
    """What the running tactic does when it is due."""
    p, c, now, tactic = friends[PLAYER], friends[COMPANION], w[ro.TICK], int(w[ro.TACTIC])
    aim, near_c = foes[int(w[ro.AIM]) - at.FIRST_ENEMY], foes[int(w[ro.NEAR_C]) - at.FIRST_ENEMY]
    near_p = foes[int(w[ro.NEAR_P]) - at.FIRST_ENEMY]
    if tactic == at.FLANK_ENEMY:
        aim_behind(w, friends, aim)
    if tactic == at.COVERING_FIRE:
        volley(w, friends, aim, shots, num.VOLLEY_SHOTS, num.VOLLEY_DAMAGE)
    if tactic == at.SUPPRESS_ENEMY:
        volley(w, friends, aim, shots, num.PIN_SHOTS, num.PIN_DAMAGE)
    if tactic == at.AGGRESSIVE_ATTACK:
        damage = num.SWING_DAMAGE
        if w[ro.TURN] == ZERO:
            damage += damage * (now - w[ro.STARTED]) / num.SWING_PERIOD
        if blow(w, c, near_c, damage, num.SWING_REACH):
            c[ro.WAIT] = w[ro.DUE_AT] = now + num.SWING_PERIOD
            w[ro.TURN] = ONE
    if tactic in (at.CLOSE_SUPPORT, at.MELEE_COMBO):
        held = num.HELD_BACK if tactic == at.MELEE_COMBO else ONE
        if w[ro.NEAR_P_SQ] <= square(num.CLOSE) and near_p[ro.TO_COMPANION_SQ] <= square(
            num.COMBO_REACH
        ):
            companion_hits(w, near_p, num.JAB_DAMAGE * held)
            c[ro.WAIT] = w[ro.DUE_AT] = now + num.JAB_PERIOD
            c[ro.SWUNG] = now
    if tactic == at.HEAL_PLAYER:
        w[ro.DUE_AT] = NEVER
        if apart(p, c) <= num.MEND_REACH:
            c[ro.HEAL_AT] = now + num.MEND_WAIT
            missing = p[ro.MAX_HP] - p[ro.HP]
            given = min(missing, num.MEND_AMOUNT + num.MEND_SHARE * missing)
            p[ro.HP] += given
            w[ro.VALUE] += given


@naive
def companion_acts(w: Rows, friends: Rows, foes: Rows, shots: Rows) -> None:
    """Rise, do what is due, end what is over."""
    c, now, failed = friends[COMPANION], w[ro.TICK], False
    if c[ro.HP] <= ZERO:
        if c[ro.DOWN] <= now:
            c[ro.HP] = num.RISEN_SHARE * c[ro.MAX_HP]
            if w[ro.TACTIC] >= ZERO:
                finish(w, FAILURE)
        return
    if w[ro.TACTIC] < ZERO:
        return
    dx, dy = w[ro.GOAL_X] - c[ro.X], w[ro.GOAL_Y] - c[ro.Y]
    if not (ZERO <= c[ro.X] <= num.FIELD_W and ZERO <= c[ro.Y] <= num.FIELD_H):
        note(w, at.LEFT_FIELD)
        c[ro.X] = min(num.FIELD_W - num.BODY_RADIUS, max(num.BODY_RADIUS, c[ro.X]))
        c[ro.Y] = min(num.FIELD_H - num.BODY_RADIUS, max(num.BODY_RADIUS, c[ro.Y]))
        failed = True
    elif w[ro.DUE_AT] <= now:
        carry_on(w, friends, foes, shots)
    elif w[ro.GO] == F(at.TO_GOAL) and dx * dx + dy * dy <= F(1e-4):
        failed = stab(w, c, foes[int(w[ro.AIM]) - at.FIRST_ENEMY])
    if failed:
        finish(w, FAILURE)
    elif w[ro.ENDS] <= now:
        finish(w, SUCCESS)
