"""Each rule event happens to a careless companion, and none of the forbidden to a careful one."""

import numpy as np
import pytest

from astraweave.arena import FACTS, TACTICS, VOCABULARY, Arena, play_scenario
from astraweave.arena.casts import archetype_players
from astraweave.arena.kernels import layout as at
from astraweave.arena.state import row as index
from astraweave.behavior import BatchTicker, load_tree
from astraweave.model.ports import FAILURE
from astraweave.sandbox import load_scenarios

STRIKE = list(VOCABULARY).index("strike")
FORBIDDEN = ("harmed_player", "left_field", "overspent", "non_finite", "idle_while_attacked")


def keep(fight, tactic, ticks, action=None):
    """Command one tactic over and over."""
    for tick in range(ticks):
        if tick % 6 == 0:
            fight.command(tactic)
        fight.tick(action)


@pytest.fixture
def first_tick(row):
    """Tick of the first event of a name in a fight."""

    def first(fight, event):
        return int(row(fight, None, at.FIRSTS + at.WIDTH * np.uint64(at.__dict__[event.upper()])))

    return first


@pytest.mark.parametrize("tactic", ["covering_fire", "suppress_enemy"])
def test_shooting_through_the_player_harms_him(duel, place, clear, first_tick, tactic):
    fight = duel(enemy_health=(5.0, 5.0), enemy_damage=(0.0, 0.0))
    clear(fight)
    for slot, x in ((0, 8.0), (1, 5.0), (2, 13.0)):
        place(fight, slot, x, 8.0)
    assert fight.facts()["line_of_fire_clear"] == 0.0
    before = fight.state.hp[0]
    keep(fight, tactic, 30)
    assert fight.events()["harmed_player"] > 0
    assert fight.state.hp[0] < before
    assert 0 <= first_tick(fight, "harmed_player") < 10
    assert first_tick(fight, "left_field") == -1


@pytest.mark.parametrize("tactic", ["covering_fire", "suppress_enemy"])
def test_a_player_who_steps_into_a_line_that_was_clear_is_not_harmed(duel, place, clear, tactic):
    fight = duel(enemy_damage=(0.0, 0.0), enemy_health=(5.0, 5.0))
    clear(fight)
    for slot, x, y in ((0, 8.0, 12.0), (1, 4.0, 6.0), (2, 12.0, 6.0)):
        place(fight, slot, x, y)
    assert fight.facts()["line_of_fire_clear"] == 1.0
    fight.command(tactic)
    for tick in range(12):
        fight.tick()
        place(fight, 0, 5.0 + 0.5 * tick, 6.0)
    assert fight.events()["harmed_player"] == 0


def test_a_dash_near_the_edge_leaves_the_field(duel, place, clear):
    fight = duel(enemy_damage=(0.0, 0.0), enemy_health=(5.0, 5.0))
    clear(fight)
    for slot, x, y in ((0, 8.0, 6.0), (1, 8.0, 14.5), (2, 8.0, 15.5)):
        place(fight, slot, x, y)
    assert fight.facts()["edge_distance"] < 2.5
    fight.command("flank_enemy")
    for _ in range(60):
        fight.tick()
    assert fight.events()["left_field"] == 1
    assert fight.status() == FAILURE
    assert 0.0 <= fight.state.xy[1, 1] <= 16.0


@pytest.mark.parametrize(
    ("tactic", "pool"),
    [
        ("heal_player", "companion_mana"),
        ("buff_player", "companion_mana"),
        ("debuff_enemy", "companion_mana"),
        ("aggressive_attack", "companion_stamina"),
        ("flank_enemy", "companion_stamina"),
        ("draw_aggro", "companion_stamina"),
        ("melee_combo", "companion_stamina"),
        ("covering_fire", "companion_stamina"),
        ("suppress_enemy", "companion_stamina"),
    ],
)
def test_commanding_what_one_cannot_pay_is_overspending_and_fails(duel, tactic, pool):
    fight = duel(**{pool: (0.0, 0.0)})
    fight.command(tactic)
    assert fight.events()["overspent"] == 1
    assert fight.status() == FAILURE
    assert fight.effectiveness() == 0.0


@pytest.mark.parametrize("tactic", [None, "wait_for_player"])
def test_looking_on_while_the_player_is_beaten_is_idling(duel, place, tactic):
    fight = duel(distance_m=(1.0, 1.0), enemy_health=(5.0, 5.0))
    keep(fight, tactic, 300)
    assert fight.events()["idle_while_attacked"] == 1
    helpful = duel(distance_m=(1.0, 1.0), enemy_health=(5.0, 5.0))
    keep(helpful, "close_support", 300)
    assert helpful.events()["idle_while_attacked"] == 0


@pytest.mark.parametrize(("mana", "heals"), [(1.0, 1), (0.0, 0)])
def test_a_death_with_a_heal_ready_is_noted_as_such(duel, mana, heals):
    fight = duel(
        player_health=(0.05, 0.05),
        companion_mana=(mana, mana),
        distance_m=(1.0, 1.0),
        enemy_damage=(9.0, 9.0),
    )
    for _ in range(200):
        fight.tick()
    events = fight.events()
    assert fight.done
    assert not fight.truncated
    assert (events["player_died"], events["player_died_heal_ready"]) == (1, heals)
    assert fight.outcome()["success"] < 0.6


def test_a_state_that_is_not_finite_is_noted(duel, row):
    fight = duel()
    row(fight, at.COMPANION, at.X, np.nan)
    keep(fight, None, 12)
    assert fight.events()["non_finite"] > 0


@pytest.mark.compiled
@pytest.mark.parametrize(
    "scenario", [play_scenario(), *load_scenarios()], ids=lambda scenario: scenario.name
)
def test_the_shipped_tree_does_nothing_forbidden_whoever_plays(scenario):
    seeds = np.arange(700, dtype=np.int64)
    arena = Arena()
    program = load_tree("companion.xml").program(FACTS.names, TACTICS)
    ticker = BatchTicker(program, seeds, step_s=arena.step_seconds, keep_log=False)
    facts = arena.reset(scenario, seeds, archetype_players(seeds))
    status, done = np.zeros(len(seeds), np.int8), np.zeros(len(seeds), np.bool_)
    while not done.all():
        facts, status, _, done = arena.step(ticker.tick(facts, status, done))
        assert (facts >= FACTS.low).all()
        assert (facts <= FACTS.high).all()
    counts, first = arena.event_counts()
    for event in FORBIDDEN:
        assert counts[:, Arena.events.index(event)].sum() == 0, event
    died = Arena.events.index("player_died")
    assert ((first[:, died] >= 0) == (counts[:, died] > 0)).all()


def test_events_are_told_world_by_world():
    arena, n = Arena(), at.LANES + 3
    arena.reset(play_scenario(), np.arange(n, dtype=np.int64))
    state, told = arena.state, np.random.default_rng(5)
    for world in map(state.world, range(n)):
        first = index(at.COUNTS)
        world.rows[first : first + 2 * at.EVENT_COUNT] = told.integers(-1, 99, 2 * at.EVENT_COUNT)
    counts, first = arena.event_counts()
    assert counts.dtype == first.dtype == np.int32
    rows = np.array([state.world(i).rows for i in range(n)])
    for columns, name in ((counts, at.COUNTS), (first, at.FIRSTS)):
        assert (columns == rows[:, index(name) : index(name) + at.EVENT_COUNT]).all()
