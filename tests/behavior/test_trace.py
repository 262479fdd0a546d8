"""A trace of one ticker: what was said, read and chosen, bounded, and nothing for who has none."""

import msgspec
import pytest

from astraweave.behavior import Status, Tree
from astraweave.behavior import trace as module
from astraweave.behavior.groot.reader import read_tree
from astraweave.behavior.trace import Trace
from astraweave.errors import TreeError, UsageError

S, F, R, K = Status.SUCCESS, Status.FAILURE, Status.RUNNING, Status.SKIPPED
GUARDED = (
    '<ReactiveSequence name="root"><ScriptCondition name="near" code="foes &gt; 0"/>'
    '<WeightedFallback name="w"><Action ID="a"/><Action ID="b" _skipIf="x &lt; 3"/>'
    "</WeightedFallback></ReactiveSequence>"
)


def plant(body):
    text = f'<root BTCPP_format="4"><BehaviorTree ID="M">{body}</BehaviorTree></root>'
    return Tree(read_tree(text.encode(), "x.xml"), "x.xml")


def watched(body, **given):
    tree = plant(body)
    trace = Trace(tree, **given)
    return tree, trace, tree.ticker(seed=1, watcher=trace, listener=trace, hold_s=0.0)


def test_a_tick_is_told_as_a_person_would_read_it():
    tree, trace, ticker = watched(GUARDED)
    tree.action("a")(lambda who, facts: R)
    ticker.tick({"foes": 2, "x": 1.25}, 0.5)
    ticker.tick({"foes": 2, "x": 9.0}, 0.6)
    ticker.tick({"foes": 1, "x": 9.0}, 0.7)
    ticker.tick({"foes": 0, "x": 9.0}, 0.8)
    assert trace.text().splitlines() == [
        "tick 0 · 0.500 s · RUNNING",
        "RUNNING root  ReactiveSequence",
        "SUCCESS ├─ near  foes > 0 → yes (foes = 2)",
        "RUNNING └─ w  chose a: 100.0 % among 1; until 0.800 s: interrupted",
        "RUNNING    ├─ a",
        "SKIPPED    └─ b  skip if x < 3 → yes (x = 1.25)",
        "tick 1 · 0.600 s · RUNNING · as before · foes = 2",
        "tick 2 · 0.700 s · RUNNING · as before · foes = 1",
        "",
        "tick 3 · 0.800 s · FAILURE",
        "FAILURE root  ReactiveSequence",
        "FAILURE ├─ near  foes > 0 → no (foes = 0)",
        "·       └─ w  (halted)",
        "·          └─ a  (halted)",
    ]
    assert trace.text(last=1).startswith("tick 3 ")


def test_statuses_are_those_of_the_last_tick_and_can_be_drawn():
    tree, trace, ticker = watched(GUARDED)
    assert trace.statuses() == {}
    ticker.tick({"foes": 2, "x": 1.0}, 0.0)
    assert trace.statuses() == {
        "root": R,
        "root/near": S,
        "root/w": R,
        "root/w/a": R,
        "root/w/b": K,
    }
    assert "SKIPPED    └─ b" in tree.render(statuses=trace.statuses())
    assert tree.render("svg", statuses=trace.statuses()).count("<title>") == 6


def test_facts_are_plain_data():
    _, trace, ticker = watched(GUARDED)
    ticker.tick({"foes": 2, "x": 1.0}, 0.25)
    (told,) = msgspec.json.decode(msgspec.json.encode(trace.facts()))
    assert (told["tick"], told["now_s"], told["status"]) == (0, 0.25, "RUNNING")
    (choice,) = told["choices"]
    assert choice == {
        "node": "w",
        "tactic": "a",
        "propensity": 1.0,
        "available": ["a"],
        "since_s": 0.25,
        "ended_s": None,
        "result": None,
        "effectiveness": None,
    }
    (guard,) = [node for node in told["nodes"] if node["path"] == "root/w/b"]
    asked = {"attribute": "_skipIf", "script": "x < 3", "value": True, "read": {"x": 1.0}}
    assert guard == {"path": "root/w/b", "status": "SKIPPED", "asked": [asked]}


def test_a_script_shows_what_its_names_were_before_it_ran():
    _, trace, ticker = watched(
        '<Sequence name="s"><Script name="count" code="n := 1"/>'
        '<AlwaysSuccess name="more" _onSuccess="n = n + 1; m := \'so\'"/></Sequence>'
    )
    ticker.tick({}, 0.0)
    (asked,) = trace.ticks[0].steps["s/more"].asked
    assert asked.attribute == "_onSuccess"
    assert dict(asked.read)["n"] == 1
    assert "on success: n = n + 1; m := 'so' → 'so'" in trace.text()


