"""Weights from statistics: laws of prior, evidence, cap and bounds."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from astraweave.errors import WeightsError
from astraweave.learning.statistics import LearnerState, TacticSums
from astraweave.learning.target import PRIOR_N, TAU, rule_trust, step, targets
from astraweave.model.weights import MAX_WEIGHT, MIN_WEIGHT

TACTICS = ("guard", "heal", "rush")
PRIOR = {"guard": math.log(1.5), "heal": math.log(1.5), "rush": math.log(0.5)}


def state_with(**means):
    """Each named tactic seen 40 times in 20 episodes with this mean difference."""
    tactics = {}
    for name, mean in means.items():
        sums = TacticSums()
        for _ in range(20):
            sums.add(2, 2 * mean, 2 * (mean**2 + 0.01))
        tactics[name] = sums
    return LearnerState(episodes=20, tactics=tactics)


def test_without_data_the_targets_are_the_rules_own_factors():
    wanted, trust = targets(LearnerState(), TACTICS, PRIOR)
    assert trust == pytest.approx(TAU)
    assert wanted["guard"] / wanted["rush"] == pytest.approx(3.0)
    assert wanted["guard"] == pytest.approx(wanted["heal"])


def test_without_rules_and_data_nothing_moves():
    wanted, _ = targets(LearnerState(), TACTICS, {})
    assert wanted == pytest.approx(dict.fromkeys(TACTICS, 1.0))


def test_outcomes_overrule_a_wrong_rule():
    wanted, trust = targets(state_with(guard=-0.15, heal=-0.15, rush=0.2), TACTICS, PRIOR)
    assert wanted["rush"] > 1 > wanted["guard"]
    assert trust < 0, "rules that predict the opposite are turned round"


def test_outcomes_that_agree_raise_the_trust_in_rules():
    state = state_with(guard=0.05, heal=0.05, rush=-0.09)
    assert rule_trust(state, TACTICS, PRIOR, base=0.0) > TAU


def test_a_tactic_never_tried_shares_in_a_rule_that_proved_right():
    wanted, _ = targets(state_with(guard=0.05, rush=-0.09), TACTICS, PRIOR)
    assert wanted["heal"] > 1.0


@given(
    means=st.lists(st.floats(-1, 1), min_size=3, max_size=3),
    before=st.lists(st.floats(MIN_WEIGHT, MAX_WEIGHT), min_size=3, max_size=3),
)
def test_one_promotion_moves_no_weight_beyond_a_quarter_nor_out_of_bounds(means, before):
    wanted, _ = targets(state_with(**dict(zip(TACTICS, means, strict=True))), TACTICS, PRIOR)
    old = dict(zip(TACTICS, before, strict=True))
    for name, after in step(old, wanted).items():
        assert math.isfinite(after)
        assert MIN_WEIGHT <= after <= MAX_WEIGHT
        assert abs(after / old[name] - 1) <= 0.25 + 1e-12


@given(means=st.lists(st.floats(-0.5, 0.5), min_size=3, max_size=3))
def test_targets_do_not_depend_on_the_order_of_the_tactics(means):
    state = state_with(**dict(zip(TACTICS, means, strict=True)))
    forward, _ = targets(state, TACTICS, PRIOR)
    backward, _ = targets(state, TACTICS[::-1], PRIOR)
    assert forward == pytest.approx(backward)


def test_weights_reach_their_target_and_stay_instead_of_compounding():
    wanted, _ = targets(state_with(guard=0.01, heal=0.0, rush=-0.01), TACTICS, {})
    weights = dict.fromkeys(TACTICS, 1.0)
    for _ in range(60):
        weights = step(weights, wanted)
    assert weights == pytest.approx(wanted)


def test_locked_tactics_do_not_move():
    wanted = dict.fromkeys(TACTICS, 3.0)
    assert step({"rush": 1.1}, wanted, locked=frozenset({"rush"}))["rush"] == 1.1


@pytest.mark.parametrize("bad", [math.nan, math.inf, 0.0, -1.0])
def test_a_bad_weight_is_refused_by_its_name(bad):
    with pytest.raises(WeightsError, match="'rush'"):
        step({"rush": bad}, {"rush": 1.0})


def test_shrinkage_weighs_data_as_stated():
    sums = TacticSums()
    sums.add(15, 15 * 0.06, 15 * 0.06**2)
    wanted, _ = targets(LearnerState(tactics={"guard": sums}), ("guard", "rush"), {})
    base = 0.06
    guard = (PRIOR_N * base + 15 * 0.06) / (PRIOR_N + 15)
    assert math.log(wanted["guard"] / wanted["rush"]) == pytest.approx((guard - base) / TAU)
