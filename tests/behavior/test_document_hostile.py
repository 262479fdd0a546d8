"""Documents that mean harm end in one line, before they cost anything."""

import gc

import pytest

from astraweave.behavior.groot import document
from astraweave.behavior.groot.reader import build_tree, read_document, read_tree
from astraweave.errors import TreeError

A = '<Action ID="a"/>'


def doc(body, more=""):
    text = f'<root main_tree_to_execute="M"><BehaviorTree ID="M">{body}</BehaviorTree>{more}</root>'
    return text.encode()


def script(text):
    quoted = text.replace("&", "&amp;").replace("<", "&lt;")
    return doc(f'<Script code="{quoted}"/>')


def many(count, each):
    return "".join(each.replace("#", str(i)) for i in range(count))


def layers(count, use):
    """Trees that use the next one as `use` says, the last an Action."""
    trees = (
        f'<BehaviorTree ID="T{i}">{use.replace("@", str(i + 1))}</BehaviorTree>'
        for i in range(count)
    )
    return doc(
        '<SubTree ID="T0"/>', "".join(trees) + f'<BehaviorTree ID="T{count}">{A}</BehaviorTree>'
    )


LAST = f'<BehaviorTree ID="S">{A}</BehaviorTree>'
ENTITIES = "".join(f'<!ENTITY e{i + 1} "{f"&e{i};" * 10}">' for i in range(20))
WIDE = f"<Sequence>{many(10_000, A)}</Sequence>"
TWICE = '<Sequence><SubTree ID="T@"/><SubTree ID="T@"/></Sequence>'

