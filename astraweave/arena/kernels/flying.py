"""Projectiles: they fly until they meet somebody, a wall, the edge or their reach.

Where a wall or the edge ends a flight is known when it begins, for neither moves. Bolts are the
player's and the companion's, arrows the enemies'; nobody is hit by his own side, but the player
by a companion who shot without looking.
"""

import numpy as np
import numpy.typing as npt

from astraweave.arena.kernels import balance as num
from astraweave.arena.kernels import layout as at
from astraweave.arena.kernels.bits import lowest, marks
from astraweave.arena.kernels.lanes import (
    FAR,
    NO,
    NO_LANE,
    ONE,
    YES,
    ZERO,
    Due,
    State,
    foe,
    inner,
    least,
    most,
    others,
    pick,
)
from astraweave.arena.kernels.wounds import companion_hits, enemy_hits, player_harmed, player_hits

Flags = npt.NDArray[np.uint8]
HIT = np.float32(num.SHOT_RADIUS * num.SHOT_RADIUS)
SLIGHT, SHORT = np.float32(1e-6), np.float32(0.01)
MISSED, ENDED = np.float32(1600), np.float32(-1)


@inner()
def _flight(
    s: State,
    i: np.uint64,
    x: np.float32,
    y: np.float32,
    ux: np.float32,
    uy: np.float32,
    length: np.float32,
) -> np.float32:
    """Metres from (x, y) along (ux, uy) to the first wall or the edge, at most `length`."""
    ux = ux if abs(ux) > SLIGHT else SLIGHT
    uy = uy if abs(uy) > SLIGHT else SLIGHT
    length = least(length, ((num.FIELD_W if ux > ZERO else ZERO) - x) / ux)
    length = least(length, ((num.FIELD_H if uy > ZERO else ZERO) - y) / uy)
    half = s[at.WALL_HALF + i]
    for number in range(at.WALL_COUNT):
        k = np.uint64(number) * at.WALL + i
        wx, wy = s[k + at.WALL_1_X] - x, s[k + at.WALL_1_Y] - y
        left, right = (wx - half) / ux, (wx + half) / ux
        top, bottom = (wy - half) / uy, (wy + half) / uy
        enters = most(least(left, right), least(top, bottom))
        leaves = least(most(left, right), most(top, bottom))
        if leaves > ZERO and enters < leaves:
            length = least(length, most(enters, ZERO))
    return length


@inner()
def shoot(
    s: State,
    f: State,
    i: np.uint64,
    shooter: int,
    x: np.float32,
    y: np.float32,
    line: tuple[np.float32, np.float32],
    damage: np.float32,
    speed: np.float32,
    flying: Flags,
) -> None:
    """Let a slot's shot fly from (x, y) at `line`; nothing happens when there is no room."""
    dx, dy = line[0] - x, line[1] - y
    distance = most(np.sqrt(dx * dx + dy * dy), SHORT)
    first = 0 if shooter < at.FIRST_ENEMY else at.BOLTS
    last = at.BOLTS if shooter < at.FIRST_ENEMY else flying.shape[0] - 1
    for k in range(first, last):
        shot = np.uint64(k) * at.SHOT
        if f[shot + at.LEFT + i] > ZERO:
            continue
        ux, uy = dx / distance, dy / distance
        reach = _flight(s, i, x, y, ux, uy, distance + ONE)
        f[shot + at.SHOT_X + i], f[shot + at.SHOT_Y + i] = x, y
        f[shot + at.SHOT_VX + i], f[shot + at.SHOT_VY + i] = ux * speed, uy * speed
        f[shot + at.STRETCH + i] = ONE / (speed * speed)
        f[shot + at.LEFT + i] = reach / speed
        f[shot + at.SHOT_DAMAGE + i] = damage
        f[shot + at.SHOOTER + i] = np.float32(shooter)
        f[shot + at.SPARES + i] = s[at.CAREFUL + i] if shooter == at.COMPANION else ONE
        if f[shot + at.SPARES + i] == ZERO:
            flying[-1] = YES
        flying[k] = YES
        return


@inner()
def _passes(
    f: State, shot: np.uint64, a: State, me: np.uint64, i: np.uint64
) -> tuple[np.float32, np.float32]:
    """When in this tick a shot came nearest to a body, and how near: metres squared.

    The shot has moved: −1 is where it was, 0 where it is.
    """
    vx, vy = f[shot + at.SHOT_VX + i], f[shot + at.SHOT_VY + i]
    dx, dy = a[me + at.X + i] - f[shot + at.SHOT_X + i], a[me + at.Y + i] - f[shot + at.SHOT_Y + i]
    when = (dx * vx + dy * vy) * f[shot + at.STRETCH + i]
    when = most(least(when, least(f[shot + at.LEFT + i], ZERO)), -ONE)
    dx, dy = dx - when * vx, dy - when * vy
    return when, pick(a[me + at.HP + i] > ZERO, dx * dx + dy * dy, MISSED)


