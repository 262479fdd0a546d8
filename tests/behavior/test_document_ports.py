"""Every node type with its ports and scripts, and what is refused of them."""

import re

import pytest

from astraweave.behavior import Model, nodes
from astraweave.behavior.groot.grammar import BUILT_IN, PortModel
from astraweave.behavior.groot.reader import read_tree
from astraweave.behavior.nodes import NOT_GIVEN, Key, PortType
from astraweave.behavior.scripts.parser import EMPTY, parse_script
from astraweave.errors import TreeError

A = '<Action ID="a"/>'


def read(body, more="", **given):
    text = f'<root main_tree_to_execute="M">\n<BehaviorTree ID="M">\n{body}\n</BehaviorTree>{more}'
    return read_tree(f"{text}</root>".encode(), "x.xml", **given)


def refusal(body, more="", **given):
    with pytest.raises(TreeError) as refused:
        read(body, more, **given)
    message = str(refused.value)
    assert "\n" not in message
    assert message.startswith("x.xml:")
    return message


def tree(ident, body):
    return f'<BehaviorTree ID="{ident}">{body}</BehaviorTree>'


def fields(node):
    """What a node has of its own."""
    shared = nodes.Node.__dataclass_fields__
    return {name: getattr(node, name) for name in node.__dataclass_fields__ if name not in shared}


X = Key("x")
SCRIPT = parse_script("x := 1")


@pytest.mark.parametrize(
    ("body", "made", "own"),
    [
        ("<Sequence>@</Sequence>", nodes.Sequence, {}),
        ("<AsyncSequence>@</AsyncSequence>", nodes.AsyncSequence, {}),
        ("<SequenceWithMemory>@</SequenceWithMemory>", nodes.SequenceWithMemory, {}),
        ("<ReactiveSequence>@</ReactiveSequence>", nodes.ReactiveSequence, {}),
        ("<Fallback>@</Fallback>", nodes.Fallback, {}),
        ("<AsyncFallback>@</AsyncFallback>", nodes.AsyncFallback, {}),
        ("<ReactiveFallback>@</ReactiveFallback>", nodes.ReactiveFallback, {}),
        ("<Parallel>@</Parallel>", nodes.Parallel, {"success_count": "-1", "failure_count": "1"}),
        ("<Parallel success_count='2' failure_count='{x}'>@</Parallel>", nodes.Parallel,
         {"success_count": "2", "failure_count": X}),
        ("<ParallelAll max_failures='2'>@</ParallelAll>", nodes.ParallelAll, {"max_failures": "2"}),
        ("<IfThenElse>@</IfThenElse>", nodes.IfThenElse, {}),
        ("<WhileDoElse>@</WhileDoElse>", nodes.WhileDoElse, {}),
        ("<Switch2 variable='{x}' case_1='a' case_2=''>@</Switch2>", nodes.Switch,
         {"variable": X, "cases": ("a", "")}),
        ("<Switch3 case_2='a'>@</Switch3>", nodes.Switch,
         {"variable": NOT_GIVEN, "cases": (NOT_GIVEN, "a", NOT_GIVEN)}),
        ("<TryCatch catch_on_halt='true'>@@</TryCatch>", nodes.TryCatch, {"catch_on_halt": "true"}),
        ("<Inverter>@</Inverter>", nodes.Inverter, {}),
        ("<ForceSuccess>@</ForceSuccess>", nodes.ForceSuccess, {}),
        ("<ForceFailure>@</ForceFailure>", nodes.ForceFailure, {}),
        ("<Repeat num_cycles='3'>@</Repeat>", nodes.Repeat, {"num_cycles": "3"}),
        ("<Repeat>@</Repeat>", nodes.Repeat, {"num_cycles": ""}),
        ("<RetryUntilSuccessful num_attempts='-1'>@</RetryUntilSuccessful>",
         nodes.RetryUntilSuccessful, {"num_attempts": "-1"}),
        ("<KeepRunningUntilFailure>@</KeepRunningUntilFailure>", nodes.KeepRunningUntilFailure, {}),
        ("<Delay delay_msec='5'>@</Delay>", nodes.Delay, {"delay_msec": "5"}),
        ("<Timeout msec='{=}'>@</Timeout>", nodes.Timeout, {"msec": Key("msec")}),
        ("<RunOnce then_skip='0'>@</RunOnce>", nodes.RunOnce, {"then_skip": "0"}),
        ("<RunOnce>@</RunOnce>", nodes.RunOnce, {"then_skip": "true"}),
        ("<Precondition if='x := 1' else='SKIPPED'>@</Precondition>", nodes.Precondition,
         {"if_": SCRIPT, "else_": "SKIPPED"}),
        ("<SkipUnlessUpdated entry='{x}'>@</SkipUnlessUpdated>", nodes.EntryUpdated,
         {"entry": X, "otherwise": "SKIPPED"}),
        ("<WaitValueUpdate entry='x'>@</WaitValueUpdate>", nodes.EntryUpdated,
         {"entry": X, "otherwise": "RUNNING"}),
        ("<LoopInt queue='1;2' value='{x}'>@</LoopInt>", nodes.Loop,
         {"kind": "int", "queue": "1;2", "value": X, "if_empty": "SUCCESS"}),
        ("<LoopBool queue='{x}' if_empty='FAILURE'>@</LoopBool>", nodes.Loop,
         {"kind": "bool", "queue": X, "value": "", "if_empty": "FAILURE"}),
        ("<LoopDouble queue='1.5'>@</LoopDouble>", nodes.Loop,
         {"kind": "double", "queue": "1.5", "value": "", "if_empty": "SUCCESS"}),
        ("<LoopString queue=''>@</LoopString>", nodes.Loop,
         {"kind": "string", "queue": "", "value": "", "if_empty": "SUCCESS"}),
        ("<AlwaysSuccess/>", nodes.AlwaysSuccess, {}),
        ("<AlwaysFailure/>", nodes.AlwaysFailure, {}),
        ("<Script code='x := 1'/>", nodes.RunScript, {"code": SCRIPT}),
        ("<Script code=''/>", nodes.RunScript, {"code": EMPTY}),
        ("<ScriptCondition code='x := 1'/>", nodes.ScriptCondition, {"code": SCRIPT}),
        ("<SetBlackboard value='' output_key='x'/>", nodes.SetBlackboard,
         {"value": "", "output_key": "x"}),
        ("<SetBlackboard/>", nodes.SetBlackboard, {"value": NOT_GIVEN, "output_key": ""}),
        ("<UnsetBlackboard key='{x}'/>", nodes.UnsetBlackboard, {"key": X}),
        ("<UnsetBlackboard/>", nodes.UnsetBlackboard, {"key": ""}),
        ("<WasEntryUpdated entry='{x}'/>", nodes.WasEntryUpdated, {"entry": X}),
        ("<Sleep msec='5'/>", nodes.Sleep, {"msec": "5"}),
        ("<WeightedFallback policy='softmax' temperature='0.5' weights='a:2'>@</WeightedFallback>",
         nodes.WeightedFallback,
         {"keys": ("a",), "weights": (2.0,), "policy": "softmax", "temperature": 0.5}),
    ],
)  # fmt: skip
def test_every_node_type_is_read_with_its_ports(body, made, own):
    node = read(body.replace("@", A))
    assert type(node) is made
    assert fields(node) == own
    assert node.where == "x.xml:3:1"
    tag = re.match(r"<(\w+)", body)[1]
    explicit = body.replace(f"<{tag}", f'<Control ID="{tag}"').replace(f"</{tag}>", "</Control>")
    assert fields(read(explicit.replace("@", A))) == own


