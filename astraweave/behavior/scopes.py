"""Whose entry a name means: each SubTree has a blackboard of its own, wired by its ports.

A name in a script, and a ``{key}`` of a port, means the entry of its scope's blackboard; as long
as that has no value, the fact of that name. Facts can be read in every scope and never written.
All wiring is static, so both engines share the entries that `resolve` numbers. Refuses nothing.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import cast

from astraweave.behavior.nodes import (
    NO_HOOKS,
    NOT_GIVEN,
    Action,
    Condition,
    Delay,
    EntryUpdated,
    Key,
    Loop,
    Node,
    Parallel,
    ParallelAll,
    Port,
    PortType,
    Precondition,
    Repeat,
    RetryUntilSuccessful,
    RunOnce,
    RunScript,
    ScriptCondition,
    SetBlackboard,
    Sleep,
    SubTree,
    Switch,
    Timeout,
    TryCatch,
    UnsetBlackboard,
    WasEntryUpdated,
)
from astraweave.behavior.scripts.environment import Kind
from astraweave.behavior.scripts.parser import Script

PORT_KINDS: Mapping[type[Node], Mapping[str, Kind]] = {
    Parallel: {"success_count": "int", "failure_count": "int"},
    ParallelAll: {"max_failures": "int"},
    Switch: {"variable": "string"},
    TryCatch: {"catch_on_halt": "bool"},
    Repeat: {"num_cycles": "int"},
    RetryUntilSuccessful: {"num_attempts": "int"},
    Delay: {"delay_msec": "unsigned"},
    Timeout: {"msec": "unsigned"},
    RunOnce: {"then_skip": "bool"},
    Precondition: {"else_": "status"},
    EntryUpdated: {"entry": "opaque"},
    Loop: {"queue": "any", "if_empty": "status"},
    SetBlackboard: {"value": "any", "output_key": "any"},
    UnsetBlackboard: {"key": "string"},
    WasEntryUpdated: {"entry": "opaque"},
    Sleep: {"msec": "unsigned"},
}
"""Type of each port of BehaviorTree.CPP's own nodes, by the name of its field."""

_SCRIPTED = (RunScript, ScriptCondition, Precondition)
_LEAVES = (Action, Condition)


@dataclass(slots=True)
class Scope:
    """The blackboard of the tree or of one SubTree.

    path: of the SubTree, "" for the tree. constants: its keys that a port sets to a text.
    """

    path: str
    parent: "Scope | None" = None
    remap: dict[str, str] = field(default_factory=dict)
    constants: dict[str, str] = field(default_factory=dict)
    autoremap: bool = False

    def home(self, name: str) -> "tuple[Scope, str]":
        """The scope that owns a name used in this one, and the name it has there."""
        scope = self
        while True:
            if name.startswith("@"):
                while scope.parent is not None:
                    scope = scope.parent
                return scope, name.lstrip("@")
            if scope.parent is None or name in scope.constants:
                return scope, name
            if name in scope.remap:
                name = scope.remap[name]
            elif not scope.autoremap or name.startswith("_"):
                return scope, name
            scope = scope.parent


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a blackboard.

    initial: the text a SubTree's port gives it, None for unset. kind: the type that the first
    port that names it declares, None when none does: then the first who writes makes the entry.
    """

    scope: str
    name: str
    initial: str | None
    kind: Kind | None = None

    @property
    def path(self) -> str:
        """Name of the entry among all: ``name``, or ``subtree/path::name``."""
        return f"{self.scope}::{self.name}" if self.scope else self.name


class Scopes:
    """The entries of a tree. scope_of: scope of each node, by its place in `walk`'s order."""

    def __init__(self, root: Node, board: Iterable[str] = ()) -> None:
        """`board`: keys of the tree's own blackboard that the game writes."""
        self.root = Scope("")
        self.scope_of: list[Scope] = []
        self.entries: list[Entry] = []
        self._numbers: dict[tuple[int, str], int] = {}
        self._kinds: dict[tuple[int, str], Kind] = {}
        self._add_all(self.root, board)
        ported: list[tuple[Node, Scope]] = []
        for node, scope in scoped(root, self.root):
            self.scope_of.append(scope)
            # Most nodes have neither scripts nor ports, and need no look at them.
            if has_scripts(node):
                for script in scripts_of(node):
                    self._add_all(scope, script.writes)
            if type(node) in PORT_KINDS or (isinstance(node, _LEAVES) and node.ports):
                ported.append((node, scope))
                self._add_all(scope, _written(node))
        for scope in _unique(self.scope_of):
            self._add_all(scope, scope.constants)
        self._declare(ported)

    def _declare(self, ported: Iterable[tuple[Node, Scope]]) -> None:
        """Give each entry the type of the first port that names it."""
        for node, scope in ported:
            for port, kind in _ports(node):
                if isinstance(port, Key) and port is not NOT_GIVEN:
                    home, own = scope.home(port.name)
                    self._kinds.setdefault((id(home), own), kind)
        for place, number in self._numbers.items():
            entry = self.entries[number]
            if entry.initial is None and place in self._kinds:
                self.entries[number] = replace(entry, kind=self._kinds[place])

    def _add_all(self, scope: Scope, names: Iterable[str]) -> None:
        for name in names:
            home, own = scope.home(name)
            if (id(home), own) not in self._numbers:
                self._numbers[id(home), own] = len(self.entries)
                self.entries.append(Entry(home.path, own, home.constants.get(own)))

    def entry(self, scope: Scope, name: str) -> int | None:
        """Number of the entry that `name` means in `scope`; None: only a fact can be meant."""
        home, own = scope.home(name)
        return self._numbers.get((id(home), own))

    def kind(self, scope: Scope, name: str) -> Kind | None:
        """Type that the first port that names the entry declares, None when none does."""
        home, own = scope.home(name)
        return self._kinds.get((id(home), own))


