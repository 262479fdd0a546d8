"""Trees written: what was read is what is written, in one form, in whole files."""

import dataclasses
from collections import Counter

import pytest
from hypothesis import given, settings

from astraweave.behavior import Model, Tree
from astraweave.behavior.groot.reader import read_tree
from astraweave.behavior.groot.xml_reader import read_xml
from astraweave.errors import TreeError, UsageError
from tests.behavior.groot_documents import documents, parsed

MAIN = 'main_tree_to_execute="M"'


def rewritten(body, more="", root=""):
    """The lines of a tree's node and of what follows the tree, as they are written."""
    text = f'<root {root}><BehaviorTree ID="M">{body}</BehaviorTree>{more}</root>'
    return parsed(text).to_xml()


def placeless(node):
    """A node without where it stood."""
    children = tuple(placeless(child) for child in node.children)
    return dataclasses.replace(node, where="", children=children)


def said(text, tag="root"):
    """All comments, texts, descriptions and unknown attributes inside some elements, in order."""
    found = []
    for top in read_xml(text.encode(), "x.xml").walk():
        for element in top.walk() if top.tag == tag else ():
            found += [note.markup for note in element.notes]
            found += [v for k, v in sorted(element.attributes.items()) if k.startswith("_")]
    return found


@settings(max_examples=80)
@given(text=documents())
def test_what_is_written_is_the_tree_that_was_read(text):
    tree = parsed(text)
    written = tree.to_xml()
    again = parsed(written)
    assert placeless(again.root) == placeless(tree.root)
    assert again.content_hash == tree.content_hash
    assert again.to_xml() == written
    assert said(written, "BehaviorTree") == said(text, "BehaviorTree")
    assert not Counter(said(text)) - Counter(said(written))


def test_comments_stand_where_they_stood():
    text = """<?xml version="1.0"?><!-- a -->
    <!-- b --><root><!-- c --><BehaviorTree ID="M"><!-- d -->
       <!-- e
         f --><Sequence> <!-- g --><Action ID="x"/> <!-- h --> <!-- i -->
       <!-- j --><Action ID="y"/></Sequence>
       <!-- k --></BehaviorTree><!-- l --></root><!-- m -->"""
    assert (
        parsed(text).to_xml()
        == """<?xml version="1.0" encoding="UTF-8"?>
<!-- a -->
<!-- b -->
<root BTCPP_format="4"
      main_tree_to_execute="M"> <!-- c -->
  <BehaviorTree ID="M"> <!-- d -->
    <!-- e
         f -->
    <Sequence> <!-- g -->
      <x/> <!-- h --> <!-- i -->
      <!-- j -->
      <y/>
    </Sequence>
    <!-- k -->
  </BehaviorTree> <!-- l -->

  <!-- Description of Node Models (used by Groot) -->
  <TreeNodesModel>
    <Action ID="x"/>
    <Action ID="y"/>
  </TreeNodesModel>

</root>
<!-- m -->
"""
    )


def test_attributes_have_one_order_whatever_order_they_came_in():
    body = """<Sequence _uid="7" _description="why" _weight="2" name="s"
    _skipIf="b"><Action zeta="1" alpha="2" name="n" ID="a"/></Sequence>"""
    model = """<TreeNodesModel><Action ID="a"><input_port default="0" name="alpha"/>
    <input_port type="int" name="zeta"/></Action></TreeNodesModel>"""
    written = rewritten(body, model, 'main_tree_to_execute="M" BTCPP_format="4"')
    assert (
        written.split("\n", 3)[3]
        == """  <BehaviorTree ID="M">
    <Sequence name="s"
              _weight="2"
              _skipIf="b"
              _uid="7"
              _description="why">
      <a name="n"
         alpha="2"
         zeta="1"/>
    </Sequence>
  </BehaviorTree>

  <TreeNodesModel>
    <Action ID="a">
      <input_port name="alpha"
                  default="0"/>
      <input_port name="zeta"
                  type="int"/>
    </Action>
  </TreeNodesModel>

</root>
"""
    )


