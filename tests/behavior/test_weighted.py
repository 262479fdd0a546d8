"""A choice by weight: honest propensities, exclusion, keeping, holding, telling."""

import math
from collections import Counter

import pytest

from astraweave.behavior import Result, Status, Tree
from astraweave.behavior.engine.weighted import STREAM, pick
from astraweave.behavior.groot.reader import read_tree
from astraweave.errors import TreeError, WeightsError
from astraweave.learning.off_policy import chances_of
from astraweave.model.rng import uniform

R, S, F, K = Status.RUNNING, Status.SUCCESS, Status.FAILURE, Status.SKIPPED


class Told:
    """Writes down what a listener is told."""

    def __init__(self):
        self.chosen, self.ends = [], []

    def chose(self, node, tactic, propensity, available, now_s):
        self.chosen.append((node, tactic, propensity, available, now_s))

    def ended(self, node, tactic, result, effectiveness, now_s):
        self.ends.append((node, tactic, result.value, effectiveness, now_s))


def plant(children, attributes="", around="{}"):
    body = around.format(f'<WeightedFallback name="w" {attributes}>{children}</WeightedFallback>')
    text = f'<root BTCPP_format="4"><BehaviorTree ID="M">{body}</BehaviorTree></root>'
    return Tree(read_tree(text.encode(), "x.xml"), "x.xml")


ABC = '<Action ID="a"/><Action ID="b"/><Action ID="c"/>'


def always(tree, **answers):
    for name in tree.actions:
        tree.action(name)(lambda who, facts, name=name: answers.get(name, True))


def test_frequencies_agree_with_the_recorded_propensities():
    tree = plant(
        '<Action ID="a" _skipIf="f"/><Action ID="b"/><Action ID="c"/>', 'weights="a:2;b:0.7;c:0.2"'
    )
    always(tree)
    told = Told()
    ticker = tree.ticker(seed=3, listener=told, hold_s=0.0)
    ticker.weights({"b": 1.5})
    n = 6000
    for tick in range(n):
        ticker.tick({"f": tick % 2}, float(tick))
    assert len(told.chosen) == n
    for available in (("a", "b", "c"), ("b", "c")):
        mine = [row for row in told.chosen if row[3] == available]
        weights = {"a": 2.0, "b": 0.7 * 1.5, "c": 0.2}
        total = sum(weights[name] for name in available)
        counts = Counter(row[1] for row in mine)
        for name in available:
            p = weights[name] / total
            assert all(row[2] == pytest.approx(p) for row in mine if row[1] == name)
            # Five standard deviations: a true propensity misses it once in two million.
            assert abs(counts[name] - p * len(mine)) < 5 * math.sqrt(p * (1 - p) * len(mine))


def test_a_draw_is_the_counters_number_on_the_cumulative_weights():
    tree = plant(ABC, 'weights="a:1;b:3;c:4"')
    always(tree)
    told = Told()
    ticker = tree.ticker(seed=11, listener=told, hold_s=0.0)
    for tick in range(50):
        ticker.tick({}, float(tick))
    for draw, row in enumerate(told.chosen):
        number = uniform(11, 0, draw, STREAM) * 8.0
        expected = "a" if number < 1.0 else "b" if number < 4.0 else "c"
        assert row[1] == expected


def test_rounding_can_never_leave_the_last_child_out():
    assert pick([0.1] * 10, list(range(10)), 1.0 - 2**-32)[0] == 9
    assert pick([5e-324, 1.0], [0], 0.999)[0] == 0


def test_a_failure_excludes_the_child_and_is_a_new_choice_in_the_same_tick():
    tree = plant(ABC)
    always(tree, a=False, b=False, c=False)
    told = Told()
    ticker = tree.ticker(seed=1, listener=told)
    assert ticker.tick({}, 2.0) is F
    names = [row[1] for row in told.chosen]
    assert sorted(names) == ["a", "b", "c"]
    assert [len(row[3]) for row in told.chosen] == [3, 2, 1]
    assert told.chosen[-1][2] == 1.0
    assert told.ends == [("w", name, "failure", None, 2.0) for name in names]


