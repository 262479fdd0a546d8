"""A choice that always takes the heaviest learns nothing of the others; a ranked one does."""

import numpy as np
import pytest

from astraweave.behavior import WeightedNode
from astraweave.learning.decisions import Choice, Conduct
from astraweave.learning.off_policy import chances_of
from astraweave.learning.statistics import EpisodeRow, LearnerState, fold
from astraweave.learning.target import step, targets
from astraweave.model.episode import EpisodeOutcome
from astraweave.playstyle import FEATURES

WORTH = {"a": 0.5, "b": 0.45, "c": 0.65, "d": 0.4}
NAMES, DESIGNED = tuple(WORTH), (2.0, 1.5, 1.0, 0.8)


def lived(policy, seed, episodes=20, locked=frozenset()):
    """What a decision is worth on average after each episode, where no guard ever skips."""
    node = WeightedNode(name="n", children=NAMES, weights=DESIGNED, policy=policy)
    rng, state, factors, told = (
        np.random.default_rng(seed),
        LearnerState(),
        dict.fromkeys(NAMES, 1.0),
        [],
    )
    for _ in range(episodes):
        chances = np.array(chances_of(node, NAMES, factors))
        choices = []
        for _ in range(30):
            i = int(rng.choice(len(NAMES), p=chances))
            y = float(np.clip(WORTH[NAMES[i]] + 0.25 * rng.normal(), 0.0, 1.0))
            choices.append(Choice("n", 5, NAMES[i], NAMES, float(chances[i]), y))
        row = EpisodeRow(
            category="combat",
            policy_version=1,
            seconds=60.0,
            features=[0.0] * len(FEATURES),
            actions={},
            conduct=Conduct(tuple(choices), 30, 0, 4, recovered=False),
            outcome=EpisodeOutcome(success_rating=0.5, player_satisfaction=0.5, duration_ms=60_000),
        )
        fold(state, row)
        factors = step(factors, targets(state, NAMES, {})[0], locked=locked)
        told.append(float(chances @ list(WORTH.values())))
    return told, factors


def test_where_nothing_is_skipped_sorted_stays_and_ranked_finds_the_best():
    """The best is the third by the designer: one choice in a hundred tries it at first."""
    same = [lived("sorted", seed)[0] for seed in range(4)]
    found = [lived("ranked", seed)[0] for seed in range(10)]
    assert np.mean(same, axis=0)[-1] == pytest.approx(0.5)
    assert np.mean(found, axis=0)[-1] > 0.6


def test_a_locked_weight_stays_in_its_place_however_often_it_is_tried():
    _, factors = lived("ranked", 1, locked=frozenset("c"))
    assert factors["c"] == 1.0
