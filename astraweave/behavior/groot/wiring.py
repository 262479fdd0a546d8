"""What a SubTree must be handed for BehaviorTree.CPP: there, facts are entries like any other.

Here a script in a SubTree reads a fact of the game by its name; in BehaviorTree.CPP its
blackboard is its own, so each fact must be wired through every SubTree on the way. Refuses nothing:
a fact that cannot be wired, because its name is another's on the way, is a warning.
"""

from collections.abc import Iterator
from dataclasses import fields

from astraweave.behavior import nodes
from astraweave.behavior.scopes import Scope, Scopes
from astraweave.behavior.scripts.parser import Script


class Wiring:
    """The facts that a tree's SubTrees are not handed.

    missing: names, in order of first use, by the place of the SubTree. warnings: one line each.
    facts: names that can only mean a fact, in order of first use.
    """

    def __init__(self, root: nodes.Node) -> None:
        """Look at every name that a script or a port reads."""
        self._scopes = Scopes(root)
        facts: dict[str, None] = {}
        self._subtrees: dict[int, nodes.SubTree] = {}
        for i, node in enumerate(nodes.walk(root)):
            if isinstance(node, nodes.SubTree):
                # The node behind it in this order is its child, which is inside.
                self._subtrees[id(self._scopes.scope_of[i + 1])] = node
        missing: dict[str, dict[str, None]] = {}
        warnings: dict[str, None] = {}
        for node, scope, name in facts_read(root, self._scopes):
            facts[scope.home(name)[1]] = None
            taken = self._wire(scope, name, missing)
            if taken is not None:
                line = f"{node.at}: {name} is a fact here, but an entry around {taken.path}"
                warnings[f"{line}; BehaviorTree.CPP will not find it"] = None
        self.missing = {place: tuple(names) for place, names in missing.items()}
        self.warnings = tuple(warnings)
        self.facts = tuple(facts)

    def _wire(
        self, scope: Scope, name: str, missing: dict[str, dict[str, None]]
    ) -> nodes.SubTree | None:
        """Wire one name up to the root, or not at all: the SubTree in which it is another's."""
        home, own = scope.home(name)
        way = []
        while home.parent is not None:
            subtree = self._subtrees[id(home)]
            if self._scopes.entry(home.parent, own) is not None:
                return subtree
            way.append((subtree.where, own))
            home, own = home.parent.home(own)
        for place, wanted in way:
            missing.setdefault(place, {})[wanted] = None
        return None


def facts_read(root: nodes.Node, scopes: Scopes) -> Iterator[tuple[nodes.Node, Scope, str]]:
    """Each reading of a name that can only mean a fact: node, scope and the name there."""
    for node, scope in zip(nodes.walk(root), scopes.scope_of, strict=True):
        for name in _reads(node):
            if scopes.entry(scope, name) is None:
                yield node, scope, name


def _reads(node: nodes.Node) -> Iterator[str]:
    """Names of entries or facts that a node reads, by scripts and by ports."""
    for field in fields(node):
        value = getattr(node, field.name)
        for each in value if isinstance(value, tuple) else (value,):
            if isinstance(each, Script):
                yield from each.reads
            elif isinstance(each, nodes.Key):
                yield each.name
