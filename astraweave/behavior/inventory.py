"""What is in a tree: its choices, its leaves, the facts it reads, and a hash over its play.

Refuses trees whose tactics could not be told apart.
"""

import dataclasses
import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from astraweave.behavior import nodes
from astraweave.behavior.scopes import Scopes
from astraweave.behavior.scripts.parser import Script
from astraweave.errors import TreeError


@dataclass(frozen=True, slots=True)
class WeightedNode:
    """A WeightedFallback.

    children: keys as in `Tree.tactics`. weights: the designer's, one a child. policy: "roulette",
    "softmax" or "sorted".
    """

    name: str
    children: tuple[str, ...]
    weights: tuple[float, ...]
    policy: str


@dataclass(frozen=True, slots=True)
class Inventory:
    """What `Tree` says of itself, under the same names. listed: all nodes, parents first.

    facts: each fact that a script reads, with the node whose script it is.
    """

    root: nodes.Node
    listed: tuple[nodes.Node, ...] = field(init=False)
    weighted: tuple[WeightedNode, ...] = field(init=False)
    tactics: tuple[str, ...] = field(init=False)
    actions: tuple[str, ...] = field(init=False)
    conditions: tuple[str, ...] = field(init=False)
    facts: tuple[tuple[str, nodes.Node], ...] = field(init=False)
    content_hash: str = field(init=False)

    def __post_init__(self) -> None:
        """Look at every node once."""
        listed = tuple(nodes.walk(self.root))
        choices = [node for node in listed if isinstance(node, nodes.WeightedFallback)]
        weighted = _weighted(choices)
        found = {
            "listed": listed,
            "weighted": weighted,
            "tactics": tuple(key for node in weighted for key in node.children),
            "actions": _unique(node.id for node in listed if isinstance(node, nodes.Action)),
            "conditions": _unique(node.id for node in listed if isinstance(node, nodes.Condition)),
            "facts": tuple(_facts(self.root)),
            "content_hash": _hash(listed),
        }
        for name, value in found.items():
            object.__setattr__(self, name, value)

    @property
    def reads(self) -> tuple[str, ...]:
        """Names of the facts that scripts read, in order of appearance."""
        return _unique(name for name, _ in self.facts)


def _weighted(choices: list[nodes.WeightedFallback]) -> tuple[WeightedNode, ...]:
    seen: dict[str, nodes.WeightedFallback] = {}
    for node in choices:
        if node.name in seen:
            raise TreeError(
                what="two WeightedFallbacks of one name: their weights could not be told apart",
                got=node.name,
                where=node.at,
                fix="give each its own name; a SubTree that holds one can be used once",
            )
        seen[node.name] = node
    counts = Counter(key for node in choices for key in node.keys)
    return tuple(
        WeightedNode(
            node.name,
            tuple(key if counts[key] == 1 else f"{node.name}/{key}" for key in node.keys),
            node.weights,
            node.policy,
        )
        for node in choices
    )


def _unique(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def scripts_of(node: nodes.Node) -> Iterator[Script]:
    """All scripts of a node: those of its attributes, then its own."""
    yield from (script for script in node.hooks if script is not None)
    if isinstance(node, (nodes.ScriptCondition, nodes.RunScript)):
        yield node.code
    elif isinstance(node, nodes.Precondition):
        yield node.if_


def _facts(root: nodes.Node) -> Iterator[tuple[str, nodes.Node]]:
    """What scripts read and no script or port writes."""
    scopes = Scopes(root)
    for node, scope in zip(nodes.walk(root), scopes.scope_of, strict=True):
        for script in scripts_of(node):
            for name in script.reads:
                if scopes.entry(scope, name) is None:
                    yield scope.home(name)[1], node


def _hash(listed: Iterable[nodes.Node]) -> str:
    """Hash of the canonical text: types, names, scripts, ports and weights, in order."""
    digest = hashlib.sha256()
    for node in listed:
        digest.update(repr((len(node.children), *_canonical(node))).encode())
    return digest.hexdigest()[:16]


_SHARED = {own.name for own in dataclasses.fields(nodes.Node)} - {"name"}
_KINDS = (nodes.Action, nodes.Condition)


def _canonical(node: nodes.Node) -> tuple[object, ...]:
    """All that decides how a node plays; what came later is only there where it is used."""
    own = {f.name: _plain(getattr(node, f.name)) for f in dataclasses.fields(node)}
    own = {name: value for name, value in own.items() if name not in _SHARED}
    if isinstance(node, _KINDS) and not node.declared:
        del own["declared"]
    if isinstance(node, nodes.WeightedFallback) and node.policy != "softmax":
        del own["temperature"]
    if isinstance(node, nodes.SubTree):
        own |= {"remap": node.remap or None, "autoremap": node.autoremap or None}
    skip = node.skip_if.text if node.skip_if else None
    later = tuple(
        (name, script.text)
        for name, script in zip(node.hooks._fields, node.hooks, strict=True)
        if script is not None and name != "skip_if"
    )
    values = (value for name, value in own.items() if name != "name" and value is not None)
    return (type(node).__name__, node.name, skip, *values, *later)


def _plain(value: object) -> object:
    return value.text if isinstance(value, Script) else value
