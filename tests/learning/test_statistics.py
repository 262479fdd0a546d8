"""Folding episodes into statistics: additive, decayed, replayable, and fair to its baseline."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from astraweave.learning.decisions import Choice, Conduct
from astraweave.learning.spread import design_effect, pooled_variance
from astraweave.learning.statistics import (
    DECAY,
    EpisodeRow,
    LearnerState,
    TacticSums,
    fold,
    typical,
)
from astraweave.model.episode import EpisodeOutcome


def episode(worths, seconds=30.0, success=1.0, outcome=True):
    """An episode whose choices are (tactic, e) in one context."""
    choices = tuple(Choice("n", 0, t, ("a", "b"), 0.5, e) for t, e in worths)
    return EpisodeRow(
        category="combat",
        policy_version=0,
        seconds=seconds,
        features=[],
        actions={},
        conduct=Conduct(choices, len(choices), 0, 2, False),
        outcome=EpisodeOutcome(success_rating=success) if outcome else None,
    )


def folded(*rows):
    state = LearnerState()
    for row in rows:
        fold(state, row)
    return state


def test_sums_decay_once_an_episode_all_tactics_alike():
    state = folded(episode([("a", 1.0), ("b", 0.0)]), episode([("a", 1.0)]))
    assert pytest.approx(1 + DECAY) == state.tactics["a"].N
    assert pytest.approx(DECAY) == state.tactics["b"].N


def test_the_baseline_is_the_mean_of_the_context_before_this_episode():
    state = LearnerState()
    fold(state, episode([("a", 1.0)]))
    before = state.contexts["n|0"][0] / state.contexts["n|0"][1]
    sum_before = state.tactics["a"].S
    reward = fold(state, episode([("a", 1.0), ("a", 1.0)]))
    assert reward is not None
    y = 0.75 + 0.25 * reward.play / 3.2
    assert pytest.approx(DECAY * sum_before + 2 * (y - before)) == state.tactics["a"].S


def test_a_state_survives_storage_exactly():
    state = folded(*(episode([("a", 0.3), ("b", 0.9)]) for _ in range(7)))
    assert LearnerState.decoded(state.encoded()) == state


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_the_order_of_decisions_inside_an_episode_does_not_matter(worths):
    pairs = [("ab"[i % 2], e) for i, e in enumerate(worths)]
    forward, backward = folded(episode(pairs)), folded(episode(pairs[::-1]))
    for name, sums in forward.tactics.items():
        assert pytest.approx(backward.tactics[name].S, abs=1e-12) == sums.S
        assert pytest.approx(backward.tactics[name].V, abs=1e-12) == sums.V


def test_an_episode_cut_off_by_a_crash_leaves_the_tactics_alone():
    state = folded(episode([("a", 1.0)]))
    before = state.encoded()
    fold(state, episode([("a", 0.0)], outcome=False))
    assert state.tactics == LearnerState.decoded(before).tactics
    assert state.episodes == 2


def test_replaying_the_other_rows_is_never_having_seen_one():
    rows = [episode([("a", i / 10), ("b", 0.5)], seconds=10 + i) for i in range(9)]
    without = folded(*(row for i, row in enumerate(rows) if i != 4))
    again = folded(*(rows[:4] + rows[5:]))
    assert without == again


def test_typical_length_is_the_median_from_five_episodes_on():
    rows = [episode([("a", 1.0)], seconds=s) for s in (10, 20, 30, 40)]
    assert typical(folded(*rows), "combat") == (60.0, 10.0)
    rows.append(episode([("a", 1.0)], seconds=90))
    assert typical(folded(*rows), "combat") == (30.0, 1.0)


def test_pooled_variance_starts_at_its_prior():
    assert pooled_variance(LearnerState()) == pytest.approx(0.0625)


def test_related_decisions_count_less_than_independent_ones():
    related, independent = TacticSums(), TacticSums()
    for i in range(30):
        sign = 1 if i % 2 else -1
        related.add(10, sign * 10 * 0.25, 10 * 0.0625)
        independent.add(10, 0.0, 10 * 0.0625)
    assert design_effect(related, 0.0625) > 4 > design_effect(independent, 0.0625)
