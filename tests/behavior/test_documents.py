"""Trees from outside: what is read, and how what is refused is said."""

import pytest

from astraweave.behavior import Model, Tree, load_tree
from astraweave.behavior.groot.reader import read_tree
from astraweave.errors import TreeError


def doc(body, root='BTCPP_format="4"', more=""):
    return f'<root {root}>\n<BehaviorTree ID="M">\n{body}\n</BehaviorTree>{more}</root>'.encode()


def read(body, **given):
    return Tree(read_tree(doc(body, **given), "x.xml"), "x.xml")


def refusal(text):
    with pytest.raises(TreeError) as refused:
        Tree(read_tree(text, "x.xml"), "x.xml")
    message = str(refused.value)
    assert "\n" not in message
    assert len(message) < 1000
    return message


A = '<Action ID="a"/>'
MANY = "".join(f"<Action ID='a{i}'/>" for i in range(65))


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("<Sequense/>", "x.xml:3:1: Sequense: unknown node, got Sequense; did you mean 'Seq"),
        ("<heal/>", '<Action ID="heal"/>'),
        (f"<SequenceStar>{A}</SequenceStar>", "has SequenceWithMemory instead"),
        (f"<Sequence nmae='x'>{A}</Sequence>", "did you mean 'name'?"),
        (f"<Sequence name='a&#127;b'>{A}</Sequence>", "must not have '\\x7f' in it"),
        ("<Action ID='a' amount='3'/>", "declare it as an input_port"),
        ("<Sequence/>", "must have 1 to 10,000 children, got 0"),
        (f"<Inverter>{A}{A}</Inverter>", "exactly 1 child, got 2"),
        (f"<Action ID='a'>{A}</Action>", "no child"),
        ("<Action/>", "must have the attribute ID"),
        ("<ScriptCondition/>", "must have the attribute code"),
        ("<Script/>", "must have the attribute code"),
        (f"<TryCatch>{A}</TryCatch>", "must have 2 to 10,000 children, got 1"),
        (f"<Sequence ID='Sequence'>{A}</Sequence>", "<Sequence> must not have an ID"),
        ("<Control ID='Sequense'/>", "did you mean 'Sequence'?"),
        ("<Control ID='Inverter'/>", "exactly 1 child, got 0"),
        ("<M/>", 'write <SubTree ID="M"/>'),
        (f"<ReactiveSequence><AsyncSequence>{A}</AsyncSequence>"
         f"<AsyncSequence>{A}</AsyncSequence></ReactiveSequence>", "more than one AsyncSequence"),
        (f"<WeightedFallback weights='b:1'>{A}</WeightedFallback>", "weights must name a child"),
        (f"<WeightedFallback weights='a'>{A}</WeightedFallback>", "weights must name a child"),
        (f"<WeightedFallback weights='a:0'>{A}</WeightedFallback>", "above 0"),
        (f"<WeightedFallback weights='a:nan'>{A}</WeightedFallback>", "above 0"),
        (f"<WeightedFallback weights='a:inf'>{A}</WeightedFallback>", "above 0"),
        (f"<WeightedFallback weights='a:x'>{A}</WeightedFallback>", "got x"),
        (f"<WeightedFallback policy='sort'>{A}</WeightedFallback>", "did you mean 'sorted'?"),
        (f"<WeightedFallback weights='a:1;a:5'>{A}</WeightedFallback>", "a child twice"),
        (f"<WeightedFallback temperature='warm'>{A}</WeightedFallback>", "above 0 and finite"),
        *((f"<WeightedFallback policy='softmax' temperature='{t}'>{A}</WeightedFallback>",
           "above 0 and finite") for t in ("0", "-1", "nan", "inf", "x", "")),
        ("<WeightedFallback><Action ID='a' _skipIf='x := 1'/></WeightedFallback>", "not assign"),
        (f"<WeightedFallback>{A}{A}</WeightedFallback>", "two children of one name"),
        (f"<WeightedFallback>{MANY}</WeightedFallback>", "1 to 64 children, got 65"),
        (f"<Sequence name='{'n' * 201}'>{A}</Sequence>", "200 characters"),
        (f"<Sequence><WeightedFallback name='w'>{A}</WeightedFallback>"
         "<WeightedFallback name='w'><Action ID='b'/></WeightedFallback></Sequence>",
         "two WeightedFallbacks of one name"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_node_is_said_with_its_place(body, words):
    message = refusal(doc(body))
    assert words in message
    assert message.startswith("x.xml:")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"", "no element found"),
        (b"<root", "unclosed token"),
        (b"\xff\xfe\x00", "x.xml:"),
        (b'<?xml version="1.0" encoding="utf-99"?><root/>', "x.xml"),
        (b"<tree/>", "must start with <root>"),
        (b'<root BTCPP_format="4"/>', "add a <BehaviorTree>"),
        (b'<root><include path="/etc/passwd"/></root>', "copy the included trees"),
        (b"<root><BehaviorTre/></root>", "did you mean 'BehaviorTree'?"),
        (b'<root><BehaviorTree ID="M"/></root>', "exactly 1 child"),
        (doc(A, more=f"<BehaviorTree>{A}</BehaviorTree>"), "must have the attribute ID"),
        (doc(A, more=f'<BehaviorTree ID="a b">{A}</BehaviorTree>'), "must not have ' ' in it"),
        (doc(A, more=f'<BehaviorTree ID="root">{A}</BehaviorTree>'), "a reserved name"),
        (b"<root><TreeNodesModel/><TreeNodesModel/></root>", "merge the two"),
        (b"<root><TreeNodesModel><Acton ID='a'/></TreeNodesModel></root>", "'Action'"),
        (b"<root><TreeNodesModel><SubTree/></TreeNodesModel></root>", "attribute ID"),
        (
            b"<root><TreeNodesModel><Action ID='a'><inputport/></Action></TreeNodesModel></root>",
            "did you mean 'input_port'?",
        ),
        (
            b"<root><TreeNodesModel><Action ID='a'><input_port/></Action></TreeNodesModel></root>",
            "must have the attribute name",
        ),
        (b"<!DOCTYPE root [<!ENTITY a 'b'>]><root/>", "DOCTYPE is refused"),
        (b"<root>&a;</root>", "undefined entity"),
        (b"<root>" + b" " * (1 << 20) + b"</root>", "1 MiB"),
        (b"<a>" * 200, "64 levels"),
        (b"<root>" + b"<a/>" * 10_001 + b"</root>", "10,000 elements"),
        (doc(A, more=f'<BehaviorTree ID="N">{A}</BehaviorTree>'), "none is the main one"),
        (doc(A, root='main_tree_to_execute="N"'), "does not exist, got N"),
        (doc(A, more=f'<BehaviorTree ID="Inverter">{A}</BehaviorTree>'), "called like a node"),
    ],
)
def test_a_document_that_is_none_is_refused_in_one_line(text, words):
    assert words in refusal(text)


