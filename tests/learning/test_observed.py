"""Proof by what was observed: support, refusals, trial and roll back."""

import numpy as np
import pytest

import astraweave as aw
from astraweave.learning.observed import (
    CAP_OBSERVED,
    MIN_DECISIONS,
    TOLERANCE,
    contradicted,
    judge_observed,
)
from astraweave.learning.off_policy import evaluate
from astraweave.learning.recent import Logged
from astraweave.learning.reward import PLAY_SPAN
from astraweave.learning.statistics import Canary, LearnerState
from astraweave.learning.trial import TRIAL_EPISODES, canary_decision
from astraweave.model.weights import Proposal, WeightSet

TREE = """<root BTCPP_format="4" main_tree_to_execute="Main"><BehaviorTree ID="Main">
<WeightedFallback name="n" weights="a:1;b:1" policy="{}"><Action ID="a"/><Action ID="b"/>
</WeightedFallback></BehaviorTree></root>"""
EVEN = {"a": 1.0, "b": 1.0}
BOTH = (("n", ("a", "b")),)


@pytest.fixture
def nodes(tmp_path):
    return weighted(tmp_path, "roulette")


def weighted(folder, policy):
    path = folder / f"{policy}.xml"
    path.write_text(TREE.format(policy))
    return aw.load_tree(path).weighted


def logged(episodes=12, each=20, gain=0.0, seed=1, chance=0.5, spread=0.0):
    """Decisions that took `a` with `chance`, which is worth `gain` more than `b`.

    `spread` is how much whole episodes differ from each other.
    """
    rng = np.random.default_rng(seed)
    log = []
    for _ in range(episodes):
        chosen = rng.random(each) < chance
        y = 0.5 + gain * (chosen - 0.5) + rng.normal(0, spread) + rng.normal(0, 0.1, each)
        rows = [
            (0, 0 if took else 1, chance if took else 1.0 - chance, float(v))
            for took, v in zip(chosen, np.clip(y, 0, 1), strict=True)
        ]
        log.append(Logged(BOTH, tuple(rows)))
    return log


def proposal(a, b, number=1, before=None):
    return Proposal(
        player_id="p",
        companion_id="c",
        candidate=WeightSet(version=2, weights={"a": a, "b": b}, parent=1),
        baseline=WeightSet(version=1, weights=before or EVEN),
        changes=(),
        number=number,
    )


def judge(state, nodes, a=1.1, b=0.9, before=None, **more):
    return judge_observed(state, proposal(a, b, before=before), nodes, **more)


# -- the verdict -------------------------------------------------------------------------------


def test_a_supported_step_in_the_right_direction_is_approved_as_observed(nodes):
    verdict = judge(LearnerState(episodes=12, log=logged(gain=0.2)), nodes)
    assert verdict.approved
    assert verdict.proof == "observed"
    assert verdict.figures["decisions"] >= MIN_DECISIONS


@pytest.mark.parametrize(
    ("state", "more", "reason"),
    [
        (LearnerState(episodes=9, log=logged(9)), {}, "9 of the 10 episodes"),
        (LearnerState(episodes=12, log=logged(12, each=4)), {}, "effective decisions"),
        (
            LearnerState(episodes=12, log=logged(gain=0.2)),
            {"require_sandbox": True},
            "no environment",
        ),
        (LearnerState(episodes=12), {}, "effective decisions"),
        (LearnerState(episodes=12, log=logged()), {"locked": frozenset("a")}, "a must not move"),
    ],
)
def test_what_is_not_supported_is_refused_with_its_reason(nodes, state, more, reason):
    verdict = judge(state, nodes, **more)
    assert not verdict.approved
    assert reason in verdict.reason


@pytest.mark.parametrize(
    ("after", "before", "reason"),
    [
        ({"a": 1.12, "b": 1.0}, EVEN, "at most 10%"),
        ({"a": 2.1, "b": 1.0}, {"a": 2.0, "b": 1.0}, "must be in"),
        ({"a": float("nan"), "b": 1.0}, EVEN, "finite and positive"),
        ({"a": 1.0, "b": 1.0, "gone": 1.0}, EVEN, "no tactic 'gone'"),
    ],
)
def test_a_step_too_far_is_refused_before_anything_is_asked_of_play(nodes, after, before, reason):
    state = LearnerState(episodes=12, log=logged())
    told = stepped(proposal(1.0, 1.0, before=before), after)
    verdict = judge_observed(state, told, nodes)
    assert (verdict.approved, verdict.step) == (False, "static")
    assert reason in verdict.reason


