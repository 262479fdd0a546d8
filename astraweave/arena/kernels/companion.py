"""The companion's thirteen tactics: start, carry on, end.

A tactic ends after TACTIC_TICKS with SUCCESS, or earlier; FAILURE only where it could not be
carried out. What it spends, it spends at its start; commanding it without the means is
*overspending* and fails. Its effectiveness is what `wounds` summed, over FULL_EFFECT.
"""

import numpy as np

from astraweave.arena.kernels import balance as num
from astraweave.arena.kernels import layout as at
from astraweave.arena.kernels import tactics
from astraweave.arena.kernels.flying import Flights
from astraweave.arena.kernels.lanes import (
    ACTS,
    ONE,
    STAYS,
    ZERO,
    Due,
    State,
    inner,
    least,
    mark,
    most,
    pick,
    square,
)
from astraweave.arena.kernels.moving import HIGH_X, HIGH_Y, LOW, between, line_clear, stride
from astraweave.arena.kernels.player import HUNDRED, spend
from astraweave.arena.kernels.wounds import note

IDLE, RUNNING, SUCCESS, FAILURE = 0, 1, 2, 3
WAITS = np.float32(at.WAIT_FOR_PLAYER)
GO_NEAR, GO_FAR = np.float32(at.TO_NEAR), np.float32(at.TO_FAR)
SHORT = np.float32(0.01)
LAST = np.float32(num.TACTIC_TICKS - 1)


@inner()
def command(s: State, i: np.uint64, tactic: int) -> None:
    """Take a command at the start of a decision step: −1 none, the running one carries on."""
    s[at.EFFECT + i] = np.float32(np.nan)
    if tactic >= 0 and tactic == int(s[at.TACTIC + i]):
        return
    now = s[at.TICK + i]
    s[at.TACTIC + i] = np.float32(tactic)
    s[at.STARTED + i], s[at.ENDS + i] = now, now + LAST
    s[at.ACTED + i] = s[at.TURN + i] = s[at.VALUE + i] = ZERO
    s[at.AIM + i] = -ONE
    s[at.STATUS + i] = np.float32(IDLE)
    if tactic < 0:
        return
    s[at.STATUS + i] = np.float32(RUNNING)
    x, y = s[at.NEAR_C_X + i], s[at.NEAR_C_Y + i]
    s[at.CAREFUL + i] = line_clear(s, i, x, y)
    if not _afford(s, i, tactic) or not _possible(s, i, now, tactic):
        finish(s, i, FAILURE)
        return
    s[at.ACTED + i] = ONE
    tactics.afoot(s, i, now, tactic)


@inner()
def finish(s: State, i: np.uint64, status: int) -> None:
    """End the running tactic."""
    s[at.STATUS + i] = np.float32(status)
    s[at.TACTIC + i] = -ONE
    s[at.ACTED + i] = ZERO
    worth = least(ONE, most(ZERO, s[at.VALUE + i] / num.FULL_EFFECT))
    s[at.EFFECT + i] = ZERO if status == FAILURE else worth


@inner()
def stamina_cost(tactic: int) -> np.float32:
    """Stamina a tactic takes at its start, of 100."""
    if tactic == at.AGGRESSIVE_ATTACK:
        return num.SWING_STAMINA
    if tactic == at.FLANK_ENEMY:
        return num.FLANK_STAMINA
    if tactic == at.DRAW_AGGRO:
        return num.TAUNT_STAMINA
    if tactic == at.MELEE_COMBO:
        return num.COMBO_STAMINA
    if tactic == at.COVERING_FIRE:
        return num.VOLLEY_STAMINA
    return num.PIN_STAMINA if tactic == at.SUPPRESS_ENEMY else ZERO


@inner()
def mana_cost(tactic: int) -> np.float32:
    """Mana a tactic takes at its start, of 100."""
    if tactic == at.HEAL_PLAYER:
        return num.MEND_MANA
    if tactic == at.BUFF_PLAYER:
        return num.BUFF_MANA
    return num.HEX_MANA if tactic == at.DEBUFF_ENEMY else ZERO


