"""Enemies: each keeps the distance its role likes, and hits or shoots when it has rested."""

import numpy as np

from astraweave.arena.kernels import balance as num
from astraweave.arena.kernels import layout as at
from astraweave.arena.kernels.chance import draw
from astraweave.arena.kernels.flying import Flags, shoot
from astraweave.arena.kernels.lanes import (
    NO,
    ONE,
    YES,
    ZERO,
    Due,
    State,
    foe,
    inner,
    least,
    most,
    pick,
)
from astraweave.arena.kernels.moving import stride
from astraweave.arena.kernels.wounds import enemy_hits

DRAWS, PINS, HEXES = (
    np.float32(code) for code in (at.DRAW_AGGRO, at.SUPPRESS_ENEMY, at.DEBUFF_ENEMY)
)
FIRST, PUSHES = np.float32(at.FIRST_ENEMY), at.WIDTH * np.uint64(2)
BRIEFLY = np.float32(2)
SHORT = np.float32(0.1)
SHAKY, SHAKES = np.float32(9), 4


@inner()
def think(
    s: State,
    e: State,
    push: State,
    me: np.uint64,
    slot: np.float32,
    now: np.float32,
    due: Due,
    near: Due,
) -> None:
    """What the companion does to an enemy, whom it is after, and its step.

    It is after who taunts it, else who hurt it of late, else who is nearer. Marks the lanes where
    it has rested and has its prey in reach, and those where a wall is `near`. Wide.
    """
    mine = np.uint64(slot - FIRST) * PUSHES
    for i in range(at.WIDTH):
        does = s[at.DOES + i]
        on = pick(e[me + at.HP + i] > ZERO, s[at.LIVE + i], ZERO)
        to_player, to_companion = e[me + at.TO_PLAYER + i], e[me + at.TO_COMPANION + i]
        apart = pick(to_player > num.CLOSE, on, ZERO)
        soon = now + BRIEFLY

        hit = pick(does == DRAWS, apart, ZERO)
        hit = pick(to_companion < num.TAUNT_REACH, hit, ZERO)
        taunted = pick(hit > ZERO, soon, e[me + at.TAUNTED + i])
        e[me + at.TAUNTED + i] = taunted
        hit = pick(does == PINS, apart, ZERO)
        hit = pick(to_companion < num.VOLLEY_REACH, hit, ZERO)
        hit = pick(to_player <= s[at.PIN_2 + i], hit, ZERO)
        pinned = pick(hit > ZERO, soon, e[me + at.PINNED + i])
        e[me + at.PINNED + i] = pinned
        worth = pick(hit > ZERO, e[me + at.PIN_WORTH + i], ZERO)
        hit = pick(does == HEXES, on, ZERO)
        hit = pick(to_companion < num.HEX_REACH, hit, ZERO)
        hit = pick(s[at.NEAR_P + i] == slot, hit, ZERO)
        e[me + at.HEXED + i] = pick(hit > ZERO, soon, e[me + at.HEXED + i])

        anger = e[me + at.ANGER + i]
        hunts = pick(to_companion < to_player, ONE, ZERO)
        hunts = pick(anger > now, ZERO, hunts)
        hunts = pick(-anger > now, ONE, hunts)
        hunts = pick(taunted > now, ONE, hunts)
        hunts = pick(s[at.C + at.HP + i] > ZERO, hunts, ZERO)
        hunts = pick(on > ZERO, hunts, e[me + at.HUNTS + i])
        e[me + at.HUNTS + i] = hunts
        at_player = ONE - hunts
        s[at.VALUE + i] += worth * at_player

        free = pick(pinned > now, ZERO, on)
        wait = e[me + at.WAIT + i] + (on - free)
        e[me + at.WAIT + i] = wait
        distance = pick(hunts > ZERO, to_companion, to_player)
        x = pick(hunts > ZERO, s[at.C + at.X + i], s[at.P + at.X + i])
        y = pick(hunts > ZERO, s[at.C + at.Y + i], s[at.P + at.Y + i])
        mark = pick(wait <= now, free, ZERO)
        due[i] = pick(least(mark, e[me + at.REACH + i] - distance) > ZERO, YES, NO)
        speed = e[me + at.SPEED + i]
        speed = pick(taunted > now, speed * num.RUSH_FACTOR, speed)
        nearer = least(most(distance - e[me + at.FARTHEST + i], ZERO), speed)
        away = least(most(e[me + at.NEAREST + i] - distance, ZERO), speed)
        chases = pick(nearer > ZERO, at_player, ZERO)
        chases = least(chases, apart) * free
        e[me + at.CHASING + i] = pick(on > ZERO, chases, e[me + at.CHASING + i])
        pace = (nearer - away) * free / most(distance, SHORT)
        own_x, own_y = e[me + at.X + i], e[me + at.Y + i]
        dx = (x - own_x) * pace + push[mine + i]
        dy = (y - own_y) * pace + push[mine + at.WIDTH + i]
        e[me + at.STEP_X + i], e[me + at.STEP_Y + i] = dx, dy
        x, y, stays = stride(s, i, own_x, own_y, dx, dy)
        e[me + at.X + i], e[me + at.Y + i] = x, y
        near[i] = pick(stays > ZERO, YES, NO)


@inner()
def attack(
    s: State, e: State, f: State, i: np.uint64, slot: int, now: np.float32, m: int, flying: Flags
) -> None:
    """Hit, or let an arrow fly; then rest. Sparse."""
    me = foe(slot)
    shakes = np.float32(int(draw(m, at.DRAW_BLOW + slot) * SHAKY) - SHAKES)
    e[me + at.WAIT + i] = now + e[me + at.PERIOD + i] + shakes
    e[me + at.SWUNG + i] = now
    companion = e[me + at.HUNTS + i] > ZERO
    damage, arrow = e[me + at.BLOW + i], e[me + at.ARROW + i]
    if arrow > ZERO:
        target = at.C if companion else at.P
        line = s[target + at.X + i], s[target + at.Y + i]
        shoot(s, f, i, slot, e[me + at.X + i], e[me + at.Y + i], line, damage, arrow, flying)
    else:
        enemy_hits(s, e, i, me, now, companion, damage)
