"""Which trees jump code runs, and how long their code is."""

import pytest

from astraweave.behavior import nodes
from astraweave.behavior.flat.jump_code import JumpCode
from astraweave.behavior.flat.jump_compile import compile_jump
from astraweave.behavior.flat.jump_shape import jumpable
from astraweave.behavior.groot.reader import read_tree

A = '<Action ID="a"/>'
S = '<ScriptCondition code="f"/>'
SKIPPED = '<Action ID="a" _skipIf="f"/>'


def root_of(body, more=""):
    text = f'<root BTCPP_format="4" main_tree_to_execute="M"><BehaviorTree ID="M">{body}'
    return read_tree(f"{text}</BehaviorTree>{more}</root>".encode(), "x.xml")


@pytest.mark.parametrize(
    "body",
    [
        f"<Sequence>{A}{S}</Sequence>",
        f"<ReactiveFallback>{S}{A}</ReactiveFallback>",
        f"<IfThenElse>{A}{A}</IfThenElse>",
        f"<WhileDoElse>{S}{A}{A}</WhileDoElse>",
        f"<ForceFailure><ForceSuccess><Inverter>{A}</Inverter></ForceSuccess></ForceFailure>",
        f'<WeightedFallback policy="softmax" temperature="0.5">{A}</WeightedFallback>',
        "<Fallback><AlwaysFailure/><AlwaysSuccess/></Fallback>",
        f'<IfThenElse>{S}<Action ID="a" _skipIf="f"/></IfThenElse>',
    ],
)
def test_trees_in_which_one_leaf_runs_are_jumpable(body):
    assert jumpable(root_of(body)) is None
    assert isinstance(compile_jump(root_of(body), ("f",), ("a",)), JumpCode)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (f"<Parallel>{A}{A}</Parallel>", "Parallel needs memory of its own"),
        (f'<Repeat num_cycles="2">{A}</Repeat>', "Repeat needs memory"),
        (f"<SequenceWithMemory>{A}</SequenceWithMemory>", "SequenceWithMemory needs memory"),
        (f"<Sequence>{S}<RunOnce>{A}</RunOnce></Sequence>", "RunOnce needs memory"),
        ('<Condition ID="c"/>', "Condition needs memory of its own"),
        ('<Action ID="a" _while="f"/>', "only _skipIf"),
        ('<Action ID="a" _onSuccess="f := 1"/>', "only _skipIf"),
        ('<Sequence><Script code="g := 1"/></Sequence>', "Script needs memory"),
        ("<ScriptCondition code=\"f == 'x'\"/>", "does more than compute"),
        ('<Sequence _skipIf="f &amp; 1"><AlwaysSuccess/></Sequence>', "does more than compute"),
        (f'<IfThenElse><Action ID="a" _skipIf="f"/>{A}</IfThenElse>', "may be skipped"),
        (f"<WhileDoElse>{A}{A}</WhileDoElse>", "an Action in the condition"),
        (f"<WhileDoElse>{S}{SKIPPED}</WhileDoElse>", "skipped when a leaf of it has run"),
        (f"<IfThenElse>{A}{A}{SKIPPED}</IfThenElse>", "skipped when a leaf of it has run"),
    ],
)
def test_other_trees_say_where_and_why_not(body, why):
    found = jumpable(root_of(body))
    assert found is not None
    assert found.startswith("x.xml:1:")
    assert why in found
    assert compile_jump(root_of(body), ("f",), ("a",)) == found


def test_a_script_that_reads_an_entry_of_the_blackboard_is_not_jumpable():
    sub = '<BehaviorTree ID="T"><ScriptCondition code="g"/></BehaviorTree>'
    constant = root_of('<SubTree ID="T" g="1"/>', sub)
    assert "'g' is an entry of the blackboard" in jumpable(constant)
    sub = sub.replace('code="g"', 'code="g == 1"')
    remapped = root_of('<SubTree ID="T" g="{f}"/>', sub)
    assert jumpable(remapped) is None
    code = compile_jump(remapped, ("e", "f"), ())
    assert isinstance(code, JumpCode)


@pytest.mark.parametrize("code", ["g", "-g", "g * 2", "-1", "g ? f : 1.0"])
def test_what_the_blackboard_would_refuse_below_0_is_left_to_the_machine(code):
    sub = f'<BehaviorTree ID="T"><ScriptCondition code="{code}"/></BehaviorTree>'
    assert "may be a negative number" in jumpable(root_of('<SubTree ID="T" g="{f}"/>', sub))


@pytest.mark.parametrize("code", ["g &gt; 0", "!g", "g || g", "1", "true", "g ? g == 1 : 0.0"])
def test_what_is_only_true_or_false_may_be_asked_of_a_fact_under_another_name(code):
    sub = f'<BehaviorTree ID="T"><ScriptCondition code="{code}"/></BehaviorTree>'
    assert jumpable(root_of('<SubTree ID="T" g="{f}"/>', sub)) is None


def test_code_is_as_long_as_the_tree_however_deep():
    body = A
    for i in range(60):
        kind = ("Sequence", "ReactiveFallback", "Fallback", "ReactiveSequence")[i % 4]
        body = f"<{kind}>{S}{body}{A}</{kind}>"
    root = root_of(body)
    code = compile_jump(root, ("f",), ("a",))
    assert len(code.code) // 8 <= 3 * len(list(nodes.walk(root)))


def test_choices_that_may_be_skipped_in_all_combinations_are_left_to_the_machine():
    body = '<Action ID="a" name="@" _skipIf="f"/>'
    for _ in range(25):
        guard = '<Action ID="a" name="@" _skipIf="f"/>'
        choice = f'<WeightedFallback name="@">{guard}{body}</WeightedFallback>'
        body = f'<Sequence name="@">{guard}{choice}{guard}</Sequence>'
    first, *rest = body.split("@")
    root = root_of(first + "".join(f"n{i}{part}" for i, part in enumerate(rest)))
    assert jumpable(root) is None
    found = compile_jump(root, ("f",), ("a",))
    assert isinstance(found, str)
    assert "nest too deeply" in found
