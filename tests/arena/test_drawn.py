"""What a seed draws, told: fixing it begins the very same fight."""

import msgspec
import numpy as np
import pytest

from astraweave.arena import Arena
from astraweave.arena.declared import RANGES
from astraweave.sandbox import load_scenarios

pytestmark = pytest.mark.compiled

SCENARIOS = load_scenarios("all")


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_a_scenario_fixed_to_what_a_seed_drew_is_that_seed_s_fight(scenario):
    game = Arena()
    for seed in (0, 7, 2**53 - 1, 577113766413481):
        seeds = np.array([seed])
        draw = game.drawn(scenario, seed)
        assert set(draw) == set(scenario.ranges) <= set(RANGES)
        assert all(low <= draw[name] <= high for name, (low, high) in scenario.ranges.items())
        ranges = {name: (value, value) for name, value in draw.items()}
        fixed = msgspec.structs.replace(scenario, ranges=ranges)
        first = game.reset(scenario, seeds)
        played = [game.step(np.array([-1], np.int16)).facts for _ in range(40)]
        assert first.tobytes() == game.reset(fixed, seeds).tobytes()
        again = [game.step(np.array([-1], np.int16)).facts for _ in range(40)]
        assert np.array(played).tobytes() == np.array(again).tobytes()
