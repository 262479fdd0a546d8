"""A document in the one form it is written in: what the root says, IDs, compact nodes.

Refuses nothing.
"""

from dataclasses import replace
from functools import lru_cache

from astraweave.behavior.groot.document import Document
from astraweave.behavior.groot.grammar import EXPLICIT
from astraweave.behavior.groot.names import bad_model
from astraweave.behavior.groot.xml_reader import Element, read_xml
from astraweave.errors import TreeError

NAMELESS = "BehaviorTree_0"
"""What BehaviorTree.CPP calls the only tree when it has no ID."""

_RESERVED = (*EXPLICIT, "BehaviorTree", "TreeNodesModel", "include")


def canonical(document: Document, source: Element, main: str) -> Element:
    """The root with what it must say, an ID for a tree that does without, and compact nodes."""
    given = {**source.attributes, "BTCPP_format": "4", "main_tree_to_execute": main or NAMELESS}
    children = [_tree(document, c) if c.tag == "BehaviorTree" else c for c in source.children]
    return replace(source, attributes=given, children=children)


def _tree(document: Document, tree: Element) -> Element:
    named = {**tree.attributes, "ID": tree.attributes.get("ID") or NAMELESS}
    children = [_compact(document, child) for child in tree.children]
    return replace(tree, attributes=named, children=children)


def _compact(document: Document, element: Element) -> Element:
    """A node as Groot2 writes it: <heal/> for <Action ID="heal"/>, where XML allows it.

    BehaviorTree.CPP wants it so below a ReactiveSequence.
    """
    tag, given = element.tag, element.attributes
    ident = given.get("ID", "")
    if tag in EXPLICIT and tag != "SubTree" and ident not in document.trees and is_tag(ident):
        tag, given = ident, {name: text for name, text in given.items() if name != "ID"}
    children = [_compact(document, child) for child in element.children]
    return replace(element, tag=tag, attributes=given, children=children)


@lru_cache(maxsize=4096)
def is_tag(name: str) -> bool:
    """Whether an ID can stand as the name of an element, for XML and for BehaviorTree.CPP."""
    if not name or name in _RESERVED or bad_model(name):
        return False
    try:
        return read_xml(f"<{name}/>".encode(), "").tag == name
    except TreeError:
        return False
