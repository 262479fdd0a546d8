"""Who is where: how far enemies are from player and companion, and who is nearest to each. Wide."""

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

NO_FOE, THIRD = np.uint64(0), at.FOE * np.uint64(3)
Best = tuple[np.float32, ...]


@inner()
def survey(s: State, e: State) -> None:
    """Measure how far each enemy is from player and companion; note who is nearest to each."""
    if e.shape[0] == at.FOUR:
        for i in range(at.WIDTH):
            best = _nearer(s, e, i, NO_FOE, np.float32(at.FIRST_ENEMY), _nobody(s, i))
            best = _nearer(s, e, i, at.FOE, np.float32(at.FIRST_ENEMY + 1), best)
            best = _nearer(s, e, i, at.FOE + at.FOE, np.float32(at.FIRST_ENEMY + 2), best)
            best = _nearer(s, e, i, THIRD, np.float32(at.FIRST_ENEMY + 3), best)
            _keep(s, i, best)
        return
    for i in range(at.WIDTH):
        _keep(s, i, _nobody(s, i))
    for enemy in range(0, e.shape[0] // at.FOE, 2):
        _measure(s, e, np.uint64(enemy) * at.FOE, np.float32(enemy + at.FIRST_ENEMY))


@inner()
def survey_lane(s: State, e: State, i: np.uint64) -> None:
    """`survey` of one lane, where somebody has come in. Sparse."""
    best = _nobody(s, i)
    for enemy in range(e.shape[0] // at.FOE):
        me, slot = np.uint64(enemy) * at.FOE, np.float32(enemy + at.FIRST_ENEMY)
        best = _nearer(s, e, i, me, slot, best)
    _keep(s, i, best)


@inner()
def _measure(s: State, e: State, me: np.uint64, slot: np.float32) -> None:
    """Two enemies at once: the rows of the world are read and written half as often."""
    for i in range(at.WIDTH):
        best = _nearer(s, e, i, me, slot, _kept(s, i))
        _keep(s, i, _nearer(s, e, i, me + at.FOE, slot + ONE, best))


@inner()
def _nobody(s: State, i: np.uint64) -> Best:
    """Who is near, before anybody was looked at: a place stays until there is another."""
    px, py, cx, cy = s[at.NEAR_P_X + i], s[at.NEAR_P_Y + i], s[at.NEAR_C_X + i], s[at.NEAR_C_Y + i]
    player, companion = (FAR_AWAY, -ONE, px, py), (FAR_AWAY, -ONE, cx, cy)
    return (*player, *companion, FAR_AWAY, s[at.FAR_X + i], s[at.FAR_Y + i], FAR_AWAY, FAR_AWAY)


@inner()
def _kept(s: State, i: np.uint64) -> Best:
    """Who is near, as far as was looked."""
    return (
        s[at.NEAR_P_SQ + i],
        s[at.NEAR_P + i],
        s[at.NEAR_P_X + i],
        s[at.NEAR_P_Y + i],
        s[at.NEAR_C_SQ + i],
        s[at.NEAR_C + i],
        s[at.NEAR_C_X + i],
        s[at.NEAR_C_Y + i],
        s[at.FAR_SQ + i],
        s[at.FAR_X + i],
        s[at.FAR_Y + i],
        s[at.PIN_1_SQ + i],
        s[at.PIN_2_SQ + i],
    )


@inner()
def _keep(s: State, i: np.uint64, best: Best) -> None:
    p_sq, p, p_x, p_y, c_sq, c, c_x, c_y, far_sq, far_x, far_y, pin_1, pin_2 = best
    s[at.NEAR_P_SQ + i], s[at.NEAR_P + i] = p_sq, p
    s[at.NEAR_P_X + i], s[at.NEAR_P_Y + i] = p_x, p_y
    s[at.NEAR_C_SQ + i], s[at.NEAR_C + i] = c_sq, c
    s[at.NEAR_C_X + i], s[at.NEAR_C_Y + i] = c_x, c_y
    s[at.FAR_SQ + i], s[at.FAR_X + i], s[at.FAR_Y + i] = far_sq, far_x, far_y
    s[at.PIN_1_SQ + i], s[at.PIN_2_SQ + i] = pin_1, pin_2


@inner()
def _nearer(s: State, e: State, i: np.uint64, me: np.uint64, slot: np.float32, best: Best) -> Best:
    """Who is near, now that one more enemy was looked at; notes how far that one is."""
    p_sq, p, p_x, p_y, c_sq, c, c_x, c_y, far_sq, far_x, far_y, pin_1, pin_2 = best
    x, y = e[me + at.X + i], e[me + at.Y + i]
    stands = e[me + at.HP + i] > ZERO
    dx, dy = s[at.P + at.X + i] - x, s[at.P + at.Y + i] - y
    to_player = pick(stands, dx * dx + dy * dy, FAR_AWAY)
    dx, dy = s[at.C + at.X + i] - x, s[at.C + at.Y + i] - y
    to_companion = pick(stands, dx * dx + dy * dy, FAR_AWAY)
    e[me + at.TO_PLAYER_SQ + i], e[me + at.TO_COMPANION_SQ + i] = to_player, to_companion

    nearer = to_player < p_sq
    p_sq, p = pick(nearer, to_player, p_sq), pick(nearer, slot, p)
    p_x, p_y = pick(nearer, x, p_x), pick(nearer, y, p_y)
    nearer = to_companion < c_sq
    c_sq, c = pick(nearer, to_companion, c_sq), pick(nearer, slot, c)
    c_x, c_y = pick(nearer, x, c_x), pick(nearer, y, c_y)

    apart = pick(to_player > square(num.CLOSE), to_companion, FAR_AWAY)
    nearer = apart < far_sq
    far_sq, far_x, far_y = (
        pick(nearer, apart, far_sq),
        pick(nearer, x, far_x),
        pick(nearer, y, far_y),
    )
    can_pin = pick(apart < square(num.VOLLEY_REACH), to_player, FAR_AWAY)
    pin_2 = least(pin_2, most(pin_1, can_pin))
    pin_1 = least(pin_1, can_pin)
    return p_sq, p, p_x, p_y, c_sq, c, c_x, c_y, far_sq, far_x, far_y, pin_1, pin_2
