"""The test for a turning point: fair where nothing changed, soon where something did."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from astraweave.errors import UsageError
from astraweave.sandbox.turning import EFFECTS, log_wealth, turned_at

DIFFERENCES = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=12)


def naive(differences):
    """Each gambler's wealth, bet by bet."""
    total, wealth = 0.0, [1.0] * len(EFFECTS)
    for n, d in enumerate(differences, 1):
        total += d * d
        for i, effect in enumerate(EFFECTS):
            z = effect * d / math.sqrt(total / n) if total else 0.0
            wealth[i] *= 1.0 + z / math.sqrt(1.0 + z * z)
    return sum(wealth) / len(wealth)


@given(DIFFERENCES)
def test_the_wealth_is_the_mean_of_three_gamblers(differences):
    d = [0.0 if abs(one) < 1e-3 else one for one in differences]
    assert math.exp(log_wealth(d)[-1]) == pytest.approx(naive(d), rel=1e-9)


@given(DIFFERENCES)
def test_it_is_a_fair_game_whichever_sign_the_last_difference_has(differences):
    *before, last = [0.0 if abs(one) < 1e-3 else one for one in differences]
    now = math.exp(log_wealth(before)[-1]) if before else 1.0
    both = [math.exp(log_wealth([*before, sign * last])[-1]) for sign in (1.0, -1.0)]
    assert sum(both) / 2 == pytest.approx(now, rel=1e-9)


@given(DIFFERENCES, st.floats(1e-6, 1e150))
def test_the_unit_of_the_reward_does_not_matter(differences, unit):
    d = np.array([0.0 if abs(one) < 1e-3 else one for one in differences])
    np.testing.assert_allclose(log_wealth(d * unit), log_wealth(d), rtol=1e-6, atol=1e-9)


def test_half_a_deviation_is_seen_soon_and_nothing_is_seen_in_nothing():
    rng = np.random.default_rng(2)
    noise = rng.standard_normal((400, 200))
    shifted = [turned_at(row + 0.5) or 201 for row in noise]
    assert np.median(shifted) <= 35
    assert np.quantile(shifted, 0.9) <= 75
    assert np.mean([turned_at(row) is not None for row in noise]) <= 0.05
    assert np.mean([turned_at(row - 0.5) is not None for row in noise]) <= 0.01


def test_nothing_played_and_no_difference_decide_nothing():
    assert turned_at([]) is None
    assert turned_at([0.0] * 50) is None
    with pytest.raises(UsageError, match="differences must be finite"):
        turned_at([1.0, float("nan")])
