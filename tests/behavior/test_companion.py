"""The shipped tree of the reference game."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from astraweave.behavior import BatchTicker, Status, load_tree

RANGES = {
    "player_health": 1.0, "companion_health": 1.0, "threat": 1.0, "can_attack": 1.0,
    "player_x": 24.0, "player_y": 16.0, "companion_x": 24.0, "companion_y": 16.0,
    "enemies": 4.0, "enemy_distance": 40.0, "player_enemy_distance": 40.0,
    "player_distance": 40.0, "close_enemies": 4.0, "chasing_enemies": 4.0,
    "player_attacked": 1.0, "line_of_fire_clear": 1.0, "edge_distance": 20.0, "stamina": 1.0,
    "mana": 1.0, "player_mana": 1.0, "heal_ready": 1.0,
}  # fmt: skip
TACTICS = [
    "defensive_stance", "cover_player", "heal_player", "aggressive_attack", "flank_enemy",
    "draw_aggro", "wait_for_player", "close_support", "melee_combo", "covering_fire",
    "suppress_enemy", "buff_player", "debuff_enemy",
]  # fmt: skip
CALM = {
    **dict.fromkeys(RANGES, 1.0), "enemies": 3.0, "enemy_distance": 4.0, "edge_distance": 6.0,
    "player_enemy_distance": 4.0, "player_distance": 3.0, "player_attacked": 0.0,
}  # fmt: skip


@pytest.fixture(scope="module")
def tree():
    return load_tree("companion.xml")


def standing(tree, **facts):
    """Tactics that stand for choice; a fresh ticker each time."""
    seen = []

    class Told:
        def chose(self, node, tactic, propensity, available, now_s):
            seen.append(available)

        def ended(self, *_):
            pass

    status = tree.ticker(seed=0, listener=Told()).tick({**CALM, **facts}, 0.0)
    return set(seen[0]) if seen else status


def test_it_holds_the_thirteen_tactics_in_their_order_and_nothing_unbound_but_them(tree):
    assert list(tree.tactics) == TACTICS
    assert list(tree.unbound) == TACTICS
    assert [node.name for node in tree.weighted] == ["tactics"]
    assert set(tree.reads) <= set(RANGES)
    tree.bind(tuple(RANGES))


def test_with_no_enemy_left_it_fails_and_stops_what_ran(tree):
    ticker = tree.ticker(seed=0)
    assert ticker.tick(CALM, 0.0) is Status.RUNNING
    assert ticker.tick({**CALM, "enemies": 0.0}, 0.1) is Status.FAILURE


@given(st.fixed_dictionaries({name: st.floats(0.0, top) for name, top in RANGES.items()}))
def test_while_an_enemy_is_left_the_choice_is_never_empty(facts):
    tree = load_tree("companion.xml")
    facts["enemies"] = max(1.0, facts["enemies"])
    assert tree.ticker(seed=0).tick(facts, 0.0) is Status.RUNNING


def test_in_most_fights_at_least_five_tactics_stand_for_choice(tree):
    rng = np.random.default_rng(0)
    n = 2000
    facts = rng.random((n, len(RANGES))) * np.array(list(RANGES.values()))
    column = {name: i for i, name in enumerate(RANGES)}
    facts[:, column["enemies"]] = rng.integers(1, 5, n)
    # Where a fight takes place: on a field of 24 by 16 m, the three not far from each other.
    for name in ("enemy_distance", "player_enemy_distance", "player_distance"):
        facts[:, column[name]] = rng.random(n) * 9.0
    facts[:, column["edge_distance"]] = rng.random(n) * 8.0
    for name in ("line_of_fire_clear", "heal_ready", "player_attacked"):
        facts[:, column[name]] = rng.random(n) < 0.6
    program = tree.program(tuple(RANGES), tree.tactics)
    batch = BatchTicker(program, np.arange(n, dtype=np.int64))
    batch.tick(facts, np.zeros(n, np.int8), np.zeros(n, np.bool_))
    counts = np.array([int(mask).bit_count() for mask in batch.log.available])
    assert len(counts) == n
    assert (counts >= 5).mean() > 0.8
    assert counts.min() >= 1
    assert set(batch.log.tactic) == set(range(13))


@pytest.mark.parametrize(
    ("tactic", "facts"),
    [
        ("heal_player", {"player_health": 0.8}),
        ("heal_player", {"player_health": 0.2, "mana": 0.2}),
        ("heal_player", {"player_health": 0.2, "heal_ready": 0.0}),
        ("heal_player", {"player_health": 0.2, "player_distance": 7.0}),
        ("flank_enemy", {"edge_distance": 2.0}),
        ("draw_aggro", {"companion_health": 0.2}),
        ("draw_aggro", {"enemies": 2.0, "close_enemies": 2.0}),
        ("covering_fire", {"line_of_fire_clear": 0.0}),
        ("suppress_enemy", {"line_of_fire_clear": 0.0}),
        ("wait_for_player", {"player_attacked": 1.0}),
        ("melee_combo", {"stamina": 0.1}),
        ("aggressive_attack", {"stamina": 0.1}),
        ("buff_player", {"mana": 0.1}),
        ("debuff_enemy", {"mana": 0.1}),
        ("cover_player", {"player_enemy_distance": 9.0}),
        ("close_support", {"player_enemy_distance": 7.0}),
    ],
)
def test_a_tactic_that_makes_no_sense_does_not_stand_for_choice(tree, tactic, facts):
    wounded = {"player_health": 0.2} if tactic == "heal_player" else {}
    assert tactic in standing(tree, **wounded)
    assert tactic not in standing(tree, **facts)
    assert "defensive_stance" in standing(tree, **facts)


def test_the_file_is_one_that_groot2_opens(root):
    text = (root / "behavior_trees" / "companion.xml").read_text("utf-8")
    assert 'BTCPP_format="4"' in text
    assert '<Control ID="WeightedFallback">' in text
    assert all(f'<Action ID="{tactic}"/>' in text for tactic in TACTICS)
