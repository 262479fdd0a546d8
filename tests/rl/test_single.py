"""The arena as a Gymnasium environment."""

import subprocess
import sys

import numpy as np
import pytest

from astraweave.arena import FACTS, TACTICS, Duel, load_bot, play_scenario
from astraweave.arena.kernels import layout as at
from astraweave.arena.state import row
from astraweave.errors import BotError, ScenarioError, UsageError
from astraweave.learning.reward import sandbox_reward
from astraweave.model.ports import OUTCOMES
from astraweave.model.scenario import Scenario
from tests.rl.libraries import SCENARIOS, gymnasium, same

# After it is known to be possible.
from astraweave import rl  # isort: skip
from gymnasium.utils.env_checker import check_env  # isort: skip


def made(**settings):
    return gymnasium.make(rl.ID, **settings).unwrapped


def fight(env, seed=None, options=None, action=None):
    """All that an episode tells, with actions drawn by its step; or one action throughout."""
    told = [env.reset(seed=seed, options=options)]
    step = 0
    while len(told) == 1 or not (told[-1][2] or told[-1][3]):
        told.append(env.step(step * 5 // 7 % 14 if action is None else action))
        step += 1
    return told


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_gymnasium_s_own_checker_has_nothing_to_say(scenario):
    check_env(made(scenario=scenario))


@pytest.mark.parametrize(
    "settings",
    [
        {"observation": "field"},
        {"observation": "field", "scenario": "all"},
        {"step_ticks": 15, "render_mode": "rgb_array"},
        {"player": ["kiter", "caster"], "render_mode": "ansi"},
        {"player": load_bot("berserker"), "scenario": [play_scenario(), "boss"]},
    ],
)
def test_nor_with_other_settings(settings):
    check_env(made(**settings))


def test_one_import_registers_it():
    code = (
        "import gymnasium\n"
        f"env = gymnasium.make('astraweave.rl:{rl.ID}')\n"
        "observation, info = env.reset(seed=3)\n"
        "assert observation in env.observation_space and info['seed'] == 3\n"
        f"assert gymnasium.make_vec('{rl.ID}', num_envs=2).num_envs == 2\n"
        "import pettingzoo\n"
        "if hasattr(pettingzoo, 'make'):\n"
        f"    assert pettingzoo.make('parallel', '{rl.ID}').reset()\n"
        f"    assert pettingzoo.make('aec', '{rl.ID}').possible_agents\n"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True, timeout=600)


def test_the_observation_is_the_companion_s_facts_as_shares_of_their_ranges():
    env = made(scenario="low_health")
    observation, info = env.reset(seed=11)
    facts = Duel(env.scenarios[0], info["seed"]).facts()
    shares = dict(zip(env.observation_names, observation.tolist(), strict=True))
    for name, low, high in zip(FACTS.names, FACTS.low, FACTS.high, strict=True):
        assert shares[name] == pytest.approx((facts[name] - low) / (high - low), abs=1e-6)


def test_a_seed_is_that_fight_and_the_next_ones_follow_from_it():
    one, other = made(), made()
    first = [fight(one, seed=5), fight(one), fight(one)]
    again = [fight(other, seed=5), fight(other), fight(other)]
    assert same(first, again)
    seeds = [told[0][1]["seed"] for told in first]
    assert seeds[0] == 5
    assert len(set(seeds)) == 3
    assert not same(first[0], fight(one, seed=6))
    assert same(first[1], [one.reset(seed=seeds[1]), *fight(one, seed=seeds[1])[1:]])


def test_an_action_is_the_tactic_of_that_number():
    env = made()
    env.reset(seed=8)
    env.step(TACTICS.index("draw_aggro"))
    assert env._stage.fights.of_worlds(at.TACTIC).tolist() == [5.0]
    env.step(13)
    assert env._stage.fights.of_worlds(at.TACTIC).tolist() == [-1.0]


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_rewards_of_an_episode_add_up_to_what_its_outcome_is_worth(scenario):
    env = made(scenario=scenario, step_ticks=30)
    told = fight(env, seed=2)
    outcome = told[-1][4]["outcome"]
    row = np.array([[outcome[name] for name in OUTCOMES]])
    assert sum(step[1] for step in told[1:]) == pytest.approx(sandbox_reward(row)[0], abs=1e-9)


def test_a_reward_of_one_s_own_is_paid_by_its_changes():
    env = made(reward=lambda outcomes: 7.0 - outcomes[:, OUTCOMES.index("damage_taken")])
    told = fight(env, seed=2, action=13)
    taken = told[-1][4]["outcome"]["damage_taken"]
    assert taken > 0.0
    assert sum(step[1] for step in told[1:]) == pytest.approx(7.0 - taken)


def test_victory_and_death_terminate_and_time_truncates():
    ranges = {"enemies": (1.0, 1.0), "archers": (0.0, 0.0)}

    def ends(seconds, **more):
        scenario = Scenario(
            name="s", description="", threat=1.0, seconds=seconds, ranges=ranges | more
        )
        *_, (_, _, terminated, truncated, info) = fight(made(scenario=scenario), seed=1, action=3)
        return terminated, truncated, info["outcome"]["success"] == 1.0, info["events"]

    assert ends(30.0, enemy_health=(0.05, 0.05))[:3] == (True, False, True)
    deadly = {"player_health": (0.01, 0.01), "enemy_damage": (10.0, 10.0)}
    died = ends(60.0, **deadly, enemies=(4.0, 4.0), archers=(4.0, 4.0))
    assert died[:3] == (True, False, False)
    assert died[3]["player_died"] == 1
    assert ends(1.0)[:3] == (False, True, False)


def test_options_hold_from_the_fight_on_that_they_are_given_for():
    env = made()
    env.reset(seed=1, options={"scenario": "two_against_ten", "player": "caster"})
    assert env.reset()[0][FACTS.index["enemies"]] >= 0.8  # of ten
    assert same(
        fight(env, seed=4), fight(made(scenario="two_against_ten", player="caster"), seed=4)
    )


def test_several_scenarios_and_players_all_have_their_turn():
    env = made(scenario=["low_health", "high_threat"], player=["kiter", "caster"])
    seen = {env.reset(seed=seed)[1]["scenario"] for seed in range(20)}
    assert seen == {0, 1}
    ranges = {row[8] for seed in range(20) if env.reset(seed=seed) for row in [_traits(env)]}
    assert ranges == {np.float32(load_bot(name).preferred_range_m) for name in ("kiter", "caster")}


def _traits(env):
    first = row(at.MELEE)
    return env._stage.fights._state.world(0).rows[first : first + at.TRAITS]


def test_what_cannot_be_paid_for_is_masked():
    env = made(scenario="resource_depleted")
    env.reset(seed=3)
    masks = env.action_masks()
    assert masks.shape == (14,)
    assert masks[13]
    assert masks[TACTICS.index("wait_for_player")]
    assert not masks[TACTICS.index("heal_player")]
    env.step(TACTICS.index("heal_player"))
    told = fight(env, seed=3, action=TACTICS.index("heal_player"))
    assert told[-1][4]["events"]["overspent"] > 0
    env.reset(seed=3)
    ended = False
    while not ended:
        allowed = np.flatnonzero(env.action_masks())
        *_, terminated, truncated, info = env.step(allowed[0])
        ended = terminated or truncated
    assert info["events"]["overspent"] == 0


@pytest.mark.parametrize(
    ("settings", "error", "told"),
    [
        ({"scenario": "bos"}, ScenarioError, "boss"),
        ({"scenario": 3}, UsageError, "a scenario must be"),
        ({"scenario": []}, UsageError, "no scenario"),
        ({"player": "kitr"}, BotError, "kiter"),
        ({"player": []}, UsageError, "no player"),
        ({"player": 3.5}, UsageError, "a player must be"),
        ({"observation": "pixels"}, UsageError, "unknown observation"),
        ({"step_ticks": 0}, UsageError, "step_ticks"),
        ({"render_mode": "human"}, UsageError, "unknown render_mode"),
    ],
)
def test_settings_that_are_wrong_are_said_in_one_line(settings, error, told):
    with pytest.raises(error, match=told) as raised:
        rl.ArenaEnv(**settings)
    assert "\n" not in str(raised.value)


def test_a_reset_that_is_refused_changes_nothing():
    env, other = made(), made()
    env.reset(seed=3)
    with pytest.raises(ScenarioError):
        env.reset(seed=9, options={"scenario": "nowhere"})
    other.reset(seed=3)
    assert env.reset()[1] == other.reset()[1]


def test_calls_that_do_not_fit_are_said_in_one_line():
    env = made()
    with pytest.raises(UsageError, match="call reset first"):
        env.step(0)
    for seed in (-1, 2**63, 1.5, "a"):
        with pytest.raises(UsageError, match="a seed must be"):
            env.reset(seed=seed)
    with pytest.raises(UsageError, match="unknown option"):
        env.reset(options={"scenari": "play"})
    with pytest.raises(UsageError, match="options must be a mapping"):
        env.reset(options=5)
    with pytest.raises(UsageError, match="step_ticks must be a whole number"):
        made(step_ticks="x")
    with pytest.raises(UsageError, match="reward must be something that can be called"):
        made(reward=5)
    env.reset(seed=0)
    for action in (-1, 14, 1.5, [1, 2], "strike", None, np.nan):
        with pytest.raises(UsageError, match="whole numbers in"):
            env.step(action)
    fight(env, seed=0)
    with pytest.raises(UsageError, match="call reset first"):
        env.step(0)


def test_pictures_show_who_stands_where():
    env = made(render_mode="ansi")
    env.reset(seed=1)
    text = env.render()
    assert len(text.splitlines()) == 16 + 3
    assert text.count("P") == 2  # on the field, and with its health
    assert text.count("C") == 2
    assert "P 160/160" in text
    env = made(render_mode="rgb_array")
    env.reset(seed=1)
    picture = env.render()
    assert picture.shape == (320, 480, 3)
    view = env._stage.view(0)
    for slot, colour in ((0, (90, 160, 250)), (1, (120, 220, 140))):
        x, y = (view.xy[slot] * 20).astype(int)
        assert tuple(picture[y, x]) == colour
    assert made().render() is None


def test_frames_a_second_are_those_of_the_steps():
    assert made().metadata["render_fps"] == 10
    assert made(step_ticks=30).metadata["render_fps"] == 2


def test_without_the_libraries_the_import_succeeds_and_a_use_says_what_to_install():
    code = (
        "import sys\n"
        "sys.modules['gymnasium'] = sys.modules['pettingzoo'] = None\n"
        "import astraweave.rl as rl\n"
        "from astraweave.errors import UsageError\n"
        "for name in ('ArenaEnv', 'ArenaVectorEnv', 'parallel_env'):\n"
        "    try:\n"
        "        getattr(rl, name)\n"
        "    except UsageError as error:\n"
        "        assert 'pip install \"astraweave[rl]\"' in str(error)\n"
        "    else:\n"
        "        raise SystemExit(name)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=600)


def test_the_import_chooses_no_sound_for_the_game():
    code = (
        "import os\n"
        "os.environ.pop('SDL_AUDIODRIVER', None)\n"
        "import astraweave.rl\n"
        "assert 'SDL_AUDIODRIVER' not in os.environ\n"
        "astraweave.rl.parallel_env().reset()\n"
        "assert 'SDL_AUDIODRIVER' not in os.environ\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=600)


def test_astraweave_itself_imports_neither():
    code = (
        "import sys, astraweave.arena, astraweave.cli\n"
        "assert not {'gymnasium', 'pettingzoo'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=600)
