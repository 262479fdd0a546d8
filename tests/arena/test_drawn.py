"""What a seed draws, told: fixing it begins the very same fight."""

import msgspec
import numpy as np
import pytest

from astraweave.arena import Arena
from astraweave.arena.declared import RANGES
from astraweave.arena.kernels import layout as at
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


def test_of_archers_and_bosses_is_told_what_the_fight_has():
    ranges = {"enemies": (1.0, 4.0), "archers": (0.0, 3.0), "bosses": (0.0, 2.0)}
    scenario = msgspec.structs.replace(load_scenarios()[0], ranges=ranges)
    game, seeds = Arena(), np.arange(64)
    game.reset(scenario, seeds)
    health, arrows = game.state.of_foes(at.MAX_HP), game.state.of_foes(at.ARROW)
    cut = 0
    for seed in seeds:
        draw = game.drawn(scenario, int(seed))
        bosses = (health[seed] > 300.0).sum()
        assert draw["enemies"] == (health[seed] > 0.0).sum()
        assert (draw["archers"], draw["bosses"]) == ((arrows[seed] > 0.0).sum(), bosses)
        cut += draw["archers"] + draw["bosses"] == draw["enemies"]
    assert cut > 0