def has_scripts(node: Node) -> bool:
    """Whether `scripts_of` finds any: most nodes have none."""
    return node.hooks is not NO_HOOKS or isinstance(node, _SCRIPTED)


def scripts_of(node: Node) -> Iterator[Script]:
    """All scripts of a node: those of its attributes, then its own."""
    if node.hooks is not NO_HOOKS:
        yield from filter(None, node.hooks)
    if isinstance(node, (ScriptCondition, RunScript)):
        yield node.code
    elif isinstance(node, Precondition):
        yield node.if_


def scoped(root: Node, scope: Scope) -> Iterator[tuple[Node, Scope]]:
    """All nodes in `walk`'s order, each with the scope that its names belong to."""
    stack = [(root, scope)]
    while stack:
        node, scope = stack.pop()
        yield node, scope
        inner = _inner(node, scope) if isinstance(node, SubTree) else scope
        stack.extend((child, inner) for child in reversed(node.children))


def _inner(node: SubTree, outer: Scope) -> Scope:
    inner = Scope(node.path, outer, autoremap=node.autoremap)
    for name, value in node.remap:
        if isinstance(value, Key):
            inner.remap[name] = value.name
        else:
            inner.constants[name] = value
    return inner


def _written(node: Node) -> Iterator[str]:
    """Names that a node's ports may write, or that are no facts because it asks when they were."""
    for port in _output_ports(node):
        if isinstance(port, Key) and port is not NOT_GIVEN:
            yield port.name


def _ports(node: Node) -> Iterator[tuple[Port, Kind]]:
    """All ports of a node with their types; what names one key twice, its stronger type first."""
    if isinstance(node, Loop):
        yield node.value, node.kind
    for name, kind in PORT_KINDS.get(type(node), {}).items():
        yield cast("Port", getattr(node, name)), kind
    if isinstance(node, Switch):
        yield from ((case, "string") for case in node.cases)
    elif isinstance(node, (Action, Condition)):
        yield from ((port, model.kind) for port, model in wired(node))


def wired(node: Action | Condition) -> Iterator[tuple[Port, PortType]]:
    """What each port of a leaf says, and what is declared of it."""
    types = {port.name: port for port in node.declared}
    for name, port in node.ports:
        yield port, types.get(name, PortType(name))


def _output_ports(node: Node) -> Iterator[object]:
    if isinstance(node, (Action, Condition)):
        yield from (port for port, model in wired(node) if model.direction != "input")
    elif isinstance(node, Loop):
        yield from (node.queue, node.value)
    elif isinstance(node, SetBlackboard):
        key = node.output_key
        yield from (key if isinstance(key, Key) else Key(key), node.value)
    elif isinstance(node, UnsetBlackboard):
        yield node.key if isinstance(node.key, Key) else Key(node.key)
    elif isinstance(node, (EntryUpdated, WasEntryUpdated)):
        yield node.entry


def _unique(scopes: list[Scope]) -> Iterator[Scope]:
    seen: dict[int, Scope] = {id(scope): scope for scope in scopes}
    yield from seen.values()
