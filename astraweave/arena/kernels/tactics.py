"""What the companion does at its moments: a blow, a shot, a dash, a spell that mends. All sparse.

How it moves meanwhile is `companion.step`; what lasts (taunts, pins, hexes) is `enemies.think`.
"""

import numpy as np

from astraweave.arena.kernels import balance as num
from astraweave.arena.kernels import layout as at
from astraweave.arena.kernels.flying import Flights, shoot
from astraweave.arena.kernels.lanes import FAR, ONE, ZERO, State, foe, inner, least, most, square
from astraweave.arena.kernels.moving import between, line_clear
from astraweave.arena.kernels.wounds import companion_hits

NEVER = np.float32(1e9)
SHORT, HALF_METRE = np.float32(0.01), np.float32(0.5)
BEHIND = np.float32(1.1)
GO_NOWHERE, GO_GOAL = np.float32(at.NOWHERE), np.float32(at.TO_GOAL)
AT_GOAL = np.float32(1e-4)
"""A centimetre, squared."""


@inner()
def _blow(
    s: State,
    e: State,
    i: np.uint64,
    slot: int,
    now: np.float32,
    damage: np.float32,
    reach: np.float32,
) -> bool:
    """A full swing: held back beside the player, who must not be hit by it."""
    if slot < 0:
        return False
    me = foe(slot)
    if e[me + at.HP + i] <= ZERO or e[me + at.TO_COMPANION_SQ + i] > square(reach):
        return False
    if e[me + at.TO_PLAYER_SQ + i] <= square(num.CLOSE):
        damage *= num.HELD_BACK
    companion_hits(s, e, i, me, now, damage)
    s[at.C + at.SWUNG + i] = now
    return True


@inner()
def attack(s: State, e: State, i: np.uint64, now: np.float32) -> None:
    """Swing hard at the nearest enemy; the first blow has the run-up behind it."""
    damage = num.SWING_DAMAGE
    if s[at.TURN + i] == ZERO:
        damage += damage * (now - s[at.STARTED + i]) / num.SWING_PERIOD
    if _blow(s, e, i, int(s[at.NEAR_C + i]), now, damage, num.SWING_REACH):
        s[at.C + at.WAIT + i] = s[at.DUE_AT + i] = now + num.SWING_PERIOD
        s[at.TURN + i] = ONE


@inner()
def jab(s: State, e: State, i: np.uint64, now: np.float32) -> None:
    """Strike at whoever is close to the player; in a combo, more softly."""
    me = foe(int(s[at.NEAR_P + i]))
    beside = s[at.NEAR_P_SQ + i] <= square(num.CLOSE)
    if not beside or e[me + at.TO_COMPANION_SQ + i] > square(num.COMBO_REACH):
        return
    damage = num.JAB_DAMAGE
    if int(s[at.TACTIC + i]) == at.MELEE_COMBO:
        damage *= num.HELD_BACK
    companion_hits(s, e, i, me, now, damage)
    s[at.C + at.WAIT + i] = s[at.DUE_AT + i] = now + num.JAB_PERIOD
    s[at.C + at.SWUNG + i] = now


@inner()
def aim(s: State, e: State, i: np.uint64) -> None:
    """Begin a dash to behind the enemy, heedless of edge and walls.

    Behind is the side away from the player. The dash is at most FLANK_DASH long.
    """
    s[at.DUE_AT + i] = NEVER
    me = foe(int(s[at.AIM + i]))
    if e[me + at.HP + i] > ZERO:
        _aim_behind(s, e, i, me)
        s[at.GO + i] = GO_GOAL


@inner()
def arrived(s: State, i: np.uint64) -> bool:
    """Whether a dash has reached its goal."""
    dx, dy = s[at.GOAL_X + i] - s[at.C + at.X + i], s[at.GOAL_Y + i] - s[at.C + at.Y + i]
    return bool(s[at.GO + i] == GO_GOAL and dx * dx + dy * dy <= AT_GOAL)


@inner()
def stab(s: State, e: State, i: np.uint64, now: np.float32) -> bool:
    """The blow at the end of a dash; whether it was out of reach."""
    s[at.GO + i] = GO_NOWHERE
    slot = int(s[at.AIM + i])
    if e[foe(slot) + at.HP + i] <= ZERO:
        return False
    return not _blow(s, e, i, slot, now, num.FLANK_DAMAGE, num.FLANK_REACH)


