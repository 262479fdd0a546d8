"""The tiles of n worlds, and what can be read from them. Shapes: `kernels.layout`."""

import numpy as np
import numpy.typing as npt

from astraweave.arena.casts import bots_of
from astraweave.arena.kernels import layout as at
from astraweave.arena.kernels.scoring import score, tally
from astraweave.arena.kernels.starting import start
from astraweave.arena.plans import plan_of
from astraweave.arena.roles import role_table
from astraweave.errors import UsageError
from astraweave.model.ports import OUTCOMES
from astraweave.model.scenario import Scenario

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]
TICKS_PER_SECOND = 60


class World:
    """One world of a state, live: writing to the arrays changes it.

    rows: float32[rows] of the world itself. friends: float32[2, rows], player and companion.
    foes: float32[enemies, rows]. shots: float32[shots, rows]. `row(at.X)` is the index of a name.
    """

    __slots__ = ("foes", "friends", "key", "rows", "shots")

    def __init__(self, tiles: npt.NDArray[np.void], world: int) -> None:
        """Look at a world of some tiles."""
        tile, lane = tiles[world // at.LANES], world % at.LANES
        rows = tile["worlds"].reshape(-1, at.LANES)[:, lane]
        self.rows: Rows = rows[: at.WORLD_ROWS]
        self.friends: Rows = rows[at.WORLD_ROWS :].reshape(2, at.FRIEND_ROWS)
        self.foes: Rows = tile["foes"].reshape(-1, at.FOE_ROWS, at.LANES)[:, :, lane]
        self.shots: Rows = tile["shots"].reshape(-1, at.SHOT_ROWS, at.LANES)[:, :, lane]
        self.key = int(tile["keys"][lane])

    def slot(self, slot: int) -> Rows:
        """The rows of the fighter in a slot."""
        rows: Rows = self.friends[slot] if slot < 2 else self.foes[slot - at.FIRST_ENEMY]
        return rows

    def column(self, name: np.uint64) -> Rows:
        """A row that all fighters have (X … SWUNG), slot by slot; a copy."""
        return np.concatenate((self.friends[:, row(name)], self.foes[:, row(name)]))

    def tobytes(self) -> bytes:
        """All of it; equal for equal worlds, whatever tile they lie in."""
        friends, foes, shots = self.friends.copy(), self.foes.copy(), self.shots.copy()
        shots[shots[:, row(at.LEFT)] <= 0.0] = 0.0  # what has landed is nobody's
        if self.rows[row(at.LIVE)] == 0.0:  # a step that is not taken may be 0 or −0
            friends[:, _STEPS] = foes[:, _STEPS] = 0.0
        parts = (self.rows, friends, foes, shots)
        return b"".join(np.ascontiguousarray(part).tobytes() for part in parts)


def row(name: np.uint64) -> int:
    """The index of a name of `layout` in a record's rows."""
    return int(name) // at.LANES


_STEPS = [row(at.STEP_X), row(at.STEP_Y)]


class State:
    """n worlds in tiles. Its bytes are all there is to it: `State(n, slots, tiles)` resumes.

    tiles: records of `layout.tile`.
    """

    __slots__ = ("n", "slots", "tiles")

    def __init__(self, n: int, slots: int, tiles: npt.NDArray[np.void] | None = None) -> None:
        """Room for n worlds, or those in `tiles`."""
        count = -(-n // at.LANES)
        self.n, self.slots = n, slots
        self.tiles = at.room(count, at.tile(slots)) if tiles is None else tiles

    def world(self, world: int) -> World:
        """One of them, live."""
        return World(self.tiles, world)

    def of_worlds(self, name: np.uint64) -> Rows:
        """A row of every world, float32[n]; a copy."""
        return self._lanes(self.tiles["worlds"], row(name))

    def of_player(self, name: np.uint64) -> Rows:
        """A row of every player, float32[n]; a copy."""
        return self._lanes(self.tiles["worlds"], at.WORLD_ROWS + row(name))

    def of_foes(self, name: np.uint64) -> Rows:
        """A row of every enemy, float32[n, enemies]; a copy."""
        rows = range(row(name), (self.slots - at.FIRST_ENEMY) * at.FOE_ROWS, at.FOE_ROWS)
        columns = [self._lanes(self.tiles["foes"], each) for each in rows]
        return np.stack(columns, axis=1)

    def _lanes(self, part: Rows, which: int) -> Rows:
        cut = part[:, which * at.LANES : (which + 1) * at.LANES]
        return cut.flatten()[: self.n]


def begun(scenario: Scenario, seeds: Ints, players: Floats, slots: int | None = None) -> State:
    """n fights at their start.

    Args:
        scenario: names only ranges of `RANGES`, each inside its `BOUNDS`.
        seeds: int64[n]; world i depends on seeds[i] and players[i] alone.
        players: float64[n, TRAITS], rows of `bot_matrix`; a scenario's own players take their
            place.
        slots: of `layout.SIZES`; None for what the scenario needs.

    Raises:
        ScenarioError: an unknown range or player, or a range outside its bounds.
        UsageError: shapes that do not fit, or traits that are not finite.
    """
    plan = plan_of(scenario, slots)
    if scenario.players:
        players = bots_of(scenario.players, seeds)
    n, record = len(seeds), at.tile(plan.slots)
    raw = at.lines(-(-n // at.LANES) * record.itemsize, np.empty)
    state = State(n, plan.slots, raw.view(record))
    threat, limit = float(scenario.threat), max(1, round(scenario.seconds * TICKS_PER_SECOND))
    rest = (role_table(), plan.ranges, threat, limit)
    fits = seeds.ndim == 1 and players.shape == (n, at.TRAITS)
    if not (fits and start(state.tiles, raw, seeds, players, *rest)):
        raise UsageError(
            what=f"players must be finite, float64[{n}, {at.TRAITS}], one row a seed",
            got=f"{players.shape}",
            where="Arena.reset",
            fix="make them with bot_matrix or posterior_players",
        )
    return state


def outcomes(state: State, places: Ints | None = None) -> Floats:
    """float64[n, 6], columns `model.ports.OUTCOMES`, of what was played so far.

    success: 1 when every enemy of all waves is down, else the share of their health that is gone,
    below .6 when the player died. satisfaction = clip(.5·active + .3·kept + .2·success): active
    the share of windows of 2 s in which the player acted, kept his mean health.

    Args:
        state: the worlds.
        places: int64[n], which of them; all when absent.
    """
    places = np.arange(state.n) if places is None else places
    told = np.empty((len(places), len(OUTCOMES)))
    score(state.tiles, places, told)
    return told


def truncated(state: State) -> npt.NDArray[np.bool_]:
    """Which fights the time limit ended: the player stands, and so do enemies, or more would come.

    bool[n].
    """
    over, up = state.of_worlds(at.LIVE) == 0.0, state.of_player(at.HP) > 0.0
    against = (state.of_worlds(at.NEAR_P) >= 0.0) | (state.of_worlds(at.RESERVES) > 0.0)
    return np.asarray(over & up & against)


def event_counts(state: State) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """How often each event happened, and the tick of the first, −1 without; int32[n, events]."""
    shape = (state.n, at.EVENT_COUNT)
    counts, first = np.empty(shape, np.int32), np.empty(shape, np.int32)
    tally(state.tiles, counts, first)
    return counts, first
