"""A tree as flat arrays for the batch engine. Refuses leaves and facts that are not declared.

Nodes are numbered in preorder: a node's first child is the next number, its next sibling is
`end` of it. Guards and conditions are postfix code over a row of facts.
"""

from collections.abc import Sequence as Order
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from astraweave.behavior import nodes
from astraweave.behavior.expressions import CONST, postfix
from astraweave.behavior.kernels.tick import (
    ACTION,
    MEMORY,
    PASS,
    REACTIVE,
    SCRIPT,
    WEIGHTED,
    Flat,
)
from astraweave.behavior.scripts import Script
from astraweave.behavior.status import FAILURE, IDLE, SUCCESS, Status
from astraweave.errors import TreeError
from astraweave.model.actions import nearest

MAX_ACTIONS = 32_000

_SHAPE: dict[type[nodes.Node], tuple[int, Status]] = {
    nodes.Sequence: (MEMORY, FAILURE),
    nodes.Fallback: (MEMORY, SUCCESS),
    nodes.ReactiveSequence: (REACTIVE, FAILURE),
    nodes.ReactiveFallback: (REACTIVE, SUCCESS),
    nodes.Inverter: (PASS, FAILURE),
    nodes.SubTree: (PASS, SUCCESS),
    nodes.ScriptCondition: (SCRIPT, IDLE),
    nodes.Action: (ACTION, IDLE),
    nodes.WeightedFallback: (WEIGHTED, IDLE),
}
"""Kind of a node in the kernel, and the status that ends it; an Inverter's is that of a success."""


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """A compiled tree; holds no state and no learned weights, so many batches share it.

    facts, actions, tactics: names of the columns, commands and weights. nodes: names of the
    weighted nodes. paths: of all nodes, in preorder. designer: float64[tactics].
    """

    flat: Flat
    facts: tuple[str, ...]
    actions: tuple[str, ...]
    tactics: tuple[str, ...]
    nodes: tuple[str, ...]
    paths: tuple[str, ...]
    designer: npt.NDArray[np.float64]
    content_hash: str


class _Scripts:
    """Postfix code of all scripts, one after the other; equal texts share their code."""

    def __init__(self, facts: Order[str]) -> None:
        self.column = {name: i for i, name in enumerate(facts)}
        self.number: dict[str, int] = {}
        self.start = [0]
        self.ops: list[int] = []
        self.args: list[int] = []
        self.constants: list[float] = [0.0]

    def add(self, script: Script | None, node: nodes.Node, attribute: str) -> int:
        """Number of a script, −1 for none."""
        if script is None:
            return -1
        for name in script.reads:
            if name not in self.column:
                raise TreeError(
                    what=f"{attribute} reads a fact that is not declared",
                    got=name,
                    where=node.at,
                    fix=nearest(name, list(self.column)),
                )
        if script.text not in self.number:
            self.number[script.text] = len(self.number)
            self._code(script)
        return self.number[script.text]

    def _code(self, script: Script) -> None:
        for op, argument in postfix(script.expression, self.column):
            self.ops.append(op)
            if op == CONST:
                self.args.append(len(self.constants))
                self.constants.append(argument)
            else:
                self.args.append(int(argument))
        self.start.append(len(self.ops))


def compile_tree(
    root: nodes.Node,
    facts: tuple[str, ...],
    actions: tuple[str, ...],
    tactics: tuple[str, ...],
    content_hash: str,
) -> Program:
    """Flat arrays of a tree.

    Args:
        root: the tree.
        facts: names of the columns of the fact rows.
        actions: names of the commands; an Action's ID is looked up here.
        tactics: keys of all children of weighted nodes, in document order.
        content_hash: of the tree, carried along.

    Raises:
        TreeError: a leaf that is no action of the environment, a Python condition, or a script
            that reads an undeclared fact.
    """
    listed = list(nodes.walk(root))
    scripts = _Scripts(facts)
    weighted = [node for node in listed if isinstance(node, nodes.WeightedFallback)]
    place = {id(node): i for i, node in enumerate(weighted)}
    kind, stop, guard, arg = [], [], [], []
    for node in listed:
        shape = _SHAPE.get(type(node))
        if shape is None:
            raise TreeError(
                what="the batch engine cannot call a Python condition",
                got=node.name,
                where=node.at,
                fix="write it as a ScriptCondition over facts",
            )
        kind.append(shape[0])
        stop.append(int(shape[1]))
        guard.append(scripts.add(node.skip_if, node, "_skipIf"))
        arg.append(_argument(node, scripts, actions, place))
    parent, end = _links(listed)
    counts = [len(node.children) for node in weighted]
    first = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    flat = Flat(
        kind=np.array(kind, np.int64),
        stop=np.array(stop, np.int64),
        guard=np.array(guard, np.int64),
        arg=np.array(arg, np.int64),
        parent=parent,
        end=end,
        script=np.array(scripts.start, np.int64),
        ops=np.array(scripts.ops, np.int64),
        args=np.array(scripts.args, np.int64),
        constants=np.array(scripts.constants, np.float64),
        first=first,
        ordered=np.array([node.policy == "sorted" for node in weighted], np.bool_),
    )
    return Program(
        flat=flat,
        facts=facts,
        actions=actions,
        tactics=tactics,
        nodes=tuple(node.name for node in weighted),
        paths=tuple(node.path for node in listed),
        designer=np.array([w for node in weighted for w in node.weights], np.float64),
        content_hash=content_hash,
    )


def _argument(
    node: nodes.Node, scripts: _Scripts, actions: tuple[str, ...], place: dict[int, int]
) -> int:
    """What the kernel needs besides the kind: a script, a command or a weighted node's number."""
    if isinstance(node, nodes.ScriptCondition):
        return scripts.add(node.code, node, "code")
    if isinstance(node, nodes.WeightedFallback):
        return place[id(node)]
    if isinstance(node, nodes.Action):
        if node.id not in actions:
            raise TreeError(
                what="the environment has no such action",
                got=node.id,
                where=node.at,
                fix=nearest(node.id, actions),
            )
        return actions.index(node.id)
    return 0


def _links(
    listed: list[nodes.Node],
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Parent (−1 for the root) and end (number of the next node outside) of each node."""
    number = {id(node): i for i, node in enumerate(listed)}
    parent = np.full(len(listed), -1, np.int64)
    end = np.arange(1, len(listed) + 1, dtype=np.int64)
    for i in range(len(listed) - 1, -1, -1):
        for child in listed[i].children:
            parent[number[id(child)]] = i
        if listed[i].children:
            end[i] = end[number[id(listed[i].children[-1])]]
    return parent, end
