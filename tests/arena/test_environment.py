"""The arena keeps the contract of `BatchEnvironment` and says what it refuses."""

import functools

import msgspec
import numpy as np
import pytest

from astraweave.arena import (
    FACTS,
    TACTICS,
    VOCABULARY,
    Arena,
    Duel,
    bot_matrix,
    load_bot,
    play_scenario,
)
from astraweave.arena.casts import archetype_players
from astraweave.arena.declared import DEFAULTS, PLAYER_ACTIONS
from astraweave.arena.environment import make
from astraweave.arena.kernels import layout as at
from astraweave.arena.kernels.starting import start
from astraweave.arena.roles import role_table
from astraweave.errors import ScenarioError, UsageError
from astraweave.model.ports import OUTCOMES, BatchEnvironment
from astraweave.model.scenario import Scenario
from astraweave.sandbox import check_scenario, load_scenarios

near = functools.partial(pytest.approx, rel=1e-5)
"""What is summed in float32."""


def scenario(**ranges):
    """A scenario with these ranges."""
    return Scenario(name="mine", description="", threat=0.5, seconds=10.0, ranges=ranges)


def test_it_is_a_batch_environment_that_knows_the_shipped_scenarios():
    arena = make()
    assert isinstance(arena, BatchEnvironment)
    assert arena.step_seconds == near(0.1)
    for shipped in load_scenarios():
        check_scenario(shipped, arena)


def test_declarations_match_the_kernels():
    assert len(FACTS) == at.FACTS
    assert tuple(TACTICS[i] for i in (at.HEAL_PLAYER, at.DEBUFF_ENEMY)) == (
        "heal_player",
        "debuff_enemy",
    )
    assert len(TACTICS) == at.TACTICS
    assert len(Arena.events) == at.EVENT_COUNT
    assert len(Arena.ranges) == at.RANGES == len(DEFAULTS)
    for name in PLAYER_ACTIONS:
        assert getattr(at, name.upper()) == list(VOCABULARY).index(name)
    for code, name in enumerate(Arena.events):
        assert getattr(at, name.upper()) == code


def test_facts_come_with_the_start_and_stay_in_their_ranges():
    arena = Arena()
    facts = arena.reset(play_scenario(), np.arange(64))
    assert facts.shape == (64, len(FACTS))
    for _ in range(30):
        assert ((facts >= FACTS.low) & (facts <= FACTS.high)).all()
        facts = arena.step(np.full(64, 11, np.int16)).facts
    at_start = dict(zip(FACTS.names, arena.reset(play_scenario(), np.arange(1))[0], strict=True))
    assert at_start["player_health"] == 1.0
    assert 3 <= at_start["enemies"] <= 4
    assert at_start["heal_ready"] == 1.0
    assert at_start["player_attacked"] == 0.0


def test_ranges_are_drawn_per_seed_and_both_ends_are_met():
    arena = Arena()
    mine = scenario(player_health=(0.2, 0.35), enemies=(1.0, 3.0), archers=(0.0, 3.0))
    facts = arena.reset(mine, np.arange(300))
    health = facts[:, FACTS.index["player_health"]]
    assert 0.2 <= health.min() < 0.22
    assert 0.33 < health.max() <= 0.35
    assert set(facts[:, FACTS.index["enemies"]]) == {1.0, 2.0, 3.0}
    archers = (arena.state.of_foes(at.ARROW) > 0.0).sum(axis=1)
    assert set(archers) == {0, 1, 2, 3}
    assert (archers <= facts[:, FACTS.index["enemies"]]).all()


def test_threat_makes_enemies_hit_harder():
    blows = []
    for threat in (0.0, 1.0):
        arena = Arena()
        base = play_scenario()
        arena.reset(
            Scenario(name="t", description="", threat=threat, seconds=9.0, ranges=base.ranges),
            np.arange(4),
        )
        blows.append(arena.state.of_foes(at.BLOW)[:, 0].mean())
    assert blows[1] == near(blows[0] * 1.4 / 0.6)


