"""Many at once are as many alone, bit for bit, whatever begins when."""

import copy
import itertools

import msgspec
import numpy as np
import pytest

from astraweave.arena import load_bot
from astraweave.arena.kernels import layout as at
from astraweave.errors import UsageError
from astraweave.model.scenario import Scenario
from astraweave.playstyle import profile_of
from astraweave.playstyle.evidence import Evidence
from tests.rl.libraries import SCENARIOS, gymnasium, same

# After it is known to be possible.
from astraweave import rl  # isort: skip
from gymnasium.vector import AutoresetMode, SyncVectorEnv  # isort: skip

MODES = [mode.value for mode in AutoresetMode]
SHORT = Scenario(
    name="short",
    description="Over at once, one way or another.",
    threat=1.0,
    seconds=2.0,
    ranges={"enemy_health": (0.01, 0.3), "player_health": (0.05, 0.3), "distance_m": (1.0, 4.0)},
)


def both(n, mode="NextStep", **settings):
    """Our vector, and Gymnasium's over n of our single ones."""
    ours = rl.ArenaVectorEnv(n, autoreset_mode=mode, **settings)
    single = SyncVectorEnv(
        [lambda: rl.ArenaEnv(**settings) for _ in range(n)], autoreset_mode=AutoresetMode(mode)
    )
    return ours, single


def agree(ours, single, steps, seed):
    """Play both; how many fights ended. Every array and info is compared."""
    n, rng, ended = ours.num_envs, np.random.default_rng(0), 0
    one, other = ours.reset(seed=seed), single.reset(seed=seed)
    assert same(one, other)
    for _ in range(steps):
        actions = rng.integers(0, 14, n)
        one, other = ours.step(actions), single.step(actions)
        assert same(one, other)
        over = one[2] | one[3]
        ended += int(over.sum())
        if over.any() and ours.metadata["autoreset_mode"] is AutoresetMode.DISABLED:
            over |= rng.random(n) < 0.2  # some that go on begin anew too
            one, other = (
                each.reset(options={"reset_mask": over.copy()}) for each in (ours, single)
            )
            assert same(one, other)
    return ended


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_scenario_is_played_as_by_single_ones(scenario):
    ours, single = both(3, scenario=scenario, step_ticks=30)
    agree(ours, single, 60, 1)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("step_ticks", [6, 7])
def test_so_it_is_in_every_way_of_beginning_anew(mode, step_ticks):
    ours, single = both(5, mode, scenario=SHORT, step_ticks=step_ticks)
    assert agree(ours, single, 120, [4, 9, 4, 2**62, 0]) > 20


@pytest.mark.parametrize("mode", MODES[:2])
def test_so_it_is_with_every_scenario_and_player_and_the_whole_field_observed(mode):
    settings = {
        "scenario": [SHORT, "low_health", "two_against_ten"],
        "player": ["kiter", "berserker", "caster"],
        "observation": "field",
    }
    ours, single = both(6, mode, **settings)
    assert agree(ours, single, 200, 77) > 6


def test_so_it_is_with_players_drawn_from_what_is_believed_of_a_person():
    profile = profile_of(Evidence(), player_id="robin", companion_id="mira", now=0.0)
    ours, single = both(4, scenario=SHORT, player=profile)
    assert agree(ours, single, 60, 5) > 4
    fights = ours._stage.fights
    assert len(set(fights.of_worlds(at.AGGRESSION).tolist())) == 4


def test_so_it_is_with_a_player_who_changes_from_fight_to_fight():
    bot = msgspec.structs.replace(load_bot("berserker"), switch_at_episode=2, switch_to="kiter")
    ours, single = both(2, scenario=SHORT, player=bot)
    ranges = []
    for seed in (1, None, None, None):
        assert same(ours.reset(seed=seed), single.reset(seed=seed))
        ranges.append(float(ours._stage.fights.of_worlds(at.PREFERRED_RANGE)[0]))
    near, far = (load_bot(name).preferred_range_m for name in ("berserker", "kiter"))
    assert ranges == pytest.approx([near, near, far, far])


@pytest.mark.compiled
def test_so_it_is_with_more_than_a_tile_holds():
    ours = rl.ArenaVectorEnv(150, SHORT)
    single = SyncVectorEnv([lambda: rl.ArenaEnv(SHORT) for _ in range(150)])
    assert agree(ours, single, 60, 3) > 150


def test_going_on_without_a_seed_is_going_on():
    ours, single = both(3, scenario=SHORT)
    agree(ours, single, 5, 9)
    assert same(ours.reset(), single.reset())
    assert same(ours.reset(seed=[1, None, 2]), single.reset(seed=[1, None, 2]))
    options = {"player": "caster", "scenario": "boss"}
    assert same(ours.reset(options=dict(options)), single.reset(options=dict(options)))
    assert same(ours.step(np.array([1, 2, 3])), single.step(np.array([1, 2, 3])))


def test_without_any_seed_no_two_are_alike():
    one, other = (rl.ArenaVectorEnv(4).reset()[1]["seed"] for _ in range(2))
    assert len(set(one) | set(other)) == 8


def test_a_place_does_not_notice_the_others():
    n = 9
    many, few = rl.ArenaVectorEnv(n, SHORT), rl.ArenaVectorEnv(2, SHORT)
    many.reset(seed=list(range(n)))
    few.reset(seed=[7, 2])
    for step in range(80):
        actions = (np.arange(n) + step) % 14
        one, other = many.step(actions), few.step(actions[[7, 2]])
        assert all(same(a[[7, 2]], b) for a, b in zip(one[:4], other[:4], strict=True))


