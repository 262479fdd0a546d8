"""Groot2 XML → nodes. Every tree of a document is checked, the main one is built, SubTrees inlined.

Refuses, with file:line:col and the node's path: unknown nodes and attributes (with the nearest
known name), wrong numbers of children, scripts that do not parse, weights that name no child,
SubTree cycles, and more than 64 levels or 10,000 nodes once SubTrees are inlined. Attributes
that start with an underscore and are not BehaviorTree.CPP's are tolerated.
"""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from astraweave.behavior import nodes
from astraweave.behavior.groot.document import Document, title
from astraweave.behavior.groot.grammar import Model, place
from astraweave.behavior.groot.includes import read_whole
from astraweave.behavior.groot.xml_reader import MAX_ELEMENTS, MAX_LEVELS, Element
from astraweave.behavior.scripts.parser import Script, parse_script
from astraweave.errors import TreeError
from astraweave.model.actions import nearest

MAX_WEIGHT = 1e6
POLICIES = ("roulette", "sorted")


def read_tree(
    text: bytes,
    file: str,
    declared: Mapping[str, Model] | None = None,
    main: str | None = None,
) -> nodes.Node:
    """Root node of the main tree of a document that includes no other.

    Args:
        text: the document, in any encoding that XML declares.
        file: its name for error messages.
        declared: leaves known besides those of the document's TreeNodesModel.
        main: ID of the tree to take; default what the document says, else its only tree.

    Raises:
        TreeError: the document is refused.
    """
    return build_tree(read_document(text, file, declared), main)


def read_document(
    text: bytes,
    file: str,
    declared: Mapping[str, Model] | None = None,
    folder: Path | None = None,
) -> Document:
    """A document, each of whose trees is in order; arguments and errors as of `read_tree`.

    folder: where its file lies, and what it includes; None: it includes nothing.
    """
    source, whole = read_whole(text, file, folder)
    document = Document(file, whole, declared or {}, source)
    document.check()
    return document


def build_tree(document: Document, main: str | None = None) -> nodes.Node:
    """Root node of a document's main tree, or of the tree `main`.

    Raises:
        TreeError: there is no such tree, or something in it only shows once it is built.
    """
    return _Builder(document).build_main(document.main(main))


class _Builder:
    """Builds nodes from checked elements, counting them as SubTrees are inlined."""

    def __init__(self, document: Document) -> None:
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
            "hooks": self.hooks(element, path),
            "extra": tuple(
                sorted(
                    (k, v)
                    for k, v in element.attributes.items()
                    if k.startswith("_") and k != "_skipIf"
                )
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

    def hooks(self, element: Element, path: str) -> nodes.Hooks:
        """Scripts before and after the node."""
        if "_skipIf" not in element.attributes:
            return nodes.NO_HOOKS
        return nodes.Hooks(skip_if=self.script(element, "_skipIf", path))

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
