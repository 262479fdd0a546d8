"""What each context asks for: the naive sums, and the overall factor where nothing is known."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from astraweave.learning.contexts import cell_of, in_contexts
from astraweave.learning.decisions import Choice, Conduct
from astraweave.learning.statistics import EpisodeRow, LearnerState, fold, reward_of, worth
from astraweave.model.episode import EpisodeOutcome
from astraweave.model.weights import MAX_WEIGHT, MIN_WEIGHT

TACTICS = ("guard", "rush")
LOW, HIGH = 0, 2 * 4


def row(*decisions, weight=1.0):
    """An episode of (bucket, tactic, worth)."""
    choices = tuple(Choice("n", b, t, TACTICS, 0.5, y) for b, t, y in decisions)
    return EpisodeRow(
        category="combat",
        policy_version=0,
        seconds=30.0,
        features=[],
        actions={},
        conduct=Conduct(choices, len(choices), 0, 2, recovered=False),
        outcome=EpisodeOutcome(success_rating=1.0, duration_ms=30_000),
        weight=weight,
    )


decisions = st.lists(
    st.tuples(st.sampled_from([LOW, 5, HIGH, 15]), st.sampled_from(TACTICS), st.floats(0, 1)),
    max_size=8,
)


@given(episodes=st.lists(st.tuples(decisions, st.sampled_from([1.0, 0.5, 0.0])), max_size=8))
def test_sums_that_fade_when_they_are_written_are_those_that_fade_each_time(episodes):
    state, naive = LearnerState(), {}
    for told, weight in episodes:
        one = row(*told, weight=weight)
        reward, contexts = reward_of(state, one), dict(state.contexts)
        fold(state, one)
        naive = {key: (s * 0.95**weight, n * 0.95**weight) for key, (s, n) in naive.items()}
        for choice in one.conduct.choices if weight else ():
            total, count = contexts.get(f"n|{choice.bucket}", (0.0, 0.0))
            y = worth(choice, reward.play) - (total / count if count > 0 else 0.5)
            s, n = naive.get((choice.bucket, choice.tactic), (0.0, 0.0))
            naive[choice.bucket, choice.tactic] = (s + weight * y, n + weight)
    for (bucket, tactic), sums in naive.items():
        assert cell_of(state, bucket, tactic) == pytest.approx(sums, abs=1e-12)


@given(
    episodes=st.lists(decisions, max_size=6),
    factors=st.fixed_dictionaries(dict.fromkeys(TACTICS, st.floats(MIN_WEIGHT, MAX_WEIGHT))),
)
def test_factors_are_finite_inside_the_bounds_and_only_of_contexts_that_were_met(episodes, factors):
    state = LearnerState()
    for told in episodes:
        fold(state, row(*told))
    met = {bucket for told in episodes for bucket, _, _ in told}
    shown = in_contexts(state, TACTICS, factors)
    assert len(shown) == len(met) * len(TACTICS)
    for each in shown:
        assert MIN_WEIGHT <= each.asked <= MAX_WEIGHT
        assert math.isfinite(each.asked)


def test_a_tactic_that_pays_only_when_health_is_low_is_asked_for_there_alone():
    state = LearnerState()
    for _ in range(30):
        fold(state, row(*[(LOW, t, y) for t, y in (("guard", 0.9), ("rush", 0.1))] * 5,
                        *[(HIGH, t, 0.5) for t in TACTICS] * 5))  # fmt: skip
    told = {(e.health, e.tactic): e for e in in_contexts(state, TACTICS, {})}
    assert told["low", "guard"].asked > 2.0
    assert told["low", "rush"].asked < 0.5
    assert told["high", "guard"].asked == pytest.approx(1.0, abs=0.05)
    assert told["high", "guard"].decisions == pytest.approx(5 * (1 - 0.95**30) / 0.05)


def test_with_more_trust_in_the_overall_factor_a_context_moves_less():
    state = LearnerState()
    fold(state, row(*[(LOW, "guard", 0.9), (LOW, "rush", 0.2)] * 6))
    far = [
        in_contexts(state, TACTICS, {"guard": 1.2}, pseudo)[0].asked for pseudo in (300.0, 3e3, 1e9)
    ]
    assert far[0] > far[1] > far[2] == pytest.approx(1.2)
