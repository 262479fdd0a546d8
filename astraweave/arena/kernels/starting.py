"""How a fight begins: each number of a scenario drawn for its seed. Sparse."""

import numpy as np
import numpy.typing as npt

from astraweave.arena.kernels import balance as num
from astraweave.arena.kernels import layout as at
from astraweave.arena.kernels.chance import draw, key, moment
from astraweave.arena.kernels.flying import MISSED
from astraweave.arena.kernels.lanes import (
    HALF,
    ONE,
    ZERO,
    State,
    Tiles,
    foe,
    inner,
    least,
    most,
)
from astraweave.arena.kernels.moving import wall_at
from astraweave.arena.kernels.player import HUNDRED
from astraweave.arena.kernels.surveying import survey
from astraweave.model.kernels.jit import njit

WALL_STREAM, PLACE_STREAM, WAIT_STREAM = 200, 220, 260
TWO, STEP_ASIDE = np.float32(2), HALF
FOUR = np.float32(4)
RIGHT, BOTTOM = np.float32(num.FIELD_W - ONE), np.float32(num.FIELD_H - ONE)
BEHIND, APART, MIDDLE, JITTER = (np.float32(n) for n in (2.0, 2.2, 1.5, 1.5))
MANY = 1000
LARGEST = float(np.finfo(np.float64).max)
A_THINK = np.float32(num.THINK_EVERY / 2)
"""Ticks for which a pinned enemy's think counts."""
READY_AFTER, READY_WITHIN = np.float32(10), np.float32(30)
HP, SPEED, BLOW, PERIOD, REACH, NEAREST, FARTHEST, ARROW, WORTH = range(9)
"""Columns of the roles."""
BRUTE, ARCHER, BOSS = range(3)
"""Rows of the roles."""

Roles = npt.NDArray[np.float32]
Ranges = npt.NDArray[np.float32]


@inner()
def _drawn(ranges: Ranges, which: int, m: int) -> np.float32:
    low, high = ranges[which, 0], ranges[which, 1]
    return np.float32(low + draw(m, at.DRAW_START + which) * (high - low))


@inner()
def _count(ranges: Ranges, which: int, most_of: int, m: int) -> int:
    """A whole number from a range, both ends as likely as what is between."""
    low, high = int(ranges[which, 0] + HALF), int(ranges[which, 1] + HALF)
    value = low + int(draw(m, at.DRAW_START + which) * np.float32(high - low + 1))
    return min(most_of, value)


@inner()
def _from(ranges: Ranges, which: int, m: int, stream: int) -> np.float32:
    """A number from a range, by a stream of its own."""
    low, high = ranges[which, 0], ranges[which, 1]
    return np.float32(low + draw(m, stream) * (high - low))


@inner()
def _walls(s: State, i: np.uint64, ranges: Ranges, m: int) -> None:
    half = _drawn(ranges, at.WALL_EDGE, m) * HALF
    s[at.WALL_HALF + i], s[at.WALL_TOUCH + i] = half, num.BODY_RADIUS + half
    for number in range(at.WALL_COUNT):
        k, place = np.uint64(number) * at.WALL + i, at.WALL_PLACES + 2 * number
        stream = WALL_STREAM + 2 * number
        s[k + at.WALL_1_X] = _from(ranges, place, m, stream) + half
        s[k + at.WALL_1_Y] = _from(ranges, place + 1, m, stream + 1) + half


@inner()
def _put(s: State, a: State, me: np.uint64, i: np.uint64, x: np.float32, y: np.float32) -> None:
    """Place somebody inside the field, beside a wall that stands there."""
    x, y = least(RIGHT, most(ONE, x)), least(BOTTOM, most(ONE, y))
    while wall_at(s, i, x, y) >= 0:  # three walls leave room in every row
        x = ONE if x + STEP_ASIDE > RIGHT else x + STEP_ASIDE
    a[me + at.X + i], a[me + at.Y + i] = x, y


