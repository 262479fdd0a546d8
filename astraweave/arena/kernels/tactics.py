"""What each tactic does in a tick. The effects on damage stand in `wounds`."""

import math

from astraweave.arena.kernels import balance as num
from astraweave.arena.kernels import layout as at
from astraweave.arena.kernels.flying import shoot
from astraweave.arena.kernels.moving import FAR, approach, between, line_clear
from astraweave.arena.kernels.world import World, inner
from astraweave.arena.kernels.wounds import companion_hits


@inner()
def farther(w: World) -> int:
    """The enemy nearest to the companion among those not close to the player, in reach; else −1."""
    body = w["body"]
    best, found = num.TAUNT_REACH, at.NOBODY
    for e in range(at.FIRST_ENEMY, at.SLOTS):
        if num.CLOSE < body[e, at.TO_PLAYER] < FAR and body[e, at.TO_COMPANION] < best:
            best, found = body[e, at.TO_COMPANION], e
    return found


@inner()
def _blow(w: World, enemy: int, damage: float, reach: float) -> bool:
    """A full swing: held back beside the player, who must not be hit by it."""
    body, clock = w["body"], w["clock"]
    if enemy < 0 or body[enemy, at.HP] <= 0.0 or body[enemy, at.TO_COMPANION] > reach:
        return False
    if body[enemy, at.TO_PLAYER] <= num.CLOSE:
        damage *= num.HELD_BACK
    companion_hits(w, enemy, damage)
    clock[at.COMPANION, at.SWING] = 0
    return True


@inner()
def attack(w: World) -> None:
    """Charge the nearest enemy and swing hard; the first blow has the run-up behind it."""
    body, clock, whole = w["body"], w["clock"], w["whole"]
    enemy = whole[at.NEAR_COMPANION]
    x, y = body[enemy, at.X], body[enemy, at.Y]
    approach(w, at.COMPANION, x, y, 1.0, num.CHARGE_SPEED)
    if clock[at.COMPANION, at.WAIT] > 0:
        return
    damage = num.SWING_DAMAGE
    if whole[at.TURN] == 0:
        damage += damage * whole[at.AGE] / num.SWING_PERIOD
    if _blow(w, enemy, damage, num.SWING_REACH):
        clock[at.COMPANION, at.WAIT] = num.SWING_PERIOD
        whole[at.TURN] = 1


@inner()
def flank(w: World) -> bool:
    """One dash to behind the enemy, heedless of the field's edge, and a stab; fails out of reach.

    Behind is the side away from the player. The dash is at most FLANK_DASH long.
    """
    body, real, whole = w["body"], w["real"], w["whole"]
    enemy = whole[at.AIM]
    if body[enemy, at.HP] <= 0.0:
        return False
    if whole[at.AGE] == 0:
        _aim_behind(w, enemy)
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
        return not _blow(w, enemy, num.FLANK_DAMAGE, num.SWING_REACH + 0.4)
    return False


@inner()
def _aim_behind(w: World, enemy: int) -> None:
    body, real = w["body"], w["real"]
    away = 1.1 / max(body[enemy, at.TO_PLAYER], 0.5)
    gx = body[enemy, at.X] + (body[enemy, at.X] - body[at.PLAYER, at.X]) * away
    gy = body[enemy, at.Y] + (body[enemy, at.Y] - body[at.PLAYER, at.Y]) * away
    x, y = body[at.COMPANION, at.X], body[at.COMPANION, at.Y]
    dx, dy = gx - x, gy - y
    length = max(math.sqrt(dx * dx + dy * dy), 0.01)
    scale = min(1.0, num.FLANK_DASH / length)
    real[at.GOAL_X], real[at.GOAL_Y] = x + dx * scale, y + dy * scale


@inner()
def draw_aggro(w: World) -> None:
    """Taunt every enemy in reach that is not close to the player, and go to meet them."""
    body, clock = w["body"], w["clock"]
    for e in range(at.FIRST_ENEMY, at.SLOTS):
        if body[e, at.TO_PLAYER] > num.CLOSE and body[e, at.TO_COMPANION] < num.TAUNT_REACH:
            clock[e, at.TAUNTED] = 2
    enemy = farther(w)
    if enemy >= 0:
        x, y = body[enemy, at.X], body[enemy, at.Y]
        approach(w, at.COMPANION, x, y, 1.2, num.COMPANION_SPEED)


