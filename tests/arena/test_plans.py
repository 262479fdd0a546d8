"""A scenario is checked once, and again whenever somebody has changed it."""

import numpy as np
import pytest
from msgspec.structs import replace

from astraweave.arena import Arena, play_scenario
from astraweave.arena.plans import MOST, _kept, plan_of
from astraweave.errors import ScenarioError


@pytest.fixture
def scenario():
    return play_scenario()


def same(one, other):
    return one.slots == other.slots and one.ranges.tobytes() == other.ranges.tobytes()


def test_a_scenario_that_stays_as_it_is_keeps_its_plan(scenario):
    plan = plan_of(scenario, None)
    assert plan_of(scenario, None) is plan
    assert plan_of(scenario, 12).slots == 12
    assert plan_of(scenario, None) is plan
    assert same(plan_of(replace(scenario, name="other"), None), plan)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("enemies", (1.0, 99.0)),
        ("enemies", (True, 4.0)),
        ("enemies", (np.nan, 4.0)),
        ("unheard_of", (0.0, 1.0)),
    ],
)
def test_a_range_that_was_changed_is_checked_anew(scenario, name, value):
    plan_of(scenario, None)
    scenario.ranges[name] = value
    with pytest.raises(ScenarioError, match=name):
        plan_of(scenario, None)


def test_a_range_that_was_changed_is_played_as_it_is_now(scenario):
    seeds = np.arange(3)
    before = Arena().reset(scenario, seeds)
    scenario.ranges["player_health"] = (0.25, 0.25)
    changed = Arena().reset(scenario, seeds)
    assert before.tobytes() != changed.tobytes()
    del scenario.ranges["player_health"]
    fresh = play_scenario()
    del fresh.ranges["player_health"]
    assert Arena().reset(scenario, seeds).tobytes() == Arena().reset(fresh, seeds).tobytes()


def test_what_may_change_unseen_is_never_kept(scenario):
    scenario.ranges["enemies"] = [3.0, 3.0]
    before = plan_of(scenario, None)
    scenario.ranges["enemies"][1] = 4.0
    assert not same(before, plan_of(scenario, None))


def test_only_so_many_plans_are_kept(scenario):
    for _ in range(3 * MOST):
        plan_of(replace(scenario), None)
    assert len(_kept) <= MOST