@inner()
def _aim_behind(s: State, e: State, i: np.uint64, me: np.uint64) -> None:
    away = BEHIND / most(np.sqrt(e[me + at.TO_PLAYER_SQ + i]), HALF_METRE)
    ex, ey = e[me + at.X + i], e[me + at.Y + i]
    x, y = s[at.C + at.X + i], s[at.C + at.Y + i]
    dx = ex + (ex - s[at.P + at.X + i]) * away - x
    dy = ey + (ey - s[at.P + at.Y + i]) * away - y
    length = most(np.sqrt(dx * dx + dy * dy), SHORT)
    scale = least(ONE, num.FLANK_DASH / length)
    s[at.GOAL_X + i], s[at.GOAL_Y + i] = x + dx * scale, y + dy * scale


@inner()
def volley(
    s: State,
    e: State,
    f: State,
    i: np.uint64,
    now: np.float32,
    flying: Flights,
    count: np.float32,
    damage: np.float32,
) -> None:
    """Some quick shots at the start, at the enemy aimed at, and at nobody else.

    Who looked before (CAREFUL) holds a shot when the player has come into its line since.
    """
    age = now - s[at.STARTED + i]
    more = age + num.VOLLEY_PERIOD < count * num.VOLLEY_PERIOD
    s[at.DUE_AT + i] = now + num.VOLLEY_PERIOD if more else NEVER
    me = foe(int(s[at.AIM + i]))
    x, y = e[me + at.X + i], e[me + at.Y + i]
    held = s[at.CAREFUL + i] == ONE and line_clear(s, i, x, y) == ZERO
    if not held and e[me + at.HP + i] > ZERO:
        own_x, own_y, line = s[at.C + at.X + i], s[at.C + at.Y + i], (x, y)
        shoot(s, f, i, at.COMPANION, own_x, own_y, line, damage, num.VOLLEY_SPEED, flying)


@inner()
def mend(s: State, i: np.uint64, now: np.float32) -> None:
    """Mend the player, by more where more is missing."""
    s[at.DUE_AT + i] = NEVER
    if between(s, i) > num.MEND_REACH:
        return
    s[at.C + at.HEAL_AT + i] = now + num.MEND_WAIT
    missing = s[at.P + at.MAX_HP + i] - s[at.P + at.HP + i]
    given = least(missing, num.MEND_AMOUNT + num.MEND_SHARE * missing)
    s[at.P + at.HP + i] += given
    s[at.VALUE + i] += given


@inner()
def afoot(s: State, i: np.uint64, now: np.float32, tactic: int) -> None:
    """How a tactic moves, and when it next has something to do."""
    go, stop, gait = at.TO_PLAYER_SIDE, ONE, num.COMPANION_SPEED
    due, watch, within = NEVER, ZERO, FAR
    if tactic == at.AGGRESSIVE_ATTACK:
        go, gait = at.TO_NEAR, num.CHARGE_SPEED
        due, within = s[at.C + at.WAIT + i], num.SWING_REACH
    elif tactic == at.FLANK_ENEMY:
        go, due, stop, gait = at.NOWHERE, now, ZERO, num.FLANK_SPEED
    elif tactic == at.DRAW_AGGRO:
        go, stop = at.TO_FAR, MEETS
    elif tactic in (at.COVERING_FIRE, at.SUPPRESS_ENEMY):
        go, due = at.NOWHERE, now
    elif tactic in (at.BUFF_PLAYER, at.DEBUFF_ENEMY):
        stop = KEEPS_OFF
    elif tactic in (at.CLOSE_SUPPORT, at.MELEE_COMBO):
        due, watch, within = s[at.C + at.WAIT + i], ONE, num.CLOSE
    elif tactic in (at.WAIT_FOR_PLAYER, at.HEAL_PLAYER):
        stop = NEAR_BY
        due = now + num.MEND_AT if tactic == at.HEAL_PLAYER else NEVER
    s[at.GO + i], s[at.STOP + i], s[at.GAIT + i] = np.float32(go), stop, gait
    s[at.DUE_AT + i], s[at.WATCH + i], s[at.WITHIN + i] = due, watch, square(within)


MEETS, KEEPS_OFF, NEAR_BY = np.float32(1.2), np.float32(3.0), np.float32(2.0)
