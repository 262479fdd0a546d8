"""One agent from Python: callbacks, generators, intentions, errors."""

import numpy as np
import pytest

from astraweave.behavior import Result, Status, Tree
from astraweave.behavior.groot.reader import read_tree
from astraweave.errors import RecordError, TreeError, UsageError

R, S, F, K = Status.RUNNING, Status.SUCCESS, Status.FAILURE, Status.SKIPPED


def plant(body):
    text = f'<root BTCPP_format="4"><BehaviorTree ID="M">{body}</BehaviorTree></root>'
    return Tree(read_tree(text.encode(), "x.xml"), "x.xml")


def run(body, **callbacks):
    tree = plant(body)
    for name, callback in callbacks.items():
        bind = tree.action if name in tree.actions else tree.condition
        bind(name)(callback)
    return tree.ticker(7, seed=0)


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (True, S),
        (False, F),
        (np.True_, S),
        ("success", S),
        ("FAILURE", F),
        ("skipped", K),
        ("running", R),
        (Status.SUCCESS, S),
        (Result("success"), S),
        (Result("partial", effectiveness=0.5), S),
        (Result("failure", effectiveness=0.0), F),
    ],
)
def test_a_callback_may_answer_in_many_ways(answer, status):
    assert run('<Action ID="a"/>', a=lambda who, facts: answer).tick({}, 0.0) is status


@pytest.mark.parametrize("answer", [None, 1, 0.5, "done", Status.IDLE, [True]])
def test_an_answer_that_is_none_says_what_to_return(answer):
    ticker = run('<Sequence name="s"><Action ID="a"/></Sequence>', a=lambda who, facts: answer)
    with pytest.raises(UsageError) as refused:
        ticker.tick({}, 0.0)
    assert refused.value.__notes__ == ["in the callback of x.xml:1:64: s/a"]


def test_a_generator_that_falls_off_its_end_is_told_the_same():
    def a(who, facts):
        yield

    ticker = run('<Action ID="a"/>', a=a)
    assert ticker.tick({}, 0.0) is R
    with pytest.raises(UsageError, match="got None; return True") as refused:
        ticker.tick({}, 1.0)
    assert refused.value.__notes__ == ["in the callback of x.xml:1:45: a"]


def test_a_generator_runs_while_it_yields_and_sees_the_facts_of_each_tick():
    seen = []

    def a(who, facts):
        while facts["hp"] < 3:
            seen.append((who, facts["hp"]))
            yield
        return Result("success", effectiveness=0.5)

    ticker = run('<Action ID="a"/>', a=a)
    assert [ticker.tick({"hp": hp}, hp) for hp in (1, 2, 3, 1)] == [R, R, S, R]
    assert seen == [(7, 1), (7, 2), (7, 1)]


def test_what_a_callback_raises_goes_up_whatever_the_halt_after_it_raises():
    def a(who, facts):
        try:
            yield
        finally:
            facts["tidying up"]

    def b(who, facts):
        message = "the real trouble"
        raise RuntimeError(message)

    body = '<Parallel failure_count="2"><Action ID="a"/><Action ID="b"/></Parallel>'
    ticker = run(body, a=a, b=b)
    with pytest.raises(RuntimeError, match="the real trouble") as raised:
        ticker.tick({}, 0.0)
    assert any("KeyError" in note for note in raised.value.__notes__)


def test_a_time_that_is_no_number_is_refused():
    with pytest.raises(UsageError, match="number of seconds"):
        run('<Action ID="a"/>', a=lambda who, facts: True).tick({}, float("nan"))


def test_finally_is_the_halt():
    log = []

    def a(who, facts):
        try:
            while True:
                yield
        finally:
            log.append("halted")

    body = '<ReactiveSequence><ScriptCondition code="go"/><Action ID="a"/></ReactiveSequence>'
    ticker = run(body, a=a)
    assert ticker.tick({"go": 1.0}, 0.0) is R
    assert log == []
    assert ticker.tick({"go": 0.0}, 1.0) is F
    assert log == ["halted"]
    ticker.tick({"go": 1.0}, 2.0)
    ticker.halt()
    ticker.halt()
    assert log == ["halted", "halted"]


def test_an_exception_goes_up_with_the_nodes_path_and_leaves_an_idle_tree():
    log = []

    def a(who, facts):
        try:
            yield
            yield
        finally:
            log.append("closed")

    def b(who, facts):
        raise ZeroDivisionError

    body = (
        '<ReactiveFallback name="r"><Inverter><Condition ID="b"/></Inverter>'
        '<Action ID="a"/></ReactiveFallback>'
    )
    ticker = run(body, a=a, b=lambda who, facts: True)
    assert ticker.tick({}, 0.0) is R
    ticker._agent.callbacks["b"] = b
    with pytest.raises(ZeroDivisionError) as failure:
        ticker.tick({}, 1.0)
    assert failure.value.__notes__[0].endswith("r/Inverter/b")
    assert log == ["closed"]
    ticker._agent.callbacks["b"] = lambda who, facts: True
    assert ticker.tick({}, 2.0) is R


def test_a_generator_that_raises_names_its_node_and_can_start_anew():
    calls = []

    def a(who, facts):
        calls.append(who)
        yield
        raise ValueError("no mana")

    ticker = run('<Action ID="a"/>', a=a)
    ticker.tick({}, 0.0)
    with pytest.raises(ValueError, match="no mana") as failure:
        ticker.tick({}, 1.0)
    assert failure.value.__notes__ == ["in the callback of x.xml:1:45: a"]
    assert ticker.tick({}, 2.0) is R
    assert calls == [7, 7]


