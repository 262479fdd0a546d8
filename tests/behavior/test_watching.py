"""What a ticker tells of itself: to a watcher, by its statuses, when it halts and when it errs."""

import pytest

from astraweave.behavior import Status, Tree
from astraweave.behavior.groot.reader import read_tree
from astraweave.errors import TreeError

R, S, F = Status.RUNNING, Status.SUCCESS, Status.FAILURE


def plant(body):
    text = f'<root BTCPP_format="4"><BehaviorTree ID="M">{body}</BehaviorTree></root>'
    return Tree(read_tree(text.encode(), "x.xml"), "x.xml")


def run(body, **callbacks):
    tree = plant(body)
    for name, callback in callbacks.items():
        tree.action(name)(callback)
    return tree.ticker(seed=0)


class Seen:
    """A watcher that writes down what it is told."""

    def __init__(self):
        self.told = []

    def ticked(self, node, status, now_s):
        self.told.append((node.path, status.name, now_s))

    def halted(self, node, now_s):
        self.told.append((node.path, "halted", now_s))

    def asked(self, node, attribute, script, value, read):
        self.told.append((node.path, attribute, script.text, bool(value), dict(read)))

    def failed(self, error):
        self.told.append(type(error).__name__)


def test_a_watcher_is_told_of_every_node_and_script_children_first():
    tree = plant(
        '<ReactiveFallback name="f"><Sequence name="s" _skipIf="hp &lt; 1">'
        '<ScriptCondition name="c" code="hp &lt; 3" _onSuccess="n := hp"/></Sequence>'
        '<WeightedFallback name="w"><Action ID="a" _skipIf="hp &gt; 9"/></WeightedFallback>'
        "</ReactiveFallback>"
    )
    seen = Seen()
    ticker = tree.ticker(seed=0, watcher=seen)
    ticker.tick({"hp": 5.0}, 0.0)
    assert seen.told == [
        ("f/s", "_skipIf", "hp < 1", False, {"hp": 5.0}),
        ("f/s/c", "code", "hp < 3", False, {"hp": 5.0}),
        ("f/s/c", "FAILURE", 0.0),
        ("f/s", "FAILURE", 0.0),
        ("f/w/a", "_skipIf", "hp > 9", False, {"hp": 5.0}),
        ("f/w/a", "RUNNING", 0.0),
        ("f/w", "RUNNING", 0.0),
        ("f", "RUNNING", 0.0),
    ]
    seen.told.clear()
    ticker.tick({"hp": 2.0}, 1.0)
    assert seen.told[1:] == [
        ("f/s/c", "code", "hp < 3", True, {"hp": 2.0}),
        ("f/s/c", "_onSuccess", "n := hp", True, {"hp": 2.0}),
        ("f/s/c", "SUCCESS", 1.0),
        ("f/s", "SUCCESS", 1.0),
        ("f/w", "halted", 1.0),
        ("f/w/a", "halted", 1.0),
        ("f", "SUCCESS", 1.0),
    ]
    seen.told.clear()
    with pytest.raises(TreeError):
        ticker.tick({}, 2.0)
    assert seen.told == ["TreeError", ("f", "halted", 2.0)]


def test_statuses_are_what_each_node_said_and_its_parent_has_not_taken():
    body = '<Sequence name="s"><Action ID="a"/><Action ID="b"/><Action ID="c"/></Sequence>'
    ticker = run(body, a=lambda who, facts: True, b=lambda who, facts: "running")
    assert set(ticker.statuses().values()) == {Status.IDLE}
    ticker.tick({}, 0.0)
    assert ticker.statuses() == {"s": R, "s/a": S, "s/b": R, "s/c": Status.IDLE}
    ticker.halt()
    assert set(ticker.statuses().values()) == {Status.IDLE}


def test_every_node_is_halted_though_the_first_of_them_raises():
    log = []

    def a(who, facts):
        try:
            yield
            yield
        finally:
            log.append(who)
            if len(log) <= 2:
                raise ZeroDivisionError

    body = (
        '<ParallelAll name="p"><Action ID="a" name="x"/><Action ID="a" name="y"/>'
        '<Sleep name="z" msec="9"/></ParallelAll>'
    )
    ticker = run(body, a=a)
    ticker.tick({}, 0.0)
    with pytest.raises(ZeroDivisionError):
        ticker.halt()
    assert log == [0, 0]
    assert set(ticker.statuses().values()) == {Status.IDLE}
    assert ticker.tick({}, 1.0) is R


def test_a_timer_that_is_due_rings_before_a_halt_that_says_when_it_is():
    body = (
        '<Fallback name="f"><Timeout name="t" msec="500"><Action ID="a" _onHalted="late := 1"/>'
        '</Timeout><AlwaysSuccess _onHalted="all := 1"/></Fallback>'
    )
    ticker = run(body, a=lambda who, facts: "running")
    ticker.tick({}, 0.0)
    ticker.halt(0.4)
    # Idle nodes are told as well.
    assert dict(ticker.board) == {"late": 1, "all": 1}
    assert [ticker.tick({}, now) for now in (1.0, 1.4, 1.5)] == [R, R, S]


def test_nodes_with_too_few_children_are_told_when_they_are_ticked():
    for body in ("<IfThenElse>{}</IfThenElse>", "<WhileDoElse>{}</WhileDoElse>"):
        with pytest.raises(TreeError, match=r"must have 2 or 3 children, got 1; add what"):
            run(body.format("<AlwaysSuccess/>")).tick({}, 0.0)
    with pytest.raises(TreeError, match=r"success_count is more than there are children \(1\)"):
        run('<Parallel success_count="2"><AlwaysSuccess/></Parallel>').tick({}, 0.0)
    with pytest.raises(TreeError, match=r"failure_count is more than there are children"):
        run('<Parallel failure_count="2"><AlwaysSuccess/></Parallel>').tick({}, 0.0)
    with pytest.raises(TreeError, match=r"max_failures is more than there are children"):
        run('<ParallelAll max_failures="2"><AlwaysSuccess/></ParallelAll>').tick({}, 0.0)
    with pytest.raises(TreeError, match="a node cannot say IDLE"):
        run('<Precondition if="false" else="IDLE"><AlwaysSuccess/></Precondition>').tick({}, 0.0)
