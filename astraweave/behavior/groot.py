"""Groot2 XML → nodes. Every tree of a document is checked, the main one is built, SubTrees inlined.

Refuses, with file:line:col and the node's path: unknown nodes and attributes (with the nearest
known name), wrong numbers of children, scripts that do not parse, weights that name no child,
SubTree cycles, and more than 64 levels or 10,000 nodes once SubTrees are inlined. Attributes
that start with an underscore and are not BehaviorTree.CPP's are tolerated.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

from astraweave.behavior import nodes
from astraweave.behavior.grammar import (
    BUILT_IN,
    BY_ID,
    EXPLICIT,
    NOT_OBEYED,
    NOT_RUN,
    Model,
    Rule,
    needed,
    place,
    read_models,
)
from astraweave.behavior.scripts import Script, parse_script
from astraweave.behavior.xml_reader import MAX_ELEMENTS, MAX_LEVELS, Element, read_xml
from astraweave.errors import TreeError
from astraweave.model.actions import nearest

MAX_WEIGHT = 1e6
MAX_NAME = 200
POLICIES = ("roulette", "sorted")


def read_tree(
    text: bytes,
    file: str,
    declared: Mapping[str, Model] | None = None,
    main: str | None = None,
) -> nodes.Node:
    """Root node of the main tree of a document.

    Args:
        text: the document, in any encoding that XML declares.
        file: its name for error messages.
        declared: leaves known besides those of the document's TreeNodesModel.
        main: ID of the tree to take; default what the document says, else its only tree.

    Raises:
        TreeError: the document is refused.
    """
    document = _Document(file, read_xml(text, file), declared or {})
    document.check()
    return _Builder(document).build_main(document.main(main))


@dataclass(slots=True)
class _Document:
    """Trees and models of one document."""

    file: str
    root: Element
    declared: Mapping[str, Model]
    models: dict[str, Model] = field(init=False)
    trees: dict[str, Element] = field(init=False)

    def __post_init__(self) -> None:
        root = self.root
        if root.tag != "root":
            raise self.error(root, "the document must start with <root>", got=root.tag)
        if root.attributes.get("BTCPP_format", "4") != "4":
            raise self.error(
                root,
                "only BTCPP_format 4 is read",
                got=root.attributes["BTCPP_format"],
                fix="open it in Groot2 and save it again",
            )
        for element in root.children:
            if element.tag not in ("BehaviorTree", "TreeNodesModel"):
                self.refuse_top(element)
        self.models = read_models(self.file, root, self.declared)
        self.trees = {}
        for element in root.children:
            if element.tag == "BehaviorTree":
                self.add_tree(element)

    def error(
        self, element: Element, what: str, path: str = "", got: object = None, fix: str = ""
    ) -> TreeError:
        return TreeError(what=what, got=got, where=place(self.file, element, path), fix=fix or None)

    def refuse_top(self, element: Element) -> None:
        fix = nearest(element.tag, ("BehaviorTree", "TreeNodesModel"))
        if element.tag == "include":
            fix = "copy the included trees into this file"
        raise self.error(element, "unknown element", got=element.tag, fix=fix)

    def add_tree(self, element: Element) -> None:
        name = needed(self.file, element, "ID")
        if name in self.trees:
            raise self.error(element, "a second tree of this ID", got=name, fix="rename one")
        if name in BUILT_IN or name in BY_ID or self.is_leaf(name):
            raise self.error(element, "a tree must not be called like a node", got=name)
        if len(element.children) != 1:
            raise self.error(
                element,
                f"tree {name!r} must have exactly 1 child",
                got=len(element.children),
                fix="put its nodes into a Sequence or a Fallback",
            )
        self.trees[name] = element

    def is_leaf(self, tag: str) -> bool:
        return tag in self.models and self.models[tag].kind in ("Action", "Condition")

    def main(self, wanted: str | None) -> str:
        """ID of the tree to run."""
        name = wanted or self.root.attributes.get("main_tree_to_execute")
        if name is None and len(self.trees) == 1:
            return next(iter(self.trees))
        if name is None:
            what = "no tree" if not self.trees else "several trees and none is the main one"
            fix = 'name one: <root main_tree_to_execute="…">'
            raise self.error(self.root, what, fix=fix if self.trees else "add a <BehaviorTree>")
        if name not in self.trees:
            raise self.error(
                self.root, "the main tree does not exist", got=name, fix=nearest(name, self.trees_())
            )
        return name

    def trees_(self) -> tuple[str, ...]:
        return tuple(self.trees)

    def check(self) -> None:
        """Look at every element of every tree once, and at cycles between trees."""
        uses = {name: self.check_tree(name, tree) for name, tree in self.trees.items()}
        done: set[str] = set()
        for name in self.trees:
            self.refuse_cycle(name, uses, done)

    def refuse_cycle(self, start: str, uses: dict[str, list[str]], done: set[str]) -> None:
        # Depth first with an explicit stack: a chain of 10,000 trees must not exhaust Python's.
        stack, chain = [(start, iter(uses[start]))], {start: None}
        while stack and start not in done:
            name, rest = stack[-1]
            used = next(rest, None)
            if used is None:
                done.add(name)
                stack.pop()
                del chain[name]
            elif used in chain:
                names = list(chain)
                loop = " → ".join([*names[names.index(used) :], used])
                raise self.error(
                    self.trees[name], "SubTrees in a cycle", got=loop, fix="break it at one tree"
                )
            elif used not in done:
                stack.append((used, iter(uses[used])))
                chain[used] = None

    def check_tree(self, name: str, tree: Element) -> list[str]:
        """IDs of the trees that this one uses."""
        uses: list[str] = []
        named: set[str] = set()
        todo = [(tree.children[0], name)]
        while todo:
            element, above = todo.pop()
            path = f"{above}/{title(element)}"
            kind, ident = self.check_element(element, path)
            if kind == "SubTree":
                uses.append(ident)
                own = element.attributes.get("name")
                if own in named:
                    raise self.error(element, "two SubTrees of one name", path, own, "rename one")
                named.update([own] if own else [])
            todo.extend((child, path) for child in element.children)
        return uses

    def check_element(self, element: Element, path: str) -> tuple[str, str]:
        """Node type and ID of an element whose attributes and children are in order."""
        kind, ident = self.resolve(element, path)
        rule = BUILT_IN.get(kind) or Rule(
            ports=self.models[ident].ports if self.is_leaf(ident) else ()
        )
        if len(title(element)) > MAX_NAME:
            raise self.error(element, f"name longer than {MAX_NAME} characters", path[:60])
        for attribute in element.attributes:
            self.check_attribute(element, attribute, rule, kind, path)
        for attribute in rule.needs:
            needed(self.file, element, attribute, path)
        self.check_children(element, rule, path)
        return kind, ident

    def check_children(self, element: Element, rule: Rule, path: str) -> None:
        count = len(element.children)
        if rule.fewest <= count <= rule.most:
            return
        wanted = {0: "no child", 1: "exactly 1 child"}.get(rule.most, f"1 to {rule.most:,} children")
        raise self.error(element, f"<{element.tag}> must have {wanted}", path, count)

    def resolve(self, element: Element, path: str) -> tuple[str, str]:
        """Node type and ID of an element, in explicit or compact form."""
        tag = element.tag
        if tag in BY_ID:
            ident = needed(self.file, element, "ID", path)
            if tag == "SubTree" and ident not in self.trees:
                fix = nearest(ident, self.trees_())
                raise self.error(element, "no tree of this ID", path, ident, fix)
            return tag, ident
        if tag in EXPLICIT:
            kind = needed(self.file, element, "ID", path)
            if kind not in EXPLICIT[tag]:
                raise self.unknown(element, kind, path)
            return kind, ""
        if tag in BUILT_IN:
            return tag, ""
        if self.is_leaf(tag):
            return self.models[tag].kind, tag
        if tag in self.trees:
            return "SubTree", tag
        raise self.unknown(element, tag, path)

    def unknown(self, element: Element, name: str, path: str) -> TreeError:
        if name in NOT_RUN:
            what = "a node type of BehaviorTree.CPP that this version does not run"
            return self.error(element, what, path, name, f"use one of {', '.join(BUILT_IN)}")
        leaves = [leaf for leaf in self.models if self.is_leaf(leaf)]
        known = (*BUILT_IN, *BY_ID, *leaves, *self.trees)
        fix = f'{nearest(name, known)} (an action of your own: <Action ID="{name[:40]}"/>)'
        return self.error(element, "unknown node", path, name, fix)

    def check_attribute(
        self, element: Element, attribute: str, rule: Rule, kind: str, path: str
    ) -> None:
        if attribute in NOT_OBEYED:
            raise self.error(
                element, "this attribute is not run by this version", path, attribute, "use _skipIf"
            )
        explicit = element.tag in BY_ID or element.tag in EXPLICIT
        known = ("name", *(("ID",) if explicit else ()), *rule.ports)
        if attribute in known or attribute.startswith("_"):
            return
        fix = nearest(attribute, (*known, "_skipIf"))
        if kind in ("Action", "Condition"):
            fix += ", or declare it as an input_port in TreeNodesModel"
        raise self.error(element, f"<{element.tag}> has no such attribute", path, attribute, fix)


def title(element: Element) -> str:
    """How an element is called: its name, else its ID, else its tag."""
    attributes = element.attributes
    return attributes.get("name") or attributes.get("ID") or element.tag


class _Builder:
    """Builds nodes from checked elements, counting them as SubTrees are inlined."""

    def __init__(self, document: _Document) -> None:
        self.document = document
        self.count = 0

    def build_main(self, name: str) -> nodes.Node:
        root = self.document.trees[name].children[0]
        return self.build(root, title(root), 1)

    def build(self, element: Element, path: str, level: int) -> nodes.Node:
        document = self.document
        self.count += 1
        if self.count > MAX_ELEMENTS or level > MAX_LEVELS:
            excess = f"{MAX_LEVELS} levels" if level > MAX_LEVELS else f"{MAX_ELEMENTS:,} nodes"
            what = f"more than {excess} once SubTrees are inlined"
            raise document.error(element, what, path, fix="split the tree into smaller ones")
        kind, ident = document.resolve(element, path)
        below = document.trees[ident].children if kind == "SubTree" else element.children
        children = tuple(
            self.build(child, child_path, level + 1)
            for child, child_path in zip(below, _paths(path, below), strict=True)
        )
        common = {
            "name": title(element),
            "path": path,
            "where": place(document.file, element),
            "skip_if": self.script(element, "_skipIf", path),
            "extra": tuple(
                sorted((k, v) for k, v in element.attributes.items() if k[0] == "_" != "_skipIf")
            ),
            "children": children,
        }
        return self.finish(kind, ident, element, common)

    def finish(
        self, kind: str, ident: str, element: Element, common: Mapping[str, object]
    ) -> nodes.Node:
        """The node of its own class, with what only that class has."""
        given: dict[str, object] = dict(common)
        path = str(common["path"])
        if kind == "ScriptCondition":
            given["code"] = self.script(element, "code", path)
        elif kind == "WeightedFallback":
            given |= self.weighted(element, path)
        elif kind == "SubTree":
            given["id"] = ident
        elif kind in ("Action", "Condition"):
            given["id"] = ident
            named = (k for k in sorted(element.attributes) if k not in ("name", "ID"))
            given["ports"] = tuple((k, element.attributes[k]) for k in named if k[0] != "_")
        return cast("nodes.Node", getattr(nodes, kind)(**given))

    def script(self, element: Element, attribute: str, path: str) -> Script | None:
        text = element.attributes.get(attribute)
        if text is None:
            return None
        try:
            return parse_script(text)
        except TreeError as error:
            raise self.document.error(
                element, f"{attribute}: {error.what}", path, error.got, error.fix or ""
            ) from None

    def weighted(self, element: Element, path: str) -> dict[str, object]:
        """Keys, designer weights and policy of a WeightedFallback."""
        keys = tuple(title(child) for child in element.children)
        if len(set(keys)) < len(keys):
            twice = next(key for key in keys if keys.count(key) > 1)
            what = "two children of one name: their weights could not be told apart"
            raise self.document.error(element, what, path, twice, "give one another name")
        policy = element.attributes.get("policy", "roulette")
        if policy not in POLICIES:
            fix = nearest(policy, POLICIES)
            raise self.document.error(element, "unknown policy", path, policy, fix)
        weights = dict.fromkeys(keys, 1.0)
        for child, key in zip(element.children, keys, strict=True):
            if "_weight" in child.attributes:
                weights[key] = self.weight(element, path, key, child.attributes["_weight"])
        for part in filter(str.strip, element.attributes.get("weights", "").split(";")):
            name, colon, number = part.strip().rpartition(":")
            if not colon or name.strip() not in weights:
                fix = nearest(name.strip(), keys) if colon else 'write weights="child:0.7;…"'
                what = "weights must name a child each"
                raise self.document.error(element, what, path, part.strip(), fix)
            weights[name.strip()] = self.weight(element, path, name.strip(), number)
        return {"keys": keys, "weights": tuple(weights[key] for key in keys), "policy": policy}

    def weight(self, element: Element, path: str, key: str, text: str) -> float:
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        if not 0.0 < number <= MAX_WEIGHT:
            what = f"weight of {key!r} must be above 0 and at most {MAX_WEIGHT:g}"
            fix = "to switch a child off, remove it or skip it"
            raise self.document.error(element, what, path, text.strip(), fix)
        return number


def _paths(above: str, children: list[Element]) -> list[str]:
    """Paths of siblings; one that is called like an earlier one gets its number behind it."""
    seen: dict[str, int] = {}
    paths = []
    for child in children:
        name = title(child)
        seen[name] = seen.get(name, 0) + 1
        paths.append(f"{above}/{name}" + (f"[{seen[name]}]" if seen[name] > 1 else ""))
    return paths