def test_a_finally_that_raises_says_where():
    def a(who, facts):
        try:
            yield
            yield
        finally:
            raise RuntimeError

    ticker = run('<Action ID="a"/>', a=a)
    ticker.tick({}, 0.0)
    with pytest.raises(RuntimeError) as failure:
        ticker.halt()
    assert failure.value.__notes__ == ["while halting x.xml:1:45: a"]


def test_what_is_halted_ends_when_the_halt_says():
    ended = []

    class Listener:
        def chose(self, *told):
            pass

        def ended(self, node, tactic, result, effectiveness, now_s):
            ended.append((tactic, result, now_s))

    tree = plant('<WeightedFallback name="w"><Action ID="a"/></WeightedFallback>')
    for halted_at in (2.5, None):
        ticker = tree.ticker(7, seed=0, listener=Listener())
        ticker.tick({}, 2.0)
        ticker.halt(halted_at)
    assert ended == [("a", "interrupted", 2.5), ("a", "interrupted", 2.0)]


def test_halting_from_inside_a_callback_waits_for_the_end_of_the_tick():
    log = []

    def a(who, facts):
        try:
            ticker.halt()
            log.append("still here")
            yield
            log.append("never")
        finally:
            log.append("halted")

    ticker = run('<Action ID="a"/>', a=a)
    ticker.tick({}, 0.0)
    assert log == ["still here", "halted"]


def test_a_tick_inside_a_tick_is_refused():
    ticker = run('<Action ID="a"/>', a=lambda who, facts: ticker.tick({}, 0.0))
    with pytest.raises(UsageError, match="tick inside a tick"):
        ticker.tick({}, 0.0)


def test_an_action_without_a_callback_is_an_intention_that_lasts_the_hold():
    ticker = run('<Action ID="a"/>')
    seen = [ticker.tick({}, 0.1 * i) for i in range(12)]
    assert seen == [R] * 5 + [S] + [R] * 5 + [S]
    ticker.tick({}, 2.0)
    ticker.halt()
    assert ticker.tick({}, 9.0) is R


def test_a_condition_must_answer_at_once_and_have_a_callback():
    body = '<Condition ID="c"/>'
    assert run(body, c=lambda who, facts: True).tick({}, 0.0) is S
    assert run(body, c=lambda who, facts: False).tick({}, 0.0) is F
    assert run(body, c=lambda who, facts: "failure").tick({}, 0.0) is F
    with pytest.raises(UsageError, match="answer at once"):
        run(body, c=lambda who, facts: "running").tick({}, 0.0)
    with pytest.raises(TreeError, match="a Condition without a callback"):
        run(body).tick({}, 0.0)


@pytest.mark.parametrize(
    "body",
    [
        '<ScriptCondition name="n" code="helth &gt; 1"/>',
        '<Action ID="a" name="n" _skipIf="helth &gt; 1"/>',
        '<WeightedFallback><Action ID="a" name="n" _skipIf="helth &gt; 1"/></WeightedFallback>',
    ],
)
def test_a_script_that_reads_what_is_not_there_names_node_and_fact(body):
    with pytest.raises(
        TreeError, match=r"n: script 'helth > 1' .*got helth; did you mean 'health'\?"
    ):
        run(body).tick({"health": 1.0}, 0.0)
    with pytest.raises(TreeError, match="no number"):
        run(body).tick({"helth": "x"}, 0.0)


def test_facts_are_read_only_and_name_what_is_missing():
    caught = []

    def a(who, facts):
        with pytest.raises(KeyError, match="did you mean 'health'"):
            facts["helth"]
        with pytest.raises(TypeError):
            facts["health"] = 1.0
        caught.append((dict(facts), len(facts), facts.get("helth", 5.0)))
        return True

    assert run('<Action ID="a"/>', a=a).tick({"health": 2.0}, 0.0) is S
    assert caught == [({"health": 2.0}, 1, 5.0)]


def test_a_callback_may_be_bound_after_the_ticker_was_made():
    tree = plant('<Action ID="a"/>')
    ticker = tree.ticker(seed=0)

    @tree.action
    def a(who, facts):
        return False

    assert ticker.tick({}, 0.0) is F
    assert ticker.tactic is None


@pytest.mark.parametrize("effectiveness", [-0.1, 1.1, float("nan"), float("inf"), "good"])
def test_an_effectiveness_outside_0_to_1_is_refused(effectiveness):
    with pytest.raises(RecordError, match="effectiveness"):
        Result("success", effectiveness=effectiveness)


def test_a_result_of_another_status_is_refused():
    with pytest.raises(RecordError, match="status must be"):
        Result("running")


@pytest.mark.parametrize("hold_s", [-1.0, float("nan"), float("inf")])
def test_a_hold_must_be_a_time(hold_s):
    with pytest.raises(UsageError, match="hold_s"):
        plant('<Action ID="a"/>').ticker(seed=0, hold_s=hold_s)


def test_a_root_whose_children_were_all_skipped_is_not_asked_again_as_in_behaviortree_cpp():
    body = '<Sequence _skipIf="off"><Action ID="a"/></Sequence>'
    ticker = run(body, a=lambda who, facts: answer)
    answer = "skipped"
    assert ticker.tick({"off": 0.0}, 0.0) is K
    answer = True
    assert ticker.tick({"off": 1.0}, 1.0) is S
    assert ticker.tick({"off": 1.0}, 2.0) is K
