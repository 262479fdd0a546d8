"""How a fight begins: each number of a scenario drawn for its seed."""

import numpy as np
import numpy.typing as npt

from astraweave.arena.kernels import balance as num
from astraweave.arena.kernels import layout as at
from astraweave.arena.kernels.chance import draw
from astraweave.arena.kernels.moving import survey, wall_at
from astraweave.model.kernels.jit import njit

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

WALL_STREAM, PLACE_STREAM, WAIT_STREAM = 200, 220, 260


@njit()
def _drawn(whole: Ints, ranges: Floats, which: int) -> float:
    low, high = ranges[which, 0], ranges[which, 1]
    return float(low + draw(whole, at.DRAW_START + which) * (high - low))


@njit()
def _count(whole: Ints, ranges: Floats, which: int, most: int) -> int:
    """A whole number from a range, both ends as likely as what is between."""
    low, high = int(ranges[which, 0] + 0.5), int(ranges[which, 1] + 0.5)
    value = low + int(draw(whole, at.DRAW_START + which) * (high - low + 1))
    return min(most, value)


@njit()
def _walls(real: Floats, whole: Ints) -> None:
    for i in range(at.WALL_COUNT):
        k = at.WALLS + 4 * i
        x = 9.0 + 4.0 * i + 2.0 * draw(whole, WALL_STREAM + 2 * i)
        y = (2.5 if i % 2 == 0 else 11.5) + 2.0 * draw(whole, WALL_STREAM + 2 * i + 1)
        real[k], real[k + 1], real[k + 2], real[k + 3] = x, y, x + 1.2, y + 1.2


@njit()
def _enemy(
    body: Floats, clock: Ints, real: Floats, whole: Ints, ranges: Floats, slot: int, archer: bool
) -> None:
    i = slot - at.FIRST_ENEMY
    distance = _drawn(whole, ranges, at.DISTANCE_M)
    x = body[at.PLAYER, at.X] + distance + (2.0 if archer else 0.0)
    y = body[at.PLAYER, at.Y] + 2.2 * (i - 1.5) + 1.5 * (draw(whole, PLACE_STREAM + slot) - 0.5)
    x = min(num.FIELD_W - 1.0, x)
    y = min(num.FIELD_H - 1.0, max(1.0, y))
    while wall_at(real, x, y, num.BODY_RADIUS) >= 0:
        x += 0.5
    body[slot, at.X], body[slot, at.Y] = x, y
    hp = num.ARCHER_HP if archer else num.BRUTE_HP
    hp *= _drawn(whole, ranges, at.ENEMY_HEALTH_SCALE)
    body[slot, at.HP] = body[slot, at.MAX_HP] = hp
    body[slot, at.SPEED] = num.ARCHER_SPEED if archer else num.BRUTE_SPEED
    blow = num.ARROW_DAMAGE if archer else num.BLOW_DAMAGE
    danger = num.DANGER_BASE + num.DANGER_SLOPE * real[at.THREAT]
    body[slot, at.BLOW] = blow * danger * _drawn(whole, ranges, at.ENEMY_DAMAGE_SCALE)
    clock[slot, at.ROLE] = at.ARCHER if archer else at.BRUTE
    clock[slot, at.WAIT] = 10 + int(30.0 * draw(whole, WAIT_STREAM + slot))
    real[at.ENEMY_HEALTH] += hp


@njit()
def start(
    body: Floats,
    clock: Ints,
    real: Floats,
    whole: Ints,
    seeds: Ints,
    players: Floats,
    ranges: Floats,
    threat: float,
    limit: int,
) -> None:
    """Begin n fights in arrays of zeros.

    Args:
        seeds: int64[n]. players: float64[n, TRAITS].
        ranges: float64[RANGES, 2], low and high.
        threat: in [0, 1]. limit: ticks until the fight is cut off.
    """
    for w in range(body.shape[0]):
        b, c, r, k = body[w], clock[w], real[w], whole[w]
        k[at.SEED], k[at.LIMIT] = seeds[w], limit
        k[at.TACTIC] = k[at.AIM] = k[at.DID] = k[at.DID_AT] = k[at.LAST_WINDOW] = at.NOBODY
        for event in range(at.EVENT_COUNT):
            k[at.FIRSTS + event] = -1
        r[: at.TRAITS] = players[w]
        r[at.THREAT], r[at.EFFECT] = threat, np.nan
        _walls(r, k)
        b[at.PLAYER, at.X], b[at.PLAYER, at.Y] = (
            5.5 + draw(k, PLACE_STREAM),
            7.0 + 2.0 * draw(k, PLACE_STREAM + 1),
        )
        b[at.COMPANION, at.X] = b[at.PLAYER, at.X] - 0.5
        b[at.COMPANION, at.Y] = b[at.PLAYER, at.Y] + 1.8
        _side(b, k, ranges, at.PLAYER, num.PLAYER_HP)
        _side(b, k, ranges, at.COMPANION, num.COMPANION_HP)
        count = max(1, _count(k, ranges, at.ENEMIES, at.SLOTS - at.FIRST_ENEMY))
        archers = _count(k, ranges, at.ARCHERS, count)
        for i in range(count):
            # The last ones are the archers: they stand behind.
            _enemy(b, c, r, k, ranges, at.FIRST_ENEMY + i, i >= count - archers)
        survey(b, k)


@njit()
def _side(body: Floats, whole: Ints, ranges: Floats, slot: int, hp: float) -> None:
    body[slot, at.MAX_HP] = hp
    body[slot, at.HP] = hp * _drawn(whole, ranges, at.PLAYER_HEALTH + slot)
    body[slot, at.STAMINA] = 100.0 * _drawn(whole, ranges, at.PLAYER_STAMINA + 2 * slot)
    body[slot, at.MANA] = 100.0 * _drawn(whole, ranges, at.PLAYER_MANA + 2 * slot)