def test_it_keeps_the_last_ticks():
    _, trace, ticker = watched(GUARDED, keep_ticks=3)
    for i in range(10):
        ticker.tick({"foes": 0, "x": 0.0}, float(i))
    assert [tick.number for tick in trace.ticks] == [7, 8, 9]
    trace.clear()
    assert trace.ticks == ()
    ticker.tick({"foes": 0, "x": 0.0}, 10.0)
    assert [tick.number for tick in trace.ticks] == [10]


def test_one_tick_keeps_no_more_steps_than_it_may(monkeypatch):
    monkeypatch.setattr(module, "MOST_STEPS", 3)
    _, trace, ticker = watched(GUARDED)
    ticker.tick({"foes": 2, "x": 1.0}, 0.0)
    (tick,) = trace.ticks
    assert list(tick.steps) == ["root/near", "root/w/b"]
    assert tick.left_out == 3
    assert tick.facts()["left_out"] == 3
    assert trace.text().endswith("… and 3 more steps")


def test_a_listener_behind_it_is_told_too():
    heard = []

    class Listener:
        def chose(self, *given):
            heard.append(("chose", *given))

        def ended(self, *given):
            heard.append(("ended", *given))

    tree, _, ticker = watched(GUARDED, listener=Listener())
    tree.action("a")(lambda who, facts: True)
    ticker.tick({"foes": 2, "x": 1.0}, 0.0)
    assert [name for name, *_ in heard] == ["chose", "ended"]
    assert heard[0][1:] == ("w", "a", 1.0, ("a",), 0.0)


def test_how_a_choice_ended_is_told_where_it_was_made():
    tree, trace, ticker = watched(GUARDED)
    answers = iter([R, S])
    tree.action("a")(lambda who, facts: next(answers))
    ticker.tick({"foes": 2, "x": 1.0}, 0.0)
    assert trace.ticks[0].choices[0].result is None
    assert "until" not in trace.text()
    ticker.tick({"foes": 2, "x": 1.0}, 0.5)
    (choice,) = trace.ticks[0].choices
    assert (choice.result, choice.ended_s) == ("success", 0.5)


def test_a_tick_that_broke_off_says_why():
    tree, trace, ticker = watched(GUARDED)

    @tree.action("a")
    def fail(who, facts):
        message = "lost the sword"
        raise ValueError(message)

    with pytest.raises(ValueError, match="sword"):
        ticker.tick({"foes": 2, "x": 1.0}, 0.0)
    with pytest.raises(TreeError, match="foes"):
        ticker.tick({"x": 1.0}, 1.0)
    tree.action("a")(lambda who, facts: True)
    ticker.tick({"foes": 2, "x": 1.0}, 2.0)
    assert [tick.number for tick in trace.ticks] == [0, 1, 2]
    assert trace.ticks[0].note == "ValueError: lost the sword"
    assert trace.ticks[0].statuses["root/near"] is S
    assert "TreeError" in trace.facts()[1]["note"]
    assert trace.ticks[2].note == ""
    assert trace.ticks[2].status is S


def test_a_halt_between_ticks_is_told_in_the_tick_before():
    _, trace, ticker = watched(GUARDED)
    ticker.tick({"foes": 2, "x": 1.0}, 0.0)
    ticker.halt(0.5)
    (tick,) = trace.ticks
    assert tick.steps["root/w/a"].halted
    assert [node["path"] for node in tick.facts()["nodes"] if "halted" in node] == [
        "root/w/a",
        "root/w",
        "root",
    ]
    ticker.tick({"foes": 0, "x": 1.0}, 1.0)
    assert [step.halted for step in trace.ticks[1].steps.values()] == [False, False]


def test_a_halt_before_the_first_tick_is_nothing():
    _, trace, ticker = watched(GUARDED)
    ticker.halt()
    assert trace.ticks == ()


def test_it_keeps_at_least_one_tick():
    with pytest.raises(UsageError, match="keep_ticks must be 1 or more, got 0"):
        Trace(plant(GUARDED), keep_ticks=0)


def test_a_trace_changes_nothing():
    heard = [[], []]
    for watcher, told in zip((True, False), heard, strict=True):

        class Listener:
            def chose(self, *given, told=told):
                told.append(given)

            def ended(self, *given, told=told):
                told.append(given)

        tree = plant(
            '<WeightedFallback name="w"><Action ID="a"/><Action ID="b"/></WeightedFallback>'
        )
        trace = Trace(tree, listener=Listener())
        ticker = (
            tree.ticker(seed=3, watcher=trace, listener=trace)
            if watcher
            else tree.ticker(seed=3, listener=Listener())
        )
        told += [ticker.tick({}, i / 10) for i in range(60)]
    assert heard[0] == heard[1]