@inner()
def _aside(turn: np.float32) -> tuple[np.float32, np.float32]:
    """The direction at a share of the circle in [−½, ½]; 0 is along x. No sines: they differ."""
    d = FOUR * turn
    x, y = ONE - abs(d), d
    if abs(d) > ONE:
        y = TWO - d if d > ZERO else -TWO - d
    length = np.float32(np.sqrt(x * x + y * y))
    return x / length, y / length


@inner()
def _enemy(
    s: State,
    e: State,
    i: np.uint64,
    slot: int,
    count: int,
    role: int,
    roles: Roles,
    ranges: Ranges,
    m: int,
) -> None:
    me = foe(slot)
    distance, around = _drawn(ranges, at.DISTANCE_M, m), _drawn(ranges, at.AROUND, m)
    behind = BEHIND if roles[role, ARROW] > ZERO else ZERO
    x, y = s[at.P + at.X + i], s[at.P + at.Y + i]
    if around > ZERO:
        share = (np.float32(slot - at.FIRST_ENEMY) + draw(m, PLACE_STREAM + slot)) / np.float32(
            count
        )
        ux, uy = _aside(around * (share - HALF))
        x, y = x + ux * (distance + behind), y + uy * (distance + behind)
    else:
        # In a line before the player; a larger party stands in several.
        file, rank = (slot - at.FIRST_ENEMY) % 4, (slot - at.FIRST_ENEMY) // 4
        x += distance
        x += behind
        x += BEHIND * np.float32(rank)
        y += APART * (np.float32(file) - MIDDLE)
        y += JITTER * (draw(m, PLACE_STREAM + slot) - HALF)
    _put(s, e, me, i, x, y)
    hp = roles[role, HP] * _drawn(ranges, at.ENEMY_HEALTH_SCALE, m)
    e[me + at.HP + i] = e[me + at.MAX_HP + i] = hp
    danger = num.DANGER_BASE + num.DANGER_SLOPE * s[at.THREAT + i]
    blow = roles[role, BLOW] * danger * _drawn(ranges, at.ENEMY_DAMAGE_SCALE, m)
    e[me + at.BLOW + i], e[me + at.ROLE + i] = blow, np.float32(role)
    e[me + at.SPEED + i], e[me + at.PERIOD + i] = roles[role, SPEED], roles[role, PERIOD]
    e[me + at.REACH + i], e[me + at.ARROW + i] = roles[role, REACH], roles[role, ARROW]
    e[me + at.NEAREST + i], e[me + at.FARTHEST + i] = roles[role, NEAREST], roles[role, FARTHEST]
    e[me + at.PIN_WORTH + i] = num.PREVENTED_WORTH * A_THINK * roles[role, WORTH] * blow
    rest = int(READY_WITHIN * draw(m, WAIT_STREAM + slot))
    e[me + at.WAIT + i] = READY_AFTER + np.float32(rest)
    s[at.ENEMY_HEALTH + i] += hp
    e[me + at.LIVES + i] = s[at.WAVES + i]
    s[at.RESERVES + i] += s[at.WAVES + i]


@inner()
def _side(
    s: State,
    me: np.uint64,
    i: np.uint64,
    slot: int,
    hp: np.float32,
    ranges: Ranges,
    m: int,
) -> None:
    s[me + at.MAX_HP + i] = hp
    s[me + at.HP + i] = hp * _drawn(ranges, at.PLAYER_HEALTH + slot, m)
    s[me + at.STAMINA + i] = HUNDRED * _drawn(ranges, at.PLAYER_STAMINA + 2 * slot, m)
    s[me + at.MANA + i] = HUNDRED * _drawn(ranges, at.PLAYER_MANA + 2 * slot, m)