def test_no_name_from_outside_makes_a_long_message():
    long = "x" * 100_000
    models = "".join(f'<Action ID="a{i}"/>' for i in range(2000))
    refusal(doc("<Zzz/>", more=f"<TreeNodesModel>{models}</TreeNodesModel>"))
    refusal(doc(f"<{long}/>"))
    refusal(doc(f'<Sequence {long}="1">{A}</Sequence>'))
    refusal(doc(f"<SubTree ID='{long}'/>"))
    refusal(doc("<Zzz/>", more=f'<TreeNodesModel><Action ID="{long}"/></TreeNodesModel>'))
    refusal(doc(f'<WeightedFallback weights="{long}">{A}</WeightedFallback>'))
    refusal(doc(f'<Action ID="{long}"/>'))


def test_of_two_trees_of_one_id_the_last_is_read():
    more = '<BehaviorTree ID="M"><Action ID="b"/></BehaviorTree>'
    assert read(A, more=more).actions == ("b",)


@pytest.mark.parametrize("root", ['BTCPP_format="3"', "", 'BTCPP_format="x" foo="1"'])
def test_any_format_is_read_as_the_fourth(root):
    assert read(A, root=root).actions == ("a",)


def test_64_levels_are_read():
    body = "<Inverter>" * 63 + A + "</Inverter>" * 63
    assert read(body).actions == ("a",)
    assert "64 levels" in refusal(doc(f"<Inverter>{body}</Inverter>"))


def test_explicit_and_compact_forms_are_the_same_tree():
    model = '<TreeNodesModel><Action ID="a"/><Condition ID="c"/></TreeNodesModel>'
    compact = read("<Sequence name='s'><c/><a/></Sequence>", more=model)
    explicit = read(
        "<Control ID='Sequence' name='s'><Condition ID='c'/><Action ID='a'/></Control>", more=model
    )
    assert compact.content_hash == explicit.content_hash
    assert compact.conditions == ("c",)


