"""What fights were worth so far, in float64, and what companions can afford."""

import numpy as np
import numpy.typing as npt

from astraweave.arena.kernels import balance as num
from astraweave.arena.kernels import layout as at
from astraweave.arena.kernels.companion import mana_cost, stamina_cost
from astraweave.arena.kernels.lanes import ZERO, State, Tiles, inner
from astraweave.model.kernels.jit import njit

SECOND = 60.0
Row = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int32]


@njit()
def score(tiles: Tiles, places: npt.NDArray[np.int64], outcomes: npt.NDArray[np.float64]) -> None:
    """The outcomes of some worlds.

    Args:
        tiles: records of `layout.tile`.
        places: int64[n], tile · LANES + lane.
        outcomes: float64[n, 6], filled; columns and formulas as in `arena.state.outcomes`.
    """
    for k in range(places.shape[0]):
        t, i = tiles[places[k] // at.LANES], np.uint64(places[k] % at.LANES)
        _one(t["worlds"], t["foes"], i, outcomes[k])


@njit(_nrt=False)
def tally(tiles: Tiles, counts: Counts, first: Counts) -> None:
    """How often each event has happened in the first n worlds, and the tick of the first.

    Args:
        tiles: records of `layout.tile`.
        counts, first: int32[n, EVENT_COUNT], filled; −1 where it has not.
    """
    for world in range(counts.shape[0]):
        s, i = tiles[world // at.LANES]["worlds"], np.uint64(world % at.LANES)
        for event in range(at.EVENT_COUNT):
            row = np.uint64(event) * at.WIDTH + i
            counts[world, event] = np.int32(s[at.COUNTS + row])
            first[world, event] = np.int32(s[at.FIRSTS + row])


@njit()
def payable(tiles: Tiles, places: npt.NDArray[np.int64], can: npt.NDArray[np.bool_]) -> None:
    """Which tactics the companions of some worlds have the stamina and mana for.

    Args:
        tiles, places: as in `score`.
        can: bool[n, TACTICS], filled.
    """
    for k in range(places.shape[0]):
        s, i = tiles[places[k] // at.LANES]["worlds"], np.uint64(places[k] % at.LANES)
        for tactic in range(at.TACTICS):
            stamina = s[at.C + at.STAMINA + i] >= stamina_cost(tactic)
            can[k, tactic] = stamina and s[at.C + at.MANA + i] >= mana_cost(tactic)


@inner()
def _one(s: State, e: State, i: np.uint64, row: Row) -> None:
    left = 0.0
    for enemy in range(e.shape[0] // at.FOE):
        me = np.uint64(enemy) * at.FOE
        coming = np.float64(e[me + at.LIVES + i]) * np.float64(e[me + at.MAX_HP + i])
        left += np.float64(e[me + at.HP + i]) + coming
    total = np.float64(s[at.ENEMY_HEALTH + i]) * (1.0 + np.float64(s[at.WAVES + i]))
    removed = _share(1.0 - left / total)
    success = 0.95 * removed if left > 0.0 else 1.0
    if s[at.P + at.HP + i] <= ZERO:
        success = 0.59 * removed
    ticks = int(s[at.TICK + i] - s[at.BORN + i])
    played = max(ticks, 1)
    window = int(num.WINDOW_TICKS)
    windows = (played + window - 1) // window
    active = np.float64(s[at.WINDOWS + i]) / windows
    full = np.float64(s[at.P + at.MAX_HP + i])
    kept = np.float64(s[at.KEPT + i]) / full / played
    row[0], row[1] = success, ticks / SECOND
    row[2], row[3] = np.float64(s[at.DEALT + i]), np.float64(s[at.TAKEN + i])
    row[4] = np.float64(s[at.SPENT + i])
    row[5] = _share(0.5 * active + 0.3 * kept + 0.2 * success)


@inner()
def _share(value: float) -> float:
    """Clipped to [0, 1]; NaN stays."""
    return 0.0 if value < 0.0 else 1.0 if value > 1.0 else value
