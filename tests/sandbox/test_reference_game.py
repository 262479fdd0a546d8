"""The gate over the reference game: Mira's tree passes, and each guard taken away is noticed."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from astraweave.arena import Arena, bot_matrix, load_bot
from astraweave.behavior import Tree, load_tree
from astraweave.learning.reward import PLAY_SPAN, sandbox_reward
from astraweave.model.verdict import Verdict
from astraweave.model.weights import WeightSet, designer_weights
from astraweave.sandbox import load_scenarios, replay, scenario_of, validate

pytestmark = pytest.mark.compiled


@pytest.fixture(scope="module")
def mira() -> Tree:
    return load_tree("companion.xml")


@pytest.fixture
def unguarded(mira: Tree, tmp_path: Path) -> Callable[[str], Tree]:
    """Mira's tree without the guard of one tactic."""

    def remove(tactic: str) -> Tree:
        text = Path(mira.path).read_text("utf-8")
        changed = re.sub(rf'(<Action ID="{tactic}"\s*)_skipIf="[^"]*"', r"\1", text, count=1)
        assert changed != text
        path = tmp_path / "unguarded.xml"
        path.write_text(changed, "utf-8")
        return load_tree(path)

    return remove


def berserkers(seeds: Any) -> Any:
    return bot_matrix((load_bot("berserker"),) * len(seeds))


def verdict_on(tree: Tree, candidate: WeightSet, mira: Tree) -> Verdict:
    arena = Arena()
    return validate(
        arena,
        tree,
        candidate,
        designer_weights(mira.tactics),
        scenarios=load_scenarios(),
        players=berserkers,
        safety_players=arena.archetypes,
        reward=sandbox_reward,
        span=PLAY_SPAN,
        deployed_tree=mira,
        seed=5,
    )


def test_equal_weights_are_approved_in_every_shipped_scenario(mira: Tree) -> None:
    verdict = verdict_on(mira, designer_weights(mira.tactics), mira)
    assert verdict.approved, verdict.reason
    forbidden = [result for result in verdict.rules if result.kind == "forbid"]
    assert len(forbidden) == 4 * 3
    assert all(result.breaks == 0 and result.bound <= 0.01 for result in forbidden)


@pytest.mark.parametrize(
    ("tactic", "rule"),
    [
        ("covering_fire", "harming_the_player"),
        ("suppress_enemy", "harming_the_player"),
        ("buff_player", "overspending"),
        ("aggressive_attack", "overspending"),
    ],
)
def test_a_guard_taken_away_is_named_with_a_seed_that_replays(
    mira: Tree, unguarded: Callable[[str], Tree], tactic: str, rule: str
) -> None:
    tree = unguarded(tactic)
    candidate = designer_weights(tree.tactics)
    verdict = verdict_on(tree, candidate, mira)
    shown = verdict.counterexample
    assert not verdict.approved
    assert shown is not None
    assert shown.rule == rule
    arena = Arena()
    cast = berserkers if shown.players == "fitted" else arena.archetypes
    scenario = scenario_of(shown, load_scenarios())
    frames = replay(arena, tree, candidate, scenario, shown.seed, cast)
    event = {"harming_the_player": "harmed_player", "overspending": "overspent"}[rule]
    broken = [frame for frame in frames if event in frame.events]
    assert broken[0].tick <= shown.tick < broken[0].tick + arena.step_ticks
    assert np.isfinite(list(broken[0].facts.values())).all()