def test_gymnasium_makes_it_and_its_wrappers_take_it():
    envs = gymnasium.make_vec(rl.ID, num_envs=3, scenario="boss", autoreset_mode="SameStep")
    assert isinstance(envs, rl.ArenaVectorEnv)
    assert envs.metadata["autoreset_mode"] is AutoresetMode.SAME_STEP
    assert envs.scenarios[0].name == "boss"
    recorded = gymnasium.wrappers.vector.RecordEpisodeStatistics(
        gymnasium.make_vec(rl.ID, num_envs=3, scenario=SHORT)
    )
    recorded.reset(seed=0)
    returns = []
    for action in itertools.islice(itertools.cycle(range(14)), 120):
        *_, infos = recorded.step(np.full(3, action))
        if "episode" in infos:
            returns += infos["episode"]["r"][infos["_episode"]].tolist()
    assert len(returns) > 3
    assert all(0.0 <= value <= 2.7 for value in returns)


def test_a_copy_goes_on_by_itself():
    envs = rl.ArenaVectorEnv(3, SHORT)
    envs.reset(seed=0)
    for step in range(20):
        envs.step(np.full(3, step % 14))
    other = copy.deepcopy(envs)
    ahead = [other.step(np.full(3, step % 14)) for step in range(40)]
    assert same(ahead, [envs.step(np.full(3, step % 14)) for step in range(40)])


def test_worker_processes_play_the_same():
    apart = gymnasium.make_vec(rl.ID, 2, vectorization_mode="async", scenario=SHORT)
    ours = rl.ArenaVectorEnv(2, SHORT)
    try:
        assert same(apart.reset(seed=3)[0], ours.reset(seed=3)[0])
        for step in range(30):
            one, other = apart.step(np.full(2, step % 14)), ours.step(np.full(2, step % 14))
            assert same(one[:4], other[:4])
    finally:
        apart.close()


@pytest.mark.parametrize(
    ("reward", "told"),
    [
        (lambda outcomes: outcomes, r"float64\[2, 6\]"),
        (lambda outcomes: np.full(len(outcomes), np.nan), "not finite"),
        (lambda _: "much", "<U4"),
    ],
)
def test_a_reward_that_is_none_is_said(reward, told):
    envs = rl.ArenaVectorEnv(2, reward=reward)
    envs.reset(seed=0)
    with pytest.raises(UsageError, match=told):
        envs.step(np.zeros(2, np.int64))


def test_what_was_given_out_is_not_written_to_again():
    envs = rl.ArenaVectorEnv(4, SHORT)
    told = [envs.reset(seed=0)[0]]
    kept = [told[0].copy()]
    for step in range(60):
        observations, *_ = envs.step(np.full(4, step % 14))
        told.append(observations)
        kept.append(observations.copy())
    assert same(told, kept)


def test_masks_and_pictures_are_those_of_each_place():
    envs = rl.ArenaVectorEnv(3, "resource_depleted", render_mode="rgb_array")
    envs.reset(seed=5)
    singles = [rl.ArenaEnv("resource_depleted", render_mode="rgb_array") for _ in range(3)]
    for i, env in enumerate(singles):
        env.reset(seed=5 + i)
    assert same(envs.action_masks(), np.array([env.action_masks() for env in singles]))
    assert same(list(envs.render()), [env.render() for env in singles])
    assert rl.ArenaVectorEnv(2).render() is None


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"num_envs": 0}, "whole number in"),
        ({"num_envs": 2.0}, "whole number in"),
        ({"num_envs": 10**10}, "whole number in"),
        ({"autoreset_mode": "Sometimes"}, "NextStep, SameStep, Disabled"),
    ],
)
def test_settings_that_are_wrong_are_said(settings, told):
    with pytest.raises(UsageError, match=told):
        rl.ArenaVectorEnv(**settings)


def test_calls_that_do_not_fit_are_said():
    envs = rl.ArenaVectorEnv(2, SHORT, autoreset_mode="Disabled")
    with pytest.raises(UsageError, match="call reset first"):
        envs.step(np.zeros(2, np.int64))
    with pytest.raises(UsageError, match="nothing was begun yet"):
        envs.reset(options={"reset_mask": np.array([True, False])})
    for seed in ([1], [1, 2, 3], -1, [0, -2], 2**63 - 1, "ab"):
        with pytest.raises(UsageError, match="seed"):
            envs.reset(seed=seed)
    envs.reset(seed=0)
    for mask in (np.zeros(2, np.bool_), np.ones(3, np.bool_), [1, 0], np.array([1, 0]), "x"):
        with pytest.raises(UsageError, match="reset_mask must be"):
            envs.reset(options={"reset_mask": mask})
    for actions in (np.zeros(3, np.int64), np.zeros(2), np.array([0, 14]), [-1, 0], None, "ab"):
        with pytest.raises(UsageError, match="whole numbers in"):
            envs.step(actions)
    while not (over := np.logical_or(*envs.step(np.zeros(2, np.int64))[2:4])).any():
        pass
    with pytest.raises(UsageError, match="call reset first"):
        envs.step(np.zeros(2, np.int64))
    envs.reset(options={"reset_mask": over})
    envs.step(np.zeros(2, np.int64))
