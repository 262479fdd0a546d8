"""Where everything lies.

A tile is LANES worlds side by side, a record of flat arrays:

    worlds[tile, row, lane]         rows of a world, then of its player, then of its companion
    foes[tile, enemy, row, lane]    up to four or ten enemies; one that is not there has HP 0
    shots[tile, shot, row, lane]    what flies

Every name below is a row times LANES, ready to be added to where a record begins; in `worlds`
the player's begins at P, the companion's at C. A *slot* is 0 for the player, 1 for the companion,
2… for the enemies. Metres, hit points, ticks of 1/60 s.

A time is the tick at which something begins or is over: what lasts until T is on while now < T,
so nothing has to be counted down. Whole numbers are exact in float32 up to 2²⁴. All worlds of a
tile that are played have the same tick; what a fight's own age decides (its draws, its sums by
age) counts from BORN.
"""

from collections.abc import Callable
from functools import cache

import numba
import numpy as np
import numpy.typing as npt

from astraweave.arena.kernels.bits import MARKS

Raw = npt.NDArray[np.int64]
LANES = 1 if numba.config.DISABLE_JIT else 64  # type: ignore[attr-defined]
"""Worlds in a tile. Nothing a world does depends on it; interpreted, more would only cost."""

WIDTH = np.uint64(LANES)
SIZES = (6, 12)
"""Slots a tile may have."""
LED = 2
"""Of HUMAN."""
NOBODY = -1
KEEP = -2
"""In place of a command: the tactic carries on, and says no more than it said."""


def _rows(first: int, count: int) -> tuple[np.uint64, ...]:
    return tuple(np.uint64(row * LANES) for row in range(first, first + count))


# --- rows of a world -----------------------------------------------------------------------

# LIVE 1 while it is played, then 0, and nothing moves any more; HUMAN 1 where a person leads the
# player, LED where a bot is led by `straying`; SIDE ±1, which way a bot circles
LIVE, TICK, LIMIT, HUMAN, SIDE, THREAT, ENEMY_HEALTH = _rows(0, 7)

# all distances between fighters are kept squared (SQ): only what needs a length takes the root,
# and measured every LOOK_EVERY ticks: at odd ticks of a fight they are those of the tick before.
# who is nearest to the player and to the companion (slot, place, distance); the nearest to the
# companion of those not close to the player; the two nearest to the player of those, and in reach
NEAR_P, NEAR_P_X, NEAR_P_Y, NEAR_P_SQ, NEAR_C, NEAR_C_X, NEAR_C_Y, NEAR_C_SQ = _rows(7, 8)
FAR_X, FAR_Y, FAR_SQ, PIN_1_SQ, PIN_2_SQ = _rows(15, 5)

# the middles of three square walls
WALL_1_X, WALL_1_Y, WALL_2_X, WALL_2_Y, WALL_3_X, WALL_3_Y = _rows(20, 6)
WALL_COUNT = 3
WALL = WIDTH * np.uint64(2)

# the companion's tactic. STARTED and ENDS are ticks; ACTED 1 while it is in effect; CAREFUL 1
# where the line of fire was clear when it was commanded; IDLE_FOR ticks of looking on. How it
# moves: GO to the player, an enemy or nowhere, STOP metres before, GAIT metres a tick. It has
# something to do at DUE_AT, if who it WATCHes is WITHIN so many metres, squared.
TACTIC, STARTED, ENDS, STATUS, AIM, TURN, IDLE_FOR, ACTED, CAREFUL = _rows(26, 9)
GO, STOP, GAIT, DUE_AT, WATCH, WITHIN, GOAL_X, GOAL_Y, VALUE, EFFECT, DOES = _rows(35, 11)

# the player's action of this tick, and what a person wants
WINDOWS, LAST_WINDOW, DID, DID_AT, DID_DAMAGE, TREND, MOVE_X, MOVE_Y, WANTED = _rows(46, 9)

# sums; KEPT of the player's hit points, tick by tick
DEALT, TAKEN, SPENT, KEPT = _rows(55, 4)