def test_guards_are_all_asked_first_and_what_is_skipped_does_not_stand_for_choice():
    tree = plant('<Action ID="a" _skipIf="f"/><Action ID="b" _skipIf="!f"/>')
    always(tree)
    told = Told()
    ticker = tree.ticker(seed=1, listener=told, hold_s=0.0)
    ticker.tick({"f": 1.0}, 0.0)
    ticker.tick({"f": 0.0}, 1.0)
    assert [(row[1], row[3]) for row in told.chosen] == [("b", ("b",)), ("a", ("a",))]


def test_no_child_left_is_skipped_when_none_failed():
    tree = plant('<Action ID="a" _skipIf="1"/><Action ID="b"/>')
    always(tree, b="skipped")
    told = Told()
    ticker = tree.ticker(seed=1, listener=told)
    assert ticker.tick({}, 0.0) is K
    assert told.ends == [("w", "b", "interrupted", None, 0.0)]
    always(tree, b=False)
    assert ticker.tick({}, 1.0) is F


def test_a_running_child_is_kept_whatever_its_guard_says_now():
    tree = plant('<Action ID="a" _skipIf="f"/>')
    always(tree, a="running")
    told = Told()
    ticker = tree.ticker(seed=1, listener=told)
    assert [ticker.tick({"f": f}, 0.0) for f in (0.0, 1.0, 1.0)] == [R, R, R]
    assert len(told.chosen) == 1
    ticker.halt()
    assert told.ends == [("w", "a", "interrupted", None, 0.0)]


def test_sorted_tries_the_heaviest_first_and_ties_in_document_order():
    tree = plant(ABC, 'policy="sorted" weights="b:2;c:2"')
    always(tree, b=False)
    told = Told()
    ticker = tree.ticker(seed=1, listener=told)
    assert ticker.tick({}, 0.0) is S
    assert [(row[1], row[2]) for row in told.chosen] == [("b", 1.0), ("c", 1.0)]
    ticker.weights({"a": 3.0})
    ticker.tick({}, 0.1)
    assert ticker.tactic == "a"


def test_a_choice_that_succeeds_early_stands_for_the_hold():
    tree = plant(ABC)
    always(tree)
    told = Told()
    ticker = tree.ticker(seed=1, listener=told, hold_s=0.5)
    for tick in range(11):
        assert ticker.tick({}, 0.1 * tick) is S
    assert [row[4] for row in told.chosen] == [0.0, pytest.approx(0.5), pytest.approx(1.0)]
    assert [row[4] for row in told.ends] == [pytest.approx(0.5), pytest.approx(1.0)]
    ticker.halt()
    assert [row[2] for row in told.ends] == ["success"] * 3


def test_a_held_choice_ends_when_its_guard_no_longer_allows_it():
    tree = plant('<Action ID="a" _skipIf="f"/><Action ID="b" _skipIf="!f"/>')
    always(tree)
    told = Told()
    ticker = tree.ticker(seed=1, listener=told, hold_s=5.0)
    ticker.tick({"f": 0.0}, 0.0)
    ticker.tick({"f": 1.0}, 1.0)
    assert [row[1] for row in told.chosen] == ["a", "b"]
    assert told.ends == [("w", "a", "success", None, 1.0)]


def test_a_held_choice_ends_with_the_tick_that_does_not_enter_it():
    around = '<ReactiveFallback><ScriptCondition code="away"/>{}</ReactiveFallback>'
    tree = plant(ABC, around=around)
    always(tree)
    told = Told()
    ticker = tree.ticker(seed=1, listener=told, hold_s=5.0)
    ticker.tick({"away": 0.0}, 0.0)
    ticker.tick({"away": 0.0}, 1.0)
    assert told.ends == []
    ticker.tick({"away": 1.0}, 2.0)
    assert [(row[2], row[4]) for row in told.ends] == [("success", 2.0)]
    ticker.tick({"away": 0.0}, 3.0)
    assert len(told.chosen) == 2


