"""Frozen trees: plain, in learned order, with all that was said in them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from astraweave.behavior import Tree, load_tree, nodes
from astraweave.behavior.groot.freeze import freeze
from astraweave.errors import UsageError, WeightsError
from tests.behavior.groot_documents import documents, parsed


def frozen(body, weights=None, more="", **given):
    text = f'<root main_tree_to_execute="M"><BehaviorTree ID="M">{body}</BehaviorTree>{more}</root>'
    return freeze(parsed(text), weights or {}, **given)


def titles(xml):
    """Names of all nodes of the main tree, in order."""
    return [node.name for node in nodes.walk(parsed(xml).root)]


CHOICE = """<WeightedFallback name="w" weights="a:1;b:2;c:2" policy="sorted" _description="which">
  <!-- on a --><Action ID="a" _skipIf="hp &lt; 3"/> <!-- beside a -->
  <!-- on b --><Action ID="go" name="b"/><!-- beside b -->
  <!-- on c --><Sequence name="c"><Condition ID="near"/><Action ID="hit"/></Sequence>
  <!-- at the end --></WeightedFallback>"""


def test_children_stand_in_the_order_of_designers_times_learned_weights():
    assert titles(frozen(CHOICE).xml) == ["w", "b", "c", "near", "hit", "a"]
    assert titles(frozen(CHOICE, {"a": 4}).xml) == ["w", "a", "b", "c", "near", "hit"]
    assert titles(frozen(CHOICE, {"c": 1.01}).xml) == ["w", "c", "near", "hit", "b", "a"]
    assert frozen(CHOICE, {"a": 4}).orders == (("w", ("a", "b", "c"), (4.0, 2.0, 2.0)),)


def test_a_choice_is_a_fallback_and_what_was_said_goes_with_the_child_it_was_said_of():
    text = frozen(CHOICE).xml
    assert (
        text[text.index("  <BehaviorTree") : text.index("  <TreeNodesModel")]
        == """\
  <BehaviorTree ID="M">
    <Fallback name="w"
              _description="which">
      <!-- on b -->
      <go name="b"/> <!-- beside b -->
      <!-- on c -->
      <Sequence name="c">
        <near/>
        <hit/>
      </Sequence>
      <!-- on a -->
      <a _skipIf="hp &lt; 3"/> <!-- beside a -->
      <!-- at the end -->
    </Fallback>
  </BehaviorTree>

  <!-- Description of Node Models (used by Groot) -->
