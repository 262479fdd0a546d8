"""Enemies: each keeps the distance its role likes, and hits or shoots when it has rested.

Each thinks every fourth tick, half of them two ticks after the others; in between they go on as
they were.
"""

import numpy as np

from astraweave.arena.kernels import balance as num
from astraweave.arena.kernels import layout as at
from astraweave.arena.kernels.chance import draw
from astraweave.arena.kernels.flying import Flights, shoot
from astraweave.arena.kernels.lanes import (
    ONE,
    ZERO,
    Due,
    State,
    foe,
    inner,
    least,
    mark,
    most,
    pick,
    square,
)
from astraweave.arena.kernels.moving import stride
from astraweave.arena.kernels.wounds import enemy_hits

DRAWS, PINS, HEXES = (
    np.float32(code) for code in (at.DRAW_AGGRO, at.SUPPRESS_ENEMY, at.DEBUFF_ENEMY)
)
PUSHES = at.WIDTH * np.uint64(2)
NO_FOE, LAST = np.uint64(0), at.FOE * np.uint64(3)
Pair = tuple[np.uint8, np.uint8, np.uint8, np.uint8]
FIRST_TWO: Pair = (np.uint8(1), np.uint8(16), np.uint8(2), np.uint8(32))
LAST_TWO: Pair = (np.uint8(4), np.uint8(64), np.uint8(8), np.uint8(128))
STAY, ACT = np.uint8(15), np.uint8(240)
"""Marks of two enemies, of up to four that are marked together: one stays for `slide`, it acts,
the other stays, acts; and those of all who stay, of all who act."""
FIRST_ACT = np.uint8(4)
"""Bits by which the marks of who acts are above those of who stays."""
THINKS = np.float32(num.THINK_EVERY)
BRIEFLY = np.float32(num.THINK_EVERY + 1)
SHARE = np.float32(1 / num.THINK_EVERY)
SHORT = np.float32(0.1)
SHAKY, SHAKES = np.float32(9), 5
"""A rest varies by nine ticks; who has rested strikes when next it thinks, 1.5 later in mean."""


@inner()
def think(
    s: State,
    e: State,
    push: State,
    slot: int,
    now: np.float32,
    due: Due,
    as_what: Pair,
    beside: np.uint8,
) -> None:
    """Two enemies at once: what the companion does to them, whom they are after, their steps.

    Marks the lanes where one has rested and has its prey in reach, and those where a wall is near;
    marks of `beside` stay. Wide.
    """
    me, mine, number = foe(slot), np.uint64(slot - at.FIRST_ENEMY) * PUSHES, np.float32(slot)
    first_stays, first_acts, second_stays, second_acts = as_what
    for i in range(at.WIDTH):
        marked = due[i] & beside
        acts, stays = _one(s, e, push, i, me, mine, number, now)
        marked |= mark(acts, first_acts) | mark(stays, first_stays)
        acts, stays = _one(s, e, push, i, me + at.FOE, mine + PUSHES, number + ONE, now)
        due[i] = marked | mark(acts, second_acts) | mark(stays, second_stays)


@inner()
def march(s: State, e: State, slot: int, due: Due, as_what: Pair, beside: np.uint8) -> None:
    """Two enemies go on as they thought. Marks as `think` does. Wide."""
    me = foe(slot)
    first, _, second, _ = as_what
    for i in range(at.WIDTH):
        marked = (due[i] & beside) | mark(_on(s, e, i, me), first)
        due[i] = marked | mark(_on(s, e, i, me + at.FOE), second)


@inner()
def march_four(s: State, e: State, due: Due) -> None:
    """Four enemies go on as they thought. Wide."""
    one, _, two, _ = FIRST_TWO
    three, _, four, _ = LAST_TWO
    for i in range(at.WIDTH):
        marked = mark(_on(s, e, i, NO_FOE), one) | mark(_on(s, e, i, at.FOE), two)
        marked |= mark(_on(s, e, i, at.FOE + at.FOE), three)
        due[i] = marked | mark(_on(s, e, i, LAST), four)


@inner()
def _on(s: State, e: State, i: np.uint64, me: np.uint64) -> bool:
    """One more step; whether a wall is near."""
    on = (e[me + at.HP + i] > ZERO) & (s[at.LIVE + i] > ZERO)
    dx, dy = pick(on, e[me + at.STEP_X + i], ZERO), pick(on, e[me + at.STEP_Y + i], ZERO)
    x, y, stays = stride(s, i, e[me + at.X + i], e[me + at.Y + i], dx, dy)
    e[me + at.X + i], e[me + at.Y + i] = x, y
    return stays