@inner()
def _afford(s: State, i: np.uint64, tactic: int) -> bool:
    c = at.C
    stamina, mana = stamina_cost(tactic), mana_cost(tactic)
    if s[c + at.STAMINA + i] < stamina or s[c + at.MANA + i] < mana:
        note(s, i, at.OVERSPENT)
        return False
    spend(s, i, c + at.STAMINA, stamina)
    spend(s, i, c + at.MANA, mana)
    return True


@inner()
def _possible(s: State, i: np.uint64, now: np.float32, tactic: int) -> bool:
    """Whether there is somebody to do it to, in reach; aims where a tactic needs a target."""
    near = s[at.NEAR_C + i]
    if s[at.C + at.HP + i] <= ZERO or near < ZERO:
        return bool(near >= ZERO)
    s[at.AIM + i] = near
    possible = True
    if tactic == at.HEAL_PLAYER:
        rested = s[at.C + at.HEAL_AT + i] <= now
        possible = rested and between(s, i) <= num.MEND_REACH
    elif tactic == at.BUFF_PLAYER:
        possible = between(s, i) <= num.BUFF_REACH
    elif tactic == at.COVERING_FIRE:
        possible = s[at.NEAR_C_SQ + i] <= square(num.VOLLEY_REACH)
    elif tactic in (at.SUPPRESS_ENEMY, at.DRAW_AGGRO):
        possible = s[at.FAR_SQ + i] < square(num.TAUNT_REACH)
    elif tactic == at.DEBUFF_ENEMY:
        possible = s[at.NEAR_C_SQ + i] <= square(num.HEX_REACH)
    return bool(possible)


@inner()
def step(s: State, now: np.float32, due: Due) -> None:
    """Where the companion steps; what waiting regains; how long it has looked on. Wide.

    Marks the lanes where it has something to do, ends what it does, rises, or looked on too long,
    and those where a wall is near.
    """
    c = at.C
    for i in range(at.WIDTH):
        live, tactic = s[at.LIVE + i] > ZERO, s[at.TACTIC + i]
        up = live & (s[c + at.HP + i] > ZERO)
        at_it, waits = up & (tactic >= ZERO), up & (tactic == WAITS)
        s[at.DOES + i] = pick(up, tactic, -ONE)

        looks_on = ((up & (not at_it)) | waits) & (s[at.P + at.HURT + i] > now)
        idle = s[at.IDLE_FOR + i]
        looked = pick(looks_on, idle + ONE, ZERO)
        s[at.IDLE_FOR + i] = pick(live, looked, idle)

        _regain(s, i, waits)

        go = s[at.GO + i]
        x, y = s[c + at.X + i], s[c + at.Y + i]
        gx, gy = s[at.P + at.X + i], s[at.P + at.Y + i]
        gx = pick(go == GO_NEAR, s[at.NEAR_C_X + i], gx)
        gy = pick(go == GO_NEAR, s[at.NEAR_C_Y + i], gy)
        gx = pick(go == GO_FAR, s[at.FAR_X + i], gx)
        gy = pick(go == GO_FAR, s[at.FAR_Y + i], gy)
        dashes = go == tactics.GO_GOAL
        gx, gy = pick(dashes, s[at.GOAL_X + i], gx), pick(dashes, s[at.GOAL_Y + i], gy)
        lost = (go == GO_FAR) & (s[at.FAR_SQ + i] >= square(num.TAUNT_REACH))
        lost |= go == tactics.GO_NOWHERE
        dx, dy = gx - x, gy - y
        distance = np.sqrt(dx * dx + dy * dy)
        pace = least(s[at.GAIT + i], most(distance - s[at.STOP + i], ZERO))
        pace = pick(at_it & (not lost), pace, ZERO) / most(distance, SHORT)
        dx, dy = dx * pace, dy * pace
        s[c + at.STEP_X + i], s[c + at.STEP_Y + i] = dx, dy
        dashes &= at_it
        nx, ny, stays = stride(s, i, x, y, dx, dy)
        x, y = pick(dashes, x + dx, nx), pick(dashes, y + dy, ny)
        s[c + at.X + i], s[c + at.Y + i] = x, y

        watched = pick(s[at.WATCH + i] > ZERO, s[at.NEAR_P_SQ + i], s[at.NEAR_C_SQ + i])
        acts = (watched <= s[at.WITHIN + i]) & (s[at.DUE_AT + i] <= now)
        acts |= s[at.ENDS + i] <= now
        gx, gy = gx - x, gy - y
        edge = least(least(x, num.FIELD_W - x), least(y, num.FIELD_H - y))
        arrives = (gx * gx + gy * gy <= tactics.AT_GOAL) | (edge < ZERO)
        acts = (acts & at_it) | (arrives & dashes) | (looked == num.IDLE_TICKS)
        acts |= (not up) & (s[c + at.DOWN + i] <= now)
        due[i] = mark(acts & live, ACTS) | mark(stays & (not dashes), STAYS)


