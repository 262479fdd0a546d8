"""A document of trees: which there are, which is the main one, and whether their shape is right.

Every element of every tree is looked at once, before anything is built: its type, its name and
how many children it has. Ports and scripts are looked at in the trees that are built, as in
BehaviorTree.CPP.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from astraweave.behavior.groot.declared import Declared, read_models, refuse_slip
from astraweave.behavior.groot.grammar import (
    BUILT_IN,
    EXPLICIT,
    RENAMED,
    Model,
    needed,
    place,
    title,
)
from astraweave.behavior.groot.names import bad_model
from astraweave.behavior.groot.xml_reader import Element
from astraweave.behavior.scripts.parser import Enums
from astraweave.errors import TreeError
from astraweave.model.actions import nearest

MAX_NAME, MAX_ATTRIBUTES = 200, 256
MOST_COMPARED = 1_000
"""Leaves that an unknown node is compared with, to say which one is meant."""
TOP = ("BehaviorTree", "TreeNodesModel", "include")


@dataclass(slots=True)
class Document:
    """Trees and models of one document.

    root: with what it includes. given: leaves that the caller declares. source: as it stands in
    its file; None: it includes nothing. enums: names that are numbers in its scripts. trees: the
    <BehaviorTree> elements by ID; of two in one file the last, as in BehaviorTree.CPP.
    """

    file: str
    root: Element
    given: Mapping[str, Model]
    source: Element | None = None
    enums: Enums = ()
    declared: Declared = field(init=False)
    trees: dict[str, Element] = field(init=False)
    _known: "dict[tuple[str, str | None], _Shape]" = field(init=False)

    def __post_init__(self) -> None:
        self._known, self.trees = {}, {}
        root = self.root
        if root.tag != "root":
            fix = "open it in Groot2 and save it again"
            raise self.error(root, "the document must start with <root>", "", root.tag, fix)
        self.declared = read_models(self.file, root, self.given)
        for element in root.children:
            if element.tag == "BehaviorTree":
                self._add_tree(element)
            elif element.tag not in TOP:
                refuse_slip(self.file, element, TOP)

    @property
    def models(self) -> Mapping[str, Model]:
        """Declared leaves by ID."""
        return self.declared.leaves

    def error(
        self, element: Element, what: str, path: str = "", got: object = None, fix: str = ""
    ) -> TreeError:
        """The error for one element, with its line, column and path."""
        path = path or self._path_of(element)
        return TreeError(what=what, got=got, where=place(self.file, element, path), fix=fix or None)

    def _path_of(self, wanted: Element) -> str:
        """Path of an element inside its tree, "" for one that is in none."""
        stack = [(child, title(child)) for tree in self.trees.values() for child in tree.children]
        while stack:
            element, path = stack.pop()
            if element is wanted:
                return path
            stack += zip(element.children, paths(path, element.children), strict=True)
        return ""

    def _add_tree(self, element: Element) -> None:
        name = element.attributes.get("ID")
        if not name and len(self.root.children) > 1:
            needed(self.file, element, "ID")
        name = "BehaviorTree_0" if name is None else name
        if name in self.trees and self.trees[name].file != element.file:
            what = f"a second tree of this ID, after {place(self.file, self.trees[name])}"
            raise self.error(element, what, got=name, fix="rename one")
        if wrong := bad_model(name) or self._is_node(name):
            raise self.error(element, f"tree ID: {wrong}", got=name, fix="rename the tree")
        if len(element.children) != 1:
            raise self.error(
                element,
                f"tree {name[:60]!r} must have exactly 1 child",
                got=len(element.children),
                fix="put its nodes into a Sequence or a Fallback",
            )
        self.trees[name] = element

    def _is_node(self, name: str) -> str:
        taken = name in BUILT_IN or name == "SubTree" or self.is_leaf(name)
        return "a tree must not be called like a node" if taken else ""

    def is_leaf(self, tag: str) -> bool:
        """Whether a tag or ID is declared as an Action or a Condition."""
        return tag in self.models and self.models[tag].kind in ("Action", "Condition")

    def main(self, wanted: str | None) -> str:
        """ID of the tree to run."""
        name = wanted or self.root.attributes.get("main_tree_to_execute")
        if not name and len(self.trees) == 1:
            return next(iter(self.trees))
        if not name:
            what = "no tree" if not self.trees else "several trees and none is the main one"
            fix = 'name one: <root main_tree_to_execute="…">'
            raise self.error(self.root, what, fix=fix if self.trees else "add a <BehaviorTree>")
        if name not in self.trees:
            fix = nearest(name, tuple(self.trees))
            raise self.error(self.root, "the main tree does not exist", got=name, fix=fix)
        return name

    def check(self) -> None:
        """Look at the shape of every tree.

        Raises:
            TreeError: an unknown node, a wrong number of children, a name that is none.
        """
        for tree in self.trees.values():
            for element in tree.children[0].walk():
                self._check_element(element)

    def _check_element(self, element: Element) -> None:
        shape = self._shape(element, "")
        attributes, count = element.attributes, len(element.children)
        if not shape.fewest <= count <= shape.most:
            raise self._wrong_children(element, shape, count)
        if len(attributes) > MAX_ATTRIBUTES:
            what = f"more than {MAX_ATTRIBUTES} attributes"
            raise self.error(element, what, fix="put some into another node")
        name = attributes.get("name", "")
        if len(name or shape.ident) > MAX_NAME:
            what = f"name longer than {MAX_NAME} characters"
            raise self.error(element, what, title(element)[:60], fix="shorten it")
        if "\x7f" in name:
            raise self.error(element, "a name must not have '\\x7f' in it", fix="rename the node")
        if shape.kind == "ReactiveSequence":
            paused = [child for child in element.children if child.tag == "AsyncSequence"]
            if len(paused) > 1:
                what = "a ReactiveSequence must not have more than one AsyncSequence"
                raise self.error(paused[1], what, fix="use Sequence, or another parent")

    def _wrong_children(self, element: Element, shape: "_Shape", count: int) -> TreeError:
        wanted = {0: "no child", 1: "exactly 1 child"}.get(
            shape.most, f"{shape.fewest} to {shape.most:,} children"
        )
        fix = "add one" if count < shape.fewest else "put some under a node of their own"
        fix = fix if shape.most else "take it away"
        return self.error(element, f"<{element.tag[:60]}> must have {wanted}", got=count, fix=fix)

    def resolve(self, element: Element, path: str = "") -> tuple[str, str]:
        """Node type and ID of an element, in explicit or compact form.

        The type is a built-in one with the ID "", or "Action", "Condition" or "SubTree".
        """
        shape = self._shape(element, path)
        return shape.kind, shape.ident

    def _shape(self, element: Element, path: str) -> "_Shape":
        """What elements of one tag and ID are, found out when the first is met."""
        key = element.tag, element.attributes.get("ID")
        known = self._known.get(key)
        if known is None:
            resolve = self._resolve_id if element.tag in EXPLICIT else self._resolve_tag
            kind, ident = resolve(element, path)
            if kind == "SubTree" and (wrong := bad_model(ident) or self._is_node(ident)):
                raise self.error(element, f"tree ID: {wrong}", path, ident, "rename the tree")
            rule = BUILT_IN.get(kind)
            fewest, most = (rule.fewest, rule.most) if rule is not None else (0, 0)
            known = self._known[key] = _Shape(kind, ident, fewest, most)
        return known

    def _resolve_id(self, element: Element, path: str) -> tuple[str, str]:
        """The tag says little, as in BehaviorTree.CPP: <Action ID="Sequence"> is a Sequence."""
        tag, ident = element.tag, element.attributes.get("ID", "")
        if not ident:
            needed(self.file, element, "ID", path or self._path_of(element))
        if tag == "SubTree":
            return tag, ident
        if ident in BUILT_IN:
            return ident, ""
        if self.is_leaf(ident):
            return self.models[ident].kind, ident
        if tag in ("Action", "Condition") and ident != "SubTree":
            return tag, ident
        raise self._unknown(element, ident, path)

    def _resolve_tag(self, element: Element, path: str) -> tuple[str, str]:
        tag = element.tag
        if tag not in BUILT_IN and not self.is_leaf(tag):
            raise self._unknown(element, tag, path)
        if "ID" in element.attributes:
            fix = f"take it away, or write <{_kind(tag)} ID={tag[:40]!r}>"
            got = element.attributes["ID"]
            raise self.error(element, f"<{tag[:60]}> must not have an ID", path, got, fix)
        return (tag, "") if tag in BUILT_IN else (self.models[tag].kind, tag)

    def _unknown(self, element: Element, name: str, path: str) -> TreeError:
        own = f'an action of your own: <Action ID="{name[:40]}"/>'
        leaves = [leaf for leaf in self.models if self.is_leaf(leaf)][:MOST_COMPARED]
        if name in RENAMED:
            fix = f"BehaviorTree.CPP 4 has {RENAMED[name]} instead"
        elif name in self.trees:
            fix = f'write <SubTree ID="{name[:40]}"/>'
        else:
            hint = nearest(name, (*BUILT_IN, *EXPLICIT, *leaves))
            # Without a near one the list of all would be longer than what it explains.
            fix = f"{hint} ({own})" if hint.startswith("did") else own
        return self.error(element, "unknown node", path, name, fix)


class _Shape(NamedTuple):
    """Node type and ID of an element, and how many children it may have."""

    kind: str
    ident: str
    fewest: int
    most: int


def paths(above: str, children: list[Element]) -> Iterator[str]:
    """Paths of siblings; one that is called like an earlier one gets its number behind it."""
    seen: dict[str, int] = {}
    for child in children:
        name = title(child)
        count = seen[name] = seen.get(name, 0) + 1
        yield f"{above}/{name}" if count == 1 else f"{above}/{name}[{count}]"


def _kind(tag: str) -> str:
    rule = BUILT_IN.get(tag)
    return "Action" if rule is None or not rule.most else "Control"