# the player's traits, in the order of a row of `bot_matrix`: his style; IDLE, the share of moments
# in which he does nothing; WALK, see `straying`; SWITCH_EVERY ticks he takes the OTHER style
STYLE = 12
TRAITS = 2 * STYLE + 3
(
    MELEE,
    RANGED,
    MAGIC,
    DEFENSIVE,
    SUPPORT,
    MOVEMENT,
    UTILITY,
    ENGAGE_AT,
    PREFERRED_RANGE,
    HEAL_BELOW,
    AGGRESSION,
    LAPSE,
    IDLE,
    WALK,
    SWITCH_EVERY,
    OTHER,
) = _rows(59, STYLE + 4)

# how often each event happened, and the tick of the first, −1 without
EVENT_COUNT = 7
COUNTS, FIRSTS = _rows(86, 1)[0], _rows(86 + EVENT_COUNT, 1)[0]

# half the edge of a wall, and how near to its middle nobody can come; how often each enemy comes
# back, how many times that is in all from now on, and every how many ticks; mana a tick
WALL_HALF, WALL_TOUCH, WAVES, RESERVES, WAVE_EVERY, MANA_REGEN = _rows(86 + 2 * EVENT_COUNT, 6)

# the tick at which the fight began: 0, but where worlds of a tile begin one after the other
BORN = _rows(92 + 2 * EVENT_COUNT, 1)[0]
WORLD_ROWS = 93 + 2 * EVENT_COUNT

# --- rows of a fighter ---------------------------------------------------------------------

# STEP: where it wants to walk in this tick; WAIT: when it can act again; SWUNG: when it last did
X, Y, HP, MAX_HP, STEP_X, STEP_Y, WAIT, SWUNG = _rows(0, 8)

# of player and companion; all but the reserves and LAST_ACTION are times
STAMINA, MANA, HEAL_AT, HURT, BLOCKING, RUSH, LAST_ACTION, DOWN = _rows(8, 8)
FRIEND_ROWS = 16
P = np.uint64(WORLD_ROWS * LANES)
C = np.uint64((WORLD_ROWS + FRIEND_ROWS) * LANES)
TILE_ROWS = WORLD_ROWS + 2 * FRIEND_ROWS

# of enemies: what their role gave them; then times, and what they are doing. ANGER is a time,
# positive at the player, negative at the companion; HUNTS 0 the player, 1 the companion; LIVES is
# how often it comes back.
ROLE, SPEED, BLOW, PERIOD, REACH, NEAREST, FARTHEST, ARROW = _rows(8, 8)
PIN_WORTH, TO_PLAYER_SQ, TO_COMPANION_SQ, ANGER, TAUNTED, PINNED, HEXED, HUNTS, CHASING = _rows(
    16, 9
)
(LIVES,) = _rows(25, 1)
FOE_ROWS = 26
FOE = np.uint64(FOE_ROWS * LANES)
FOUR = 4 * FOE_ROWS * LANES
"""Numbers of the enemies of the smaller tiles; they are common enough for loops of their own."""
PLAYER, COMPANION, FIRST_ENEMY = 0, 1, 2

# the rows that are times: they move with the tick at which a fight begins, see `seating`
TIMES = (TICK, LIMIT, STARTED, ENDS, DUE_AT)
FRIEND_TIMES = (WAIT, SWUNG, HEAL_AT, HURT, BLOCKING, RUSH, DOWN)
FOE_TIMES = (WAIT, SWUNG, ANGER, TAUNTED, PINNED, HEXED)

# --- rows of a shot ------------------------------------------------------------------------

# metres, metres a tick; STRETCH 1 / speed²; LEFT ticks of flight, ≤ 0 where there is no shot;
# SPARES 1 but where the companion loosed it without looking; GAP is between two loops of a tick
SHOT_X, SHOT_Y, SHOT_VX, SHOT_VY, STRETCH, LEFT, SHOT_DAMAGE, SHOOTER, SPARES, GAP = _rows(0, 10)
SHOT_ROWS = 10
SHOT = np.uint64(SHOT_ROWS * LANES)
BOLTS = 8
"""Room for what player and companion shoot; after them comes what enemies shoot."""


LINE = 64
"""Bytes of a line of the cache, and of the widest vector: one that lies across two costs twice."""


