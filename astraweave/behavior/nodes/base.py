"""What every node has: a name, a place, conditions before it and scripts after it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

from astraweave.behavior.scripts.environment import Kind
from astraweave.behavior.scripts.parser import Script


@dataclass(frozen=True, slots=True)
class Key:
    """A port's value that stands in the blackboard: ``{name}`` in XML."""

    name: str


Port = str | Key
"""A port as written: literal text, or a blackboard key. An empty text is "not given"."""

NOT_GIVEN = Key("")
"""A port that is not given, where an empty text is a value; no key is called so."""


@dataclass(frozen=True, slots=True)
class PortType:
    """What the tree's model of a leaf declares of a port. kind "any": no type."""

    name: str
    kind: Kind = "any"
    direction: Literal["input", "output", "inout"] = "inout"


class Hooks(NamedTuple):
    """The attributes every node may carry, in the order in which they are asked.

    Before a tick of a node that is idle: failure_if → FAILURE, success_if → SUCCESS, skip_if →
    SKIPPED, while_ false → SKIPPED; the first that holds takes the place of the tick. Before a
    tick of a running node: while_ false → halted, SKIPPED. on_halted runs after a halt,
    on_failure or on_success after it ended so, and post after either of these two.
    """

    failure_if: Script | None = None
    success_if: Script | None = None
    skip_if: Script | None = None
    while_: Script | None = None
    on_halted: Script | None = None
    on_failure: Script | None = None
    on_success: Script | None = None
    post: Script | None = None


NO_HOOKS = Hooks()


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """What all nodes have. `path` is unique in a tree, `where` is ``file:line:col``.

    `extra` holds attributes that start with an underscore and mean nothing to us.
    """

    name: str
    path: str
    where: str
    hooks: Hooks = NO_HOOKS
    extra: tuple[tuple[str, str], ...] = ()
    children: tuple["Node", ...] = ()

    @property
    def skip_if(self) -> Script | None:
        """The script of `_skipIf`."""
        return self.hooks.skip_if

    @property
    def at(self) -> str:
        """Place for an error message: ``file:line:col: path``."""
        return f"{self.where}: {self.path}"


def walk(root: Node) -> Iterator[Node]:
    """All nodes, parents before children, in document order."""
    stack = [root]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(reversed(node.children))
