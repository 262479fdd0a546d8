"""Projectiles: they fly until they meet somebody, a wall, the edge or their reach.

Where a wall or the edge ends a flight is known when it begins, for neither moves. Bolts are the
player's and the companion's, arrows the enemies'; nobody is hit by his own side, but the player
by a companion who shot without looking.
"""

import numpy as np
import numpy.typing as npt

from astraweave.arena.kernels import balance as num
from astraweave.arena.kernels import layout as at
from astraweave.arena.kernels.bits import Bits, count, lowest, marks
from astraweave.arena.kernels.lanes import (
    FAR,
    FIRST_LANE,
    NO,
    NO_LANE,
    ONE,
    ZERO,
    Due,
    State,
    foe,
    inner,
    least,
    mark,
    most,
    others,
    pick,
)
from astraweave.arena.kernels.wounds import companion_hits, enemy_hits, player_harmed, player_hits

Flights = npt.NDArray[np.uint64]
HIT = np.float32(num.SHOT_RADIUS * num.SHOT_RADIUS)
SLIGHT, SHORT = np.float32(1e-6), np.float32(0.01)
MISSED, ENDED = np.float32(1600), np.float32(-1)
NO_FOE, THIRD = np.uint64(0), at.FOE * np.uint64(3)
FEW = 5
"""In so many lanes a bolt costs less one by one than in all at once."""
GOES_ON, MET, CARELESS = (np.uint8(bit) for bit in (1, 2, 4))
"""Marks of the lanes where a shot will go on, met anybody, or was loosed without looking."""


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
    flying: Flights,
) -> None:
    """Let a slot's shot fly from (x, y) at `line`; nothing happens when there is no room."""
    dx, dy = line[0] - x, line[1] - y
    distance = most(np.sqrt(dx * dx + dy * dy), SHORT)
    first = 0 if shooter < at.FIRST_ENEMY else at.BOLTS
    last = at.BOLTS if shooter < at.FIRST_ENEMY else flying.shape[0]
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
        flying[k] |= FIRST_LANE << i
        return


Shot = tuple[np.float32, ...]


@inner()
def _shot(f: State, shot: np.uint64, i: np.uint64) -> Shot:
    """Place, speed, STRETCH and LEFT."""
    return (
        f[shot + at.SHOT_X + i],
        f[shot + at.SHOT_Y + i],
        f[shot + at.SHOT_VX + i],
        f[shot + at.SHOT_VY + i],
        f[shot + at.STRETCH + i],
        f[shot + at.LEFT + i],
    )


@inner()
def _passes(shot: Shot, a: State, me: np.uint64, i: np.uint64) -> tuple[np.float32, np.float32]:
    """When in this tick a shot came nearest to a body, and how near: metres squared.

    The shot has moved: −1 is where it was, 0 where it is.
    """
    x, y, vx, vy, stretch, left = shot
    dx, dy = a[me + at.X + i] - x, a[me + at.Y + i] - y
    when = (dx * vx + dy * vy) * stretch
    when = most(least(when, least(left, ZERO)), -ONE)
    dx, dy = dx - when * vx, dy - when * vy
    return when, pick(a[me + at.HP + i] > ZERO, dx * dx + dy * dy, MISSED)


@inner()
def _nearest(shot: Shot, a: State, me: np.uint64, other: np.uint64, i: np.uint64) -> np.float32:
    """How near this tick's flight came to the nearer of two."""
    _, one = _passes(shot, a, me, i)
    _, two = _passes(shot, a, other, i)
    return least(one, two)


@inner()
def _moved(s: State, f: State, shot: np.uint64, i: np.uint64) -> Shot:
    """Fly on. A flight that is over stays at −1 or less: it meets nobody."""
    x, y, vx, vy, stretch, left = _shot(f, shot, i)
    live = s[at.LIVE + i] > ZERO
    on = live & (left > ZERO)
    x, y = pick(on, x + vx, x), pick(on, y + vy, y)
    left = pick(live, pick(left > ZERO, left - ONE, ENDED), left)
    f[shot + at.SHOT_X + i], f[shot + at.SHOT_Y + i], f[shot + at.LEFT + i] = x, y, left
    return x, y, vx, vy, stretch, left


@inner()
def _marked(
    s: State, i: np.uint64, left: np.float32, gap: np.float32, spares: np.float32
) -> np.uint8:
    """Whether a shot will go on after this tick, met anybody, or spares nobody."""
    there = (left > ENDED) & (s[at.LIVE + i] > ZERO)
    met, careless = there & (gap < HIT), there & (spares == ZERO)
    return mark(left > ZERO, GOES_ON) | mark(met, MET) | mark(careless, CARELESS)


@inner()
def _arrow(s: State, f: State, shot: np.uint64, due: Due) -> None:
    """Fly on and look at player and companion. Wide."""
    for i in range(at.WIDTH):
        flight = _moved(s, f, shot, i)
        due[i] = _marked(s, i, flight[5], _nearest(flight, s, at.P, at.C, i), ONE)


