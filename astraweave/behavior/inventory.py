"""What is in a tree: its choices, its leaves, the facts it reads, and a hash over its play.

Refuses trees whose tactics could not be told apart.
"""

import dataclasses
import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from astraweave.behavior import nodes
from astraweave.behavior.scopes import Scopes, is_mute, scripts_of
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
            "facts": tuple(_facts(listed, Scopes(self.root))),
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


def _facts(listed: Iterable[nodes.Node], scopes: Scopes) -> Iterator[tuple[str, nodes.Node]]:
    """What scripts read and no script or port writes."""
    # Names recur from node to node: where each leads is found out once. "" leads to an entry.
    facts: dict[tuple[int, str], str] = {}
    for node, scope in zip(listed, scopes.scope_of, strict=True):
        if is_mute(node):
            continue
        for script in scripts_of(node):
            for name in script.reads:
                key = id(scope), name
                if key not in facts:
                    is_fact = scopes.entry(scope, name) is None
                    facts[key] = scope.home(name)[1] if is_fact else ""
                if facts[key]:
                    yield facts[key], node


def _hash(listed: Iterable[nodes.Node]) -> str:
    """Hash of the canonical text: types, names, scripts, ports and weights, in order."""
    text = "".join([repr((len(node.children), *_canonical(node))) for node in listed])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


_SHARED = {own.name for own in dataclasses.fields(nodes.Node)}


_OWN: dict[type[nodes.Node], tuple[str, ...]] = {}
"""Fields that only a node type has, as far as somebody asked."""


def _own(kind: type[nodes.Node]) -> tuple[str, ...]:
    if kind not in _OWN:
        names = (own.name for own in dataclasses.fields(kind))
        _OWN[kind] = tuple(name for name in names if name not in _SHARED)
    return _OWN[kind]


def _canonical(node: nodes.Node) -> tuple[object, ...]:
    """All that decides how a node plays; what came later is only there where it is used."""
    kind, hooks = type(node), node.hooks
    values = [_plain(getattr(node, name)) for name in _own(kind) if _is_used(node, name)]
    if hooks is nodes.NO_HOOKS:
        return (kind.__name__, node.name, None, *values)
    later = (
        (name, _plain(script))
        for name, script in zip(hooks._fields, hooks, strict=True)
        if script is not None and name != "skip_if"
    )
    return (kind.__name__, node.name, _plain(hooks.skip_if), *values, *later)


def _is_used(node: nodes.Node, name: str) -> bool:
    if name in ("declared", "remap", "autoremap"):
        return bool(getattr(node, name))
    return name != "temperature" or getattr(node, "policy", "") == "softmax"


def _plain(value: object) -> object:
    """A value as its text says it, for a script with the numbers that it takes names for."""
    if not isinstance(value, Script):
        return value
    return (value.text, value.enums) if value.enums else value.text