def test_odd_characters_come_back():
    odd = "<&>\"'\n\t\r é漢🙂\u00a0\u2028"
    escaped = "&lt;&amp;>&quot;'&#10;&#9;&#13; é漢🙂\u00a0\u2028"
    written = rewritten(f'<Action ID="a" _description="{escaped}"/>')
    assert parsed(written).root.extra == (("_description", odd),)


def test_texts_and_instructions_are_kept_too():
    text = """<?style a?><root>text &lt;1<BehaviorTree ID="M">
      t <Sequence><![CDATA[<raw>]]><Action ID="a"/>u<?p q?></Sequence></BehaviorTree></root>"""
    written = parsed(text).to_xml()
    for kept in ("<?style a?>", "text &lt;1", "    t\n", "&lt;raw&gt;", "      u <?p q?>\n"):
        assert kept in written
    assert parsed(written).to_xml() == written


def test_a_line_break_in_a_script_stays_and_its_value_does_too():
    script = "a &gt; 1\n        || b &gt; 2 &amp;&amp;   c"
    written = rewritten(f'<Action ID="a" _skipIf="{script}"/>')
    assert "a &gt; 1\n        || b" in written
    before = read_tree(written.encode(), "x.xml")
    assert before.skip_if.text == "a > 1         || b > 2 &&   c"


def test_long_weights_are_broken_between_children():
    children = "".join(f'<Action ID="tactic_{i}"/>' for i in range(20))
    pairs = ";".join(f"tactic_{i}:{i + 1}" for i in range(20))
    written = rewritten(
        f'<WeightedFallback name="w" weights="{pairs}">{children}</WeightedFallback>'
    )
    assert max(map(len, written.splitlines())) <= 100
    again = parsed(written)
    assert again.weighted[0].weights == tuple(range(1, 21))
    assert again.to_xml() == written


def test_every_node_that_is_not_built_in_gets_a_model():
    text = """<root main_tree_to_execute="M"><BehaviorTree ID="M"><Sequence>
    <WeightedFallback name="w"><Action ID="a"/></WeightedFallback><Condition ID="c"/><b on="1"/>
    <SubTree ID="S" name="s1"/></Sequence></BehaviorTree>
    <BehaviorTree ID="S"><Action ID="d"/></BehaviorTree></root>"""
    leaves = {"b": Model("Action", ports=("on",))}
    written = parsed(text, declared=leaves).to_xml()
    models = written[written.index("<TreeNodesModel>") :]
    listed = [line.strip() for line in models.splitlines() if " ID=" in line]
    assert listed == [
        '<Control ID="WeightedFallback">',
        '<Action ID="a"/>',
        '<Condition ID="c"/>',
        '<Action ID="b">',
        '<Action ID="d"/>',
        '<SubTree ID="S"/>',
    ]
    assert all(f'name="{port}"' in models for port in ("weights", "policy", "temperature", "on"))
    assert parsed(written).to_xml() == written


def test_models_that_are_there_keep_all_they_say():
    more = """<TreeNodesModel><!-- mine --><Action ID="gone"/><Control ID="WeightedFallback">
    <input_port name="policy" default="sorted">how</input_port><MetadataFields>
    <Metadata author="m"/></MetadataFields></Control></TreeNodesModel>"""
    written = rewritten('<WeightedFallback name="w"><Action ID="a"/></WeightedFallback>', more)
    assert '<Action ID="gone"/>' in written
    assert 'default="sorted">how</input_port>' in written
    assert '<Metadata author="m"/>' in written
    assert written.index('name="temperature"') < written.index("<MetadataFields>")
    assert written.count('name="policy"') == 1
    assert "<!-- mine -->" in written


def test_a_tree_that_was_not_read_has_no_document():
    tree = Tree(
        parsed("<root><BehaviorTree ID='M'><Action ID='a'/></BehaviorTree></root>").root, ""
    )
    with pytest.raises(UsageError, match="no document"):
        tree.to_xml()


