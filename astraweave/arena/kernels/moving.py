"""Walking: inside the field, round the walls, apart from each other; and who is where."""

import numpy as np

from astraweave.arena.kernels import balance as num
from astraweave.arena.kernels import layout as at
from astraweave.arena.kernels.lanes import (
    FAR,
    NO,
    ONE,
    YES,
    ZERO,
    Due,
    State,
    inner,
    least,
    most,
    pick,
)

LOW = num.BODY_RADIUS
HIGH_X = np.float32(num.FIELD_W - num.BODY_RADIUS)
HIGH_Y = np.float32(num.FIELD_H - num.BODY_RADIUS)
TOUCH = np.float32(-num.BODY_RADIUS)
HEAD_ON = np.float32(0.3)
TWO = np.float32(2)
WALL = at.WIDTH * np.uint64(4)
L1, T1, R1, B1 = (at.WALLS + at.WIDTH * np.uint64(i) for i in range(4))
L2, T2, R2, B2 = (at.WALLS + at.WIDTH * np.uint64(i) for i in range(4, 8))
L3, T3, R3, B3 = (at.WALLS + at.WIDTH * np.uint64(i) for i in range(8, 12))


@inner()
def walk(a: State, me: np.uint64, s: State, due: Due) -> None:
    """Walk by STEP where no wall is near; mark the lanes where one is, which stay, for `slide`.

    `a` is the array that holds the body: `s` itself for player and companion.
    """
    for i in range(at.WIDTH):
        x, y = a[me + at.X + i], a[me + at.Y + i]
        dx, dy = a[me + at.STEP_X + i], a[me + at.STEP_Y + i]
        nx = least(most(x + dx, LOW), HIGH_X)
        ny = least(most(y + dy, LOW), HIGH_Y)
        first = least(least(nx - s[L1 + i], s[R1 + i] - nx), least(ny - s[T1 + i], s[B1 + i] - ny))
        second = least(least(nx - s[L2 + i], s[R2 + i] - nx), least(ny - s[T2 + i], s[B2 + i] - ny))
        third = least(least(nx - s[L3 + i], s[R3 + i] - nx), least(ny - s[T3 + i], s[B3 + i] - ny))
        # Whatever way round it goes, nobody gets farther than this.
        length = abs(dx) + abs(dy)
        free = pick(most(most(first, second), third) + length <= TOUCH, length, ZERO)
        due[i] = pick(length > free, YES, NO)
        a[me + at.X + i] = pick(free > ZERO, nx, x)
        a[me + at.Y + i] = pick(free > ZERO, ny, y)


@inner()
def depth(s: State, wall: np.uint64, i: np.uint64, x: np.float32, y: np.float32) -> np.float32:
    """How far (x, y) is inside a wall, negative outside."""
    return least(
        least(x - s[wall + L1 + i], s[wall + R1 + i] - x),
        least(y - s[wall + T1 + i], s[wall + B1 + i] - y),
    )


@inner()
def wall_at(s: State, i: np.uint64, x: np.float32, y: np.float32) -> int:
    """Number of the wall that a body at (x, y) touches, else −1."""
    for number in range(at.WALL_COUNT):
        if depth(s, np.uint64(number) * WALL, i, x, y) > TOUCH:
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
            k = np.uint64(wall) * WALL + i
            dy = abs(dx) if TWO * y >= s[k + T1] + s[k + B1] else -abs(dx)
    ny = least(most(y + dy, LOW), HIGH_Y)
    below = wall_at(s, i, nx, ny)
    if below >= 0:
        ny = y
        if wall < 0 and abs(dx) < HEAD_ON * abs(dy):
            k = np.uint64(below) * WALL + i
            side = abs(dy) if TWO * x >= s[k + L1] + s[k + R1] else -abs(dy)
            nx = least(most(x + side, LOW), HIGH_X)
            if wall_at(s, i, nx, ny) >= 0:
                nx = x
    a[me + at.X + i], a[me + at.Y + i] = nx, ny


