"""Proof by what was observed: support, refusals, trial and roll back."""

import numpy as np
import pytest

import astraweave as aw
from astraweave.learning.observed import (
    CANARY_EPISODES,
    MIN_DECISIONS,
    canary_decision,
    judge_observed,
    support,
)
from astraweave.learning.statistics import Canary, LearnerState, Logged
from astraweave.model.weights import Proposal, WeightSet

TREE = """<root BTCPP_format="4" main_tree_to_execute="Main"><BehaviorTree ID="Main">
<WeightedFallback name="n" weights="a:1;b:1" policy="roulette"><Action ID="a"/><Action ID="b"/>
</WeightedFallback></BehaviorTree></root>"""


@pytest.fixture
def nodes(tmp_path):
    path = tmp_path / "t.xml"
    path.write_text(TREE)
    return aw.load_tree(path).weighted


def logged(episodes=12, each=20, gain=0.0, seed=1):
    """Decisions under equal weights; `a` is worth `gain` more than `b`."""
    rng = np.random.default_rng(seed)
    log = []
    for _ in range(episodes):
        chosen = rng.random(each) < 0.5
        y = np.clip(0.5 + gain * (chosen - 0.5) + rng.normal(0, 0.1, each), 0, 1)
        log.append(
            [
                Logged("n", "a" if c else "b", ("a", "b"), 0.5, float(v))
                for c, v in zip(chosen, y, strict=True)
            ]
        )
    return log


def proposal(a, b, number=1):
    return Proposal(
        player_id="p",
        companion_id="c",
        candidate=WeightSet(version=2, weights={"a": a, "b": b}, parent=1),
        baseline=WeightSet(version=1, weights={"a": 1.0, "b": 1.0}),
        changes=(),
        number=number,
    )


def judge(state, nodes, a=1.1, b=0.9, require=False):
    return judge_observed(state, proposal(a, b), nodes, require_sandbox=require)


def test_the_estimate_is_the_value_of_the_other_policy(nodes):
    found = support(logged(60, gain=0.2), nodes, {"a": 3.0, "b": 1.0}, {"a": 1.0, "b": 1.0})
    assert found.candidate == pytest.approx(0.5 + 0.2 * (0.75 - 0.5), abs=0.01)
    assert found.deployed == pytest.approx(0.5, abs=0.01)
    assert found.lower < found.candidate - found.deployed


def test_the_same_weights_have_no_difference_and_full_support(nodes):
    log = logged()
    found = support(log, nodes, {"a": 1.0, "b": 1.0}, {"a": 1.0, "b": 1.0})
    assert found.lower == pytest.approx(0.0)
    assert found.decisions == pytest.approx(sum(map(len, log)))


def test_a_supported_step_in_the_right_direction_is_approved_as_observed(nodes):
    state = LearnerState(episodes=12, log=logged(gain=0.2))
    verdict = judge(state, nodes)
    assert verdict.approved
    assert verdict.proof == "observed"
    assert verdict.figures["decisions"] >= MIN_DECISIONS


@pytest.mark.parametrize(
    ("state", "require", "reason"),
    [
        (LearnerState(episodes=9, log=logged(9)), False, "9 of the 10 episodes"),
        (LearnerState(episodes=12, log=logged(12, each=4)), False, "effective decisions"),
        (LearnerState(episodes=12, log=logged(gain=0.2)), True, "no environment"),
        (LearnerState(episodes=12), False, "effective decisions"),
    ],
)
def test_what_is_not_supported_is_refused_with_its_reason(nodes, state, require, reason):
    verdict = judge(state, nodes, require=require)
    assert not verdict.approved
    assert reason in verdict.reason


def test_a_step_that_may_be_worse_is_refused(nodes):
    state = LearnerState(episodes=12, log=logged(gain=0.9))
    verdict = judge(state, nodes, a=0.5, b=2.0)
    assert not verdict.approved
    assert "may be worse" in verdict.reason


def trial(new, old):
    pairs = [entry for n, o in zip(new, old, strict=True) for entry in ((2, n), (1, o))]
    return LearnerState(episodes=len(pairs), rewards=pairs[-64:])


def test_a_version_that_does_worse_in_real_episodes_is_rolled_back():
    state = trial([0.0] * 30, [2.0] * 30)
    assert canary_decision(state, Canary(version=2, parent=1, since=0)) == "roll back"


def test_a_version_that_does_as_well_is_kept_after_its_trial():
    state = trial([1.0] * 10, [1.0] * 10)
    assert canary_decision(state, Canary(version=2, parent=1, since=0)) == "keep"
    early = LearnerState(episodes=20 + CANARY_EPISODES - 1, rewards=state.rewards)
    assert canary_decision(early, Canary(version=2, parent=1, since=20)) == "wait"
