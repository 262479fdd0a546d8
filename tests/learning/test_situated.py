"""The guard that play asks for: found where it is so, and nowhere else; and the tree with it."""

import numpy as np
import pytest

from astraweave.behavior import load_tree
from astraweave.learning.decisions import Choice, Conduct
from astraweave.learning.situated import Misplaced, guard_of, guarded, misplaced
from astraweave.learning.statistics import EpisodeRow, LearnerState, fold
from astraweave.model.episode import EpisodeOutcome
from astraweave.model.facts import Fact, FactSheet
from astraweave.playstyle import FEATURES

SHEET = FactSheet([Fact("hp", low=10, high=40, role="player_health"), Fact("near", role="threat")])
NAMES = ("guard", "rush", "wait")
TREE = """<root BTCPP_format="4"><BehaviorTree ID="M"><WeightedFallback name="n" weights="">
<Action ID="guard"/><Action ID="rush" {rush}/><Sequence name="wait" {wait}><Action ID="sit"/>
</Sequence></WeightedFallback></BehaviorTree></root>"""


def state_of(worth, seed=0, episodes=30, noise=0.25):
    """What is known after episodes in which `worth` says what a tactic is worth in a context."""
    rng, state = np.random.default_rng(seed), LearnerState()
    for _ in range(episodes):
        choices = []
        for _ in range(20):
            health, threat = rng.integers(0, 3, 2).tolist()
            name = NAMES[rng.integers(0, len(NAMES))]
            y = float(np.clip(worth(name, health, threat) + noise * rng.normal(), 0.0, 1.0))
            choices.append(Choice("n", health * 4 + threat, name, NAMES, 1 / 3, y))
        fold(
            state,
            EpisodeRow(
                category="combat",
                policy_version=0,
                seconds=60.0,
                features=[0.0] * len(FEATURES),
                actions={},
                conduct=Conduct(tuple(choices), 20, 0, 3, recovered=False),
                outcome=EpisodeOutcome(
                    success_rating=0.5, player_satisfaction=0.5, duration_ms=60_000
                ),
            ),
        )
    return state


def hurt(name, health, _threat):
    """Rushing is bad while the player is hurt, and the best of all else."""
    return 0.2 if name == "rush" and health == 0 else {"rush": 0.7}.get(name, 0.5)


def tree_of(tmp_path, rush="", wait=""):
    file = tmp_path / "t.xml"
    file.write_text(TREE.format(rush=rush, wait=wait), "utf-8")
    return load_tree(file)


def test_a_tactic_that_is_bad_in_one_situation_is_found_there_and_only_there():
    (found,) = misplaced(state_of(hurt), NAMES)
    assert (found.tactic, found.role, found.band) == ("rush", "player_health", 0)
    assert found.worth < -0.05 < 0.05 < found.elsewhere
    assert "rush while player health is low is worth -0." in found.text


@pytest.mark.parametrize("spread", [0.0, 0.1])
def test_tactics_that_are_as_good_everywhere_are_found_misplaced_in_few_of_many_lives(spread):
    """At most one in twenty, however much they differ from each other."""
    worth = {name: 0.4 + i * spread for i, name in enumerate(NAMES)}
    lives = [
        misplaced(state_of(lambda n, *_: worth[n], seed=s, episodes=20), NAMES) for s in range(60)
    ]
    assert sum(map(bool, lives)) <= 3


def test_few_decisions_say_nothing():
    assert misplaced(state_of(hurt, episodes=1), NAMES) == ()
    assert misplaced(LearnerState(), NAMES) == ()


@pytest.mark.parametrize(
    ("role", "band", "guard"),
    [
        ("player_health", 0, "hp < 20"),
        ("player_health", 1, "hp >= 20 && hp < 30"),
        ("player_health", 2, "hp >= 30"),
        ("threat", 0, "near < 0.333333"),
    ],
)
def test_a_guard_is_said_in_the_games_own_fact(role, band, guard):
    found = Misplaced("rush", role, band, 0.0, 0.0, 0.0, 9.0)
    assert guard_of(found, SHEET) == guard
    assert guard_of(found, FactSheet()) is None


def test_the_tree_skips_the_tactic_there_keeps_its_own_guard_and_asks_for_no_more(tmp_path):
    tree = tree_of(tmp_path, rush='_skipIf="near &gt; 0.9"')
    found, variant = guarded(tree, state_of(hurt), SHEET)
    assert found.tactic == "rush"
    assert '"near &gt; 0.9 || hp &lt; 20"' in variant.xml
    assert variant.mutation.detail == "rush skips if hp < 20"
    assert variant.tree.tactics == tree.tactics
    assert guarded(variant.tree, state_of(hurt), SHEET) is None


def test_the_last_child_that_may_always_be_chosen_gets_no_guard(tmp_path):
    def waits(name, health, _threat):
        return 0.2 if name == "guard" and health == 0 else 0.5

    free = tree_of(tmp_path)
    assert guarded(free, state_of(waits), SHEET) is not None
    held = tree_of(tmp_path, rush='_skipIf="near &gt; 0.9"', wait='_skipIf="near &gt; 0.8"')
    assert guarded(held, state_of(waits), SHEET) is None
