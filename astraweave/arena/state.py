"""The arrays of n worlds, and what can be read from them. Shapes: `kernels.layout`."""

import numpy as np
import numpy.typing as npt

from astraweave.arena.declared import BOUNDS, DEFAULTS, RANGES
from astraweave.arena.kernels import balance as num
from astraweave.arena.kernels import layout as at
from astraweave.arena.kernels.starting import start
from astraweave.arena.kernels.world import WORLD
from astraweave.errors import ScenarioError, UsageError
from astraweave.model.actions import nearest
from astraweave.model.scenario import Scenario

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
TICKS_PER_SECOND = 60


class State:
    """n worlds, and views of their parts.

    worlds: WORLD[n]. body: float64[n, SLOTS, BODY]. clock: int64[n, SLOTS, CLOCK]. shots:
    float64[n, SHOTS, SHOT]. real: float64[n, REAL]. whole: int64[n, WHOLE].
    """

    __slots__ = ("body", "clock", "real", "shots", "whole", "worlds")

    def __init__(self, worlds: npt.NDArray[np.void]) -> None:
        """Look at worlds."""
        self.worlds = worlds
        self.body: Floats = worlds["body"]
        self.clock: Ints = worlds["clock"]
        self.shots: Floats = worlds["shots"]
        self.real: Floats = worlds["real"]
        self.whole: Ints = worlds["whole"]


def begun(scenario: Scenario, seeds: Ints, players: Floats) -> State:
    """n fights at their start.

    Args:
        scenario: names only ranges of `RANGES`, each inside `BOUNDS`.
        seeds: int64[n]; world i depends on seeds[i] and players[i] alone.
        players: float64[n, TRAITS], rows of `bot_matrix`.

    Raises:
        ScenarioError: an unknown range, or one outside its bounds.
        UsageError: shapes that do not fit, or traits that are not finite.
    """
    n = len(seeds)
    if seeds.ndim != 1 or players.shape != (n, at.TRAITS) or not np.isfinite(players).all():
        raise UsageError(
            what=f"players must be finite, float64[{n}, {at.TRAITS}], one row a seed",
            got=f"{players.shape}",
            where="Arena.reset",
            fix="make them with bot_matrix or posterior_players",
        )
    state = State(np.zeros(n, dtype=WORLD))
    limit = max(1, round(scenario.seconds * TICKS_PER_SECOND))
    start(state.worlds, seeds, players, _ranges(scenario), float(scenario.threat), limit)
    return state


def _ranges(scenario: Scenario) -> Floats:
    where = f"scenario {scenario.name}"
    for name, (low, high) in scenario.ranges.items():
        if name not in DEFAULTS:
            what = f"unknown key `$.ranges.{name}`"
            raise ScenarioError(what=what, where=where, fix=nearest(name, RANGES))
        least, most = BOUNDS.get(name, (0.0, 1.0))
        if not least <= low <= high <= most:
            raise ScenarioError(
                what=f"`$.ranges.{name}` must be [low, high] inside [{least:g}, {most:g}]",
                got=f"[{low:g}, {high:g}]",
                where=where,
                fix="correct the range",
            )
    return np.array([scenario.ranges.get(name, DEFAULTS[name]) for name in RANGES])


def outcomes(state: State) -> Floats:
    """float64[n, 6], columns `model.ports.OUTCOMES`, of what was played so far.

    success: 1 when every enemy is down, else the share of their health that is gone, below .6
    when the player died. satisfaction = clip(.5·active + .3·kept + .2·success): active the share
    of windows of 2 s in which the player acted, kept his mean health.
    """
    body, whole, real = state.body, state.whole, state.real
    left = np.zeros(len(body))
    for slot in range(at.FIRST_ENEMY, at.SLOTS):  # one by one: the same order whatever the batch
        left += body[:, slot, at.HP]
    removed = np.clip(1.0 - left / real[:, at.ENEMY_HEALTH], 0.0, 1.0)
    dead = body[:, at.PLAYER, at.HP] <= 0.0
    success = np.where(dead, 0.59 * removed, np.where(left > 0, 0.95 * removed, 1.0))
    ticks = whole[:, at.TICK]
    played = np.maximum(ticks, 1)
    windows = (played + num.WINDOW_TICKS - 1) // num.WINDOW_TICKS
    active = whole[:, at.WINDOWS] / windows
    kept = real[:, at.KEPT] / played
    satisfaction = np.clip(0.5 * active + 0.3 * kept + 0.2 * success, 0.0, 1.0)
    seconds = ticks / TICKS_PER_SECOND
    columns = (success, seconds, real[:, at.DEALT], real[:, at.TAKEN], real[:, at.SPENT])
    return np.column_stack((*columns, satisfaction))


def event_counts(state: State) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """How often each event happened, and the tick of the first, −1 without; int32[n, events]."""
    counts = state.whole[:, at.COUNTS : at.COUNTS + at.EVENT_COUNT]
    firsts = state.whole[:, at.FIRSTS : at.FIRSTS + at.EVENT_COUNT]
    return counts.astype(np.int32), firsts.astype(np.int32)
