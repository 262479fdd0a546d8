"""What a scenario says to kernels, checked once for as long as it says the same.

Refuses what the arena cannot play.
"""

from operator import is_
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from astraweave.arena.declared import BOUNDS, COUNTS, DEFAULTS, RANGES, check_party, slots_of
from astraweave.arena.kernels import layout as at
from astraweave.arena.players import player_names
from astraweave.model.scenario import Scenario, check_playable

MOST = 64
"""Scenarios that are remembered."""


class Plan(NamedTuple):
    """slots: of a world. ranges: float32[RANGES, 2]."""

    slots: int
    ranges: npt.NDArray[np.float32]


class _Kept(NamedTuple):
    """Whose plan it is; `values` and all else in the scenario is what nobody can write to."""

    scenario: Scenario
    names: tuple[str, ...]
    values: tuple[object, ...]
    plan: Plan

    def holds(self, scenario: Scenario) -> bool:
        """Whether nobody has changed the ranges, of all that can be changed."""
        ranges = scenario.ranges
        return tuple(ranges) == self.names and all(map(is_, ranges.values(), self.values))


_kept: dict[tuple[int, int | None], _Kept] = {}


def plan_of(scenario: Scenario, slots: int | None) -> Plan:
    """The plan of a scenario.

    Args:
        scenario: names only ranges of `RANGES`, each inside its `BOUNDS`.
        slots: of `layout.SIZES`; None for what the scenario needs.

    Raises:
        ScenarioError: an unknown range or player, a range outside its bounds, a count that is not
            whole, or more archers and bosses than enemies.
    """
    # What is kept holds its scenario, so that no other one has its identity.
    key = id(scenario), slots
    kept = _kept.get(key)
    if kept is not None and kept.holds(scenario):
        return kept.plan
    plan = _planned(scenario, slots)
    if _fixed(scenario):
        if len(_kept) >= MOST:
            _kept.clear()
        names, values = tuple(scenario.ranges), tuple(scenario.ranges.values())
        _kept[key] = _Kept(scenario, names, values, plan)
    return plan


def _planned(scenario: Scenario, slots: int | None) -> Plan:
    room = float((slots or max(at.SIZES)) - at.FIRST_ENEMY)
    bounds = BOUNDS | {"enemies": (1.0, room)}
    check_playable(scenario, RANGES, bounds, player_names(), counted=COUNTS)
    check_party(scenario)
    drawn = [scenario.ranges.get(name, DEFAULTS[name]) for name in RANGES]
    return Plan(slots or slots_of(scenario), np.array(drawn, dtype=np.float32))


def _fixed(scenario: Scenario) -> bool:
    """Whether nothing in it can be changed but which ranges it holds.

    A scenario that was read is; one made in code may hold lists, or anything.
    """
    ends = [end for value in scenario.ranges.values() for end in value]
    kinds = set(map(type, scenario.ranges.values())) | {type(scenario.players)}
    numbers = set(map(type, (*ends, scenario.seconds, scenario.threat)))
    texts = set(map(type, scenario.players))
    return (
        type(scenario) is Scenario
        and type(scenario.ranges) is dict
        and kinds <= {tuple}
        and numbers <= {float, int}
        and texts <= {str}
    )