def test_more_comments_than_any_tree_has_are_refused():
    with pytest.raises(TreeError, match="more than 10,000 comments"):
        read_xml(b"<root>" + b"<!---->" * 10_001 + b"</root>", "x.xml")


def test_10000_nodes_are_read_beside_all_their_models():
    def text(count):
        models = "".join(f'<Action ID="a{i}"><input_port name="p"/></Action>' for i in range(100))
        nodes = "".join(f'<a{i % 100} p="1"/>' for i in range(count - 1))
        tree = f'<BehaviorTree ID="M"><Sequence>{nodes}</Sequence></BehaviorTree>'
        return f"<root>{tree}<TreeNodesModel>{models}</TreeNodesModel></root>".encode()

    assert len(read_tree(text(10_000), "x.xml").children) == 9_999
    with pytest.raises(TreeError, match="more than 10,000 nodes"):
        read_tree(text(10_001), "x.xml")
    with pytest.raises(TreeError, match="more than 10,000 elements that are no nodes"):
        read_xml(b"<root>" + b"<BehaviorTree/>" * 10_000 + b"</root>", "x.xml")


def test_a_tree_without_an_id_gets_the_one_it_is_known_by():
    for ident in ("", 'ID=""'):
        tree = parsed(f'<root><BehaviorTree {ident}><Action ID="a"/></BehaviorTree></root>')
        written = tree.to_xml()
        assert 'main_tree_to_execute="BehaviorTree_0"' in written
        assert '<BehaviorTree ID="BehaviorTree_0">' in written
        assert parsed(written).content_hash == tree.content_hash


def test_a_port_of_a_subtree_is_declared_when_every_use_gives_it():
    text = """<root main_tree_to_execute="M"><BehaviorTree ID="M"><Sequence>
    <SubTree ID="S" all="{x}" some="{y}" _uid="1"/><SubTree ID="S" all="3"/>
    <SubTree ID="S" _autoremap="true" more="1" all="{=}"/><SubTree ID="T" p="1"/></Sequence>
    </BehaviorTree><BehaviorTree ID="S"><Action ID="a"/></BehaviorTree>
    <BehaviorTree ID="T"><Action ID="a"/></BehaviorTree>
    <TreeNodesModel><SubTree ID="T"><output_port name="q" default="{q}"/></SubTree></TreeNodesModel>
    </root>"""
    tree = parsed(text)
    written = tree.to_xml()
    models = written[written.index("<TreeNodesModel>") :]
    assert (
        """    <SubTree ID="T">
      <output_port name="q"
                   default="{q}"/>
      <inout_port name="p"/>
    </SubTree>"""
        in models
    )
    assert (
        """    <SubTree ID="S">
      <inout_port name="all"/>
    </SubTree>"""
        in models
    )
    assert parsed(written).content_hash == tree.content_hash


def test_nodes_are_written_by_their_tag_where_that_is_one():
    body = """<Sequence><Control ID="Fallback"><Action ID="go"/></Control>
    <Action ID="a b"/><Action ID="é"/><Action ID="a.b"/><Action ID="3d"/><Action ID="include"/>
    <Decorator ID="Inverter" name="n"><Condition ID="seen"/></Decorator><SubTree ID="N"/>
    <Action ID="M"/></Sequence>"""
    written = rewritten(body, '<BehaviorTree ID="N"><AlwaysSuccess/></BehaviorTree>', MAIN)
    listed = [line.strip() for line in written.splitlines() if line.startswith("      ")]
    assert listed == [
        'main_tree_to_execute="M">',
        *("<Fallback>", "<go/>", "</Fallback>"),
        *('<Action ID="a b"/>', "<é/>", '<Action ID="a.b"/>', '<Action ID="3d"/>'),
        *('<Action ID="include"/>', '<Inverter name="n">', "<seen/>", "</Inverter>"),
        *('<SubTree ID="N"/>', '<Action ID="M"/>'),
    ]
    assert placeless(parsed(written).root) == placeless(
        parsed(written.replace("<go/>", '<Action ID="go"/>')).root
    )