HOSTILE = {
    "doctype": (b"<!DOCTYPE root><root/>", "DOCTYPE is refused"),
    "entity bomb": (f"<!DOCTYPE r [{ENTITIES}]><root>&e20;</root>".encode(), "DOCTYPE is refused"),
    "external entity": (
        b'<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><root>&x;</root>',
        "DOCTYPE is refused",
    ),
    "100,000 levels": (b"<a>" * 100_000, "64 levels"),
    "a million nodes": (b"<root>" + b"<a/>" * 200_000 + b"</root>", "10,000"),
    "10,001 nodes": (doc(WIDE.replace("<Sequence>", f"<Sequence>{A}", 1)), "10,000"),
    "more than 1 MiB": (b" " * ((1 << 20) + 1), "1 MiB"),
    "a file that is cut": (doc(A)[:-20], "not well-formed"),
    "another encoding": (b'<?xml version="1.0" encoding="utf-99"?><root/>', "x.xml"),
    "no encoding": (b"<root name='\xff\xfe'/>", "not well-formed"),
    "utf-16 without a mark": ("<root/>".encode("utf-16-le"), "x.xml"),
    "a zero byte": (doc("<Action ID='a\0b'/>"), "not well-formed"),
    "quotes that never close": (b"<root a='&'>" + b"<a b='" * 150_000, "not well-formed"),
    "bare characters everywhere": (
        doc(f"<Sequence name='{'<&' * 400_000}'>{A}</Sequence>"), "not well-formed"
    ),
    "bare characters and levels": (b"<a b='<'>" * 100_000, "64 levels"),
    "a bomb in an attribute": (b"<root a='&e20;'><BehaviorTree/></root>", "must have exactly 1"),
    "a huge name": (doc(f'<Sequence name="{"n" * 900_000}">{A}</Sequence>'), "200 characters"),
    "a huge attribute": (doc(f'<Action ID="a" {"n" * 900_000}="1"/>'), "no such attribute"),
    "a huge tag": (doc(f"<{'n' * 900_000}/>"), "unknown node"),
    "many attributes": (
        doc("<Sequence" + many(50_000, " a#=''") + f">{A}</Sequence>"), "256 attributes"
    ),
    "a huge weight": (
        doc(f'<WeightedFallback weights="a:{"9" * 900_000}">{A}</WeightedFallback>'), "weight of"
    ),
    "huge weights": (doc(f'<WeightedFallback weights="{"a;" * 400_000}">{A}</WeightedFallback>'),
                     "weights must name a child"),
    "a huge number": (doc(f'<Repeat num_cycles="{"9" * 900_000}">{A}</Repeat>'), "no int"),
    "a huge queue": (doc(f'<LoopInt queue="{"1;" * 400_000}x">{A}</LoopInt>'), "10,000 values"),
    "a huge script": (script("a:=1;" * 150_000), "4,000 characters"),
    "a script of many tokens": (script("1+" * 1_900 + "1"), "512 tokens"),
    "deep parentheses": (script("(" * 1_900 + "1" + ")" * 1_900), "512 tokens"),
    "deep signs": (script("-" * 500 + "1"), "64 levels"),
    "deep choices": (script("1?" * 100 + "1" + ":1" * 100), "64 levels"),
    "deep assignments": (script("a=" * 200 + "1"), "64 levels"),
    "a huge string": (script("'" + "x" * 500_000), "4,000 characters"),
    "a long number": (script("9" * 3_900), "63 bits"),
    "an unclosed string": (script("'x;" * 401), "closing quote"),
    "10,000 SubTrees": (
        doc("<Sequence>" + "<SubTree ID='S'/>" * 9_990 + "</Sequence>", LAST),
        "10,000 nodes once SubTrees are inlined",
    ),
    "SubTrees that double": (layers(60, TWICE), "once SubTrees are inlined"),
    "a chain of 4,000 trees": (layers(4_000, '<SubTree ID="T@"/>'), "64 levels once"),
    "a cycle of SubTrees": (
        layers(30, '<SubTree ID="T@"/>').replace(A.encode(), b'<SubTree ID="T3"/>'), "in a cycle"
    ),
    "many models": (
        doc("<Zzz/>", "<TreeNodesModel>" + many(9_000, "<Action ID='a#'/>") + "</TreeNodesModel>"),
        "unknown node",
    ),
    "many SubTree ports": (
        doc("<SubTree ID='S'/>", LAST + "<TreeNodesModel><SubTree ID='S'>"
            + many(9_000, "<input_port name='p#'/>") + "</SubTree></TreeNodesModel>"),
        "wants the port",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_documents_end_in_one_line(name):
    text, words = HOSTILE[name]
    with pytest.raises(TreeError) as refused:
        read_tree(text, "x.xml")
    message = str(refused.value)
    assert words in message
    assert "\n" not in message
    assert len(message) < 1_500


@pytest.mark.parametrize(
    "text",
    [
        doc(WIDE.replace(A, "", 1)),
        doc("<Inverter>" * 63 + A + "</Inverter>" * 63),
        doc("<Sequence>" + "<SubTree ID='S'/>" * 4_998 + "</Sequence>", LAST),
        doc("<Sequence>" + many(3_000, "<Action ID='a#' name='n#'/>") + "</Sequence>"),
    ],
)  # fmt: skip
def test_what_is_only_large_is_read(text):
    assert read_tree(text, "x.xml").children


def test_who_has_the_same_name_is_not_searched_for_in_the_whole_tree(monkeypatch):
    # A path is looked for only to say where an error is: many IDs must not cost many searches.
    def refuse(self, wanted):
        raise AssertionError

    monkeypatch.setattr(document.Document, "_path_of", refuse)
    text = doc("<Sequence>" + many(500, "<Action ID='a#'/>") + "</Sequence>")
    assert read_tree(text, "x.xml")


@pytest.mark.parametrize("before", [True, False])
def test_garbage_collection_is_as_it_was_also_after_an_error(before):
    was = gc.isenabled()
    try:
        (gc.enable if before else gc.disable)()
        whole = read_document(doc(A), "x.xml")
        build_tree(whole)
        assert gc.isenabled() is before
        with pytest.raises(TreeError):
            read_document(doc("<Nope/>"), "x.xml")
        assert gc.isenabled() is before
    finally:
        (gc.enable if was else gc.disable)()
