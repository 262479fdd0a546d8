"""How a fight begins: each number of a scenario drawn for its seed."""

import numpy as np
import numpy.typing as npt

from astraweave.arena.kernels import balance as num
from astraweave.arena.kernels import layout as at
from astraweave.arena.kernels.chance import draw
from astraweave.arena.kernels.moving import survey, wall_at
from astraweave.arena.kernels.world import World, inner
from astraweave.model.kernels.jit import njit

Floats = npt.NDArray[np.float64]

WALL_STREAM, PLACE_STREAM, WAIT_STREAM = 200, 220, 260

Worlds = npt.NDArray[np.void]


@inner()
def _drawn(w: World, ranges: Floats, which: int) -> float:
    low, high = ranges[which, 0], ranges[which, 1]
    return float(low + draw(w, at.DRAW_START + which) * (high - low))


@inner()
def _count(w: World, ranges: Floats, which: int, most: int) -> int:
    """A whole number from a range, both ends as likely as what is between."""
    low, high = int(ranges[which, 0] + 0.5), int(ranges[which, 1] + 0.5)
    value = low + int(draw(w, at.DRAW_START + which) * (high - low + 1))
    return min(most, value)


@inner()
def _walls(w: World) -> None:
    real = w["real"]
    for i in range(at.WALL_COUNT):
        k = at.WALLS + 4 * i
        x = 9.0 + 4.0 * i + 2.0 * draw(w, WALL_STREAM + 2 * i)
        y = (2.5 if i % 2 == 0 else 11.5) + 2.0 * draw(w, WALL_STREAM + 2 * i + 1)
        real[k], real[k + 1], real[k + 2], real[k + 3] = x, y, x + 1.2, y + 1.2


@inner()
def _enemy(w: World, ranges: Floats, slot: int, archer: bool) -> None:
    body, clock, real = w["body"], w["clock"], w["real"]
    i = slot - at.FIRST_ENEMY
    distance = _drawn(w, ranges, at.DISTANCE_M)
    x = body[at.PLAYER, at.X] + distance + (2.0 if archer else 0.0)
    y = body[at.PLAYER, at.Y] + 2.2 * (i - 1.5) + 1.5 * (draw(w, PLACE_STREAM + slot) - 0.5)
    x = min(num.FIELD_W - 1.0, x)
    y = min(num.FIELD_H - 1.0, max(1.0, y))
    while wall_at(w, x, y, num.BODY_RADIUS) >= 0:
        x += 0.5
    body[slot, at.X], body[slot, at.Y] = x, y
    hp = num.ARCHER_HP if archer else num.BRUTE_HP
    hp *= _drawn(w, ranges, at.ENEMY_HEALTH_SCALE)
    body[slot, at.HP] = body[slot, at.MAX_HP] = hp
    body[slot, at.SPEED] = num.ARCHER_SPEED if archer else num.BRUTE_SPEED
    blow = num.ARROW_DAMAGE if archer else num.BLOW_DAMAGE
    danger = num.DANGER_BASE + num.DANGER_SLOPE * real[at.THREAT]
    body[slot, at.BLOW] = blow * danger * _drawn(w, ranges, at.ENEMY_DAMAGE_SCALE)
    clock[slot, at.ROLE] = at.ARCHER if archer else at.BRUTE
    clock[slot, at.WAIT] = 10 + int(30.0 * draw(w, WAIT_STREAM + slot))
    real[at.ENEMY_HEALTH] += hp


@inner()
def _side(w: World, ranges: Floats, slot: int, hp: float) -> None:
    body = w["body"]
    body[slot, at.MAX_HP] = hp
    body[slot, at.HP] = hp * _drawn(w, ranges, at.PLAYER_HEALTH + slot)
    body[slot, at.STAMINA] = 100.0 * _drawn(w, ranges, at.PLAYER_STAMINA + 2 * slot)
    body[slot, at.MANA] = 100.0 * _drawn(w, ranges, at.PLAYER_MANA + 2 * slot)


@inner()
def _enemies(w: World, ranges: Floats) -> None:
    count = max(1, _count(w, ranges, at.ENEMIES, at.SLOTS - at.FIRST_ENEMY))
    archers = _count(w, ranges, at.ARCHERS, count)
    for i in range(count):
        # The last ones are the archers: they stand behind.
        _enemy(w, ranges, at.FIRST_ENEMY + i, i >= count - archers)


@njit()
def start(
    worlds: Worlds,
    seeds: npt.NDArray[np.int64],
    players: Floats,
    ranges: Floats,
    threat: float,
    limit: int,
) -> None:
    """Begin n fights.

    Args:
        worlds: WORLD[n], all zero; filled.
        seeds: int64[n]. players: float64[n, TRAITS].
        ranges: float64[RANGES, 2], low and high.
        threat: in [0, 1]. limit: ticks until the fight is cut off.
    """
    for i in range(worlds.shape[0]):
        w = worlds[i]
        body, real, whole = w["body"], w["real"], w["whole"]
        whole[at.SEED], whole[at.LIMIT] = seeds[i], limit
        for field in (at.TACTIC, at.AIM, at.DID, at.DID_AT, at.LAST_WINDOW):
            whole[field] = at.NOBODY
        for event in range(at.EVENT_COUNT):
            whole[at.FIRSTS + event] = -1
        for trait in range(at.TRAITS):
            real[trait] = players[i, trait]
        real[at.THREAT], real[at.EFFECT] = threat, np.nan
        _walls(w)
        x, y = 5.5 + draw(w, PLACE_STREAM), 7.0 + 2.0 * draw(w, PLACE_STREAM + 1)
        body[at.PLAYER, at.X], body[at.PLAYER, at.Y] = x, y
        body[at.COMPANION, at.X], body[at.COMPANION, at.Y] = x - 0.5, y + 1.8
        _side(w, ranges, at.PLAYER, num.PLAYER_HP)
        _side(w, ranges, at.COMPANION, num.COMPANION_HP)
        _enemies(w, ranges)
        survey(w)
