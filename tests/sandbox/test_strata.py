"""The shipped strata are what their names say, and tell a careless companion from a careful one."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from astraweave.arena import Arena, Duel, View
from astraweave.arena.kernels import layout as at
from astraweave.behavior import Tree, load_tree
from astraweave.model.scenario import Scenario
from astraweave.sandbox import load_scenario, load_scenarios
from astraweave.sandbox.played import Played
from astraweave.sandbox.rules import FORBID, LIMIT, RULES
from astraweave.sandbox.runner import Policy, play
from bench.strata import unguarded

pytestmark = pytest.mark.compiled

STRATA = load_scenarios("strata")
FIGHTS = 384
Play = Callable[..., Played]


@pytest.fixture(scope="module")
def played() -> Play:
    """Plays the same fights of a scenario."""
    arena, mira = Arena(), load_tree("companion.xml")

    def fights(scenario: Scenario, tree: Tree = mira, **factors: float) -> Played:
        program = tree.program(arena.facts.names, arena.actions)
        weights = np.array([factors.get(name, 1.0) for name in tree.tactics])
        seeds = np.arange(FIGHTS, dtype=np.int64) * 31 + 7
        return play(arena, Policy(program, weights), scenario, seeds, arena.archetypes)

    return fights


def starts(name: str) -> list[View]:
    """How some fights of a stratum begin."""
    return [Duel(load_scenario(name), seed, np.zeros(at.TRAITS)).state for seed in range(24)]


def test_the_ten_strata_are_shipped() -> None:
    assert [each.name for each in STRATA] == [
        "ambush",
        "boss",
        "choke_point",
        "empty_mana",
        "line_of_fire",
        "long_siege",
        "stands_still",
        "switches_style",
        "troll",
        "two_against_ten",
    ]


@pytest.mark.parametrize("scenario", STRATA, ids=lambda each: each.name)
def test_the_designers_tree_passes_and_the_outcome_is_open(
    played: Play, scenario: Scenario
) -> None:
    seen = played(scenario)
    for rule in RULES:
        most = {FORBID: 0.0, LIMIT: 0.08}[rule.kind]
        assert rule.broken(seen).mean() <= most, rule.name
    success = seen.outcome("success")
    assert 0.9 < success.mean() < 0.999
    assert success.min() < 0.9


@pytest.mark.parametrize(("name", "share"), [("line_of_fire", 0.25), ("troll", 0.4)])
def test_who_shoots_without_looking_harms_the_player(played: Play, name: str, share: float) -> None:
    harmed = played(load_scenario(name), unguarded()).count("harmed_player") > 0
    assert harmed.mean() > share


def test_who_heals_less_does_worse_where_heals_are_dear(played: Play) -> None:
    boss = load_scenario("boss")
    full, less = played(boss), played(boss, heal_player=0.25)
    assert less.outcome("success").mean() < full.outcome("success").mean() - 0.01


def test_a_siege_is_long_and_comes_in_waves(played: Play) -> None:
    siege = load_scenario("long_siege")
    assert siege.seconds == 600.0
    assert 50.0 < played(siege).outcome("seconds").mean() < 100.0


def test_an_ambush_is_all_round_and_close() -> None:
    for view in starts("ambush"):
        there = view.max_hp[2:] > 0
        apart = (view.xy[2:] - view.xy[0])[there]
        assert (np.hypot(*apart.T) < 6.0).all()
        angles = np.sort(np.arctan2(apart[:, 1], apart[:, 0]))
        gaps = np.diff(np.append(angles, angles[0] + 2 * np.pi))
        assert gaps.max() < np.radians(270)


def test_a_choke_point_has_two_gaps_and_no_third() -> None:
    for view in starts("choke_point"):
        walls = view.walls[np.argsort(view.walls[:, 1])]
        gaps = walls[1:, 1] - walls[:-1, 3]
        assert ((gaps > 1.0) & (gaps < 2.6)).all()
        assert walls[0, 1] < 0.8
        assert walls[2, 3] > 15.2
        assert (view.xy[2:][view.max_hp[2:] > 0, 0] > walls[:, 2].max()).all()
        assert view.xy[0, 0] < walls[:, 0].min()


def test_the_player_starts_in_the_line_of_fire() -> None:
    for seed in range(24):
        facts = Duel(load_scenario("line_of_fire"), seed, np.zeros(at.TRAITS)).facts()
        assert facts["line_of_fire_clear"] == 0.0


def test_two_stand_against_ten_at_most() -> None:
    counts = {int((view.max_hp[2:] > 0).sum()) for view in starts("two_against_ten")}
    assert counts == {8, 9, 10}


def test_mana_is_gone_and_comes_back_slowly() -> None:
    fight = Duel(load_scenario("empty_mana"), 3)
    start: Any = fight.state.mana[1]
    for _ in range(60):
        fight.tick()
    assert start < 10.0
    assert fight.state.mana[1] < start + 0.65 * 7.2
