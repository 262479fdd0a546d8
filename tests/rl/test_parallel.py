"""The arena as a PettingZoo environment."""

import numpy as np
import pytest

from astraweave.arena import TACTICS, Duel, play_scenario
from astraweave.arena.declared import PLAYER_ACTIONS
from astraweave.errors import ScenarioError, UsageError
from tests.rl.libraries import SCENARIOS, same

# After it is known to be possible.
from astraweave import rl  # isort: skip
from astraweave.rl.parallel import (  # isort: skip
    AGENTS,
    COMPANION,
    DIRECTIONS,
    PLAYER,
    player_action,
)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_pettingzoo_s_own_tests_of_parallel_games_have_nothing_to_say(zoo_tests, scenario):
    zoo_tests.parallel_api_test(rl.parallel_env(scenario=scenario, step_ticks=60), 700)
    zoo_tests.parallel_seed_test(lambda: rl.parallel_env(scenario=scenario), 100)


def test_nor_have_those_of_games_in_turns(zoo_tests):
    zoo_tests.api_test(rl.aec_env(), 400)
    zoo_tests.seed_test(lambda: rl.aec_env(scenario="two_against_ten"), 100)


def test_it_is_the_duel_a_person_plays():
    env, duel = rl.parallel_env(), Duel(play_scenario(), 21)
    _, infos = env.reset(seed=21)
    assert infos[PLAYER] == infos[COMPANION] == {"seed": 21, "scenario": 0}
    hands, feet, over = (*PLAYER_ACTIONS, "none"), tuple(DIRECTIONS), False
    step = 0
    while not over:
        action, direction, tactic = hands[step % 10], feet[step // 3 % 9], step // 4 % 14
        actions = {PLAYER: player_action(action, direction), COMPANION: tactic}
        told = env.step(actions)
        duel.command(tactic_of(tactic))
        for _ in range(6):
            duel.tick(None if action == "none" else hands.index(action), *DIRECTIONS[direction])
        shares = dict(zip(env.observation_names, told[0][COMPANION].tolist(), strict=True))
        assert shares["player_health"] == pytest.approx(duel.facts()["player_health"], abs=1e-6)
        assert shares["player_x"] == pytest.approx(duel.facts()["player_x"] / 24.0, abs=1e-6)
        over = told[2][PLAYER] or told[3][PLAYER]
        assert over == duel.done
        step += 1
    assert told[4][PLAYER]["outcome"] == duel.outcome()
    assert told[4][COMPANION]["events"] == duel.events()
    assert env.agents == []
    assert env.step({}) == ({}, {}, {}, {}, {})


def tactic_of(number):
    return None if number == len(TACTICS) else TACTICS[number]


def test_both_perceive_the_same_facts_and_each_other_from_where_they_stand():
    env = rl.parallel_env(scenario="two_against_ten")
    observations, _ = env.reset(seed=1)
    one, other = (
        dict(zip(env.observation_names, observations[agent].tolist(), strict=True))
        for agent in AGENTS
    )
    assert same(observations[PLAYER][:21], observations[COMPANION][:21])
    assert one["mate_dx"] == -other["mate_dx"]
    assert one["mate_dy"] == -other["mate_dy"] != 0.0
    x, y = one["player_x"], one["player_y"]
    view = env._stage.view(0)
    for n in range(1, 11):
        slot = n + 1
        standing = slot < len(view.hp) and view.hp[slot] > 0
        place = (one[f"enemy_{n}_dx"], one[f"enemy_{n}_dy"], one[f"enemy_{n}_health"])
        if standing:
            there = view.xy[slot] / (24.0, 16.0) - (x, y)
            assert place == pytest.approx((*there, view.hp[slot] / view.max_hp[slot]), abs=1e-6)
        else:
            assert place == (0.0, 0.0, 0.0)
    assert same(env.state(), np.concatenate([observations[agent] for agent in AGENTS]))
    assert env.state() in env.state_space


def test_the_player_goes_where_its_feet_are_told():
    env = rl.parallel_env(scenario="low_health")
    for direction, (east, south) in DIRECTIONS.items():
        env.reset(seed=2)
        before = env._stage.view(0).xy[0]
        action = {PLAYER: player_action("none", direction), COMPANION: 13}
        for _ in range(2):
            env.step(action)
        moved = env._stage.view(0).xy[0] - before
        assert np.sign(np.round(moved, 4)).tolist() == [np.sign(east), np.sign(south)], direction
        assert np.hypot(*moved) == pytest.approx(12 * 0.06 if direction != "stay" else 0, abs=0.01)


def test_names_of_actions_are_numbers_once_each():
    numbers = [player_action(a, d) for a in (*PLAYER_ACTIONS, "none") for d in DIRECTIONS]
    assert numbers == list(range(rl.parallel_env().action_space(PLAYER).n))
    with pytest.raises(UsageError, match="strike"):
        player_action("strke")
    with pytest.raises(UsageError, match="north"):
        player_action("none", "nort")


def test_calls_that_do_not_fit_are_said():
    env = rl.parallel_env()
    assert env.step({}) == ({}, {}, {}, {}, {})
    env.reset(seed=0)
    for actions in ({}, {PLAYER: 0}, {PLAYER: 0, COMPANION: 14}, {PLAYER: -1, COMPANION: 0}):
        with pytest.raises(UsageError, match="the action of"):
            env.step(actions)
    with pytest.raises(UsageError, match="a seed must be"):
        env.reset(seed=-1)
    with pytest.raises(ScenarioError, match="no such scenario"):
        env.reset(options={"scenario": "nowhere"})


def test_options_other_than_a_scenario_are_not_looked_at():
    env = rl.parallel_env()
    env.reset(seed=0, options={"scenario": "two_against_ten", "anything": 1})
    assert len(env._stage.view(0).hp) == 12


def test_pictures_are_those_of_the_fight():
    env = rl.parallel_env(render_mode="rgb_array")
    env.reset(seed=3)
    assert env.render().shape == (320, 480, 3)
    env = rl.parallel_env(render_mode="ansi")
    env.reset(seed=3)
    assert "P 160/160" in env.render()
