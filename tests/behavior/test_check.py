"""Remarks on trees that load: each says something a designer wants to know, and no other."""

import json
from pathlib import Path

import pytest

from astraweave.behavior import Model, Tree
from astraweave.behavior.check import check_tree, engine_of, facts_of, levels_of
from astraweave.behavior.check.outcomes import outcomes
from astraweave.behavior.groot.reader import build_tree, read_document, read_tree

DATA = Path(__file__).resolve().parents[1] / "data" / "conformance" / "behavior_tree_cases.json"
CASES = json.loads(DATA.read_text("utf-8"))["cases"]
LEAF, IS_TRUE = Model("Action", ("script",)), Model("Condition", ("value",))
A, B = '<Action ID="a"/>', '<Action ID="b"/>'
MODELS = """<TreeNodesModel><Control ID="WeightedFallback"/><Action ID="a"/><Action ID="b"/>
<Condition ID="c"/></TreeNodesModel>"""


def parsed(body, more=""):
    text = (
        f'<root main_tree_to_execute="M">\n<BehaviorTree ID="M">\n{body}\n</BehaviorTree>'
        f"{more}{MODELS if '<TreeNodesModel' not in more else ''}</root>"
    )
    document = read_document(text.encode(), "x.xml")
    return Tree(build_tree(document), "x.xml", document, document.main(None))


def codes(body, more="", facts=None):
    return [remark.code for remark in check_tree(parsed(body, more), facts)]


def the(body, more="", facts=None):
    (remark,) = check_tree(parsed(body, more), facts)
    assert "\n" not in str(remark)
    return str(remark)


def choice(children, more=""):
    return f'<WeightedFallback name="w" {more}>{children}</WeightedFallback>'


def test_a_tree_in_order_gets_no_remark():
    body = choice(f'{A}<Action ID="b" _skipIf="hp &lt; 3"/>', 'weights="a:1;b:2"')
    assert (
        codes(f"<Sequence>{body}<Condition ID='c'/><Delay delay_msec='20'>{A}</Delay></Sequence>")
        == []
    )


def test_a_choice_of_guarded_children_only_may_be_empty():
    guarded = choice('<Action ID="a" _skipIf="x"/><Action ID="b" _while="y"/>', 'weights="a:1;b:1"')
    assert the(guarded).startswith("x.xml:3:1: warning: w: every child has a _skipIf or a _while")
    assert codes(f"<Sequence>{guarded}{A}</Sequence>") == ["empty-choice"]
    assert codes(f"<Fallback>{A}{guarded}</Fallback>") == ["empty-choice"]
    # Something else is tried then.
    assert codes(f"<Fallback>{guarded}{A}</Fallback>") == []
    assert codes(f"<ReactiveFallback><Sequence>{guarded}</Sequence>{A}</ReactiveFallback>") == []


def test_weights_that_are_missing_old_or_as_good_as_nothing_are_named():
    assert "no weight for b: 1 is taken" in the(choice(A + B, 'weights="a:2"'))
    assert "no weight for a, b: 1" in the(choice(A + B))
    old = choice('<Action ID="a" _weight="2"/>' + B, 'weights="b:1"')
    assert "_weight is the old form of a weight of 'w'; write it there" in the(old)
    assert "_weight means nothing here" in the('<Action ID="a" _weight="2"/>')
    tiny = choice(A + B, 'weights="a:0.5;b:1000"')
    assert "w/a: is hardly ever chosen: its weight is 0.5 of 1000.5" in the(tiny)
    assert codes(choice(A + B, 'weights="a:0.5;b:1000" policy="sorted"')) == []
    many = "".join(f'<Action ID="a" name="a{i}"/>' for i in range(9))
    assert "no weight for a0, a1, a2, a3 and 5 more" in the(choice(many))


