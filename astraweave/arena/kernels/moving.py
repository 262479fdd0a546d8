"""Walking: inside the field, round the walls, apart from each other."""

import math

import numpy as np
import numpy.typing as npt

from astraweave.arena.kernels import balance as num
from astraweave.arena.kernels import layout as at
from astraweave.model.kernels.jit import njit

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

FAR = 40.0


@njit()
def wall_at(real: Floats, x: float, y: float, radius: float) -> int:
    """Number of the wall that a disc at (x, y) touches, else −1."""
    for i in range(at.WALL_COUNT):
        k = at.WALLS + 4 * i
        if (
            real[k] - radius < x < real[k + 2] + radius
            and real[k + 1] - radius < y < real[k + 3] + radius
        ):
            return i
    return -1


@njit()
def _inside(value: float, size: float) -> float:
    return min(size - num.BODY_RADIUS, max(num.BODY_RADIUS, value))


@njit()
def move(body: Floats, real: Floats, slot: int, dx: float, dy: float) -> None:
    """Walk by (dx, dy) metres: slide along walls, round their nearer corner when head on."""
    radius = num.BODY_RADIUS
    x, y = body[slot, at.X], body[slot, at.Y]
    nx = _inside(x + dx, num.FIELD_W)
    wall = wall_at(real, nx, y, radius)
    if wall >= 0:
        nx = x
        if abs(dy) < 0.3 * abs(dx):
            k = at.WALLS + 4 * wall
            dy = abs(dx) if 2.0 * y >= real[k + 1] + real[k + 3] else -abs(dx)
    ny = _inside(y + dy, num.FIELD_H)
    below = wall_at(real, nx, ny, radius)
    if below >= 0:
        ny = y
        if wall < 0 and abs(dx) < 0.3 * abs(dy):
            k = at.WALLS + 4 * below
            side = abs(dy) if 2.0 * x >= real[k] + real[k + 2] else -abs(dy)
            nx = _inside(x + side, num.FIELD_W)
            if wall_at(real, nx, ny, radius) >= 0:
                nx = x
    body[slot, at.VX], body[slot, at.VY] = nx - x, ny - y
    body[slot, at.X], body[slot, at.Y] = nx, ny


@njit()
def approach(
    body: Floats, real: Floats, slot: int, x: float, y: float, stop: float, speed: float
) -> float:
    """Walk towards (x, y), not nearer than `stop` metres; returns the distance before."""
    dx, dy = x - body[slot, at.X], y - body[slot, at.Y]
    distance = math.sqrt(dx * dx + dy * dy)
    pace = min(speed, distance - stop)
    if pace > 0.0:
        move(body, real, slot, dx / distance * pace, dy / distance * pace)
    else:
        body[slot, at.VX], body[slot, at.VY] = 0.0, 0.0
    return distance


@njit()
def survey(body: Floats, whole: Ints) -> None:
    """Measure each enemy's distance to player and companion; note who is nearest to each."""
    whole[at.NEAR_PLAYER] = at.NOBODY
    whole[at.NEAR_COMPANION] = at.NOBODY
    best_p, best_c = FAR, FAR
    for e in range(at.FIRST_ENEMY, at.SLOTS):
        if body[e, at.HP] <= 0.0:
            body[e, at.TO_PLAYER], body[e, at.TO_COMPANION] = FAR, FAR
            continue
        x, y = body[e, at.X], body[e, at.Y]
        dx, dy = body[at.PLAYER, at.X] - x, body[at.PLAYER, at.Y] - y
        to_player = math.sqrt(dx * dx + dy * dy)
        dx, dy = body[at.COMPANION, at.X] - x, body[at.COMPANION, at.Y] - y
        to_companion = math.sqrt(dx * dx + dy * dy)
        body[e, at.TO_PLAYER], body[e, at.TO_COMPANION] = to_player, to_companion
        if to_player < best_p:
            best_p, whole[at.NEAR_PLAYER] = to_player, e
        if to_companion < best_c:
            best_c, whole[at.NEAR_COMPANION] = to_companion, e


@njit()
def between(body: Floats) -> float:
    """Distance between player and companion, metres."""
    dx = body[at.PLAYER, at.X] - body[at.COMPANION, at.X]
    dy = body[at.PLAYER, at.Y] - body[at.COMPANION, at.Y]
    return math.sqrt(dx * dx + dy * dy)


@njit()
def spread(body: Floats, real: Floats) -> None:
    """Push enemies that stand in each other apart, a little each tick."""
    for a in range(at.FIRST_ENEMY, at.SLOTS - 1):
        if body[a, at.HP] <= 0.0:
            continue
        for b in range(a + 1, at.SLOTS):
            if body[b, at.HP] <= 0.0:
                continue
            dx, dy = body[b, at.X] - body[a, at.X], body[b, at.Y] - body[a, at.Y]
            if abs(dx) < 0.7 and abs(dy) < 0.7:
                px, py = 0.02 if dx >= 0.0 else -0.02, 0.02 if dy >= 0.0 else -0.02
                _nudge(body, real, b, px, py)
                _nudge(body, real, a, -px, -py)


@njit()
def _nudge(body: Floats, real: Floats, slot: int, dx: float, dy: float) -> None:
    x = _inside(body[slot, at.X] + dx, num.FIELD_W)
    y = _inside(body[slot, at.Y] + dy, num.FIELD_H)
    if wall_at(real, x, y, num.BODY_RADIUS) < 0:
        body[slot, at.X], body[slot, at.Y] = x, y