@inner()
def _bolt(s: State, e: State, f: State, shot: np.uint64, due: Due) -> None:
    """Fly on and look at four enemies. Wide."""
    for i in range(at.WIDTH):
        flight = _moved(s, f, shot, i)
        gap = _nearest(flight, e, NO_FOE, at.FOE, i)
        gap = least(gap, _nearest(flight, e, at.FOE + at.FOE, THIRD, i))
        due[i] = _marked(s, i, flight[5], gap, f[shot + at.SPARES + i])


@inner()
def _move(s: State, f: State, shot: np.uint64) -> None:
    """Fly on. Wide."""
    for i in range(at.WIDTH):
        _moved(s, f, shot, i)


@inner()
def _look(f: State, shot: np.uint64, a: State, me: np.uint64, other: np.uint64) -> None:
    """How near this tick's flight came to two bodies, if nearer than to those before. Wide."""
    for i in range(at.WIDTH):
        near = _nearest(_shot(f, shot, i), a, me, other, i)
        f[shot + at.GAP + i] = least(f[shot + at.GAP + i], near)


@inner()
def _mark(
    s: State, f: State, shot: np.uint64, a: State, me: np.uint64, other: np.uint64, due: Due
) -> None:
    """Look at the last two. Wide."""
    for i in range(at.WIDTH):
        flight = _shot(f, shot, i)
        gap = least(f[shot + at.GAP + i], _nearest(flight, a, me, other, i))
        due[i] = _marked(s, i, flight[5], gap, f[shot + at.SPARES + i])
        f[shot + at.GAP + i] = MISSED


@inner()
def _met(s: State, e: State, f: State, i: np.uint64, shot: np.uint64, marked: np.uint8) -> int:
    """Whom a marked shot meets first in this tick, else −1."""
    flight, found, soonest = _shot(f, shot, i), at.NOBODY, FAR
    arrow = int(f[shot + at.SHOOTER + i]) >= at.FIRST_ENEMY
    if arrow or marked & CARELESS != NO:
        when, near = _passes(flight, s, at.P, i)
        if near < HIT:
            found, soonest = at.PLAYER, when
    if arrow:
        when, near = _passes(flight, s, at.C, i)
        return at.COMPANION if near < HIT and when < soonest else found
    if marked & MET == NO:
        return found
    for enemy in range(e.shape[0] // at.FOE):
        when, near = _passes(flight, e, np.uint64(enemy) * at.FOE, i)
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
def fly(s: State, e: State, f: State, now: np.float32, flying: Flights, due: Due) -> None:
    """Move every projectile by one tick.

    flying: uint64[shots], as bits the lanes that have that shot; others may be among them.
    """
    for k in range(flying.shape[0]):
        if flying[k] == NO_LANE:
            continue
        shot = np.uint64(k) * at.SHOT
        if k >= at.BOLTS:
            _arrow(s, f, shot, due)
        elif count(flying[k]) <= FEW:
            flying[k] = _some(s, e, f, shot, now, flying[k])
            continue
        elif e.shape[0] == at.FOUR:
            _bolt(s, e, f, shot, due)
        else:
            _bolt_at_many(s, e, f, shot, due)
        flying[k] = marks(due, GOES_ON)
        left = marks(due, MET | CARELESS)
        while left != NO_LANE:
            i, left = lowest(left), others(left)
            _ends(s, e, f, i, shot, due[i], now)


@inner()
def _some(s: State, e: State, f: State, shot: np.uint64, now: np.float32, left: Bits) -> Bits:
    """A bolt that flies in some lanes only: those where it goes on."""
    goes_on = NO_LANE
    while left != NO_LANE:
        i, lane, left = lowest(left), left ^ others(left), others(left)
        flight, gap = _moved(s, f, shot, i), MISSED
        for pair in range(e.shape[0] // (2 * at.FOE)):
            me = np.uint64(2 * pair) * at.FOE
            gap = least(gap, _nearest(flight, e, me, me + at.FOE, i))
        marked = _marked(s, i, flight[5], gap, f[shot + at.SPARES + i])
        goes_on |= lane if marked & GOES_ON != NO else NO_LANE
        if marked & (MET | CARELESS) != NO:
            _ends(s, e, f, i, shot, marked, now)
    return goes_on


@inner()
def _ends(
    s: State, e: State, f: State, i: np.uint64, shot: np.uint64, marked: np.uint8, now: np.float32
) -> None:
    """What a marked shot does, if it met anybody."""
    slot = _met(s, e, f, i, shot, marked)
    if slot >= 0:
        _lands(s, e, f, i, shot, slot, now)


@inner()
def _bolt_at_many(s: State, e: State, f: State, shot: np.uint64, due: Due) -> None:
    """Fly on and look at all enemies, two by two."""
    _move(s, f, shot)
    last = np.uint64(e.shape[0]) - at.FOE - at.FOE
    for pair in range(e.shape[0] // (2 * at.FOE) - 1):
        me = np.uint64(2 * pair) * at.FOE
        _look(f, shot, e, me, me + at.FOE)
    _mark(s, f, shot, e, last, last + at.FOE, due)
