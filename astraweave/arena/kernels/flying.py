"""Projectiles: they fly until they meet somebody, a wall, the edge or their reach."""

import math

import numpy as np
import numpy.typing as npt

from astraweave.arena.kernels import balance as num
from astraweave.arena.kernels import layout as at
from astraweave.arena.kernels.moving import wall_at
from astraweave.arena.kernels.world import World, inner
from astraweave.arena.kernels.wounds import companion_hits, enemy_hits, player_harmed, player_hits

Floats = npt.NDArray[np.float64]

HIT_SQUARED = num.SHOT_RADIUS * num.SHOT_RADIUS
STRIDE = 0.5


@inner()
def shoot(w: World, shooter: int, target: int, damage: float, speed: float) -> None:
    """Let fly from one slot at another; nothing happens when the pool is full."""
    body, shots, whole = w["body"], w["shots"], w["whole"]
    n = whole[at.FLYING]
    if n >= at.SHOTS:
        return
    x, y = body[shooter, at.X], body[shooter, at.Y]
    dx, dy = body[target, at.X] - x, body[target, at.Y] - y
    distance = max(math.sqrt(dx * dx + dy * dy), 0.01)
    shots[n, at.SHOT_X], shots[n, at.SHOT_Y] = x, y
    shots[n, at.SHOT_VX], shots[n, at.SHOT_VY] = dx / distance * speed, dy / distance * speed
    shots[n, at.SHOT_DAMAGE] = damage
    shots[n, at.REACH_LEFT] = distance + 1.0
    shots[n, at.SHOOTER] = shooter
    shots[n, at.SPARES] = whole[at.CAREFUL] if shooter == at.COMPANION else 0
    whole[at.FLYING] = n + 1


@inner()
def _met(w: World, x: float, y: float, shooter: int, spares: bool) -> int:
    """Whom a projectile at (x, y) meets, else −1.

    Nobody is hit by his own side, but the player by a companion who shot without looking.
    """
    body = w["body"]
    first, last = at.FIRST_ENEMY, at.SLOTS
    if shooter >= at.FIRST_ENEMY:
        first, last = at.PLAYER, at.FIRST_ENEMY
    elif shooter == at.COMPANION and not spares:
        first = at.PLAYER
    for slot in range(first, last):
        if slot == shooter or body[slot, at.HP] <= 0.0:
            continue
        dx, dy = body[slot, at.X] - x, body[slot, at.Y] - y
        if dx * dx + dy * dy < HIT_SQUARED:
            return slot
    return at.NOBODY


@inner()
def _lands(w: World, shooter: int, slot: int, damage: float) -> None:
    clock, whole = w["clock"], w["whole"]
    if shooter >= at.FIRST_ENEMY:
        enemy_hits(w, shooter, slot, damage)
    elif shooter == at.PLAYER:
        player_hits(w, slot, damage, at.BY_SHOT)
    elif slot == at.PLAYER:
        player_harmed(w, damage)
    else:
        if whole[at.TACTIC] == at.COVERING_FIRE and clock[slot, at.CHASING] > 0:
            damage *= 1.0 + num.VOLLEY_BONUS
        companion_hits(w, slot, damage)


@inner()
def fly(w: World) -> None:
    """Move every projectile by one tick, in strides short enough to miss nobody."""
    shots, whole = w["shots"], w["whole"]
    i = 0
    while i < whole[at.FLYING]:
        if _one(w, shots[i]):
            last = whole[at.FLYING] - 1
            for k in range(at.SHOT):
                shots[i, k] = shots[last, k]
            whole[at.FLYING] = last
        else:
            i += 1


@inner()
def _one(w: World, shot: Floats) -> bool:
    """Whether this projectile ended in this tick."""
    vx, vy = shot[at.SHOT_VX], shot[at.SHOT_VY]
    speed = math.sqrt(vx * vx + vy * vy)
    strides = 1 + int(speed / STRIDE)
    shooter = int(shot[at.SHOOTER])
    for _ in range(strides):
        x = shot[at.SHOT_X] + vx / strides
        y = shot[at.SHOT_Y] + vy / strides
        shot[at.SHOT_X], shot[at.SHOT_Y] = x, y
        shot[at.REACH_LEFT] -= speed / strides
        slot = _met(w, x, y, shooter, shot[at.SPARES] == 1.0)
        if slot >= 0:
            _lands(w, shooter, slot, shot[at.SHOT_DAMAGE])
            return True
        if shot[at.REACH_LEFT] <= 0.0 or wall_at(w, x, y, 0.0) >= 0:
            return True
    return not (0.0 < shot[at.SHOT_X] < num.FIELD_W and 0.0 < shot[at.SHOT_Y] < num.FIELD_H)