@pytest.mark.parametrize(
    ("ranges", "told"),
    [
        ({"enemeis": (1.0, 2.0)}, "did you mean 'enemies'"),
        ({"enemies": (0.0, 2.0)}, r"inside \[1, 10\]"),
        ({"player_health": (0.5, float("nan"))}, "player_health"),
        ({"player_mana": (0.6, 0.5)}, "player_mana"),
    ],
)
def test_a_range_it_cannot_set_is_refused(ranges, told):
    with pytest.raises(ScenarioError, match=told):
        Arena().reset(scenario(**ranges), np.arange(2))


@pytest.mark.parametrize(
    "commands", [np.zeros(3, np.int16), np.array([0, 13]), np.array([-2, 0]), np.zeros((2, 1))]
)
def test_commands_that_fit_nothing_are_refused(commands):
    arena = Arena()
    arena.reset(play_scenario(), np.arange(2))
    with pytest.raises(UsageError, match="commands must be"):
        arena.step(commands)


def test_calls_out_of_order_and_shapes_that_do_not_fit_are_refused():
    with pytest.raises(UsageError, match="call reset first"):
        Arena().step(np.zeros(1, np.int16))
    with pytest.raises(UsageError, match="step_ticks"):
        Arena(step_ticks=0)
    for players in (np.zeros((2, 3)), np.full((2, at.TRAITS), np.nan)):
        with pytest.raises(UsageError, match="players must be finite"):
            Arena().reset(play_scenario(), np.arange(2), players)


