"""What a pattern is worth: worked values computed elsewhere, and laws."""

import json
from math import inf, nan
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from astraweave.errors import InputError
from astraweave.learning.patterns import effectiveness, wilson_lower_bound

CASES = json.loads(
    (Path(__file__).parents[1] / "data" / "conformance" / "formula_cases.json").read_text()
)["cases"]
FORMULAS = {
    "wilson_lower_bound": (wilson_lower_bound, "bound"),
    "pattern_effectiveness": (effectiveness, "effectiveness"),
}


@pytest.mark.parametrize(
    "case", [c for c in CASES if c["formula"] in FORMULAS], ids=lambda c: c["id"]
)
def test_a_pattern_is_worth_the_worked_value(case):
    formula, expected = FORMULAS[case["formula"]]
    assert formula(**case["input"]) == pytest.approx(case["expect"][expected], abs=1e-4)


@given(st.integers(0, 10_000), st.integers(0, 10_000), st.floats(0, 10))
def test_the_lower_bound_lies_below_the_share_and_rises_with_each_success(a, b, z):
    trials, successes = max(a, b, 1), min(a, b)
    bound = wilson_lower_bound(successes, trials, z)
    assert 0.0 <= bound <= successes / trials + 1e-12
    if successes < trials:
        assert wilson_lower_bound(successes + 1, trials, z) >= bound


@given(st.integers(1, 500), st.integers(2, 9))
def test_the_same_share_of_more_trials_is_surer(trials, times):
    share = trials // 2
    assert wilson_lower_bound(times * share, times * trials) >= wilson_lower_bound(share, trials)


@given(st.integers(0, 500), st.integers(0, 500), st.floats(-5, 5))
def test_effectiveness_is_at_most_twice_the_success_rate_times_the_change(a, b, delta):
    successes, applications = min(a, b), max(a, b)
    rate = successes / applications if applications else 0.5
    found = effectiveness(successes, applications, delta)
    assert 0.0 <= found <= 2.0 * rate * max(0.0, 1.0 + delta) + 1e-12


@pytest.mark.parametrize(
    ("formula", "given"),
    [
        (wilson_lower_bound, (2, 1)),
        (wilson_lower_bound, (-1, 1)),
        (wilson_lower_bound, (nan, 1)),
        (wilson_lower_bound, (1, inf)),
        (wilson_lower_bound, (1, 2, nan)),
        (wilson_lower_bound, (1, 2, -1.0)),
        (effectiveness, (3, 2, 0.0)),
        (effectiveness, (1, 2, inf)),
    ],
)
def test_what_cannot_be_a_count_is_refused(formula, given):
    with pytest.raises(InputError):
        formula(*given)
