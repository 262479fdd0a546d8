"""A tree file edited between ticks: what becomes of choices by weight."""

import pytest

from astraweave.behavior import Result, Status, load_tree
from tests.behavior.edited import File, running

R, S = Status.RUNNING, Status.SUCCESS


class Told:
    """A listener."""

    def __init__(self):
        self.chosen, self.ends = [], []

    def chose(self, node, tactic, propensity, available, now_s):
        self.chosen.append((tactic, available))

    def ended(self, node, tactic, result, effectiveness, now_s):
        self.ends.append((tactic, result.value))


@pytest.fixture
def file(tmp_path):
    return File(tmp_path)


WEIGHTED = '<WeightedFallback name="w" {}>{}</WeightedFallback>'
ABC = '<Action ID="a"/><Action ID="b"/><Action ID="c"/>'


def test_a_decision_goes_on_and_learned_factors_stay_where_their_tactic_is(file):
    log, told = [], Told()
    tree = load_tree(file.write(WEIGHTED.format('weights="b:1e6"', ABC)))
    for name in "abc":
        tree.action(name)(running(log, name))
    ticker = tree.ticker(seed=0, listener=told)
    ticker.weights({"a": 2.0, "b": 3.0})
    ticker.tick({}, 0.0)
    file.write(WEIGHTED.format('weights="c:5"', '<Action ID="c"/><Action ID="b"/>'))
    tree.reload()
    ticker.tick({}, 1.0)
    assert log == ["b"]
    assert told.ends == []
    ticker.halt()
    assert told.ends == [("b", "interrupted")]
    ticker.tick({}, 2.0)
    assert told.chosen[-1][1] == ("c", "b")
    assert ticker._weighted[0].weights == [5.0, 3.0]


def test_a_decision_whose_tactic_is_gone_is_interrupted_and_made_again(file):
    log, told = [], Told()
    tree = load_tree(file.write(WEIGHTED.format("", '<Action ID="a"/>')))
    for name in "a":
        tree.action(name)(running(log, name))
    ticker = tree.ticker(seed=0, listener=told)
    ticker.tick({}, 0.0)
    file.write(WEIGHTED.format("", '<Action ID="b"/>'))
    tree.reload()
    assert ticker.tick({}, 1.0) is R
    assert log == ["a", "~a"]
    assert told.chosen == [("a", ("a",)), ("b", ("b",))]
    assert told.ends == [("a", "interrupted")]
    assert ticker.tactic == "b"


@pytest.mark.parametrize(
    ("body", "chosen", "ends"),
    [
        (WEIGHTED.format("", ABC), ["a"], []),
        (WEIGHTED.format("", '<Action ID="b"/>'), ["a", "b"], [("a", "success")]),
        ('<Action ID="b"/>', ["a"], [("a", "success")]),
    ],
)
def test_a_held_decision_stays_held_or_has_succeeded(file, body, chosen, ends):
    told = Told()
    tree = load_tree(file.write(WEIGHTED.format("", '<Action ID="a"/>')))
    tree.action("a")(lambda who, facts: Result("success"))
    ticker = tree.ticker(seed=0, listener=told, hold_s=9.0)
    assert ticker.tick({}, 0.0) is S
    file.write(body)
    tree.reload()
    ticker.tick({}, 1.0)
    assert [tactic for tactic, _ in told.chosen] == chosen
    assert told.ends == ends


def test_who_has_failed_in_this_choice_is_not_chosen_again(file):
    told, log = Told(), []
    tree = load_tree(file.write(WEIGHTED.format('policy="sorted" weights="a:3;b:2"', ABC)))
    tree.action("a")(lambda who, facts: False)
    tree.action("b")(running(log, "b", 1))
    ticker = tree.ticker(seed=0, listener=told)
    assert ticker.tick({}, 0.0) is R
    tree.action("b")(lambda who, facts: False)
    others = '<Action ID="b"/><Action ID="a"/><Action ID="d"/><Action ID="c"/>'
    file.write(WEIGHTED.format('policy="sorted"', others))
    tree.reload()
    ticker.tick({}, 1.0)
    assert told.chosen == [("a", ("a", "b", "c")), ("b", ("b", "c"))]