@inner()
def _move(s: State, f: State, shot: np.uint64, due: Due) -> None:
    """Fly on; mark the lanes where the shot will go on after this tick. Wide."""
    for i in range(at.WIDTH):
        left = f[shot + at.LEFT + i]
        # A flight that is over stays at −1 or less: it meets nobody.
        on = pick(left > ZERO, ONE, ZERO)
        f[shot + at.SHOT_X + i] += on * s[at.LIVE + i] * f[shot + at.SHOT_VX + i]
        f[shot + at.SHOT_Y + i] += on * s[at.LIVE + i] * f[shot + at.SHOT_VY + i]
        left = pick(s[at.LIVE + i] > ZERO, pick(left > ZERO, left - ONE, ENDED), left)
        f[shot + at.LEFT + i] = left
        due[i] = pick(left > ZERO, YES, NO)


@inner()
def _look(f: State, shot: np.uint64, a: State, me: np.uint64, other: np.uint64) -> None:
    """How near this tick's flight came to two bodies, if nearer than to those before. Wide."""
    for i in range(at.WIDTH):
        _, one = _passes(f, shot, a, me, i)
        _, two = _passes(f, shot, a, other, i)
        f[shot + at.GAP + i] = least(f[shot + at.GAP + i], least(one, two))


@inner()
def _look_at_player(s: State, f: State, shot: np.uint64) -> None:
    """The same for a shot loosed without looking, and the player. Wide."""
    for i in range(at.WIDTH):
        _, near = _passes(f, shot, s, at.P, i)
        near = pick(f[shot + at.SPARES + i] == ZERO, near, MISSED)
        f[shot + at.GAP + i] = least(f[shot + at.GAP + i], near)


@inner()
def _mark(
    s: State, f: State, shot: np.uint64, a: State, me: np.uint64, other: np.uint64, due: Due
) -> None:
    """Look at the last two; mark the lanes where anybody was hit. Wide."""
    for i in range(at.WIDTH):
        _, one = _passes(f, shot, a, me, i)
        _, two = _passes(f, shot, a, other, i)
        gap = least(f[shot + at.GAP + i], least(one, two))
        gap = pick(f[shot + at.LEFT + i] > ENDED, gap, MISSED)
        gap = pick(s[at.LIVE + i] > ZERO, gap, MISSED)
        due[i] = pick(gap < HIT, YES, NO)
        f[shot + at.GAP + i] = MISSED


@inner()
def _met(s: State, e: State, f: State, i: np.uint64, shot: np.uint64) -> int:
    """Whom a shot meets first in this tick, else −1."""
    arrow = int(f[shot + at.SHOOTER + i]) >= at.FIRST_ENEMY
    found, soonest = at.NOBODY, FAR
    if arrow or f[shot + at.SPARES + i] == ZERO:
        when, near = _passes(f, shot, s, at.P, i)
        if near < HIT:
            found, soonest = at.PLAYER, when
    if arrow:
        when, near = _passes(f, shot, s, at.C, i)
        return at.COMPANION if near < HIT and when < soonest else found
    for enemy in range(e.shape[0] // at.FOE):
        when, near = _passes(f, shot, e, np.uint64(enemy) * at.FOE, i)
        if near < HIT and when < soonest:
            found, soonest = enemy + at.FIRST_ENEMY, when
    return found


@inner()
def _lands(
    s: State, e: State, f: State, i: np.uint64, shot: np.uint64, slot: int, now: np.float32
) -> None:
    shooter, damage = int(f[shot + at.SHOOTER + i]), f[shot + at.SHOT_DAMAGE + i]
    f[shot + at.LEFT + i] = ENDED
    if shooter >= at.FIRST_ENEMY:
        enemy_hits(s, e, i, foe(shooter), now, slot == at.COMPANION, damage)
    elif shooter == at.PLAYER:
        player_hits(s, e, i, foe(slot), now, damage, at.BY_SHOT)
    elif slot == at.PLAYER:
        player_harmed(s, i, now, damage)
    else:
        me = foe(slot)
        if int(s[at.TACTIC + i]) == at.COVERING_FIRE and e[me + at.CHASING + i] > ZERO:
            damage *= ONE + num.VOLLEY_BONUS
        companion_hits(s, e, i, me, now, damage)


@inner()
def fly(
    s: State,
    e: State,
    f: State,
    now: np.float32,
    flying: Flags,
    due: Due,
) -> None:
    """Move every projectile by one tick.

    flying: uint8[shots + 1], 1 where any lane has that shot; the last, where any was careless.
    """
    for k in range(flying.shape[0] - 1):
        if flying[k] == NO:
            continue
        shot = np.uint64(k) * at.SHOT
        _move(s, f, shot, due)
        flying[k] = YES if marks(due) != NO_LANE else NO
        if k >= at.BOLTS:
            _mark(s, f, shot, s, at.P, at.C, due)
        else:
            if flying[-1] != NO:
                _look_at_player(s, f, shot)
            last = np.uint64(e.shape[0]) - at.FOE - at.FOE
            for pair in range(e.shape[0] // (2 * at.FOE) - 1):
                me = np.uint64(2 * pair) * at.FOE
                _look(f, shot, e, me, me + at.FOE)
            _mark(s, f, shot, e, last, last + at.FOE, due)
        left = marks(due)
        while left != NO_LANE:
            i, left = lowest(left), others(left)
            slot = _met(s, e, f, i, shot)
            if slot >= 0:
                _lands(s, e, f, i, shot, slot, now)