def test_a_held_choice_that_fails_when_entered_again_has_failed():
    tree = plant('<Action ID="a"/>')
    told = Told()
    ticker = tree.ticker(seed=1, listener=told, hold_s=5.0)
    always(tree)
    assert ticker.tick({}, 0.0) is S
    always(tree, a=False)
    assert ticker.tick({}, 1.0) is F
    assert told.ends == [("w", "a", "failure", None, 1.0)]


def test_effectiveness_and_partial_success_reach_the_listener():
    tree = plant('<Sequence name="a"><Action ID="x"/><Action ID="y"/></Sequence>')
    always(tree, x=Result("success", effectiveness=0.9), y=Result("partial", effectiveness=0.25))
    told = Told()
    ticker = tree.ticker(seed=1, listener=told, hold_s=0.0)
    ticker.tick({}, 0.0)
    always(tree, x=Result("success", effectiveness=0.9), y=True)
    ticker.tick({}, 1.0)
    always(tree, x=True, y=Result("failure", effectiveness=0.1))
    ticker.tick({}, 2.0)
    always(tree, x=Result("success", effectiveness=0.9), y="running")
    ticker.tick({}, 3.0)
    ticker.halt()
    assert [row[2:4] for row in told.ends] == [
        ("partial", 0.25),
        ("success", 0.9),
        ("failure", 0.1),
        ("interrupted", None),
    ]


def test_an_outer_choice_is_credited_with_what_the_inner_one_did():
    inner = '<WeightedFallback name="v"><Action ID="a"/></WeightedFallback>'
    tree = plant(inner)
    always(tree, a=Result("success", effectiveness=0.75))
    told = Told()
    tree.ticker(seed=1, listener=told, hold_s=0.0).tick({}, 0.0)
    assert told.ends == [("v", "a", "success", 0.75, 0.0), ("w", "v", "success", 0.75, 0.0)]


def test_what_happens_elsewhere_in_the_tree_is_not_credited():
    around = "<ReactiveSequence><Action ID='other'/>{}</ReactiveSequence>"
    tree = plant('<Action ID="a"/>', around=around)
    always(tree, other=Result("success", effectiveness=0.1), a="running")
    told = Told()
    ticker = tree.ticker(seed=1, listener=told, hold_s=0.0)
    ticker.tick({}, 0.0)
    always(tree, other=Result("success", effectiveness=0.1), a=True)
    ticker.tick({}, 1.0)
    assert told.ends == [("w", "a", "success", None, 1.0)]


@pytest.mark.parametrize("factor", [0.0, -1.0, math.nan, math.inf])
def test_a_factor_that_is_no_weight_is_refused(factor):
    ticker = plant(ABC).ticker(seed=0)
    with pytest.raises(WeightsError, match="factor of 'a'"):
        ticker.weights({"a": factor})


def test_a_factor_for_an_unknown_tactic_is_refused_by_name():
    with pytest.raises(WeightsError, match=r"got heel; did you mean 'heal'\?"):
        plant('<Action ID="heal"/>').ticker(seed=0).weights({"heel": 1.0})


def test_factors_replace_earlier_ones():
    tree = plant(ABC)
    always(tree)
    ticker = tree.ticker(seed=0, hold_s=0.0)
    ticker.weights({"a": 4.0})
    ticker.weights({"b": 2.0})
    told = Told()
    ticker = tree.ticker(seed=0, listener=told, hold_s=0.0)
    ticker.weights({"a": 4.0})
    ticker.weights({"b": 2.0})
    for tick in range(40):
        ticker.tick({}, float(tick))
    assert {(row[1], row[2]) for row in told.chosen} == {("a", 0.25), ("b", 0.5), ("c", 0.25)}


