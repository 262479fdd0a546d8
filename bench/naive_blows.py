"""The naive arena, first half: who hits whom, and what player and companion do at their moments.

See `bench.naive_arena`.
"""

from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt
from numba.extending import register_jitable

from astraweave.arena.kernels import balance as num
from astraweave.arena.kernels import layout as at
from astraweave.model.kernels.rng import uniform

naive = register_jitable(error_model="numpy", _nrt=False, forceinline=True)
"""Compiled as well as a plain loop can be: no checks of division, no references counted."""

ro = ModuleType("rows")
"""Row numbers by the names of `layout`."""
for _name, _value in list(vars(at).items()):
    if isinstance(_value, np.uint64):
        setattr(ro, _name, int(_value) // at.LANES)

F = np.float32
Rows = npt.NDArray[np.float32]
ZERO, ONE, HALF, HUNDRED, NEVER = F(0), F(1), F(0.5), F(100), F(1e9)
PLAYER, COMPANION = 0, 1
UNITS = F(2.0**24)


@naive
def draw(seed: int, now: Any, stream: int) -> Any:
    """In [0, 1), to 24 bits."""
    return F(np.floor(uniform(seed, 0, int(now), stream) * 16777216.0)) / UNITS


@naive
def note(w: Rows, event: int) -> None:
    if w[ro.COUNTS + event] == ZERO:
        w[ro.FIRSTS + event] = w[ro.TICK]
    w[ro.COUNTS + event] += ONE


@naive
def square(x: Any) -> Any:
    return x * x


@naive
def apart_sq(a: Rows, b: Rows) -> Any:
    dx, dy = a[ro.X] - b[ro.X], a[ro.Y] - b[ro.Y]
    return dx * dx + dy * dy


@naive
def apart(a: Rows, b: Rows) -> Any:
    return np.sqrt(apart_sq(a, b))


@naive
def active(w: Rows, friends: Rows) -> int:
    if w[ro.ACTED] == ZERO or friends[COMPANION, ro.HP] <= ZERO:
        return -1
    return int(w[ro.TACTIC])


@naive
def player_hits(w: Rows, friends: Rows, foe: Rows, damage: Any, means: int) -> None:
    now, factor, hp = w[ro.TICK], ONE, foe[ro.HP]
    if active(w, friends) == at.BUFF_PLAYER:
        factor += num.BUFF_SPELL if means == at.BY_SPELL else num.BUFF_OTHER
    if foe[ro.HEXED] > now:
        factor += num.HEX_SPELL if means == at.BY_SPELL else num.HEX_OTHER
    if foe[ro.TAUNTED] > now:
        factor += num.TAUNT_BONUS
    if foe[ro.PINNED] > now and means == at.BY_SHOT:
        factor += num.PIN_BONUS
    plain, done = min(damage, hp), min(damage * factor, hp)
    foe[ro.HP] = hp - done
    w[ro.DEALT] += done
    w[ro.VALUE] += done - plain
    foe[ro.ANGER] = now + num.ANGER_TICKS


@naive
def companion_hits(w: Rows, foe: Rows, damage: Any) -> None:
    now, done = w[ro.TICK], min(damage, foe[ro.HP])
    foe[ro.HP] -= done
    w[ro.DEALT] += done
    w[ro.VALUE] += done
    if foe[ro.ANGER] <= now:
        foe[ro.ANGER] = -(now + num.ANGER_TICKS)


@naive
def companion_hurt(w: Rows, friends: Rows, damage: Any) -> None:
    c, now = friends[COMPANION], w[ro.TICK]
    before = c[ro.HP]
    c[ro.HP] = max(before - damage * num.COMPANION_ARMOUR, ZERO)
    if c[ro.HP] == ZERO and before > ZERO:
        c[ro.DOWN] = now + num.DOWN_TICKS
    c[ro.HURT] = now + num.SECOND


@naive
def player_hurt(w: Rows, friends: Rows, damage: Any) -> None:
    p, now, tactic = friends[PLAYER], w[ro.TICK], active(w, friends)
    if p[ro.BLOCKING] > now:
        damage *= num.BLOCK_FACTOR
    taken, near = damage, apart(p, friends[COMPANION])
    if tactic == at.DEFENSIVE_STANCE and near <= num.STANCE_REACH:
        taken *= num.STANCE_FACTOR
    if tactic == at.CLOSE_SUPPORT and near <= num.STANCE_REACH:
        taken *= num.GUARD_FACTOR
    if tactic == at.COVER_PLAYER and near <= num.COVER_REACH:
        w[ro.TURN] = ONE - w[ro.TURN]
        if w[ro.TURN] == ONE:
            companion_hurt(w, friends, damage)
            taken = ZERO
    taken = min(taken, p[ro.HP])
    p[ro.HP] -= taken
    w[ro.TAKEN] += taken
    w[ro.VALUE] += num.PREVENTED_WORTH * (damage - taken)
    p[ro.HURT] = now + num.SECOND


@naive
def player_harmed(w: Rows, friends: Rows, damage: Any) -> None:
    p = friends[PLAYER]
    taken = min(damage, p[ro.HP])
    p[ro.HP] -= taken
    w[ro.TAKEN] += taken
    w[ro.VALUE] -= num.PREVENTED_WORTH * taken
    p[ro.HURT] = w[ro.TICK] + num.SECOND
    note(w, at.HARMED_PLAYER)


@naive
def enemy_hits(w: Rows, friends: Rows, foe: Rows, target: int, damage: Any) -> None:
    if target == PLAYER:
        player_hurt(w, friends, damage)
        return
    companion_hurt(w, friends, damage)
    if w[ro.TACTIC] == F(at.DRAW_AGGRO) and foe[ro.TAUNTED] > w[ro.TICK]:
        held = num.HELD_BACK if foe[ro.TO_PLAYER_SQ] <= square(num.CLOSE) else ONE
        companion_hits(w, foe, num.RIPOSTE_DAMAGE * held)


@naive
def room(w: Rows, x: Any, y: Any, ux: Any, uy: Any, length: Any) -> Any:
    """How far a shot gets before the edge or a wall."""
    ux, uy = ux if abs(ux) > F(1e-6) else F(1e-6), uy if abs(uy) > F(1e-6) else F(1e-6)
    length = min(length, ((num.FIELD_W if ux > ZERO else ZERO) - x) / ux)
    length = min(length, ((num.FIELD_H if uy > ZERO else ZERO) - y) / uy)
    half = w[ro.WALL_HALF]
    for k in range(at.WALL_COUNT):
        wx, wy = w[ro.WALL_1_X + 2 * k] - x, w[ro.WALL_1_Y + 2 * k] - y
        left, right = (wx - half) / ux, (wx + half) / ux
        top, bottom = (wy - half) / uy, (wy + half) / uy
        enters = max(min(left, right), min(top, bottom))
        leaves = min(max(left, right), max(top, bottom))
        if leaves > ZERO and enters < leaves:
            length = min(length, max(enters, ZERO))
    return length


@naive
def shoot(
    w: Rows, shots: Rows, who: int, start: Rows, target: Rows, damage: Any, speed: Any
) -> None:
    dx, dy = target[ro.X] - start[ro.X], target[ro.Y] - start[ro.Y]
    distance = max(np.sqrt(dx * dx + dy * dy), F(0.01))
    first, last = (0, at.BOLTS) if who < at.FIRST_ENEMY else (at.BOLTS, len(shots))
    for k in range(first, last):
        if shots[k, ro.LEFT] > ZERO:
            continue
        ux, uy = dx / distance, dy / distance
        reach = room(w, start[ro.X], start[ro.Y], ux, uy, distance + ONE)
        shots[k, ro.SHOT_X], shots[k, ro.SHOT_Y] = start[ro.X], start[ro.Y]
        shots[k, ro.SHOT_VX], shots[k, ro.SHOT_VY] = ux * speed, uy * speed
        shots[k, ro.STRETCH], shots[k, ro.LEFT] = ONE / (speed * speed), reach / speed
        shots[k, ro.SHOT_DAMAGE], shots[k, ro.SHOOTER] = damage, F(who)
        shots[k, ro.SPARES] = w[ro.CAREFUL] if who == COMPANION else ONE
        return


@naive
def spend(w: Rows, friend: Rows, pool: int, cost: Any) -> None:
    friend[pool] = max(ZERO, friend[pool] - cost)
    w[ro.SPENT] += cost


@naive
def can_heal(w: Rows, p: Rows) -> bool:
    return bool(p[ro.HEAL_AT] <= w[ro.TICK] and p[ro.MANA] >= num.HEAL_MANA)


@naive
def choose(w: Rows, p: Rows, seed: int) -> int:
    """A bot's next action."""
    now, distance = w[ro.TICK], np.sqrt(w[ro.NEAR_P_SQ])
    if draw(seed, now, at.DRAW_LAPSE) < w[ro.LAPSE]:
        return int(draw(seed, now, at.DRAW_PICK) * F(at.ACTIONS))
    health = p[ro.HP] / p[ro.MAX_HP]
    if health < w[ro.HEAL_BELOW] and can_heal(w, p):
        return at.HEAL
    bold = w[ro.AGGRESSION] * HALF if health < w[ro.ENGAGE_AT] else w[ro.AGGRESSION]
    pick = draw(seed, now, at.DRAW_CHOICE)
    if draw(seed, now, at.DRAW_BOLD) < bold:
        pick *= w[ro.MELEE] + w[ro.RANGED] + w[ro.MAGIC]
        if pick < w[ro.MELEE]:
            return at.STRIKE if distance <= num.STRIKE_REACH else at.ADVANCE
        if pick < w[ro.MELEE] + w[ro.RANGED]:
            return at.SHOOT if distance <= num.SHOOT_REACH else at.ADVANCE
        if p[ro.MANA] < num.CAST_MANA:
            return at.FOCUS
        return at.CAST if distance <= num.CAST_REACH else at.ADVANCE
    pick *= w[ro.DEFENSIVE] + w[ro.SUPPORT] + w[ro.MOVEMENT] + w[ro.UTILITY]
    if pick < w[ro.DEFENSIVE]:
        return at.BLOCK
    if pick < w[ro.DEFENSIVE] + w[ro.SUPPORT]:
        return at.HEAL if can_heal(w, p) else at.FOCUS
    if pick < w[ro.DEFENSIVE] + w[ro.SUPPORT] + w[ro.MOVEMENT]:
        return at.RETREAT if w[ro.NEAR_P_SQ] < square(w[ro.PREFERRED_RANGE]) else at.EVADE
    return at.FOCUS


@naive
def say(w: Rows, action: int) -> None:
    w[ro.DID], w[ro.DID_AT], w[ro.DID_DAMAGE] = F(action), w[ro.NEAR_P], ZERO
    window = F(int(w[ro.TICK]) // int(num.WINDOW_TICKS))
    if window != w[ro.LAST_WINDOW]:
        w[ro.LAST_WINDOW] = window
        w[ro.WINDOWS] += ONE


@naive
def player_acts(w: Rows, friends: Rows, foes: Rows, shots: Rows, seed: int) -> None:
    p, c, now = friends[PLAYER], friends[COMPANION], w[ro.TICK]
    p[ro.WAIT] = now + F(num.PACE + int(draw(seed, now, at.DRAW_PACE) * F(5)))
    if w[ro.HUMAN] != ONE and draw(seed, now, at.DRAW_IDLE) < w[ro.IDLE]:
        return
    action = int(w[ro.WANTED]) if w[ro.HUMAN] == ONE else choose(w, p, seed)
    say(w, action)
    p[ro.LAST_ACTION], p[ro.SWUNG], p[ro.RUSH] = F(action), now, now
    foe = foes[int(w[ro.NEAR_P]) - at.FIRST_ENEMY]
    before, distance = w[ro.DEALT], np.sqrt(w[ro.NEAR_P_SQ])
    if action == at.STRIKE:
        damage = num.STRIKE_DAMAGE
        if p[ro.STAMINA] < num.STRIKE_STAMINA:
            damage *= num.TIRED_FACTOR
        else:
            spend(w, p, ro.STAMINA, num.STRIKE_STAMINA)
        if distance <= num.STRIKE_REACH:
            player_hits(w, friends, foe, damage, at.BY_MELEE)
            if w[ro.TACTIC] == F(at.MELEE_COMBO) and foe[ro.TO_COMPANION_SQ] <= square(
                num.COMBO_REACH
            ):
                companion_hits(w, foe, num.COMBO_DAMAGE)
                c[ro.SWUNG] = now
    elif action == at.CAST and p[ro.MANA] >= num.CAST_MANA:
        spend(w, p, ro.MANA, num.CAST_MANA)
        if distance <= num.CAST_REACH:
            player_hits(w, friends, foe, num.CAST_DAMAGE, at.BY_SPELL)
    elif action == at.SHOOT:
        w[ro.DID_DAMAGE] = num.SHOOT_DAMAGE
        shoot(w, shots, PLAYER, p, foe, num.SHOOT_DAMAGE, num.SHOOT_SPEED)
    elif action == at.BLOCK:
        p[ro.BLOCKING] = now + num.BLOCK_TICKS
    elif action == at.HEAL and can_heal(w, p):
        spend(w, p, ro.MANA, num.HEAL_MANA)
        p[ro.HEAL_AT] = now + num.HEAL_WAIT_TICKS
        own, other = p[ro.HP] / p[ro.MAX_HP], c[ro.HP] / c[ro.MAX_HP]
        who = PLAYER if own <= other or other <= ZERO else COMPANION
        w[ro.DID_AT] = F(who)
        friends[who, ro.HP] = min(friends[who, ro.MAX_HP], friends[who, ro.HP] + num.HEAL_AMOUNT)
    elif action == at.FOCUS:
        p[ro.MANA] = min(HUNDRED, p[ro.MANA] + num.FOCUS_GAIN)
        p[ro.STAMINA] = min(HUNDRED, p[ro.STAMINA] + num.FOCUS_GAIN)
    elif action in (at.ADVANCE, at.RETREAT, at.EVADE):
        p[ro.RUSH] = now + (num.EVADE_TICKS if action == at.EVADE else num.MOVE_TICKS)
    w[ro.DID_DAMAGE] += w[ro.DEALT] - before
