"""Healer, tank and archer in the reference game: safe, and no worse company than Mira."""

from typing import Any

import numpy as np
import pytest

from astraweave.arena import Arena, bot_matrix, shipped_bots
from astraweave.behavior import Tree, load_tree
from astraweave.cli import main
from astraweave.model.scenario import Scenario
from astraweave.sandbox import load_scenarios
from astraweave.sandbox.rules import FORBID, RULES
from astraweave.sandbox.runner import Batch, Policy

pytestmark = pytest.mark.compiled

TREES = ("healer", "tank", "archer")
SHOTS = ("covering_fire", "suppress_enemy")
EPISODES = 210


@pytest.fixture(scope="module")
def arena() -> Arena:
    return Arena()


def bots(seeds: Any) -> Any:
    """Each shipped bot in turn."""
    names = sorted(shipped_bots())
    return bot_matrix([shipped_bots()[names[int(seed) % len(names)]] for seed in seeds])


def batch(arena: Arena, tree: Tree, scenario: Scenario) -> Batch:
    policy = Policy(tree.program(arena.facts.names, arena.actions), np.ones(len(tree.tactics)))
    return Batch(arena, policy, scenario, np.arange(EPISODES, dtype=np.int64), bots)


@pytest.mark.parametrize("name", TREES)
def test_it_breaks_no_forbidden_rule_and_wins_where_mira_wins(arena: Arena, name: str) -> None:
    mira, tree = load_tree("companion.xml"), load_tree(f"{name}.xml")
    for scenario in load_scenarios():
        played = batch(arena, tree, scenario).play()
        hers = batch(arena, mira, scenario).play()
        for rule in RULES:
            assert rule.kind != FORBID or not rule.broken(played).any(), rule.name
        assert played.outcome("success").mean() > hers.outcome("success").mean() - 0.01


@pytest.mark.parametrize("name", TREES)
def test_the_gate_lets_it_take_miras_place(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["sandbox", "validate", f"{name}.xml", "--against-tree", "companion.xml"]
    assert main(command) == 0, capsys.readouterr().out
    assert capsys.readouterr().out.startswith("APPROVED")


@pytest.mark.parametrize("name", TREES)
def test_in_play_every_tactic_is_chosen(arena: Arena, name: str) -> None:
    tree, chosen = load_tree(f"{name}.xml"), set()
    for scenario in load_scenarios():
        played = batch(arena, tree, scenario)
        played.play()
        chosen |= set(np.unique(played.ticker.log.tactic).tolist())
    assert chosen == set(range(len(tree.tactics)))


def test_the_archer_never_shoots_with_the_player_in_her_line(arena: Arena) -> None:
    shots = [arena.actions.index(shot) for shot in SHOTS]
    clear = arena.facts.names.index("line_of_fire_clear")
    shot = 0

    def watch(facts: Any, commands: Any, _status: Any) -> None:
        nonlocal shot
        shooting = np.isin(commands, shots)
        shot += int(shooting.sum())
        assert (facts[shooting, clear] > 0.5).all()

    for scenario in load_scenarios():
        batch(arena, load_tree("archer.xml"), scenario).play(watch)
    assert shot > 1000
