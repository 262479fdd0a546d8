"""Enemies who stand in each other are pushed apart. Wide."""

import numpy as np

from astraweave.arena.kernels import balance as num
from astraweave.arena.kernels import layout as at
from astraweave.arena.kernels.lanes import ONE, ZERO, State, inner, most, pick

NO_FOE, THIRD, PUSHES = np.uint64(0), at.FOE * np.uint64(3), at.WIDTH * np.uint64(2)


@inner()
def spread(s: State, e: State, push: State) -> None:
    """The push that enemies who stand in each other get, in each step until they think again.

    push: float32[enemies · 2 · LANES], along x and y; filled.
    """
    if e.shape[0] == at.FOUR:
        _spread_four(s, e, push)
        return
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


Pushed = tuple[np.float32, np.float32, bool, np.float32, np.float32]


@inner()
def _spread_four(s: State, e: State, push: State) -> None:
    """Four enemies at once: each two of them are looked at once."""
    for i in range(at.WIDTH):
        a, b = _stands(e, i, NO_FOE), _stands(e, i, at.FOE)
        c, d = _stands(e, i, at.FOE + at.FOE), _stands(e, i, THIRD)
        a, b = _asunder(a, b)
        c, d = _asunder(c, d)
        a, c = _asunder(a, c)
        b, d = _asunder(b, d)
        a, d = _asunder(a, d)
        b, c = _asunder(b, c)
        live = s[at.LIVE + i]
        _push(push, i, NO_FOE, live, a)
        _push(push, i, PUSHES, live, b)
        _push(push, i, PUSHES + PUSHES, live, c)
        _push(push, i, PUSHES + PUSHES + PUSHES, live, d)


@inner()
def _stands(e: State, i: np.uint64, me: np.uint64) -> Pushed:
    """An enemy's place, whether it stands, and the sum of its pushes."""
    return e[me + at.X + i], e[me + at.Y + i], e[me + at.HP + i] > ZERO, ZERO, ZERO


@inner()
def _asunder(a: Pushed, b: Pushed) -> tuple[Pushed, Pushed]:
    """Two of them, away from each other; who has fallen pushes nobody."""
    a_x, a_y, a_up, a_dx, a_dy = a
    b_x, b_y, b_up, b_dx, b_dy = b
    dx, dy = a_x - b_x, a_y - b_y
    way = pick(most(abs(dx), abs(dy)) < num.ELBOW, ONE, ZERO)
    x = pick(dx > ZERO, way, ZERO) - pick(dx < ZERO, way, ZERO)
    y = pick(dy > ZERO, way, ZERO) - pick(dy < ZERO, way, ZERO)
    a_dx, a_dy = pick(b_up, a_dx + x, a_dx), pick(b_up, a_dy + y, a_dy)
    b_dx, b_dy = pick(a_up, b_dx - x, b_dx), pick(a_up, b_dy - y, b_dy)
    return (a_x, a_y, a_up, a_dx, a_dy), (b_x, b_y, b_up, b_dx, b_dy)


@inner()
def _push(push: State, i: np.uint64, mine: np.uint64, live: np.float32, one: Pushed) -> None:
    """Note what an enemy is pushed; who has fallen is not."""
    _, _, up, dx, dy = one
    share = pick(up, live, ZERO) * num.PUSH
    push[mine + i], push[mine + at.WIDTH + i] = dx * share, dy * share


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