def test_declared_ports_are_kept_and_underscores_tolerated():
    model = '<TreeNodesModel><Action ID="a"><input_port name="amount"/></Action></TreeNodesModel>'
    tree = read('<a amount="3" _uid="7" _description="x" _skipIf="f &gt; 1"/>', more=model)
    assert tree.root.ports == (("amount", "3"),)
    assert tree.root.extra == (("_description", "x"), ("_uid", "7"))
    assert tree.reads == ("f",)


def test_leaves_can_be_declared_by_the_caller(tmp_path):
    file = tmp_path / "tree.xml"
    file.write_bytes(doc('<heal amount="3"/>'))
    with pytest.raises(TreeError, match=r"unknown node, got heal"):
        load_tree(file)
    tree = load_tree(file, leaves={"heal": Model("Action", ("amount",))})
    assert tree.actions == ("heal",)
    assert tree.path == str(file)


def test_a_tree_is_taken_by_name_when_asked(tmp_path):
    file = tmp_path / "two.xml"
    file.write_bytes(doc(A, more='<BehaviorTree ID="N"><Action ID="b"/></BehaviorTree>'))
    assert load_tree(file, main="N").actions == ("b",)


def test_weights_are_by_name_and_one_where_none_is_given():
    tree = read(
        "<WeightedFallback name='w' policy='sorted' weights=' b : 0.25 ;'>"
        "<Action ID='a' _weight='3'/><Action ID='b'/><Action ID='c'/></WeightedFallback>"
    )
    (node,) = tree.weighted
    assert (node.name, node.children, node.policy) == ("w", ("a", "b", "c"), "sorted")
    assert node.weights == (3.0, 0.25, 1.0)


def test_tactics_of_one_name_under_two_nodes_carry_the_nodes_name():
    tree = read(
        "<Sequence><WeightedFallback name='w'><Action ID='a'/><Action ID='b'/></WeightedFallback>"
        "<WeightedFallback name='v'><Action ID='a'/></WeightedFallback></Sequence>"
    )
    assert tree.tactics == ("w/a", "b", "v/a")


def test_the_content_hash_is_of_what_decides_play():
    body = "<WeightedFallback name='w' weights='a:{}'><Action ID='a'/>{}</WeightedFallback>"
    same = {
        read(body.format("1", "")).content_hash,
        read(body.format("1.0", "<!-- a comment -->")).content_hash,
    }
    assert len(same) == 1
    assert len(next(iter(same))) == 16
    others = (body.format("2", ""), body.format("1", "<Action ID='b'/>"))
    assert not same & {read(other).content_hash for other in others}


def test_siblings_of_one_name_have_paths_of_their_own():
    tree = read(f"<Sequence name='s'>{A}{A}</Sequence>")
    assert [child.path for child in tree.root.children] == ["s/a", "s/a[2]"]


@pytest.mark.parametrize("name", ["nothing.xml", "no/folder.xml", "."])
def test_a_file_that_cannot_be_read_is_said(name):
    with pytest.raises(TreeError, match="cannot read the tree") as refused:
        load_tree(name)
    assert "companion.xml" in str(refused.value)


def test_a_large_file_is_not_even_read(tmp_path):
    file = tmp_path / "large.xml"
    file.write_bytes(b" " * ((1 << 20) + 1))
    with pytest.raises(TreeError, match="1 MiB"):
        load_tree(file)


def test_bind_and_program_say_which_script_reads_what():
    tree = read('<Action ID="a" _skipIf="health &lt; 1"/>')
    for check in (tree.bind, lambda facts: tree.program(facts, ("a",))):
        with pytest.raises(TreeError, match=r"x\.xml:3:1: a: .*health; did you mean 'helth'\?"):
            check(("helth",))
    tree.bind(("health",))
    with pytest.raises(TreeError, match=r"no such action, got a; did you mean 'aa'\?"):
        tree.program(("health",), ("aa",))


def test_the_batch_engine_refuses_python_conditions_and_bind_unbound_ones():
    tree = read('<Condition ID="hurt"/>')
    with pytest.raises(TreeError, match="ScriptCondition"):
        tree.program((), ())
    with pytest.raises(TreeError, match=r"tree\.condition\('hurt'\)"):
        tree.bind(())
    assert tree.unbound == ("hurt",)
    tree.condition("hurt")(lambda who, facts: True)
    tree.bind(())
    assert tree.unbound == ()


def test_callbacks_need_a_leaf_of_their_name():
    tree = read(A)
    with pytest.raises(TreeError, match=r"no Action of this name in the tree, got aa"):
        tree.action("aa")
    with pytest.raises(TreeError, match="no Condition"):

        @tree.condition
        def a(who, facts):
            return True
