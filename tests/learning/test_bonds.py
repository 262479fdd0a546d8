"""Insights of the two of them: found where it is so, and seldom by chance."""

import numpy as np
import pytest

from astraweave.learning.bonds import APART, CLOSER, SURER, is_sign
from astraweave.learning.decisions import Choice, Conduct
from astraweave.learning.insights import InsightType
from astraweave.learning.statistics import EpisodeRow
from astraweave.learning.story import Finding, Story, insights_of
from astraweave.model.episode import EpisodeOutcome
from astraweave.playstyle import FEATURES

NAMES = ("guard", "rush", "wait")


def row(rng, *, satisfied=0.5, failed=0.2, steps=30, worth=lambda _name, _health: 0.5):
    """One episode of 30 decisions; satisfaction and failures vary about what is given."""
    choices = []
    for _ in range(30):
        health, threat = rng.integers(0, 3, 2).tolist()
        name = NAMES[rng.integers(0, len(NAMES))]
        y = float(np.clip(worth(name, health) + 0.25 * rng.normal(), 0.0, 1.0))
        choices.append(Choice("n", health * 4 + threat, name, NAMES, 1 / 3, y))
    return EpisodeRow(
        category="combat",
        policy_version=0,
        seconds=60.0,
        features=[0.0] * len(FEATURES),
        actions={},
        conduct=Conduct(tuple(choices), steps, int(rng.binomial(steps, failed)), 3, recovered=True),
        outcome=EpisodeOutcome(
            success_rating=0.5,
            player_satisfaction=float(np.clip(satisfied + 0.1 * rng.normal(), 0.0, 1.0)),
            duration_ms=60_000,
        ),
    )


def told(story):
    return {each.key: each for each in insights_of(story, None, "robin")}


def lived(seed, episodes=60, later=None):
    """A story of that many episodes; after the first ten they are as `later` says."""
    rng, story = np.random.default_rng(seed), Story()
    for number in range(episodes):
        story.lived(row(rng, **(later or {}) if number >= 10 else {}), f"e{number}", number + 1)
    return story


@pytest.mark.parametrize(
    ("later", "key", "kind", "words"),
    [
        ({"satisfied": 0.7}, CLOSER, "relationship_evolution", "Robin is more satisfied than at"),
        ({"satisfied": 0.3}, APART, "relationship_evolution", "Robin is less satisfied than at"),
        ({"failed": 0.05}, SURER, "emotional_growth", "Beside robin fewer steps fail than at"),
    ],
)
def test_what_is_another_than_at_first_is_known_by_its_type(later, key, kind, words):
    found = told(lived(1, later=later))[key]
    assert found.kind == InsightType(kind)
    assert found.text.startswith(words)
    assert found.confidence >= 0.6
    assert found.importance >= 4
    assert set(found.evidence) <= {f"e{n}" for n in range(10, 60)}


def test_first_episodes_without_a_step_say_nothing_of_how_many_fail():
    rng, story = np.random.default_rng(1), Story()
    for number in range(40):
        story.lived(row(rng, steps=0 if number < 8 else 30), f"e{number}", number + 1)
    usual = story.first[2] / 2
    assert usual == pytest.approx(0.2, abs=0.1)
    assert 0.2 < story.findings[SURER].found / story.findings[SURER].told < 0.8
    idle = Story()
    for number in range(40):
        idle.lived(row(rng, steps=0 if number < 10 else 30), f"e{number}", number + 1)
    assert SURER not in idle.findings


def test_a_tactic_and_a_situation_that_go_badly_together_are_connected():
    def hurt(name, health):
        return 0.1 if name == "rush" and health == 0 else 0.6

    found = told(lived(2, later={"worth": hurt}))["@player_health:0@rush@"]
    assert found.kind == InsightType.MEMORY_CONNECTION
    assert found.text.startswith("Beside robin rush is worth less while player health is low, in")


def test_what_is_over_is_given_up_and_the_contrary_becomes_known():
    rng, story = np.random.default_rng(3), Story()
    for number in range(110):
        satisfied = 0.5 if number < 10 else 0.8 if number < 50 else 0.2
        story.lived(row(rng, satisfied=satisfied), f"e{number}", number + 1)
    found = told(story)
    assert CLOSER not in found
    assert APART in found
    words = [moment.text for moment in story.moments if "satisfied" in moment.text]
    assert any("more satisfied than at first: known → given up" in each for each in words)


def test_of_chance_alone_hardly_anything_is_known():
    wrong = [key for seed in range(30) for key in told(lived(seed))]
    assert len(wrong) <= 3


@pytest.mark.parametrize("key", ["@@", "@x@", "@threat:9@guard@", "@luck:1@guard@", "@threat:1@@"])
def test_a_key_that_no_episode_writes_is_no_sign_and_breaks_nothing(key):
    """A save may hold anything."""
    assert not is_sign(key)
    found = Story(findings={key: Finding(9.0, 9.0, (), known=True)})
    assert len(list(insights_of(found, None, "robin"))) == 1