@pytest.mark.parametrize(
    ("body", "child"),
    [
        (f"<Fallback><AlwaysSuccess/>{A}</Fallback>", "Fallback/a"),
        (f"<ReactiveFallback><ForceSuccess><c/></ForceSuccess>{A}</ReactiveFallback>", None),
        (f"<Fallback><Script code='x := 1'/>{A}</Fallback>", "Fallback/a"),
        (f"<Fallback><Script code='x := 1' _skipIf='y'/>{A}</Fallback>", None),
        (f"<Fallback><Script code='x := 1' _failureIf='y'/>{A}</Fallback>", None),
        (f"<Sequence><AlwaysFailure/>{A}</Sequence>", "Sequence/a"),
        (f"<Sequence><AlwaysFailure _successIf='y'/>{A}</Sequence>", None),
        (f"<Sequence><Inverter><AlwaysSuccess/></Inverter>{A}</Sequence>", "Sequence/a"),
        (f"<AsyncSequence><AlwaysSuccess/>{A}</AsyncSequence>", None),
        (f"<Fallback><Sequence><c/><AlwaysSuccess/></Sequence>{A}</Fallback>", None),
        (f"<Fallback><Sequence><Sleep msec='5'/></Sequence>{A}</Fallback>", "Fallback/a"),
        (f"<Fallback><Delay delay_msec='5'><AlwaysSuccess/></Delay>{A}</Fallback>", "Fallback/a"),
        (f"<Fallback><Timeout msec='5'><Sleep msec='9'/></Timeout>{A}</Fallback>", None),
        (
            f"<Sequence><KeepRunningUntilFailure><AlwaysSuccess/></KeepRunningUntilFailure>{A}"
            "</Sequence>",
            "Sequence/a",
        ),
        (f"<IfThenElse><AlwaysSuccess/>{A}{B}</IfThenElse>", "IfThenElse/b"),
        (f"<WhileDoElse><AlwaysFailure/>{A}{B}</WhileDoElse>", "WhileDoElse/a"),
        (f"<IfThenElse><c/>{A}{B}</IfThenElse>", None),
        (
            "<Fallback><WeightedFallback weights='AlwaysSuccess:1'><AlwaysSuccess/>"
            f"</WeightedFallback>{A}</Fallback>",
            None,
        ),
    ],
)
def test_a_child_behind_what_always_decides_is_never_reached(body, child):
    if child is None:
        assert "unreachable" not in codes(body)
    else:
        assert f"warning: {child}: is never reached" in the(body)


def test_only_the_first_of_those_that_are_never_reached_is_named():
    said = the(f"<Fallback><AlwaysSuccess name='yes'/>{A}{B}<AlwaysFailure/></Fallback>")
    assert "Fallback/a: is never reached, nor are 2 behind it: 'yes' before it decides" in said


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_whatever_behaviortree_cpp_said_is_among_what_can_be_said(case):
    tree = read_tree(case["xml"].encode(), "x.xml", {"Leaf": LEAF, "IsTrue": IS_TRUE}, "Main")
    never = []
    possible = outcomes(tree, never.append)
    assert {tick["root"] for tick in case["expect"]} - {"I", "!"} <= possible
    ticked = {event.split(":")[0] for tick in case["expect"] for event in tick["events"]}
    assert not ticked & {remark.path.rpartition("/")[2] for remark in never}


def test_what_no_editor_knows_is_named_once():
    more = "<TreeNodesModel/>"
    said = the(f"<Sequence>{A}{A}</Sequence>", more)
    assert "x.xml:3:11: warning: a: 'a' is not declared in TreeNodesModel" in said
    assert 'add <Action ID="a"/>' in said
    assert 'add <Control ID="WeightedFallback"/>' in the(
        choice(A, 'weights="a:1"'), '<TreeNodesModel><Action ID="a"/></TreeNodesModel>'
    )
    assert codes('<Action ID="a b"/>', more) == ["no-model", "odd-name"]


def test_names_nobody_can_see_are_named():
    assert "cannot be seen" in the("<Action ID='a' name='x&#10;y'/>")


def test_an_attribute_that_is_nearly_one_is_named_and_any_other_is_not():
    assert "_skipif means nothing; did you mean '_skipIf'?" in the("<Action ID='a' _skipif='x'/>")
    assert codes("<Action ID='a' _uid='7' _fullpath='x' _description='d'/>") == []