@inner()
def _world(
    s: State,
    e: State,
    i: np.uint64,
    seed: int,
    m: int,
    player: npt.NDArray[np.float64],
    roles: Roles,
    ranges: Ranges,
    threat: np.float32,
    limit: np.float32,
) -> None:
    p, c = at.P, at.C
    s[at.LIVE + i], s[at.LIMIT + i], s[at.THREAT + i] = ONE, limit, threat
    s[at.SIDE + i] = ONE if seed & 1 else -ONE
    s[at.TACTIC + i] = s[at.AIM + i] = s[at.DID + i] = s[at.DID_AT + i] = -ONE
    s[at.LAST_WINDOW + i] = s[at.WANTED + i] = s[at.DOES + i] = -ONE
    s[at.EFFECT + i] = np.float32(np.nan)
    for event in range(at.EVENT_COUNT):
        s[at.FIRSTS + np.uint64(event) * at.WIDTH + i] = -ONE
    for trait in range(at.TRAITS):
        s[at.MELEE + np.uint64(trait) * at.WIDTH + i] = np.float32(player[trait])
    s[at.HUMAN + i] = np.float32(at.LED) if s[at.WALK + i] > ZERO else ZERO
    _walls(s, i, ranges, m)
    x = _from(ranges, at.START_X, m, PLACE_STREAM)
    _put(s, s, p, i, x, _from(ranges, at.START_Y, m, PLACE_STREAM + 1))
    x, y = s[p + at.X + i], s[p + at.Y + i]
    _put(s, s, c, i, x - _drawn(ranges, at.BEHIND, m), y + _drawn(ranges, at.BESIDE, m))
    s[at.MANA_REGEN + i] = num.MANA_REGEN * _drawn(ranges, at.MANA_SHARE, m)
    s[at.WAVES + i] = np.float32(_count(ranges, at.WAVES_COUNT, MANY, m))
    s[at.WAVE_EVERY + i] = num.SECOND * np.floor(_drawn(ranges, at.WAVE_SECONDS, m))
    _side(s, p, i, at.PLAYER, num.PLAYER_HP, ranges, m)
    _side(s, c, i, at.COMPANION, num.COMPANION_HP, ranges, m)
    count = max(1, _count(ranges, at.ENEMIES, int(e.shape[0] // at.FOE), m))
    archers, bosses = _count(ranges, at.ARCHERS, count, m), _count(ranges, at.BOSSES, count, m)
    for number in range(count):
        # The last ones are the archers: they stand behind.
        role = ARCHER if number >= count - archers else BRUTE
        role = BOSS if number < bosses else role
        _enemy(s, e, i, at.FIRST_ENEMY + number, count, role, roles, ranges, m)


@njit()
def start(
    tiles: Tiles,
    raw: npt.NDArray[np.int64],
    seeds: npt.NDArray[np.int64],
    players: npt.NDArray[np.float64],
    roles: Roles,
    ranges: Ranges,
    threat: float,
    limit: int,
) -> bool:
    """Begin n fights; False, and none begun, where a trait is not finite.

    Args:
        tiles: records of `layout.tile`, filled, whatever is in them. raw: their bytes.
        seeds: int64[n]. players: float64[n, TRAITS].
        roles: float32[roles, 9], a row a role.
        ranges: float32[RANGES, 2], low and high.
        threat: in [0, 1]. limit: ticks until the fight is cut off.
    """
    strange, traits = 0, players.reshape(-1)
    for i in range(traits.shape[0]):
        strange |= not abs(traits[i]) <= LARGEST
    if strange:
        return False
    size = raw.shape[0] // max(1, tiles.shape[0])
    for tile in range(tiles.shape[0]):
        t = tiles[tile]
        # Tile by tile: what was cleared is still near.
        raw[tile * size : (tile + 1) * size] = 0
        for world in range(tile * at.LANES, min((tile + 1) * at.LANES, seeds.shape[0])):
            lane = world % at.LANES
            t["keys"][lane] = key(seeds[world])
            _world(
                t["worlds"],
                t["foes"],
                np.uint64(lane),
                seeds[world],
                moment(t["keys"][lane], 0),
                players[world],
                roles,
                ranges,
                np.float32(threat),
                np.float32(limit),
            )
        survey(t["worlds"], t["foes"])
        shots = t["shots"]
        for k in range(shots.shape[0] // at.SHOT):
            for i in range(at.WIDTH):
                shots[np.uint64(k) * at.SHOT + at.GAP + i] = MISSED
    return True