@cache
def tile(slots: int) -> np.dtype[np.void]:
    """The record of a tile whose worlds have so many slots, of SIZES.

    numba passes the fields of a record as bare pointers, so that calls cost nothing; arrays of
    their own would be counted by reference, atomically, in each call.
    """
    return _record(
        worlds=(np.float32, TILE_ROWS * LANES),
        foes=(np.float32, (slots - FIRST_ENEMY) * FOE_ROWS * LANES),
        shots=(np.float32, (BOLTS + slots + 2) * SHOT_ROWS * LANES),
        push=(np.float32, (slots - FIRST_ENEMY) * 2 * LANES),
        keys=(np.int64, LANES),
        flying=(np.uint64, BOLTS + slots + 2),  # see `flying.fly`
    )


@cache
def work() -> np.dtype[np.void]:
    """The record of what one thread needs while it plays; nothing in it outlasts a call."""
    return _record(
        due=(np.uint8, MARKS),
        deeds=(np.int8, MARKS),
        told=(np.int16, LANES),
        who=(np.int64, LANES),
        facts=(np.float32, FACTS * LANES),
    )


def _record(**fields: tuple[type[np.generic], int]) -> np.dtype[np.void]:
    """A record whose fields and whose size are whole lines."""
    offsets, size = [], 0
    for kind, count in fields.values():
        offsets.append(size)
        size += -(-count * np.dtype(kind).itemsize // LINE) * LINE
    formats = [(kind, (count,)) for kind, count in fields.values()]
    return np.dtype(
        {"names": list(fields), "formats": formats, "offsets": offsets, "itemsize": size}
    )


def room(count: int, record: np.dtype[np.void]) -> npt.NDArray[np.void]:
    """Zeroed records that begin at a line."""
    return lines(count * record.itemsize, np.zeros).view(record)


def lines(size: int, made: Callable[..., Raw]) -> Raw:
    """int64[size / 8] that begin at a line; numpy's own arrays begin at a quarter of one.

    size: bytes, of whole lines. made: `np.zeros` or `np.empty`.
    """
    raw = made((size + LINE) // 8, np.int64)
    start = -raw.ctypes.data % LINE // 8
    return raw[start : start + size // 8]


# --- codes ---------------------------------------------------------------------------------

TO_PLAYER_SIDE, TO_NEAR, TO_FAR, NOWHERE, TO_GOAL = range(5)
"""Where GO leads: to the player, the enemy nearest to the companion, FAR_X and FAR_Y, nowhere, or
in a dash to GOAL_X and GOAL_Y."""

(
    HARMED_PLAYER,
    LEFT_FIELD,
    OVERSPENT,
    PLAYER_DIED,
    PLAYER_DIED_HEAL_READY,
    IDLE_WHILE_ATTACKED,
    NON_FINITE,
) = range(EVENT_COUNT)

STRIKE, SHOOT, CAST, BLOCK, HEAL, ADVANCE, RETREAT, EVADE, FOCUS = range(9)
ACTIONS = 9

(
    DEFENSIVE_STANCE,
    COVER_PLAYER,
    HEAL_PLAYER,
    AGGRESSIVE_ATTACK,
    FLANK_ENEMY,
    DRAW_AGGRO,
    WAIT_FOR_PLAYER,
    CLOSE_SUPPORT,
    MELEE_COMBO,
    COVERING_FIRE,
    SUPPRESS_ENEMY,
    BUFF_PLAYER,
    DEBUFF_ENEMY,
) = range(13)
TACTICS = 13

BY_MELEE, BY_SHOT, BY_SPELL = 0, 1, 2

# streams of `chance.draw`
DRAW_PACE, DRAW_LAPSE, DRAW_BOLD, DRAW_CHOICE, DRAW_PICK, DRAW_IDLE, DRAW_WHIM = range(1, 8)
DRAW_BLOW = 10
DRAW_START = 100

FACTS = 21

# ranges a scenario may set, in the order of `arena.declared.RANGES`
(
    PLAYER_HEALTH,
    COMPANION_HEALTH,
    PLAYER_STAMINA,
    PLAYER_MANA,
    COMPANION_STAMINA,
    COMPANION_MANA,
    ENEMIES,
    ENEMY_HEALTH_SCALE,
    ENEMY_DAMAGE_SCALE,
    DISTANCE_M,
    ARCHERS,
    BOSSES,
    START_X,
    START_Y,
    BEHIND,
    BESIDE,
    AROUND,
    WAVES_COUNT,
    WAVE_SECONDS,
    MANA_SHARE,
    WALL_EDGE,
    WALL_PLACES,
) = range(22)
RANGES = 27
"""From WALL_PLACES on, left and top of each wall."""