@inner()
def survey(s: State, e: State) -> None:
    """Measure each enemy's distance to player and companion; note who is nearest to each."""
    for i in range(at.WIDTH):
        s[at.NEAR_P + i] = s[at.NEAR_C + i] = -ONE
        s[at.NEAR_P_D + i] = s[at.NEAR_C_D + i] = FAR
        s[at.FAR_D + i] = s[at.PIN_1 + i] = s[at.PIN_2 + i] = FAR
    for enemy in range(e.shape[0] // at.FOE):
        _measure(s, e, np.uint64(enemy) * at.FOE, np.float32(enemy + at.FIRST_ENEMY))


@inner()
def _measure(s: State, e: State, me: np.uint64, slot: np.float32) -> None:
    for i in range(at.WIDTH):
        x, y = e[me + at.X + i], e[me + at.Y + i]
        stands = e[me + at.HP + i] > ZERO
        dx, dy = s[at.P + at.X + i] - x, s[at.P + at.Y + i] - y
        to_player = pick(stands, np.sqrt(dx * dx + dy * dy), FAR)
        dx, dy = s[at.C + at.X + i] - x, s[at.C + at.Y + i] - y
        to_companion = pick(stands, np.sqrt(dx * dx + dy * dy), FAR)
        e[me + at.TO_PLAYER + i], e[me + at.TO_COMPANION + i] = to_player, to_companion

        nearer = to_player < s[at.NEAR_P_D + i]
        s[at.NEAR_P_D + i] = pick(nearer, to_player, s[at.NEAR_P_D + i])
        s[at.NEAR_P + i] = pick(nearer, slot, s[at.NEAR_P + i])
        s[at.NEAR_P_X + i] = pick(nearer, x, s[at.NEAR_P_X + i])
        s[at.NEAR_P_Y + i] = pick(nearer, y, s[at.NEAR_P_Y + i])
        nearer = to_companion < s[at.NEAR_C_D + i]
        s[at.NEAR_C_D + i] = pick(nearer, to_companion, s[at.NEAR_C_D + i])
        s[at.NEAR_C + i] = pick(nearer, slot, s[at.NEAR_C + i])
        s[at.NEAR_C_X + i] = pick(nearer, x, s[at.NEAR_C_X + i])
        s[at.NEAR_C_Y + i] = pick(nearer, y, s[at.NEAR_C_Y + i])

        apart = pick(to_player > num.CLOSE, to_companion, FAR)
        nearer = apart < s[at.FAR_D + i]
        s[at.FAR_D + i] = pick(nearer, apart, s[at.FAR_D + i])
        s[at.FAR_X + i] = pick(nearer, x, s[at.FAR_X + i])
        s[at.FAR_Y + i] = pick(nearer, y, s[at.FAR_Y + i])
        can_pin = pick(apart < num.VOLLEY_REACH, to_player, FAR)
        s[at.PIN_2 + i] = least(s[at.PIN_2 + i], most(s[at.PIN_1 + i], can_pin))
        s[at.PIN_1 + i] = least(s[at.PIN_1 + i], can_pin)


@inner()
def between(s: State, i: np.uint64) -> np.float32:
    """Distance between player and companion, metres."""
    dx, dy = s[at.P + at.X + i] - s[at.C + at.X + i], s[at.P + at.Y + i] - s[at.C + at.Y + i]
    return np.float32(np.sqrt(dx * dx + dy * dy))


@inner()
def spread(s: State, e: State, push: State) -> None:
    """The push that enemies who stand in each other get, apart, for their next step.

    push: float32[enemies · 2 · LANES], along x and y; filled.
    """
    count = e.shape[0] // at.FOE
    for one in range(count):
        mine, me = np.uint64(2 * one) * at.WIDTH, np.uint64(one) * at.FOE
        for i in range(at.WIDTH):
            push[mine + i] = push[mine + at.WIDTH + i] = ZERO
        for two in range(count):
            if two != one:
                aside = num.PUSH if one > two else np.float32(-num.PUSH)
                _part(e, me, np.uint64(two) * at.FOE, aside, push, mine)
        for i in range(at.WIDTH):
            on = pick(e[me + at.HP + i] > ZERO, s[at.LIVE + i], ZERO)
            push[mine + i] *= on
            push[mine + at.WIDTH + i] *= on


@inner()
def _part(
    e: State, me: np.uint64, other: np.uint64, aside: np.float32, push: State, mine: np.uint64
) -> None:
    """Away from another; `aside` is where to when they stand on the same spot."""
    for i in range(at.WIDTH):
        dx, dy = e[me + at.X + i] - e[other + at.X + i], e[me + at.Y + i] - e[other + at.Y + i]
        inside = pick(most(abs(dx), abs(dy)) < num.ELBOW, num.PUSH, ZERO)
        inside = pick(e[other + at.HP + i] > ZERO, inside, ZERO)
        x = pick(dx > ZERO, inside, -inside)
        y = pick(dy > ZERO, inside, -inside)
        tie = pick(inside > ZERO, aside, ZERO)
        push[mine + i] += pick(dx == ZERO, tie, x)
        push[mine + at.WIDTH + i] += pick(dy == ZERO, tie, y)


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
