"""What each tactic does in a tick. The effects on damage stand in `wounds`."""

import math

import numpy as np
import numpy.typing as npt

from astraweave.arena.kernels import balance as num
from astraweave.arena.kernels import layout as at
from astraweave.arena.kernels.flying import shoot
from astraweave.arena.kernels.moving import FAR, approach, between
from astraweave.arena.kernels.wounds import companion_hits
from astraweave.model.kernels.jit import njit

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@njit()
def farther(body: Floats) -> int:
    """The enemy nearest to the companion among those not close to the player, in reach; else −1."""
    best, found = num.TAUNT_REACH, at.NOBODY
    for e in range(at.FIRST_ENEMY, at.SLOTS):
        if num.CLOSE < body[e, at.TO_PLAYER] < FAR and body[e, at.TO_COMPANION] < best:
            best, found = body[e, at.TO_COMPANION], e
    return found


@njit()
def _blow(
    body: Floats, clock: Ints, real: Floats, whole: Ints, enemy: int, damage: float, reach: float
) -> bool:
    """A full swing: held back beside the player, who must not be hit by it."""
    if enemy < 0 or body[enemy, at.HP] <= 0.0 or body[enemy, at.TO_COMPANION] > reach:
        return False
    if body[enemy, at.TO_PLAYER] <= num.CLOSE:
        damage *= num.HELD_BACK
    companion_hits(body, clock, real, whole, enemy, damage)
    clock[at.COMPANION, at.SWING] = 0
    return True


@njit()
def attack(body: Floats, clock: Ints, real: Floats, whole: Ints) -> None:
    """Charge the nearest enemy and swing hard; the first blow has the run-up behind it."""
    enemy = whole[at.NEAR_COMPANION]
    x, y = body[enemy, at.X], body[enemy, at.Y]
    approach(body, real, at.COMPANION, x, y, 1.0, num.CHARGE_SPEED)
    if clock[at.COMPANION, at.WAIT] > 0:
        return
    damage = num.SWING_DAMAGE
    if whole[at.TURN] == 0:
        damage += damage * whole[at.AGE] / num.SWING_PERIOD
    if _blow(body, clock, real, whole, enemy, damage, num.SWING_REACH):
        clock[at.COMPANION, at.WAIT] = num.SWING_PERIOD
        whole[at.TURN] = 1


@njit()
def flank(body: Floats, clock: Ints, real: Floats, whole: Ints) -> bool:
    """One dash to behind the enemy, heedless of the field's edge, and a stab; fails out of reach.

    Behind is the side away from the player. The dash is at most FLANK_DASH long.
    """
    enemy = whole[at.AIM]
    if body[enemy, at.HP] <= 0.0:
        return False
    if whole[at.AGE] == 0:
        _aim_behind(body, real, enemy)
    dx = real[at.GOAL_X] - body[at.COMPANION, at.X]
    dy = real[at.GOAL_Y] - body[at.COMPANION, at.Y]
    left = math.sqrt(dx * dx + dy * dy)
    if left > 0.01 and whole[at.TURN] == 0:
        pace = min(left, num.FLANK_SPEED) / left
        body[at.COMPANION, at.X] += dx * pace
        body[at.COMPANION, at.Y] += dy * pace
        return False
    if whole[at.TURN] == 0:
        whole[at.TURN] = 1
        return not _blow(body, clock, real, whole, enemy, num.FLANK_DAMAGE, num.SWING_REACH + 0.4)
    return False


@njit()
def _aim_behind(body: Floats, real: Floats, enemy: int) -> None:
    away = 1.1 / max(body[enemy, at.TO_PLAYER], 0.5)
    gx = body[enemy, at.X] + (body[enemy, at.X] - body[at.PLAYER, at.X]) * away
    gy = body[enemy, at.Y] + (body[enemy, at.Y] - body[at.PLAYER, at.Y]) * away
    x, y = body[at.COMPANION, at.X], body[at.COMPANION, at.Y]
    dx, dy = gx - x, gy - y
    length = max(math.sqrt(dx * dx + dy * dy), 0.01)
    scale = min(1.0, num.FLANK_DASH / length)
    real[at.GOAL_X], real[at.GOAL_Y] = x + dx * scale, y + dy * scale


@njit()
def draw_aggro(body: Floats, clock: Ints, real: Floats, whole: Ints) -> None:
    """Taunt every enemy in reach that is not close to the player, and go to meet them."""
    for e in range(at.FIRST_ENEMY, at.SLOTS):
        if body[e, at.TO_PLAYER] > num.CLOSE and body[e, at.TO_COMPANION] < num.TAUNT_REACH:
            clock[e, at.TAUNTED] = 2
    enemy = farther(body)
    if enemy >= 0:
        x, y = body[enemy, at.X], body[enemy, at.Y]
        approach(body, real, at.COMPANION, x, y, 1.2, num.COMPANION_SPEED)