@inner()
def _afflict(
    s: State, e: State, i: np.uint64, me: np.uint64, slot: np.float32, now: np.float32, up: bool
) -> np.float32:
    """Taunt, pin or hex, as the companion's tactic does; what pinning is worth."""
    does, soon = s[at.DOES + i], now + BRIEFLY
    to_player, to_companion = e[me + at.TO_PLAYER_SQ + i], e[me + at.TO_COMPANION_SQ + i]
    apart = up & (to_player > square(num.CLOSE))
    hit = apart & (does == DRAWS) & (to_companion < square(num.TAUNT_REACH))
    e[me + at.TAUNTED + i] = pick(hit, soon, e[me + at.TAUNTED + i])
    hit = up & (does == HEXES) & (to_companion < square(num.HEX_REACH))
    hit &= s[at.NEAR_P + i] == slot
    e[me + at.HEXED + i] = pick(hit, soon, e[me + at.HEXED + i])
    hit = apart & (does == PINS) & (to_companion < square(num.VOLLEY_REACH))
    hit &= to_player <= s[at.PIN_2_SQ + i]
    e[me + at.PINNED + i] = pick(hit, soon, e[me + at.PINNED + i])
    return pick(hit, e[me + at.PIN_WORTH + i], ZERO)


@inner()
def _prey(s: State, e: State, i: np.uint64, me: np.uint64, now: np.float32, up: bool) -> np.float32:
    """1 if after the companion, else 0: after who taunts, else who hurt it, else who is nearer."""
    anger = e[me + at.ANGER + i]
    nearer = e[me + at.TO_COMPANION_SQ + i] < e[me + at.TO_PLAYER_SQ + i]
    hunts = (nearer & (not anger > now)) | (-anger > now) | (e[me + at.TAUNTED + i] > now)
    hunts &= s[at.C + at.HP + i] > ZERO
    return pick(up, pick(hunts, ONE, ZERO), e[me + at.HUNTS + i])


@inner()
def _one(
    s: State,
    e: State,
    push: State,
    i: np.uint64,
    me: np.uint64,
    mine: np.uint64,
    slot: np.float32,
    now: np.float32,
) -> tuple[bool, bool]:
    """Whether one enemy strikes, and whether a wall is near."""
    up = (e[me + at.HP + i] > ZERO) & (s[at.LIVE + i] > ZERO)
    worth = _afflict(s, e, i, me, slot, now, up)
    hunts = _prey(s, e, i, me, now, up)
    e[me + at.HUNTS + i] = hunts
    s[at.VALUE + i] += pick(hunts > ZERO, ZERO, worth)

    pinned = e[me + at.PINNED + i] > now
    free = up & (not pinned)
    wait = e[me + at.WAIT + i] + pick(up & pinned, THINKS, ZERO)
    e[me + at.WAIT + i] = wait
    x, y = e[me + at.X + i], e[me + at.Y + i]
    dx = pick(hunts > ZERO, s[at.C + at.X + i], s[at.P + at.X + i]) - x
    dy = pick(hunts > ZERO, s[at.C + at.Y + i], s[at.P + at.Y + i]) - y
    distance = np.sqrt(dx * dx + dy * dy)
    acts = free & (e[me + at.REACH + i] > distance) & (wait <= now)

    speed = e[me + at.SPEED + i]
    speed = pick(e[me + at.TAUNTED + i] > now, speed * num.RUSH_FACTOR, speed)
    nearer = least(most(distance - e[me + at.FARTHEST + i], ZERO) * SHARE, speed)
    away = least(most(e[me + at.NEAREST + i] - distance, ZERO) * SHARE, speed)
    chases = free & (nearer > hunts) & (e[me + at.TO_PLAYER_SQ + i] > square(num.CLOSE))
    e[me + at.CHASING + i] = pick(up, pick(chases, ONE, ZERO), e[me + at.CHASING + i])

    pace = (nearer - away) * pick(free, ONE, ZERO) / most(distance, SHORT)
    dx, dy = dx * pace + push[mine + i], dy * pace + push[mine + at.WIDTH + i]
    e[me + at.STEP_X + i], e[me + at.STEP_Y + i] = dx, dy
    x, y, stays = stride(s, i, x, y, dx, dy)
    e[me + at.X + i], e[me + at.Y + i] = x, y
    return acts, stays


@inner()
def attack(
    s: State, e: State, f: State, i: np.uint64, slot: int, now: np.float32, m: int, flying: Flights
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