def test_trees_that_nobody_uses_are_named():
    more = f"<BehaviorTree ID='S'>{A}</BehaviorTree>"
    more += "<BehaviorTree ID='T'><SubTree ID='S'/></BehaviorTree>"
    assert codes(A, more) == ["unused-tree", "unused-tree"]
    assert codes("<SubTree ID='T'/>", more) == []
    assert "the tree 'T' is not used by 'M'" in the("<SubTree ID='S'/>", more)


def test_what_is_read_other_than_it_looks_is_named():
    more = f"<BehaviorTree ID='S'>{A}</BehaviorTree><BehaviorTree ID='S'>{B}</BehaviorTree>"
    remark = the("<SubTree ID='S'/>", more)
    assert "warning: this tree is not read: a later one has its ID 'S' too" in remark
    text = f'<root BTCPP_format="3"><BehaviorTree ID="M">{A}</BehaviorTree>{MODELS}</root>'
    document = read_document(text.encode(), "x.xml")
    tree = Tree(build_tree(document), "x.xml", document, "M")
    assert [str(remark) for remark in check_tree(tree)] == [
        "x.xml:1:1: warning: BTCPP_format 3 is read as if it were 4; "
        "open it in Groot2 and save it again [other-format]"
    ]


def test_facts_that_are_not_declared_are_named_once_each():
    body = "".join(f"<Action ID='{i}' _skipIf='hp &lt; 3'/>" for i in "ab")
    body = f"<Sequence>{body}</Sequence>"
    assert codes(body) == []
    assert codes(body, facts=("hp",)) == []
    said = the(body, facts=("hpp", "mp"))
    assert "reads 'hp' (and in 1 more places), which no fact is called" in said
    assert "did you mean 'hpp'?" in said


def test_what_scripts_write_and_ports_hand_down_is_no_fact():
    more = (
        "<BehaviorTree ID='S'><ScriptCondition code='low &lt; high &amp;&amp; far'/></BehaviorTree>"
    )
    body = "<Sequence><Script code='far := 1'/><SubTree ID='S' low='{hp}' high='3'/></Sequence>"
    tree = parsed(body, more)
    assert facts_of(tree.root) == ("hp", "far")
    auto = parsed(body.replace("high=", "_autoremap='true' high="), more)
    assert facts_of(auto.root) == ("hp",)
    assert facts_of(parsed("<Repeat num_cycles='{n}'><AlwaysSuccess/></Repeat>").root) == ("n",)


def test_deep_large_and_slow_trees_are_named():
    deep = "<Inverter>" * 33 + A + "</Inverter>" * 33
    assert "stands on level 34" in the(deep)
    assert levels_of(parsed(deep).root) == 34
    assert "the tree has 5,002 nodes" in the(f"<Sequence>{A * 5001}</Sequence>")
    slow = f"<Timeout msec='7200000'>{A}</Timeout>"
    assert "msec is 2 hours of simulated time; it counts milliseconds" in the(slow)


def test_remarks_stand_in_the_order_of_the_file():
    body = f"<Fallback><AlwaysSuccess/>{A}</Fallback>\n{choice(A)}\n<Sleep msec='9999999'/>"
    body = f"<Sequence>\n{body}</Sequence>"
    assert codes(body) == ["unreachable", "no-weight", "long-time"]


def test_the_fastest_engine_that_can_run_a_tree_is_named_and_why_no_faster_one():
    assert str(engine_of(parsed(A))) == "runs in batches, by jump code"
    engine = engine_of(parsed("<Condition ID='c'/>"))
    assert engine.name == "scalar"
    assert str(engine) == "runs one agent at a time: c is a Condition, which calls Python"
    slower = engine_of(parsed(f"<Parallel>{A}{B}</Parallel>"))
    assert slower.name in ("flat", "scalar")
    assert slower.why == "x.xml:3:1: Parallel: Parallel needs memory of its own"


def test_a_tree_that_is_used_twice_is_remarked_on_once():
    more = f"<BehaviorTree ID='S'><Fallback><AlwaysSuccess/>{A}</Fallback></BehaviorTree>"
    assert codes("<Sequence><SubTree ID='S'/><SubTree ID='S'/></Sequence>", more) == ["unreachable"]