@njit()
def volley(body: Floats, shots: Floats, whole: Ints, count: int, damage: float) -> None:
    """Some quick shots at the start, at the enemy aimed at, and at nobody else."""
    enemy, age = whole[at.AIM], whole[at.AGE]
    if age % num.VOLLEY_PERIOD == 0 and age < count * num.VOLLEY_PERIOD:
        if body[enemy, at.HP] > 0.0:
            shoot(body, shots, whole, at.COMPANION, enemy, damage, num.VOLLEY_SPEED)


@njit()
def suppress(body: Floats, clock: Ints, shots: Floats, real: Floats, whole: Ints) -> None:
    """Pin the two enemies nearest to the player that are not close to him."""
    first, second = at.NOBODY, at.NOBODY
    best, next_best = FAR, FAR
    for e in range(at.FIRST_ENEMY, at.SLOTS):
        d = body[e, at.TO_PLAYER]
        if d <= num.CLOSE or d >= FAR or body[e, at.TO_COMPANION] >= num.VOLLEY_REACH:
            continue
        if d < best:
            second, next_best = first, best
            first, best = e, d
        elif d < next_best:
            second, next_best = e, d
    for e in (first, second):
        if e >= 0:
            clock[e, at.PINNED] = 2
            if clock[e, at.ROLE] == at.ARCHER and clock[e, at.HUNTS] == at.PLAYER:
                # Half of its arrows would have hit.
                lost = 0.5 * body[e, at.BLOW] / num.ARROW_PERIOD
                real[at.VALUE] += num.PREVENTED_WORTH * lost
    volley(body, shots, whole, num.PIN_SHOTS, num.PIN_DAMAGE)


@njit()
def enchant(body: Floats, clock: Ints, real: Floats, whole: Ints) -> None:
    """Buff or debuff: keep near the player; a hex is on the two enemies nearest to him."""
    x, y = body[at.PLAYER, at.X], body[at.PLAYER, at.Y]
    approach(body, real, at.COMPANION, x, y, 3.0, num.COMPANION_SPEED)
    if whole[at.TACTIC] == at.DEBUFF_ENEMY:
        near = whole[at.NEAR_PLAYER]
        if body[near, at.TO_COMPANION] < num.HEX_REACH:
            clock[near, at.HEXED] = 2


@njit()
def stand_by(body: Floats, clock: Ints, real: Floats, whole: Ints) -> None:
    """Everything done at the player's side."""
    tactic = whole[at.TACTIC]
    stop = 2.0 if tactic == at.WAIT_FOR_PLAYER or tactic == at.HEAL_PLAYER else 1.0
    x, y = body[at.PLAYER, at.X], body[at.PLAYER, at.Y]
    approach(body, real, at.COMPANION, x, y, stop, num.COMPANION_SPEED)
    if tactic == at.HEAL_PLAYER:
        _mend(body, clock, real, whole)
    elif tactic == at.WAIT_FOR_PLAYER:
        _recover(body, real)
    elif tactic == at.CLOSE_SUPPORT or tactic == at.MELEE_COMBO:
        _jab(body, clock, real, whole)


@njit()
def _mend(body: Floats, clock: Ints, real: Floats, whole: Ints) -> None:
    if whole[at.AGE] != num.MEND_AT or between(body) > num.MEND_REACH:
        return
    clock[at.COMPANION, at.HEAL_WAIT] = num.MEND_WAIT
    missing = body[at.PLAYER, at.MAX_HP] - body[at.PLAYER, at.HP]
    given = min(missing, num.MEND_AMOUNT + num.MEND_SHARE * missing)
    body[at.PLAYER, at.HP] += given
    real[at.VALUE] += given


@njit()
def _recover(body: Floats, real: Floats) -> None:
    """Catch breath: more stamina and mana, worth a little."""
    for pool in (at.STAMINA, at.MANA):
        gain = min(num.WAIT_REGEN, 100.0 - body[at.COMPANION, pool])
        body[at.COMPANION, pool] += gain
        real[at.VALUE] += gain * num.RESERVE_WORTH


@njit()
def _jab(body: Floats, clock: Ints, real: Floats, whole: Ints) -> None:
    """Careful strikes at whoever is close to the player; in a combo only the first is its own."""
    enemy = whole[at.NEAR_PLAYER]
    if clock[at.COMPANION, at.WAIT] > 0 or body[enemy, at.TO_PLAYER] > num.CLOSE:
        return
    if body[enemy, at.TO_COMPANION] <= num.COMBO_REACH:
        damage = num.JAB_DAMAGE
        if whole[at.TACTIC] == at.MELEE_COMBO:
            damage *= num.HELD_BACK
        companion_hits(body, clock, real, whole, enemy, damage)
        clock[at.COMPANION, at.WAIT] = num.JAB_PERIOD
        clock[at.COMPANION, at.SWING] = 0
