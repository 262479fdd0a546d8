"""What was learned, as a plain tree: each WeightedFallback becomes a Fallback in learned order.

The result stands alone (what was included is in it) and holds no node but BehaviorTree.CPP's own
and the game's leaves. A Fallback always tries its children in this order, where the choice by
weight tried each of them at times: it is another policy, and has to be judged as one. Refuses
trees that were not read from a document, and weights of tactics that the tree does not have.
"""

import hashlib
import re
import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, cast

from astraweave.behavior import nodes
from astraweave.behavior.groot.comments import Part, put_together, take_apart
from astraweave.behavior.groot.document import Document
from astraweave.behavior.groot.grammar import place, title
from astraweave.behavior.groot.models import WEIGHTED, completed, ports_of
from astraweave.behavior.groot.reader import build_tree, read_document
from astraweave.behavior.groot.weights import weighted
from astraweave.behavior.groot.wiring import Wiring
from astraweave.behavior.groot.writer import to_xml
from astraweave.behavior.groot.xml_reader import BEFORE, Element, Note
from astraweave.errors import UsageError, WeightsError
from astraweave.model.actions import nearest

if TYPE_CHECKING:
    from astraweave.behavior.tree import Tree


class Order(NamedTuple):
    """A node that was a choice: its children in the order they will be tried, and the weights."""

    node: str
    children: tuple[str, ...]
    weights: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Frozen:
    """A plain tree. orders: of the choices it holds. warnings: what may not be as it was."""

    xml: str
    orders: tuple[Order, ...]
    warnings: tuple[str, ...]


def freeze(tree: "Tree", weights: Mapping[str, float], version: int | None = None) -> Frozen:
    """The tree with every choice in learned order.

    Args:
        tree: the designer's; stays as it is.
        weights: learned factor of each tactic, 1 where none is given.
        version: of the weights, for the comment at the top.

    Raises:
        UsageError: the tree was not read from a document.
        WeightsError: a weight of a tactic that the tree does not have, or that is no weight.
    """
    if tree.document is None:
        fix = "read it with load_tree"
        raise UsageError(what="the tree has no document", where=tree.path, fix=fix)
    _check(tree, weights)
    root = completed(tree.document, tree.main, whole=True)
    wiring = Wiring(tree.root)
    work = _Freezer(tree.document, _factors(tree, weights), wiring.missing)
    parts = take_apart(root)
    frozen = put_together(root, parts, [work.top(part) for part in parts.children])
    orders = tuple(work.orders)
    frozen.notes.insert(0, Note(BEFORE, _comment(tree, weights, version, orders, wiring.facts)))
    xml = to_xml(frozen, ports_of(tree.document))
    # What cannot be read back is not handed out.
    name = f"frozen {Path(tree.path).name}"
    build_tree(read_document(xml.encode(), name, enums=tree.document.enums))
    return Frozen(xml, orders, wiring.warnings)