@inner()
def volley(w: World, count: int, damage: float) -> None:
    """Some quick shots at the start, at the enemy aimed at, and at nobody else.

    Who looked before (`CAREFUL`) holds a shot when the player has come into its line since.
    """
    body, whole = w["body"], w["whole"]
    enemy, age = whole[at.AIM], whole[at.AGE]
    due = age % num.VOLLEY_PERIOD == 0 and age < count * num.VOLLEY_PERIOD
    held = whole[at.CAREFUL] == 1 and not line_clear(w, enemy)
    if due and not held and body[enemy, at.HP] > 0.0:
        shoot(w, at.COMPANION, enemy, damage, num.VOLLEY_SPEED)


@inner()
def suppress(w: World) -> None:
    """Pin the two enemies nearest to the player that are not close to him."""
    body, clock, real = w["body"], w["clock"], w["real"]
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
    volley(w, num.PIN_SHOTS, num.PIN_DAMAGE)


@inner()
def enchant(w: World) -> None:
    """Buff or debuff: keep near the player; a hex is on the two enemies nearest to him."""
    body, clock, whole = w["body"], w["clock"], w["whole"]
    x, y = body[at.PLAYER, at.X], body[at.PLAYER, at.Y]
    approach(w, at.COMPANION, x, y, 3.0, num.COMPANION_SPEED)
    if whole[at.TACTIC] == at.DEBUFF_ENEMY:
        near = whole[at.NEAR_PLAYER]
        if body[near, at.TO_COMPANION] < num.HEX_REACH:
            clock[near, at.HEXED] = 2


@inner()
def stand_by(w: World) -> None:
    """Everything done at the player's side."""
    body, whole = w["body"], w["whole"]
    tactic = whole[at.TACTIC]
    stop = 2.0 if tactic in (at.WAIT_FOR_PLAYER, at.HEAL_PLAYER) else 1.0
    x, y = body[at.PLAYER, at.X], body[at.PLAYER, at.Y]
    approach(w, at.COMPANION, x, y, stop, num.COMPANION_SPEED)
    if tactic == at.HEAL_PLAYER:
        _mend(w)
    elif tactic == at.WAIT_FOR_PLAYER:
        _recover(w)
    elif tactic in (at.CLOSE_SUPPORT, at.MELEE_COMBO):
        _jab(w)


@inner()
def _mend(w: World) -> None:
    body, clock, real, whole = w["body"], w["clock"], w["real"], w["whole"]
    if whole[at.AGE] != num.MEND_AT or between(w) > num.MEND_REACH:
        return
    clock[at.COMPANION, at.HEAL_WAIT] = num.MEND_WAIT
    missing = body[at.PLAYER, at.MAX_HP] - body[at.PLAYER, at.HP]
    given = min(missing, num.MEND_AMOUNT + num.MEND_SHARE * missing)
    body[at.PLAYER, at.HP] += given
    real[at.VALUE] += given


@inner()
def _recover(w: World) -> None:
    """Catch breath: more stamina and mana, worth a little."""
    body, real = w["body"], w["real"]
    for pool in (at.STAMINA, at.MANA):
        gain = min(num.WAIT_REGEN, 100.0 - body[at.COMPANION, pool])
        body[at.COMPANION, pool] += gain
        real[at.VALUE] += gain * num.RESERVE_WORTH


@inner()
def _jab(w: World) -> None:
    """Careful strikes at whoever is close to the player; in a combo only the first is its own."""
    body, clock, whole = w["body"], w["clock"], w["whole"]
    enemy = whole[at.NEAR_PLAYER]
    if clock[at.COMPANION, at.WAIT] > 0 or body[enemy, at.TO_PLAYER] > num.CLOSE:
        return
    if body[enemy, at.TO_COMPANION] <= num.COMBO_REACH:
        damage = num.JAB_DAMAGE
        if whole[at.TACTIC] == at.MELEE_COMBO:
            damage *= num.HELD_BACK
        companion_hits(w, enemy, damage)
        clock[at.COMPANION, at.WAIT] = num.JAB_PERIOD
        clock[at.COMPANION, at.SWING] = 0
