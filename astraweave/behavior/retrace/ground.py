"""The tree as a rerun needs it: leaves told apart by path, choices by name, whose leaf is whose.

Refuses nothing.
"""

import dataclasses
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from astraweave.behavior import nodes
from astraweave.behavior.engine.weighted import strengths

if TYPE_CHECKING:
    from astraweave.behavior.tree import Tree


class Choosing(NamedTuple):
    """A WeightedFallback.

    number: its place among the tree's. keys: of its children, as in `Tree.tactics`. strengths: what
    a roulette draws by. way: the nodes down to it, from the chosen child around it or the root.
    """

    number: int
    node: nodes.WeightedFallback
    keys: tuple[str, ...]
    strengths: list[float]
    way: tuple[nodes.Node, ...]

    def child(self, tactic: str) -> nodes.Node | None:
        """The child of a key; None when there is none."""
        return self.node.children[self.keys.index(tactic)] if tactic in self.keys else None


class Around(NamedTuple):
    """The innermost choice around a leaf: name of the WeightedFallback, and its child."""

    node: str
    child: nodes.Node


class Ground:
    """A tree's choices by name, in document order."""

    def __init__(self, tree: "Tree", weights: Mapping[str, float]) -> None:
        """`weights`: learned factors, 1 where none is given."""
        self.choosing = _choosing(tree, weights)
        self._places = {name: place for place, name in enumerate(self.choosing)}

    def place(self, name: str) -> int:
        """Place of a choice in document order; an unknown one is last."""
        return self._places.get(name, len(self._places))

    def inside(self, name: str, node: str, tactic: str) -> bool:
        """Whether a choice stands in the child `tactic` of the choice `node`."""
        outer = self.choosing.get(node)
        child = None if outer is None else outer.child(tactic)
        return child is not None and self._below(name, child)

    def under(self, name: str, node: str) -> bool:
        """Whether a choice is the choice `node` or stands anywhere below it."""
        outer = self.choosing.get(node)
        return outer is not None and self._below(name, outer.node)

    def _below(self, name: str, node: nodes.Node) -> bool:
        inner = self.choosing.get(name)
        return inner is not None and f"{inner.node.path}/".startswith(f"{node.path}/")


def renamed(node: nodes.Node) -> nodes.Node:
    """The tree with each action's and condition's path as its ID."""
    children = tuple(renamed(child) for child in node.children)
    if isinstance(node, (nodes.Action, nodes.Condition)):
        return dataclasses.replace(node, id=node.path)
    return dataclasses.replace(node, children=children) if children else node


def _choosing(tree: "Tree", weights: Mapping[str, float]) -> dict[str, Choosing]:
    """The WeightedFallbacks of a tree by name, with these learned factors."""
    found: dict[str, Choosing] = {}
    for node, way, _ in _ways(tree.root):
        if isinstance(node, nodes.WeightedFallback):
            number = len(found)
            keys = tree.weighted[number].children
            strong = strengths(node, [weights.get(key, 1.0) for key in keys])
            found[node.name] = Choosing(number, node, keys, strong, way)
    return found


def regions(root: nodes.Node) -> dict[str, Around]:
    """Path of each leaf inside a choice → that choice."""
    return {
        node.path: around
        for node, _, around in _ways(root)
        if around is not None and isinstance(node, (nodes.Action, nodes.Condition))
    }


def _ways(root: nodes.Node) -> Iterator[tuple[nodes.Node, tuple[nodes.Node, ...], Around | None]]:
    """All nodes in `walk`'s order, each with the way from the innermost choice around it."""
    stack: list[tuple[nodes.Node, tuple[nodes.Node, ...], Around | None]] = [(root, (root,), None)]
    while stack:
        node, way, around = stack.pop()
        yield node, way, around
        for child in reversed(node.children):
            if isinstance(node, nodes.WeightedFallback):
                stack.append((child, (child,), Around(node.name, child)))
            else:
                stack.append((child, (*way, child), around))