"""
    )
    assert "WeightedFallback" not in text


def test_the_top_says_where_it_came_from():
    tree = parsed(f'<root><BehaviorTree ID="M">{CHOICE}</BehaviorTree></root>')
    head = freeze(tree, {"a": 2.5}, 7).xml.split("<root")[0]
    assert f"x.xml (tree {tree.content_hash})" in head
    assert "learned weights version 7 (" in head
    assert "w: a 2.5, b 2, c 2" in head
    assert "root blackboard: hp." in head
    assert "the designer's weights" in freeze(tree, {}).xml
    assert "the designer's weights" in freeze(tree, {"a": 1.0}, 0).xml
    assert freeze(tree, {"a": 2.5}, 7).xml == freeze(tree, {"b": 1, "a": 2.5}, 7).xml


def test_a_name_cannot_end_the_comment():
    body = '<WeightedFallback name="a-->b---"><Action ID="x" name="--&gt;"/></WeightedFallback>'
    assert titles(frozen(body).xml) == ["a-->b---", "-->"]


def test_unlearned_tactics_of_two_nodes_are_told_apart():
    other = CHOICE.replace('name="w"', 'name="v"')
    body = f"<Sequence>{CHOICE}{other}</Sequence>"
    orders = frozen(body, {"v/a": 4}).orders
    assert [order.children for order in orders] == [("b", "c", "a"), ("a", "b", "c")]


def test_a_choice_inside_a_choice_and_one_in_a_tree_nobody_uses_are_frozen_too():
    inner = '<WeightedFallback name="v" weights="x:1;y:3"><a name="x"/><a name="y"/>'
    inner += "</WeightedFallback>"
    body = f'<WeightedFallback name="w" weights="z:1;v:2"><a name="z"/>{inner}</WeightedFallback>'
    other = inner.replace("y:3", "z:7").replace('<a name="y"', '<a _weight="9" name="z"')
    models = '<TreeNodesModel><Action ID="a"/><Control ID="WeightedFallback"/></TreeNodesModel>'
    made = frozen(body, {"z": 3}, f'<BehaviorTree ID="N">{other}</BehaviorTree>{models}')
    assert titles(made.xml) == ["w", "z", "v", "y", "x"]
    assert [order.children for order in made.orders] == [("z", "v"), ("y", "x"), ("z", "x")]
    assert "Weighted" not in made.xml
    assert "_weight" not in made.xml


def test_a_leaf_whose_id_is_no_tag_stays_in_explicit_form():
    xml = frozen('<Sequence><Action ID="a b"/><Action ID="é"/><Action ID="a&lt;"/></Sequence>').xml
    assert '<Action ID="a b"/>' in xml
    assert "<é/>" in xml
    assert titles(xml) == ["Sequence", "a b", "é", "a<"]


def test_weights_of_no_tactic_and_no_weights_are_refused():
    for weights, words in (({"z": 1.0}, "no such tactic"), ({"a": 0.0}, "no weight for 'a'")):
        with pytest.raises(WeightsError, match=words):
            frozen(CHOICE, weights)
    with pytest.raises(WeightsError, match="no weight"):
        frozen(CHOICE, {"a": float("nan")})


def test_a_tree_that_was_not_read_cannot_be_frozen():
    tree = Tree(parsed(f'<root><BehaviorTree ID="M">{CHOICE}</BehaviorTree></root>').root, "x")
    with pytest.raises(UsageError, match="no document"):
        freeze(tree, {})


@settings(max_examples=40)
@given(text=documents(), data=st.data())
def test_only_choices_and_their_order_change(text, data):
    tree = parsed(text)
    factors = st.sampled_from([0.25, 1.0, 1.0, 4.0])
    weights = {name: data.draw(factors) for name in tree.tactics}
    again = parsed(freeze(tree, weights).xml)
    assert not again.weighted
    before, after = ([*nodes.walk(t.root)] for t in (tree, again))
    assert sorted(node.name for node in before) == sorted(node.name for node in after)
    scripts = [sorted(repr(node.hooks) for node in listed) for listed in (before, after)]
    assert scripts[0] == scripts[1]
    assert set(again.reads) == set(tree.reads)


def test_included_trees_are_in_it(tmp_path):
    (tmp_path / "s.xml").write_text(
        f'<root><BehaviorTree ID="S">{CHOICE}</BehaviorTree></root>', "utf-8"
    )
    (tmp_path / "m.xml").write_text(
        '<root main_tree_to_execute="M"><include path="s.xml"/>'
        '<BehaviorTree ID="M"><SubTree ID="S"/></BehaviorTree></root>',
        "utf-8",
    )
    xml = freeze(load_tree(tmp_path / "m.xml"), {}).xml
    assert titles(xml) == ["S", "w", "b", "c", "near", "hit", "a"]
    assert '<SubTree ID="S"' in xml
    assert "include" not in xml


def wired(trees):
    """The frozen form of trees M, S, T…, and the ports of each SubTree in it."""
    text = "".join(
        f'<BehaviorTree ID="{name}">{body}</BehaviorTree>' for name, body in trees.items()
    )
    made = freeze(parsed(f'<root main_tree_to_execute="M">{text}</root>'), {})
    subtrees = [n for n in nodes.walk(parsed(made.xml).root) if isinstance(n, nodes.SubTree)]
    return made, [dict(node.remap) for node in subtrees]


READS = '<ScriptCondition code="hp &lt; 3"/>'


def test_facts_that_subtrees_read_are_handed_down_to_them():
    made, ports = wired({"M": '<SubTree ID="S"/>', "S": '<SubTree ID="T"/>', "T": READS})
    assert ports == [{"hp": nodes.Key("hp")}] * 2
    assert made.warnings == ()


def test_what_a_subtree_is_handed_already_stays_as_it_is():
    _, ports = wired({"M": '<SubTree ID="S" hp="{life}"/>', "S": READS})
    assert ports == [{"hp": nodes.Key("life")}]
    _, ports = wired({"M": '<SubTree ID="S" hp="7"/>', "S": READS})
    assert ports == [{"hp": "7"}]
    _, ports = wired({"M": '<SubTree ID="S" _autoremap="true"/>', "S": READS})
    assert ports == [{}]
    _, ports = wired({"M": '<SubTree ID="S"/>', "S": READS.replace("hp", "@hp")})
    assert ports == [{}]
    _, ports = wired(
        {"M": '<SubTree ID="S"/>', "S": f'<Sequence><Script code="hp := 1"/>{READS}</Sequence>'}
    )
    assert ports == [{}]


def test_a_fact_whose_name_is_taken_on_the_way_is_a_warning():
    above = '<Sequence><Script code="hp := 1"/><SubTree ID="S"/></Sequence>'
    made, ports = wired({"M": '<SubTree ID="A" name="above"/>', "A": above, "S": READS})
    assert ports == [{}, {}]
    (warning,) = made.warnings
    assert warning.startswith("x.xml:1:")
    assert "hp is a fact here, but an entry around above/Sequence/S" in warning
