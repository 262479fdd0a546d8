"""Walking: inside the field, round the walls, apart from each other; and who is where."""

import numpy as np

from astraweave.arena.kernels import balance as num
from astraweave.arena.kernels import layout as at
from astraweave.arena.kernels.lanes import (
    FAR_AWAY,
    ONE,
    ZERO,
    State,
    inner,
    least,
    most,
    pick,
    square,
)

LOW = num.BODY_RADIUS
HIGH_X = np.float32(num.FIELD_W - num.BODY_RADIUS)
HIGH_Y = np.float32(num.FIELD_H - num.BODY_RADIUS)
HEAD_ON = np.float32(0.3)


@inner()
def stride(
    s: State, i: np.uint64, x: np.float32, y: np.float32, dx: np.float32, dy: np.float32
) -> tuple[np.float32, np.float32, np.float32]:
    """Where a step leads: x, y and 0 if no wall is near; else it stays, with 1, for `slide`."""
    nx = least(most(x + dx, LOW), HIGH_X)
    ny = least(most(y + dy, LOW), HIGH_Y)
    gap = most(abs(nx - s[at.WALL_1_X + i]), abs(ny - s[at.WALL_1_Y + i]))
    gap = least(gap, most(abs(nx - s[at.WALL_2_X + i]), abs(ny - s[at.WALL_2_Y + i])))
    gap = least(gap, most(abs(nx - s[at.WALL_3_X + i]), abs(ny - s[at.WALL_3_Y + i])))
    # Whatever way round it goes, nobody gets farther than this.
    length = abs(dx) + abs(dy)
    free = pick(gap - length >= s[at.WALL_TOUCH + i], length, ZERO)
    return pick(free > ZERO, nx, x), pick(free > ZERO, ny, y), length - free


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
def survey(s: State, e: State) -> None:
    """Measure how far each enemy is from player and companion; note who is nearest to each."""
    for i in range(at.WIDTH):
        s[at.NEAR_P + i] = s[at.NEAR_C + i] = -ONE
        s[at.NEAR_P_SQ + i] = s[at.NEAR_C_SQ + i] = FAR_AWAY
        s[at.FAR_SQ + i] = s[at.PIN_1_SQ + i] = s[at.PIN_2_SQ + i] = FAR_AWAY
    for enemy in range(0, e.shape[0] // at.FOE, 2):
        _measure(s, e, np.uint64(enemy) * at.FOE, np.float32(enemy + at.FIRST_ENEMY))


@inner()
def survey_lane(s: State, e: State, i: np.uint64) -> None:
    """`survey` of one lane, where somebody has come in. Sparse."""
    s[at.NEAR_P + i] = s[at.NEAR_C + i] = -ONE
    s[at.NEAR_P_SQ + i] = s[at.NEAR_C_SQ + i] = FAR_AWAY
    s[at.FAR_SQ + i] = s[at.PIN_1_SQ + i] = s[at.PIN_2_SQ + i] = FAR_AWAY
    for enemy in range(e.shape[0] // at.FOE):
        _one(s, e, i, np.uint64(enemy) * at.FOE, np.float32(enemy + at.FIRST_ENEMY))


@inner()
def _measure(s: State, e: State, me: np.uint64, slot: np.float32) -> None:
    """Two enemies at once: the rows of the world are read and written half as often."""
    for i in range(at.WIDTH):
        _one(s, e, i, me, slot)
        _one(s, e, i, me + at.FOE, slot + ONE)


@inner()
def _one(s: State, e: State, i: np.uint64, me: np.uint64, slot: np.float32) -> None:
    x, y = e[me + at.X + i], e[me + at.Y + i]
    stands = e[me + at.HP + i] > ZERO
    dx, dy = s[at.P + at.X + i] - x, s[at.P + at.Y + i] - y
    to_player = pick(stands, dx * dx + dy * dy, FAR_AWAY)
    dx, dy = s[at.C + at.X + i] - x, s[at.C + at.Y + i] - y
    to_companion = pick(stands, dx * dx + dy * dy, FAR_AWAY)
    e[me + at.TO_PLAYER_SQ + i], e[me + at.TO_COMPANION_SQ + i] = to_player, to_companion

    nearer = to_player < s[at.NEAR_P_SQ + i]
    s[at.NEAR_P_SQ + i] = pick(nearer, to_player, s[at.NEAR_P_SQ + i])
    s[at.NEAR_P + i] = pick(nearer, slot, s[at.NEAR_P + i])
    s[at.NEAR_P_X + i] = pick(nearer, x, s[at.NEAR_P_X + i])
    s[at.NEAR_P_Y + i] = pick(nearer, y, s[at.NEAR_P_Y + i])
    nearer = to_companion < s[at.NEAR_C_SQ + i]
    s[at.NEAR_C_SQ + i] = pick(nearer, to_companion, s[at.NEAR_C_SQ + i])
    s[at.NEAR_C + i] = pick(nearer, slot, s[at.NEAR_C + i])
    s[at.NEAR_C_X + i] = pick(nearer, x, s[at.NEAR_C_X + i])
    s[at.NEAR_C_Y + i] = pick(nearer, y, s[at.NEAR_C_Y + i])

    apart = pick(to_player > square(num.CLOSE), to_companion, FAR_AWAY)
    nearer = apart < s[at.FAR_SQ + i]
    s[at.FAR_SQ + i] = pick(nearer, apart, s[at.FAR_SQ + i])
    s[at.FAR_X + i] = pick(nearer, x, s[at.FAR_X + i])
    s[at.FAR_Y + i] = pick(nearer, y, s[at.FAR_Y + i])
    can_pin = pick(apart < square(num.VOLLEY_REACH), to_player, FAR_AWAY)
    s[at.PIN_2_SQ + i] = least(s[at.PIN_2_SQ + i], most(s[at.PIN_1_SQ + i], can_pin))
    s[at.PIN_1_SQ + i] = least(s[at.PIN_1_SQ + i], can_pin)


@inner()
def between(s: State, i: np.uint64) -> np.float32:
    """Distance between player and companion, metres."""
    dx, dy = s[at.P + at.X + i] - s[at.C + at.X + i], s[at.P + at.Y + i] - s[at.C + at.Y + i]
    return np.float32(np.sqrt(dx * dx + dy * dy))


@inner()
def spread(s: State, e: State, push: State) -> None:
    """The push that enemies who stand in each other get, in each step until they think again.

    push: float32[enemies · 2 · LANES], along x and y; filled.
    """
    count = e.shape[0] // at.FOE
    for one in range(count):
        mine, me = np.uint64(2 * one) * at.WIDTH, np.uint64(one) * at.FOE
        for i in range(at.WIDTH):
            push[mine + i] = push[mine + at.WIDTH + i] = ZERO
        for k in range(0, count - 1, 3):
            _part(e, me, *_three(one, k, count), push, mine)
        for i in range(at.WIDTH):
            on = pick(e[me + at.HP + i] > ZERO, s[at.LIVE + i], ZERO)
            push[mine + i] *= on * num.PUSH
            push[mine + at.WIDTH + i] *= on * num.PUSH


@inner()
def _three(one: int, k: int, count: int) -> tuple[np.uint64, np.uint64, np.uint64]:
    """Where the records of three others begin: the k-th after `one`, round the circle, and on."""
    return (
        np.uint64((one + k + 1) % count) * at.FOE,
        np.uint64((one + k + 2) % count) * at.FOE,
        np.uint64((one + k + 3) % count) * at.FOE,
    )


@inner()
def _part(
    e: State,
    me: np.uint64,
    a: np.uint64,
    b: np.uint64,
    c: np.uint64,
    push: State,
    mine: np.uint64,
) -> None:
    """Away from three others. Who stands on the very spot of another pushes nobody."""
    for i in range(at.WIDTH):
        x, y = e[me + at.X + i], e[me + at.Y + i]
        ax, ay = _away(x - e[a + at.X + i], y - e[a + at.Y + i], e[a + at.HP + i])
        bx, by = _away(x - e[b + at.X + i], y - e[b + at.Y + i], e[b + at.HP + i])
        cx, cy = _away(x - e[c + at.X + i], y - e[c + at.Y + i], e[c + at.HP + i])
        push[mine + i] += ax + bx + cx
        push[mine + at.WIDTH + i] += ay + by + cy


@inner()
def _away(dx: np.float32, dy: np.float32, hp: np.float32) -> tuple[np.float32, np.float32]:
    way = pick(most(abs(dx), abs(dy)) < num.ELBOW, ONE, ZERO)
    way = pick(hp > ZERO, way, ZERO)
    x, y = pick(dx > ZERO, way, ZERO), pick(dy > ZERO, way, ZERO)
    return pick(dx < ZERO, -way, x), pick(dy < ZERO, -way, y)


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
