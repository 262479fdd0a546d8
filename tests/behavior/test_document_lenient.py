"""Attributes with a bare < or & are read as BehaviorTree.CPP reads them; all else must be XML."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from astraweave.behavior.groot.lenient import hidden
from astraweave.behavior.groot.reader import read_tree
from astraweave.behavior.groot.xml_reader import read_xml
from astraweave.errors import TreeError

BODY = """<root>
 <!-- a < b && 'c -->
 <BehaviorTree ID="M"><?note x < "y ?>
  <Sequence name='s'><Action ID="a" _skipIf="hp<3 && armed" name="x&foo;y"/><Action ID="b"
    _skipIf='a &lt; b &amp;&amp; "c" > 1 &#38;& d'/><![CDATA[ < & " ]]></Sequence>
 </BehaviorTree>
</root>"""


def test_bare_characters_in_attributes_are_what_they_are():
    first, second = read_tree(BODY.replace('"c"', "c").encode(), "x.xml").children
    assert first.hooks.skip_if.text == "hp<3 && armed"
    assert first.name == "x&foo;y"
    assert second.hooks.skip_if.text == "a < b && c > 1 && d"


def test_lines_and_columns_stay():
    children = read_tree(BODY.replace('"c"', "c").encode(), "x.xml").children
    assert [child.where for child in children] == ["x.xml:4:22", "x.xml:4:77"]
    with pytest.raises(TreeError, match=r"^x\.xml:4:77: s/b: _skipIf: script: strings stand in"):
        read_tree(BODY.encode(), "x.xml")


def test_comments_and_texts_stay():
    notes = [note.markup for note in read_xml(BODY.encode(), "x.xml").notes]
    assert notes == ["<!-- a < b && 'c -->"]


@pytest.mark.parametrize(
    "text",
    [
        b"<root>a < b</root>",
        b"<root>a & b</root>",
        b"<root a='<'",
        b"<root a='<'><b></root>",
        b"<root a='<' a='1'/>",
        b"<root a=<>",
        b"<root a='\xff<'/>",
        b"<!-- -- --><root a='1'/>",
        b"<root a='&'><!-- ",
        b"<root a='&'><![CDATA[ ",
        b"<root a='&'><?x ",
        b"<root a='&#0;<'/>",
    ],
)
def test_what_is_no_xml_elsewhere_is_refused_with_its_place(text):
    with pytest.raises(TreeError, match=r"^x\.xml:1:\d+: not well-formed XML"):
        read_xml(text, "x.xml")


def test_what_is_in_order_is_not_touched():
    text = "<root a='&lt;&#60;&#x3c;&quot;&apos;&gt;&amp;'>a < b<!-- < --></root>"
    assert "".join(hidden(text.encode()).pieces) == text
    assert hidden("<root a='é<'/>".encode("latin-1")) is None
    everything = "".join(map(chr, range(0xE000, 0xF8FF)))
    assert hidden(f"<root a='<{everything}'/>".encode()) is None


def test_an_attribute_may_be_long_but_not_without_end():
    for length, ends in ((16_000, True), (17_000, False)):
        text = f"<root a='<{'x' * length}'/>".encode()
        if ends:
            assert len(read_xml(text, "x.xml").attributes["a"]) == length + 1
        else:
            with pytest.raises(TreeError, match="not well-formed"):
                read_xml(text, "x.xml")


def test_characters_that_are_there_hide_nothing():
    root = read_xml("<root a='\ue000<&\ue001'/>".encode(), "x.xml")
    assert root.attributes == {"a": "\ue000<&\ue001"}


@given(st.text(st.sampled_from("<>&;'\"= a/!-[]?#x1\n"), max_size=40))
def test_hiding_keeps_the_length_and_is_undone_by_putting_back(text):
    found = hidden(text.encode())
    changed = "".join(found.pieces)
    assert len(changed) == len(text)
    assert changed.translate(found.marks) == text