def test_a_softmax_draws_by_e_to_the_weight_over_the_temperature():
    tree = plant(ABC, 'policy="softmax" temperature="0.5" weights="a:1;b:2;c:0.5"')
    always(tree)
    told = Told()
    ticker = tree.ticker(seed=0, listener=told, hold_s=0.0)
    ticker.weights({"b": 0.75})
    for tick in range(30):
        ticker.tick({}, float(tick))
    strength = {"a": math.exp(1.0 / 0.5), "b": math.exp(1.5 / 0.5), "c": math.exp(0.5 / 0.5)}
    total = sum(strength.values())
    assert {row[1] for row in told.chosen} == {"a", "b", "c"}
    for row in told.chosen:
        assert row[2] == pytest.approx(strength[row[1]] / total)


def test_a_softmax_is_exact_among_those_left_when_the_heaviest_is_skipped():
    guarded = '<Action ID="a" _skipIf="1"/><Action ID="b"/><Action ID="c"/>'
    tree = plant(guarded, 'policy="softmax" temperature="0.5" weights="a:60;b:10;c:1"')
    told = Told()
    tree.ticker(seed=0, listener=told).tick({}, 0.0)
    assert told.chosen[0][1] == "b"
    assert told.chosen[0][2] == pytest.approx(1.0 / (1.0 + math.exp(-18.0)), rel=1e-12)


def test_a_ranked_choice_takes_the_heaviest_nine_times_of_ten_and_tries_the_next():
    tree = plant(ABC, 'policy="ranked" weights="a:1;b:2;c:0.5"')
    always(tree)
    told = Told()
    ticker = tree.ticker(seed=0, listener=told, hold_s=0.0)
    for tick in range(600):
        ticker.tick({}, float(tick))
    odds = {"b": 1.0, "a": 0.1, "c": 0.01}
    for name, share in odds.items():
        rows = [row for row in told.chosen if row[1] == name]
        assert len(rows) / 600 == pytest.approx(share / 1.11, abs=0.03)
        assert all(row[2] == pytest.approx(share / 1.11) for row in rows)


@pytest.mark.parametrize("learned", [{}, {"c": 4.0, "a": 0.25}])
def test_whatever_is_left_the_heaviest_of_it_is_ranked_first(learned):
    guarded = '<Action ID="a"/><Action ID="b" _skipIf="1"/><Action ID="c"/>'
    tree = plant(guarded, 'policy="ranked" weights="a:1;b:9;c:0.5"')
    always(tree)
    told = Told()
    ticker = tree.ticker(seed=3, listener=told, hold_s=0.0)
    ticker.weights(learned)
    for tick in range(60):
        ticker.tick({}, float(tick))
    first = "c" if learned else "a"
    likely = {row[1]: row[2] for row in told.chosen}
    assert likely[first] >= 0.9
    node = tree.weighted[0]
    assert chances_of(node, ("a", "c"), learned) == pytest.approx([likely["a"], likely["c"]])


def test_weights_too_far_apart_for_a_temperature_are_refused_before_anything_learned_is():
    with pytest.raises(TreeError, match=r"temperature is too low .* at least 6667"):
        plant(ABC, 'policy="softmax" temperature="0.001" weights="a:1e6;b:1;c:0.5"')
    tree = plant(ABC, 'policy="softmax" temperature="1" weights="a:100;b:1;c:0.5"')
    ticker = tree.ticker(seed=0)
    ticker.weights({"a": 4.0, "c": 0.25})
    with pytest.raises(WeightsError, match="600 temperatures apart"):
        ticker.weights({"a": 7.0})


@pytest.mark.parametrize("factor", [1e308, 5e-324])
def test_a_factor_too_large_or_small_for_its_weight_changes_nothing(factor):
    tree = plant(ABC, 'weights="a:1e6;b:0.001"')
    ticker = tree.ticker(seed=0)
    ticker.weights({"c": 2.0})
    with pytest.raises(WeightsError, match=r"w: .*leaves the range of doubles; keep factors in"):
        ticker.weights({"a": factor, "b": factor, "c": 3.0})
    assert ticker._weighted[0].weights == [1e6, 0.001, 2.0]