def test_a_fight_begins_the_same_whatever_the_memory_held():
    seeds, ranges = np.arange(at.LANES + 3), np.array([DEFAULTS[n] for n in Arena.ranges], "f4")
    players = archetype_players(seeds)
    begun = []
    for held in (0, -1):
        tiles = at.room(-(-len(seeds) // at.LANES), at.tile(6))
        raw = tiles.view(np.int64)
        raw[:] = held
        args = (raw, seeds, players, role_table(), ranges, 0.5, 600)
        assert start(tiles, *args)
        begun.append(tiles.tobytes())
    assert begun[0] == begun[1]
    players[at.LANES, -1] = np.inf
    assert not start(tiles, *args)


def test_no_world_at_all_is_no_trouble():
    arena = Arena()
    assert arena.reset(play_scenario(), np.arange(0)).shape == (0, len(FACTS))
    assert arena.step(np.zeros(0, np.int16)).done.shape == (0,)
    assert arena.outcomes().shape == (0, len(OUTCOMES))


def test_the_time_limit_truncates_with_the_share_of_enemies_gone():
    fight = Duel(scenario(enemy_health=(5.0, 5.0), enemy_damage=(0.0, 0.0)), 1)
    while not fight.done:
        fight.command("aggressive_attack")
        for _ in range(6):
            fight.tick()
    outcome = fight.outcome()
    assert fight.truncated
    assert fight.ticks == 600
    assert outcome["seconds"] == 10.0
    left = fight.state.hp[2:].sum() / fight.state.max_hp[2:].sum()
    assert 0.0 < outcome["success"] == near(0.95 * (1.0 - left))
    fight.tick()
    assert fight.ticks == 600
    assert fight.did is None


def test_satisfaction_is_the_stated_formula():
    mine = scenario(enemy_damage=(0.0, 0.0), player_health=(0.5, 0.5), distance_m=(16.0, 16.0))
    fight = Duel(mine, 1)
    for tick in range(600):
        fight.tick(8 if 240 <= tick < 250 else None)
    outcome = fight.outcome()
    assert outcome["satisfaction"] == near(0.5 / 5 + 0.3 * 0.5 + 0.2 * outcome["success"])


def test_victory_is_success_one():
    fight = Duel(scenario(enemies=(1.0, 1.0), archers=(0.0, 0.0), enemy_health=(0.05, 0.05)), 1)
    while not fight.done:
        fight.command("aggressive_attack")
        fight.tick()
    outcome = fight.outcome()
    assert outcome["success"] == 1.0
    assert outcome["damage_dealt"] == near(0.05 * 90)
    assert outcome["resources"] > 0.0
    assert not fight.truncated
    assert fight.facts()["enemies"] == 0.0
    assert fight.facts()["enemy_distance"] == 40.0


def test_walking_towards_or_away_for_half_a_second_is_an_action():
    fight = Duel(scenario(enemy_damage=(0.0, 0.0), distance_m=(12.0, 12.0)), 1)
    seen = []
    for tick in range(120):
        fight.tick(None, 1.0 if tick < 60 else -1.0, 0.0)
        if fight.did:
            seen.append((fight.did.name, fight.did.target))
    assert [name for name, _ in seen] == ["advance", "advance", "retreat", "retreat"]
    assert {target for _, target in seen} <= {"enemy_1", "enemy_2", "enemy_3", "enemy_4"}


@pytest.mark.parametrize(
    "arguments", [(9,), (-2,), (None, float("nan")), (None, 0.0, float("inf"))]
)
def test_a_duel_refuses_what_no_hand_can_do(arguments):
    with pytest.raises(UsageError, match=r"Duel\.tick"):
        Duel(play_scenario(), 1).tick(*arguments)


def test_a_duel_refuses_an_unknown_tactic():
    with pytest.raises(UsageError, match="unknown tactic"):
        Duel(play_scenario(), 1).command("dance")


def test_what_is_drawn_cannot_be_changed():
    fight = Duel(play_scenario(), 1)
    view = fight.state
    for array in (view.xy, view.velocity, view.hp, view.max_hp, view.stamina, view.mana):
        assert not array.flags.writeable
    for array in (view.walls, view.hunts, view.hurt, view.since_action):
        assert not array.flags.writeable
    assert view.xy.shape == (6, 2)
    assert view.walls.shape == (3, 4)
    assert view.projectiles.shape == (0, 5)
    assert view.heal_wait == (0, 0)
    assert not (view.archer[:2] | view.taunted[:2] | view.pinned[:2] | view.hexed[:2]).any()
    fight.tick(3)
    assert view.player_action == 3
    assert view.blocking > 0
    assert view.hands_free_in >= 9


def test_worlds_are_as_large_as_the_scenario_needs():
    arena = Arena()
    for most, slots in ((4.0, 6), (5.0, 12), (10.0, 12)):
        arena.reset(scenario(enemies=(2.0, most)), np.arange(2))
        assert arena.slots == slots
    with pytest.raises(ScenarioError, match=r"inside \[1, 4\]"):
        Arena(slots=6).reset(scenario(enemies=(2.0, 5.0)), np.arange(2))


def test_who_falls_comes_back_until_the_waves_are_spent():
    weak = dict.fromkeys(("enemy_damage", "archers"), (0.0, 0.0))
    weak |= {"enemy_health": (0.01, 0.01), "enemies": (2.0, 2.0)}
    mine = msgspec.structs.replace(
        scenario(waves=(2.0, 2.0), wave_s=(3.0, 3.0), **weak), seconds=90.0
    )
    fight = Duel(mine, 5, bot_matrix((load_bot("kiter"),))[0])
    left, edges = [4.0], []
    while not fight.done:
        fight.command("aggressive_attack")
        fight.tick()
        left.append(float(fight.worlds.of_worlds(at.RESERVES)[0]))
        if left[-1] < left[-2]:
            xy = fight.state.xy[2:][fight.state.hp[2:] > 0]
            edges.append(np.minimum(xy, np.array([24.0, 16.0]) - xy).min())
    assert left[-1] == 0.0
    assert len(edges) >= 2
    assert max(edges) < 1.1
    assert fight.outcome()["success"] == 1.0
    assert fight.outcome()["damage_dealt"] == near(6 * 0.9)


def test_what_has_not_come_yet_is_not_gone():
    fight = Duel(scenario(waves=(3.0, 3.0), enemy_damage=(0.0, 0.0)), 1)
    while not fight.done:
        fight.tick()
    assert fight.outcome()["success"] == 0.0
    rows = fight.worlds.world(0)
    rows.foes[0, int(at.HP) // at.LANES] = 0.0
    count = int((fight.state.max_hp[2:] > 0).sum())
    assert 0.0 < fight.outcome()["success"] < 0.95 / (4 * count) + 0.02


def test_the_hash_names_code_and_bots():
    assert Arena().content_hash() == make().content_hash()
    assert len(Arena().content_hash()) == 16