def stepped(told, weights):
    return Proposal(
        player_id=told.player_id,
        companion_id=told.companion_id,
        candidate=WeightSet(version=2, weights=weights, parent=1),
        baseline=told.baseline,
        changes=(),
        number=1,
    )


def test_weights_that_a_simulator_proved_may_come_back_inside_the_narrower_bounds(nodes):
    state = LearnerState(episodes=12, log=logged(20, each=40))
    before = {"a": 3.0, "b": 1.0}
    assert judge(state, nodes, a=3.0 * (1 - CAP_OBSERVED), b=1.0, before=before).approved
    assert not judge(state, nodes, a=3.1, b=1.0, before=before).approved


def test_a_step_that_may_be_worse_is_refused(nodes):
    state = LearnerState(episodes=12, log=logged(gain=1.6, each=200))
    verdict = judge(state, nodes, a=0.9, b=1.1)
    assert not verdict.approved
    assert "may be worse" in verdict.reason


def test_small_steps_must_not_add_up_to_more_than_the_tolerance(nodes):
    state = LearnerState(episodes=40, log=logged(60, gain=-0.7, each=40))
    before, after = {"a": 1.21, "b": 0.81}, {"a": 1.23, "b": 0.80}
    origin = WeightSet(version=0, weights=EVEN)
    step = {"before": before, "a": after["a"], "b": after["b"]}
    assert judge(state, nodes, **step).approved
    verdict = judge(state, nodes, baseline=origin, **step)
    assert not verdict.approved
    assert verdict.figures["lower"] < -TOLERANCE


# -- the trial ---------------------------------------------------------------------------------


def trial(new, old, since=0):
    canary = Canary(baseline=1, line=[2], since=since)
    for a, b in zip(new, old, strict=True):
        canary.add(2, a)
        canary.add(1, b)
    return LearnerState(episodes=since + 2 * len(new), canary=canary), canary


def test_a_version_that_loses_every_fight_is_rolled_back_before_its_trial_ends():
    pairs = (TRIAL_EPISODES - 1) // 2
    for count in range(1, pairs + 1):
        if canary_decision(*trial([0.2] * count, [2.0] * count)) == "roll back":
            break
    else:
        pytest.fail(f"{pairs} pairs did not suffice")


def test_a_version_that_does_as_well_is_kept_after_its_trial():
    pairs = TRIAL_EPISODES // 2
    assert canary_decision(*trial([1.0] * pairs, [1.0] * pairs)) == "keep"
    assert canary_decision(*trial([1.0] * (pairs - 1), [1.0] * (pairs - 1), since=90)) == "wait"


def test_episodes_of_other_versions_say_nothing_in_a_trial():
    canary = Canary(baseline=1, line=[2, 3], since=0)
    for version in (0, 1, 2, 3, 4):
        canary.add(version, 1.0)
    assert (canary.new, canary.old) == ([1.0, 1.0], [1.0])


def test_a_version_as_good_as_the_old_one_is_rolled_back_in_at_most_one_trial_of_twenty():
    rng = np.random.default_rng(5)
    trials, wrong = 400, 0
    for _ in range(trials):
        new, old = rng.beta(0.8, 0.8, (2, TRIAL_EPISODES // 2)) * PLAY_SPAN
        wrong += any(
            canary_decision(*trial(new[:n], old[:n])) == "roll back" for n in range(1, len(new) + 1)
        )
    assert wrong / trials <= 0.05


def test_fights_that_were_won_and_are_lost_are_noticed_in_four_trials_of_five():
    rng = np.random.default_rng(6)
    noticed, trials = 0, 100
    for _ in range(trials):
        new = np.clip(rng.normal(0.4, 0.3, TRIAL_EPISODES // 2), 0, PLAY_SPAN)
        old = np.clip(rng.normal(1.5, 0.3, TRIAL_EPISODES // 2), 0, PLAY_SPAN)
        noticed += canary_decision(*trial(new, old)) == "roll back"
    assert noticed >= 0.8 * trials


# -- against the sandbox ---------------------------------------------------------------------------


def test_real_play_that_is_sure_of_harm_speaks_against_any_simulation(nodes):
    worse = {"a": 0.5, "b": 2.0}
    sure = contradicted(evaluate(logged(40, gain=0.6), nodes, worse, EVEN))
    assert sure is not None
    assert "logged play is sure that it is worse" in sure
    assert contradicted(evaluate(logged(3, gain=0.6), nodes, worse, EVEN)) is None
    assert contradicted(evaluate(logged(40, gain=-0.6), nodes, worse, EVEN)) is None
    assert contradicted(evaluate(logged(40), nodes, worse, EVEN)) is None
