"""What is in a tree: its choices, its leaves, the facts it reads, and a hash over its play.

Refuses trees whose tactics could not be told apart.
"""

import dataclasses
import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from operator import attrgetter
from typing import NamedTuple

from astraweave.behavior import nodes
from astraweave.behavior.scopes import Scopes, has_scripts, scripts_of
from astraweave.behavior.scripts.parser import Script
from astraweave.errors import TreeError

_LEAVES = (nodes.Action, nodes.Condition)


@dataclass(frozen=True, slots=True)
class WeightedNode:
    """A WeightedFallback.

    children: keys as in `Tree.tactics`. weights: the designer's, one a child. policy: "roulette",
    "softmax", "sorted" or "ranked". temperature: of a softmax.
    """

    name: str
    children: tuple[str, ...]
    weights: tuple[float, ...]
    policy: str
    temperature: float = 1.0


class Inventory:
    """What `Tree` says of itself, under the same names. listed: all nodes, parents first.

    What needs a look at every script and port is found out when it is first asked for.
    """

    def __init__(self, root: nodes.Node) -> None:
        """Look at every node once."""
        self.root = root
        self.listed = tuple(nodes.walk(root))
        choices = [node for node in self.listed if isinstance(node, nodes.WeightedFallback)]
        self.weighted = _weighted(choices)
        self.tactics = tuple(key for node in self.weighted for key in node.children)
        leaves = [node for node in self.listed if isinstance(node, _LEAVES)]
        self.actions = _unique(node.id for node in leaves if isinstance(node, nodes.Action))
        self.conditions = _unique(node.id for node in leaves if isinstance(node, nodes.Condition))

    @cached_property
    def facts(self) -> tuple[tuple[str, nodes.Node], ...]:
        """Each fact that a script reads, with the node whose script it is."""
        return tuple(_facts(self.listed, Scopes(self.root)))

    @cached_property
    def reads(self) -> tuple[str, ...]:
        """Names of the facts that scripts read, in order of appearance."""
        return _unique(name for name, _ in self.facts)

    @cached_property
    def content_hash(self) -> str:
        """16 hex digits over all that decides its play."""
        return _hash(self.listed)


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
            node.temperature,
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
        for script in scripts_of(node) if has_scripts(node) else ():
            for name in script.reads:
                key = id(scope), name
                if key not in facts:
                    is_fact = scopes.entry(scope, name) is None
                    facts[key] = scope.home(name)[1] if is_fact else ""
                if facts[key]:
                    yield facts[key], node


def _hash(listed: Iterable[nodes.Node]) -> str:
    """Hash of the canonical text: types, names, scripts, ports and weights, in order."""
    text = "".join([repr(_canonical(node)) for node in listed])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


class _Own(NamedTuple):
    """What only one node type has. get: its fields; optional: those that may mean nothing."""

    name: str
    get: Callable[[nodes.Node], tuple[object, ...]]
    optional: tuple[str, ...]


_SHARED = {own.name for own in dataclasses.fields(nodes.Node)}
_OPTIONAL = ("declared", "remap", "autoremap", "temperature")
_OWN: dict[type[nodes.Node], _Own] = {}
"""By type, as far as somebody asked."""


def _own(kind: type[nodes.Node]) -> _Own:
    names = [own.name for own in dataclasses.fields(kind) if own.name not in _SHARED]
    optional = tuple(name for name in names if name in _OPTIONAL)
    always = [name for name in names if name not in _OPTIONAL]
    # With one name more `attrgetter` gives a tuple, whatever the number of the others.
    get = attrgetter("name", *always) if always else lambda node: (node.name,)
    _OWN[kind] = _Own(kind.__name__, get, optional)
    return _OWN[kind]


def _canonical(node: nodes.Node) -> tuple[object, ...]:
    """All that decides how a node plays; what came later is only there where it is used."""
    own = _OWN.get(type(node)) or _own(type(node))
    name, *values = own.get(node)
    if values and isinstance(values[0], Script):
        values[0] = _plain(values[0])
    for optional in own.optional:
        if _is_used(node, optional):
            values.append(getattr(node, optional))
    hooks = node.hooks
    if hooks is nodes.NO_HOOKS:
        return (len(node.children), own.name, name, None, *values)
    later = (
        (field, _plain(script))
        for field, script in zip(hooks._fields, hooks, strict=True)
        if script is not None and field != "skip_if"
    )
    return (len(node.children), own.name, name, _plain(hooks.skip_if), *values, *later)


def _is_used(node: nodes.Node, name: str) -> bool:
    if name == "temperature":
        return isinstance(node, nodes.WeightedFallback) and node.policy == "softmax"
    return bool(getattr(node, name))


def _plain(script: Script | None) -> object:
    """A script as its text, with the numbers that it takes names for."""
    if script is None or not script.enums:
        return script and script.text
    return script.text, script.enums
