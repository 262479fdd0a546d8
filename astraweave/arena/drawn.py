"""What the ranges of a scenario drew for a seed, as numbers: `kernels.starting` once more.

A scenario that is fixed to them begins the same fight, bit by bit. Refuses nothing: ranges that a
fight cannot have are refused where it begins.
"""

import numpy as np

from astraweave.arena.declared import DEFAULTS, RANGES
from astraweave.arena.kernels import layout as at
from astraweave.arena.kernels.starting import PLACE_STREAM, WALL_STREAM
from astraweave.model.rng import uniform
from astraweave.model.scenario import Scenario

COUNTED = (at.ENEMIES, at.ARCHERS, at.BOSSES, at.WAVES_COUNT)
BITS = 2.0**24
"""Of a draw, see `kernels.chance`."""


def drawn(scenario: Scenario, seed: int) -> dict[str, float]:
    """One value for each range that the scenario sets: what the fight has of it."""
    ranges = DEFAULTS | scenario.ranges
    found = {name: _value(which, seed, *ranges[name]) for which, name in enumerate(RANGES)}
    # Bosses take the places of archers where there are more of both than of enemies.
    found["bosses"] = min(found["bosses"], found["enemies"])
    found["archers"] = min(found["archers"], found["enemies"] - found["bosses"])
    return {name: value for name, value in found.items() if name in scenario.ranges}


def _stream(which: int) -> int:
    if which >= at.WALL_PLACES:
        return WALL_STREAM + which - at.WALL_PLACES
    places = {at.START_X: PLACE_STREAM, at.START_Y: PLACE_STREAM + 1}
    return places.get(which, at.DRAW_START + which)


def _value(which: int, seed: int, least: float, most: float) -> float:
    share = np.float32(int(uniform(seed, 0, 0, _stream(which)) * BITS) / BITS)
    low, high = np.float32(least), np.float32(most)
    if which in COUNTED:
        first, last = int(low + np.float32(0.5)), int(high + np.float32(0.5))
        return float(first + int(share * np.float32(last - first + 1)))
    # Of single precision, which may lie a hair outside: what is clipped is the same number there.
    return min(most, max(least, float(np.float32(low + share * (high - low)))))
