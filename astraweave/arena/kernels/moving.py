"""Walking: inside the field, round the walls, apart from each other."""

import math

from astraweave.arena.kernels import balance as num
from astraweave.arena.kernels import layout as at
from astraweave.arena.kernels.world import World, inner

FAR = 40.0


@inner()
def wall_at(w: World, x: float, y: float, radius: float) -> int:
    """Number of the wall that a disc at (x, y) touches, else −1."""
    real = w["real"]
    for i in range(at.WALL_COUNT):
        k = at.WALLS + 4 * i
        if (
            real[k] - radius < x < real[k + 2] + radius
            and real[k + 1] - radius < y < real[k + 3] + radius
        ):
            return i
    return -1


@inner()
def _inside(value: float, size: float) -> float:
    return min(size - num.BODY_RADIUS, max(num.BODY_RADIUS, value))


@inner()
def move(w: World, slot: int, dx: float, dy: float) -> None:
    """Walk by (dx, dy) metres: slide along walls, round their nearer corner when head on."""
    body, real = w["body"], w["real"]
    radius = num.BODY_RADIUS
    x, y = body[slot, at.X], body[slot, at.Y]
    nx = _inside(x + dx, num.FIELD_W)
    wall = wall_at(w, nx, y, radius)
    if wall >= 0:
        nx = x
        if abs(dy) < 0.3 * abs(dx):
            k = at.WALLS + 4 * wall
            dy = abs(dx) if 2.0 * y >= real[k + 1] + real[k + 3] else -abs(dx)
    ny = _inside(y + dy, num.FIELD_H)
    below = wall_at(w, nx, ny, radius)
    if below >= 0:
        ny = y
        if wall < 0 and abs(dx) < 0.3 * abs(dy):
            k = at.WALLS + 4 * below
            side = abs(dy) if 2.0 * x >= real[k] + real[k + 2] else -abs(dy)
            nx = _inside(x + side, num.FIELD_W)
            if wall_at(w, nx, ny, radius) >= 0:
                nx = x
    body[slot, at.VX], body[slot, at.VY] = nx - x, ny - y
    body[slot, at.X], body[slot, at.Y] = nx, ny


@inner()
def approach(w: World, slot: int, x: float, y: float, stop: float, speed: float) -> float:
    """Walk towards (x, y), not nearer than `stop` metres; returns the distance before."""
    body = w["body"]
    dx, dy = x - body[slot, at.X], y - body[slot, at.Y]
    distance = math.sqrt(dx * dx + dy * dy)
    pace = min(speed, distance - stop)
    if pace > 0.0:
        move(w, slot, dx / distance * pace, dy / distance * pace)
    else:
        body[slot, at.VX], body[slot, at.VY] = 0.0, 0.0
    return distance


@inner()
def survey(w: World) -> None:
    """Measure each enemy's distance to player and companion; note who is nearest to each."""
    body, whole = w["body"], w["whole"]
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


@inner()
def between(w: World) -> float:
    """Distance between player and companion, metres."""
    body = w["body"]
    dx = body[at.PLAYER, at.X] - body[at.COMPANION, at.X]
    dy = body[at.PLAYER, at.Y] - body[at.COMPANION, at.Y]
    return math.sqrt(dx * dx + dy * dy)


@inner()
def spread(w: World) -> None:
    """Push enemies that stand in each other apart, a little each tick."""
    body = w["body"]
    for a in range(at.FIRST_ENEMY, at.SLOTS - 1):
        if body[a, at.HP] <= 0.0:
            continue
        for b in range(a + 1, at.SLOTS):
            if body[b, at.HP] <= 0.0:
                continue
            dx, dy = body[b, at.X] - body[a, at.X], body[b, at.Y] - body[a, at.Y]
            if abs(dx) < 0.7 and abs(dy) < 0.7:
                px, py = 0.02 if dx >= 0.0 else -0.02, 0.02 if dy >= 0.0 else -0.02
                _nudge(w, b, px, py)
                _nudge(w, a, -px, -py)


@inner()
def _nudge(w: World, slot: int, dx: float, dy: float) -> None:
    body = w["body"]
    x = _inside(body[slot, at.X] + dx, num.FIELD_W)
    y = _inside(body[slot, at.Y] + dy, num.FIELD_H)
    if wall_at(w, x, y, num.BODY_RADIUS) < 0:
        body[slot, at.X], body[slot, at.Y] = x, y


@inner()
def line_clear(w: World, enemy: int) -> bool:
    """Whether shots at the enemy leave the player room, wherever he runs while they fly."""
    body = w["body"]
    x, y = body[at.COMPANION, at.X], body[at.COMPANION, at.Y]
    dx, dy = body[enemy, at.X] - x, body[enemy, at.Y] - y
    length = max(math.sqrt(dx * dx + dy * dy), 0.01)
    dx, dy = dx / length, dy / length
    px, py = body[at.PLAYER, at.X] - x, body[at.PLAYER, at.Y] - y
    along = px * dx + py * dy
    aside = abs(px * dy - py * dx)
    if along < -1.2 or along > length + 3.0:
        return True
    return bool(aside > 1.6 + 0.1 * max(0.0, along))
