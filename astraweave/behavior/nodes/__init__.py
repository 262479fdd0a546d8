"""The tree as data: one class a node type, whose docstring is its truth table.

Meaning is BehaviorTree.CPP 4's. For every node: with `_skipIf` true, an idle node is SKIPPED and
not ticked; a running one is not asked again. Refuses nothing: `groot` checks before it builds.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from astraweave.behavior.scripts.parser import Script

Policy = Literal["roulette", "sorted"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """What all nodes have. `path` is unique in a tree, `where` is ``file:line:col``.

    `extra` holds attributes that start with an underscore and mean nothing to us.
    """

    name: str
    path: str
    where: str
    skip_if: Script | None = None
    extra: tuple[tuple[str, str], ...] = ()
    children: tuple["Node", ...] = ()

    @property
    def at(self) -> str:
        """Place for an error message: ``file:line:col: path``."""
        return f"{self.where}: {self.path}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sequence(Node):
    """Children in order.

    first FAILURE → FAILURE; RUNNING → RUNNING, same child next tick; SKIPPED → next child;
    all SKIPPED → SKIPPED; otherwise, at the end → SUCCESS.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class ReactiveSequence(Node):
    """Children in order, from the first one at every tick.

    first FAILURE → halt the others, FAILURE; RUNNING → halt the others, RUNNING;
    all SKIPPED → SKIPPED; otherwise, at the end → SUCCESS.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Fallback(Node):
    """Children in order.

    first SUCCESS → SUCCESS; RUNNING → RUNNING, same child next tick; SKIPPED → next child;
    all SKIPPED → SKIPPED; otherwise, at the end → FAILURE.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class ReactiveFallback(Node):
    """Children in order, from the first one at every tick.

    first SUCCESS → halt the others, SUCCESS; RUNNING → halt the others, RUNNING;
    all SKIPPED → SKIPPED; otherwise, at the end → FAILURE.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Inverter(Node):
    """SUCCESS → FAILURE; FAILURE → SUCCESS; RUNNING and SKIPPED as they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubTree(Node):
    """The only child is the root of the tree named `id`, inlined: its status as it is."""

    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptCondition(Node):
    """`code` not 0 → SUCCESS; 0 → FAILURE."""

    code: Script


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition(Node):
    """What the callback `id` answers: true → SUCCESS; false → FAILURE."""

    id: str
    ports: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Action(Node):
    """What the callback, or the environment, says of `id`.

    Callback: its answer; a generator that yields → RUNNING, resumed next tick, closed on halt.
    Environment: entered → commanded, RUNNING; then the status it reports (IDLE counts as RUNNING).
    Neither: an intention, RUNNING until the hold is over, then SUCCESS.
    """

    id: str
    ports: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightedFallback(Node):
    """One child, chosen by weight; a choice is a decision that is logged.

    Available is a child whose `_skipIf` is false and that has not failed in this activation.
    roulette: one draw, propensity = weight / sum over the available. sorted: the heaviest
    available (ties: document order), propensity 1.
    chosen RUNNING → RUNNING, kept next tick; SUCCESS → SUCCESS; FAILURE or SKIPPED → excluded,
    a new choice in the same tick; none left → FAILURE, or SKIPPED when none has failed.
    Hold (roulette): a child that succeeds sooner than the hold stays chosen; the next
    activation enters it again, without a new decision, if its `_skipIf` allows. The decision
    ends when the hold is over, or at the end of a tick that did not enter it.
    `keys`: names of the children; `weights`: the designer's, one a child.
    """

    keys: tuple[str, ...]
    weights: tuple[float, ...]
    policy: Policy


def walk(root: Node) -> Iterator[Node]:
    """All nodes, parents before children, in document order."""
    stack = [root]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(reversed(node.children))