@inner()
def _regain(s: State, i: np.uint64, waits: bool) -> None:
    """Catch breath where it waits: more stamina and mana, worth a little."""
    c = at.C
    stamina = pick(waits, least(num.WAIT_REGEN, HUNDRED - s[c + at.STAMINA + i]), ZERO)
    mana = pick(waits, least(num.WAIT_REGEN, HUNDRED - s[c + at.MANA + i]), ZERO)
    s[c + at.STAMINA + i] += stamina
    s[c + at.MANA + i] += mana
    s[at.VALUE + i] += (stamina + mana) * num.RESERVE_WORTH


@inner()
def act(s: State, e: State, f: State, i: np.uint64, now: np.float32, flying: Flights) -> None:
    """What `step` marked. Sparse."""
    if s[at.IDLE_FOR + i] == num.IDLE_TICKS:
        note(s, i, at.IDLE_WHILE_ATTACKED)
    if s[at.C + at.HP + i] <= ZERO:
        _rise(s, i, now)
        return
    if s[at.TACTIC + i] < ZERO:
        return
    failed = _left(s, i)
    if not failed and s[at.DUE_AT + i] <= now:
        _carry_on(s, e, f, i, now, flying)
    elif not failed and tactics.arrived(s, i):
        failed = tactics.stab(s, e, i, now)
    if failed:
        finish(s, i, FAILURE)
    elif s[at.ENDS + i] <= now:
        finish(s, i, SUCCESS)


@inner()
def _rise(s: State, i: np.uint64, now: np.float32) -> None:
    """Get up; what was commanded meanwhile fails, for it fits no more."""
    if s[at.C + at.DOWN + i] > now:
        return
    s[at.C + at.HP + i] = num.RISEN_SHARE * s[at.C + at.MAX_HP + i]
    if s[at.TACTIC + i] >= ZERO:
        finish(s, i, FAILURE)


@inner()
def _left(s: State, i: np.uint64) -> bool:
    """Whether the companion has left the field; it is put back at the edge."""
    c = at.C
    x, y = s[c + at.X + i], s[c + at.Y + i]
    if ZERO <= x <= num.FIELD_W and ZERO <= y <= num.FIELD_H:
        return False
    note(s, i, at.LEFT_FIELD)
    s[c + at.X + i] = least(HIGH_X, most(LOW, x))
    s[c + at.Y + i] = least(HIGH_Y, most(LOW, y))
    return True


@inner()
def _carry_on(s: State, e: State, f: State, i: np.uint64, now: np.float32, flying: Flights) -> None:
    """The running tactic's moment."""
    tactic = int(s[at.TACTIC + i])
    if tactic == at.AGGRESSIVE_ATTACK:
        tactics.attack(s, e, i, now)
    elif tactic == at.FLANK_ENEMY:
        tactics.aim(s, e, i)
    elif tactic == at.COVERING_FIRE:
        tactics.volley(s, e, f, i, now, flying, num.VOLLEY_SHOTS, num.VOLLEY_DAMAGE)
    elif tactic == at.SUPPRESS_ENEMY:
        tactics.volley(s, e, f, i, now, flying, num.PIN_SHOTS, num.PIN_DAMAGE)
    elif tactic == at.HEAL_PLAYER:
        tactics.mend(s, i, now)
    elif tactic in (at.CLOSE_SUPPORT, at.MELEE_COMBO):
        tactics.jab(s, e, i, now)