def test_no_node_type_is_forgotten():
    built = {rule.make for rule in BUILT_IN.values()}
    classes = {getattr(nodes, name) for name in nodes.__all__ if name[0].isupper()}
    kinds = {one for one in classes if isinstance(one, type) and issubclass(one, nodes.Node)}
    assert kinds - built == {nodes.Node, nodes.Action, nodes.Condition, nodes.SubTree}


def test_scripts_before_and_after_a_node_are_its_hooks():
    names = ("_failureIf", "_successIf", "_skipIf", "_while", "_onHalted", "_onFailure",
             "_onSuccess", "_post")  # fmt: skip
    given = " ".join(f"{name}='x := {i}'" for i, name in enumerate(names))
    node = read(f"<Action ID='a' {given} _uid='7' a.b='1'/>")
    assert [script.text for script in node.hooks] == [f"x := {i}" for i in range(8)]
    assert node.extra == (("_uid", "7"), ("a.b", "1"))
    assert read("<SubTree ID='S' _skipIf='1'/>", tree("S", A)).hooks.skip_if.text == "1"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (f"<Repeat num_cycles='three'>{A}</Repeat>", "num_cycles: text is no int, got three"),
        (f"<Repeat num_cycles=''>{A}</Repeat>", "num_cycles: text is no int"),
        (f"<Repeat num_cycles=' {{n}}'>{A}</Repeat>", "num_cycles: text is no int"),
        (f"<Delay delay_msec='-1'>{A}</Delay>", "delay_msec: text is no unsigned, got -1"),
        (f"<RunOnce then_skip='yes'>{A}</RunOnce>", "write true or false"),
        (f"<LoopInt queue='1;x'>{A}</LoopInt>", "queue: text is no int, got x"),
        (f"<LoopInt queue='1' value='x'>{A}</LoopInt>", "value: text is no int"),
        (f"<LoopInt value='{{x}}'>{A}</LoopInt>", "must have the attribute queue"),
        (f"<SkipUnlessUpdated entry=''>{A}</SkipUnlessUpdated>", "must have the attribute entry"),
        (f"<Repeat num_cycle='3'>{A}</Repeat>", "got num_cycle; did you mean 'num_cycles'?"),
        (f"<Switch2 case_3='x'>{A}</Switch2>", "no such attribute, got case_3"),
        (f"<Inverter _onSucces='x' onSuccess='1'>{A}</Inverter>", "did you mean '_onSuccess'?"),
        ("<Script code='x :='/>", "Script: code: script: expected a number"),
        ("<Script code='{x}'/>", "must be written here, or in the port of a SubTree"),
        ("<ScriptCondition code=''/>", "code: script: expected a number"),
        (f"<Precondition if='a =='>{A}</Precondition>", "if: script: expected"),
        ("<Action ID='a' _post=''/>", "a: _post: script: expected"),
        (f"<Repeat num_cycles='{{@@n}}'>{A}</Repeat>", "more than one @, got @@n"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_port_is_said_with_its_name(body, words):
    assert words in refusal(body)


def two(first, second, more=""):
    return f"<Sequence>{first}{second}</Sequence>", more


REPEAT = f"<Repeat num_cycles='{{x}}'>{A}</Repeat>"
DELAY = f"<Delay delay_msec='{{x}}'>{A}</Delay>"
SWITCH = f"<Switch2 variable='{{x}}'>{A}</Switch2>"


@pytest.mark.parametrize(
    ("body", "more", "first", "second"),
    [
        (*two(REPEAT, DELAY), "int", "unsigned"),
        (*two(REPEAT, SWITCH), "int", "string"),
        (*two(f"<LoopDouble queue='1' value='{{x}}'>{A}</LoopDouble>", REPEAT), "double", "int"),
        (*two(REPEAT, "<SubTree ID='S' k='{x}'/>", tree("S", DELAY.replace("x", "k"))),
         "int", "unsigned"),
        (*two(REPEAT, "<SubTree ID='S' _autoremap='1'/>", tree("S", DELAY)), "int", "unsigned"),
        (*two(REPEAT, "<SubTree ID='S'/>", tree("S", DELAY.replace("x", "@x"))), "int", "unsigned"),
        ("<SubTree ID='S' x='3'/>", tree("S", DELAY), "int", "unsigned"),
    ],
)  # fmt: skip
def test_a_key_has_one_type(body, more, first, second):
    words = f"is {first} in a port before this one, {second} here; use another key"
    assert words in refusal(body, more)


@pytest.mark.parametrize(
    ("body", "more"),
    [
        two(SWITCH, REPEAT),  # text may be read as anything
        two("<SetBlackboard value='3' output_key='{x}'/>", REPEAT),
        two(REPEAT, "<SubTree ID='S'/>", tree("S", DELAY)),
        two(REPEAT, "<SubTree ID='S' _autoremap='1'/>", tree("S", DELAY.replace("x", "_x"))),
        ("<SubTree ID='S' x='3'/>", tree("S", REPEAT)),
        ("<SubTree ID='S' x='3x'/>", tree("S", DELAY)),
    ],
)
def test_keys_of_one_name_in_two_blackboards_are_two(body, more):
    assert read(body, more)


def test_ports_of_a_subtree_are_keys_constants_and_defaults():
    model = (
        "<TreeNodesModel><SubTree ID='S'><input_port name='d' default='7'/>"
        "<inout_port name='k' default='{z}'/><output_port name='b' default='9'/></SubTree>"
        "</TreeNodesModel>"
    )
    node = read("<SubTree ID='S' name='s' a='{x}' b='3' c='{=}' _autoremap='false'/>",
                tree("S", A) + model)  # fmt: skip
    assert fields(node) == {
        "id": "S",
        "remap": (("a", X), ("b", "3"), ("c", Key("c")), ("d", "7"), ("k", Key("z"))),
        "autoremap": False,
    }
    assert [child.path for child in node.children] == ["s/a"]
    assert fields(read("<SubTree ID='S' _autoremap='True'/>", tree("S", A) + model)) == {
        "id": "S",
        "remap": (),
        "autoremap": True,
    }


def test_the_constant_of_a_subtree_may_be_a_script():
    more = tree("S", "<SubTree ID='T' test='{t}'/>") + tree("T", "<ScriptCondition code='{test}'/>")
    node = read("<SubTree ID='S' t='hp &lt; 3'/>", more)
    assert node.children[0].children[0].code == parse_script("hp < 3")
    assert "must be written here" in refusal("<SubTree ID='S' t='{hp}'/>", more)


@pytest.mark.parametrize(
    ("body", "more", "words"),
    [
        ("<SubTree ID='N'/>", "", "M/N: no tree of this ID, got N"),
        ("<SubTree ID='M'/>", "", "in a cycle, got M → M"),
        ("<SubTree ID='S'/>", tree("S", "<SubTree ID='T'/>") + tree("T", "<SubTree ID='S'/>"),
         "in a cycle, got S → T → S"),
        ("<SubTree ID='a b'/>", "", "must not have ' ' in it"),
        ("<SubTree ID='Sequence'/>", "", "must not be called like a node"),
        ("<SubTree ID='S' name=''/>", tree("S", A), "a SubTree with an empty name"),
        ("<SubTree ID='S' _autoremap='maybe'/>", tree("S", A), "_autoremap: text is neither"),
        ("<SubTree ID='S' k='{@@x}'/>", tree("S", A), "k: a key must not have more than one @"),
        (f"<SubTree ID='S'>{A}</SubTree>", tree("S", A), "must have no child"),
        ("<SubTree ID='S'/>", tree("S", A) + "<TreeNodesModel><SubTree ID='S'>"
         "<input_port name='k'/></SubTree></TreeNodesModel>", "SubTree 'S' wants the port 'k'"),
        ("<SubTree ID='S'/>", tree("S", A) + "<TreeNodesModel><SubTree ID='S'>"
         "<input_port name='1k'/></SubTree></TreeNodesModel>", "must not begin with a digit"),
        ("<Sequence><SubTree ID='S' name='s'/><Inverter><SubTree ID='S' name='s'/></Inverter>"
         "</Sequence>", tree("S", A), "two SubTrees of one name, got s"),
        ("<Sequence><SubTree ID='P' name='p'/><SubTree ID='S' name='p/s'/></Sequence>",
         tree("P", "<SubTree ID='S' name='s'/>") + tree("S", A), "of one name, got p/s"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_subtree_is_said(body, more, words):
    assert words.removeprefix("M/") in refusal(body, more)


def test_ports_of_leaves_have_types_and_defaults():
    model = Model(
        "Action",
        (
            PortModel("amount", type="int", default="3"),
            PortModel("whom", direction="inout", type="std::string"),
            PortModel("done", direction="output", type="bool", default="{done}"),
            "note",
        ),
    )
    node = read("<heal whom='{x}' note='hi'/>", declared={"heal": model})
    assert node.ports == (("amount", "3"), ("note", "hi"), ("whom", X))
    assert node.declared == (
        PortType("amount", "int", "input"),
        PortType("whom", "string", "inout"),
        PortType("done", "bool", "output"),
        PortType("note", "any", "input"),
    )
    assert "amount: text is no int" in refusal("<heal amount='x'/>", declared={"heal": model})
    wrong = refusal("<heal amout='1'/>", declared={"heal": model})
    assert "did you mean 'amount'?, or declare it as an input_port" in wrong


def test_what_the_caller_declares_counts_before_the_document():
    model = (
        "<TreeNodesModel><Condition ID='heal'><input_port name='b'/></Condition>"
        "<Condition ID='hurt'/><Foo/><Action/></TreeNodesModel>"
    )
    given = {"heal": Model("Action", ("a",))}
    node = read("<Sequence><heal a='1'/><Action ID='hurt'/></Sequence>", model, declared=given)
    assert [type(child) for child in node.children] == [nodes.Action, nodes.Condition]
    assert "no such attribute, got b" in refusal("<heal b='1'/>", model, declared=given)


def test_enums_are_numbers_in_every_script():
    node = read("<ScriptCondition code='colour == RED'/>", enums=(("RED", 2),))
    assert node.code.reads == ("colour",)


def test_a_tree_that_is_not_run_needs_no_right_ports():
    assert read(A, tree("N", "<Script code='((('/>"))
    assert "unknown node" in refusal(A, tree("N", "<Nope/>"))