class _Freezer:
    """factors: of the children of each choice, by place; missing: names by place of a SubTree."""

    def __init__(
        self,
        document: Document,
        factors: Mapping[str, tuple[float, ...]],
        missing: Mapping[str, tuple[str, ...]],
    ) -> None:
        self.document = document
        self.factors, self.missing = factors, missing
        self.orders: list[Order] = []

    def top(self, part: Part) -> Part:
        """A tree, or the models without ours."""
        parts = take_apart(part.child)
        if part.child.tag == "TreeNodesModel":
            kept = [p for p in parts.children if p.child.attributes.get("ID") != WEIGHTED]
            return part._replace(child=put_together(part.child, parts, kept))
        children = [each._replace(child=self.node(each.child)) for each in parts.children]
        return part._replace(child=put_together(part.child, parts, children))

    def node(self, element: Element) -> Element:
        """A node and all below it, plain."""
        at = place(self.document.file, element)
        parts = take_apart(element)
        children = list(parts.children)
        if _is_choice(element):
            children = self.ordered(element, at, children)
        children = [part._replace(child=self.node(part.child)) for part in children]
        made = put_together(element, parts, children)
        made.tag, made.attributes = self.plain(element, at)
        return made

    def ordered(self, element: Element, at: str, children: list[Part]) -> list[Part]:
        """Children of a choice, the heaviest first; as they stand where they are equal."""
        fields = weighted(self.document, element, "")
        designed = cast("tuple[float, ...]", fields["weights"])
        # A tree that the main one does not use has none.
        factors = self.factors.get(at, (1.0,) * len(designed))
        weights = tuple(a * b for a, b in zip(designed, factors, strict=True))
        order = sorted(range(len(children)), key=lambda i: -weights[i])
        names = tuple(title(children[i].child) for i in order)
        self.orders.append(Order(title(element), names, tuple(weights[i] for i in order)))
        return [children[i] for i in order]

    def plain(self, element: Element, at: str) -> tuple[str, dict[str, str]]:
        """Tag and attributes of a node: a choice is a Fallback, a SubTree gets all it reads."""
        named = {k: v for k, v in element.attributes.items() if k != "_weight"}
        if _is_choice(element):
            ours = ("ID", "name", "weights", "policy", "temperature")
            kept = {k: v for k, v in named.items() if k not in ours}
            return "Fallback", {"name": title(element), **kept}
        for name in self.missing.get(at, ()):
            named.setdefault(name, f"{{{name}}}")
        return element.tag, named


def _is_choice(element: Element) -> bool:
    return WEIGHTED in (element.tag, element.attributes.get("ID"))


def _factors(tree: "Tree", weights: Mapping[str, float]) -> dict[str, tuple[float, ...]]:
    """Learned factors of the children of each choice, by its place."""
    found = [node for node in nodes.walk(tree.root) if isinstance(node, nodes.WeightedFallback)]
    return {
        node.where: tuple(weights.get(key, 1.0) for key in of.children)
        for node, of in zip(found, tree.weighted, strict=True)
    }


def _check(tree: "Tree", weights: Mapping[str, float]) -> None:
    for name, weight in weights.items():
        if name not in tree.tactics:
            fix = nearest(name, tree.tactics)
            raise WeightsError(what="the tree has no such tactic", got=name, fix=fix)
        if not 0.0 < weight < float("inf"):
            fix = "a factor is above 0"
            raise WeightsError(what=f"no weight for {name!r}", got=weight, fix=fix)


def _comment(
    tree: "Tree",
    weights: Mapping[str, float],
    version: int | None,
    orders: Iterable[Order],
    facts: tuple[str, ...],
) -> str:
    """Where the tree came from and what it is, for whoever finds it."""
    lines = [
        f"Frozen from {Path(tree.path).name} (tree {tree.content_hash}),",
        f"{told_weights(tree, weights, version)}.",
        "Each choice by weight is a Fallback here, which tries its children in this order:",
    ]
    for order in orders:
        pairs = zip(order.children, order.weights, strict=True)
        told = ", ".join(f"{name} {weight:.4g}" for name, weight in pairs)
        lines += textwrap.wrap(
            f"{order.node}: {told}", 92, initial_indent="  ", subsequent_indent="    "
        )
    lines += [
        "A fixed order is another policy than a choice by weight, and no sandbox has judged it.",
    ]
    if facts:
        entries = f"Entries that the game keeps on the root blackboard: {', '.join(facts)}."
        lines += textwrap.wrap(entries, 94)
    text = "\n".join(f"  {line}" for line in lines)
    # Two dashes would end the comment.
    return f"<!--\n{re.sub('-(?=-)', '- ', text)}\n-->"


def told_weights(tree: "Tree", weights: Mapping[str, float], version: int | None) -> str:
    """Which weights these are, in words, with a hash over all factors."""
    if not weights or version == 0:
        return "with the designer's weights"
    factors = {name: float(weights.get(name, 1.0)) for name in sorted(tree.tactics)}
    digest = hashlib.sha256(repr(factors).encode()).hexdigest()[:16]
    named = "" if version is None else f" version {version}"
    return f"with learned weights{named} ({digest})"
