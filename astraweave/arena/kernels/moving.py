"""Walking inside the field and round the walls; how far apart two are, and what is between."""

import numpy as np

from astraweave.arena.kernels import balance as num
from astraweave.arena.kernels import layout as at
from astraweave.arena.kernels.lanes import (
    ONE,
    ZERO,
    State,
    inner,
    least,
    most,
    pick,
)

LOW = num.BODY_RADIUS
HIGH_X = np.float32(num.FIELD_W - num.BODY_RADIUS)
HIGH_Y = np.float32(num.FIELD_H - num.BODY_RADIUS)
HEAD_ON = np.float32(0.3)


@inner()
def stride(
    s: State, i: np.uint64, x: np.float32, y: np.float32, dx: np.float32, dy: np.float32
) -> tuple[np.float32, np.float32, bool]:
    """Where a step leads: x, y; True if a wall is near: then it stays, for `slide`."""
    nx = least(most(x + dx, LOW), HIGH_X)
    ny = least(most(y + dy, LOW), HIGH_Y)
    gap = most(abs(nx - s[at.WALL_1_X + i]), abs(ny - s[at.WALL_1_Y + i]))
    gap = least(gap, most(abs(nx - s[at.WALL_2_X + i]), abs(ny - s[at.WALL_2_Y + i])))
    gap = least(gap, most(abs(nx - s[at.WALL_3_X + i]), abs(ny - s[at.WALL_3_Y + i])))
    # Whatever way round it goes, nobody gets farther than this.
    length = abs(dx) + abs(dy)
    walks, free = length > ZERO, gap - length >= s[at.WALL_TOUCH + i]
    goes = walks & free
    return pick(goes, nx, x), pick(goes, ny, y), bool(walks & (not free))


@inner()
def wall_at(s: State, i: np.uint64, x: np.float32, y: np.float32) -> int:
    """Number of the wall that a body at (x, y) touches, else −1."""
    touch = s[at.WALL_TOUCH + i]
    for number in range(at.WALL_COUNT):
        k = np.uint64(number) * at.WALL + i
        if most(abs(x - s[k + at.WALL_1_X]), abs(y - s[k + at.WALL_1_Y])) < touch:
            return number
    return at.NOBODY


@inner()
def slide(a: State, me: np.uint64, s: State, i: np.uint64) -> None:
    """Walk by STEP: slide along walls, round their nearer corner when head on."""
    x, y = a[me + at.X + i], a[me + at.Y + i]
    dx, dy = a[me + at.STEP_X + i], a[me + at.STEP_Y + i]
    nx = least(most(x + dx, LOW), HIGH_X)
    wall = wall_at(s, i, nx, y)
    if wall >= 0:
        nx = x
        if abs(dy) < HEAD_ON * abs(dx):
            middle = s[np.uint64(wall) * at.WALL + at.WALL_1_Y + i]
            dy = abs(dx) if y >= middle else -abs(dx)
    ny = least(most(y + dy, LOW), HIGH_Y)
    below = wall_at(s, i, nx, ny)
    if below >= 0:
        ny = y
        if wall < 0 and abs(dx) < HEAD_ON * abs(dy):
            middle = s[np.uint64(below) * at.WALL + at.WALL_1_X + i]
            side = abs(dy) if x >= middle else -abs(dy)
            nx = least(most(x + side, LOW), HIGH_X)
            if wall_at(s, i, nx, ny) >= 0:
                nx = x
    a[me + at.X + i], a[me + at.Y + i] = nx, ny


@inner()
def between(s: State, i: np.uint64) -> np.float32:
    """Distance between player and companion, metres."""
    dx, dy = s[at.P + at.X + i] - s[at.C + at.X + i], s[at.P + at.Y + i] - s[at.C + at.Y + i]
    return np.float32(np.sqrt(dx * dx + dy * dy))


CLOSEST, ASIDE, WIDENS = np.float32(0.01), np.float32(1.6), np.float32(0.1)
BEHIND, BEYOND = np.float32(-1.2), np.float32(3.0)


@inner()
def line_clear(s: State, i: np.uint64, enemy_x: np.float32, enemy_y: np.float32) -> np.float32:
    """1 where shots at an enemy leave the player room, wherever he runs while they fly; else 0."""
    x, y = s[at.C + at.X + i], s[at.C + at.Y + i]
    dx, dy = enemy_x - x, enemy_y - y
    length = most(np.sqrt(dx * dx + dy * dy), CLOSEST)
    dx, dy = dx / length, dy / length
    px, py = s[at.P + at.X + i] - x, s[at.P + at.Y + i] - y
    along = px * dx + py * dy
    aside = abs(px * dy - py * dx)
    clear = pick(aside > ASIDE + WIDENS * most(ZERO, along), ONE, ZERO)
    clear = pick(along < BEHIND, ONE, clear)
    return pick(along > length + BEYOND, ONE, clear)
