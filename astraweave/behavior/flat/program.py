"""A tree as flat arrays for the batch engine. Refuses leaves and facts that are not declared.

Nodes are numbered in preorder: a node's first child is the next number, its next sibling is the
END of it. `kernels.layout` says what lies where.
"""

from collections.abc import Sequence as Order
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from astraweave.behavior import nodes
from astraweave.behavior.kernels import layout as at
from astraweave.behavior.nodes import Node
from astraweave.behavior.scripts.parser import MAX_TOKENS, Name, Number, Script
from astraweave.behavior.scripts.postfix import postfix
from astraweave.behavior.status import FAILURE, IDLE, SUCCESS, Status
from astraweave.errors import TreeError
from astraweave.model.actions import nearest

_SHAPE: dict[type[nodes.Node], tuple[int, Status]] = {
    nodes.Sequence: (at.MEMORY, FAILURE),
    nodes.Fallback: (at.MEMORY, SUCCESS),
    nodes.ReactiveSequence: (at.REACTIVE, FAILURE),
    nodes.ReactiveFallback: (at.REACTIVE, SUCCESS),
    nodes.Inverter: (at.PASS, FAILURE),
    nodes.SubTree: (at.PASS, SUCCESS),
    nodes.ScriptCondition: (at.SCRIPT, IDLE),
    nodes.Action: (at.ACTION, IDLE),
    nodes.WeightedFallback: (at.WEIGHTED, IDLE),
}
"""KIND and STOP of a node type."""


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Program:
    """A compiled tree; holds no state and no learned weights, so many batches share it.

    facts, actions, tactics: names of the fact columns, of commands and of weights. nodes: names
    of the WeightedFallbacks. paths: of all nodes, in preorder. designer: float64[tactics]. The
    other arrays are described in `kernels.layout`; places holds where weights and answers begin
    in cells, and choices in an agent's row of `width`. root: the tree itself, for jump code.
    """

    facts: tuple[str, ...]
    actions: tuple[str, ...]
    tactics: tuple[str, ...]
    nodes: tuple[str, ...]
    paths: tuple[str, ...]
    designer: npt.NDArray[np.float64]
    table: npt.NDArray[np.int64]
    code: npt.NDArray[np.int64]
    cells: npt.NDArray[np.float64]
    places: npt.NDArray[np.int64]
    width: int
    content_hash: str
    root: Node


class _Scripts:
    """Postfix code of all scripts, one after the other; equal texts share their code."""

    def __init__(self, facts: Order[str]) -> None:
        self.column = {name: i for i, name in enumerate(facts)}
        self.start: dict[str, int] = {}
        self.code: list[tuple[int, int]] = [(at.END_OF_CODE, 0)]
        self.constants: list[float] = []

    def add(self, script: Script | None, node: nodes.Node, attribute: str) -> int:
        """Row of the code where a script begins, 0 for none."""
        if script is None:
            return 0
        for name in script.reads:
            if name not in self.column:
                raise TreeError(
                    what=f"{attribute} reads a fact that is not declared",
                    got=name,
                    where=node.at,
                    fix=nearest(name, list(self.column)),
                )
        if script.text not in self.start:
            self.start[script.text] = len(self.code)
            self.code += [*postfix(script.expression, self.cell), (at.END_OF_CODE, 0)]
        return self.start[script.text]

    def cell(self, leaf: Name | Number) -> int:
        """Where a fact lies; a constant is put behind the facts."""
        if isinstance(leaf, Name):
            return self.column[leaf.name]
        self.constants.append(leaf.value)
        return len(self.column) + len(self.constants) - 1


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
    table = np.zeros((len(listed), at.NODE_COLUMNS), np.int64)
    _link(listed, table)
    for node, line in zip(listed, table, strict=True):
        line[at.GUARD] = scripts.add(node.skip_if, node, "_skipIf")
        _describe(node, line, scripts, actions)
    weights_at = len(facts) + len(scripts.constants)
    answers_at = weights_at + len(tactics)
    stack_at = answers_at + len(actions)
    weighted = [node for node in listed if isinstance(node, nodes.WeightedFallback)]
    leaves = table[:, at.KIND] == at.ACTION
    table[leaves, at.CELL] = answers_at + table[leaves, at.ARG]
    choices = table[table[:, at.KIND] == at.WEIGHTED]
    choices[:, at.INDEX] = np.arange(len(weighted))
    choices[:, at.FIRST] = np.cumsum(choices[:, at.COUNT]) - choices[:, at.COUNT]
    choices[:, at.CELL] = weights_at + choices[:, at.FIRST]
    choices_at = at.HEAD + len(listed)
    choices[:, at.ARG] = choices_at + at.CHOICE * choices[:, at.INDEX]
    table[table[:, at.KIND] == at.WEIGHTED] = choices
    code = np.array(scripts.code, np.int64)
    code[0, 1] = stack_at
    cells = np.zeros(stack_at + MAX_TOKENS)
    cells[len(facts) : weights_at] = scripts.constants
    return Program(
        facts=facts,
        actions=actions,
        tactics=tactics,
        nodes=tuple(node.name for node in weighted),
        paths=tuple(node.path for node in listed),
        designer=np.array([w for node in weighted for w in node.weights], np.float64),
        table=table,
        code=code,
        cells=cells,
        places=np.array([weights_at, answers_at, choices_at], np.int64),
        width=choices_at + at.CHOICE * len(weighted),
        content_hash=content_hash,
        root=root,
    )


def _describe(
    node: nodes.Node, line: npt.NDArray[np.int64], scripts: _Scripts, actions: tuple[str, ...]
) -> None:
    """Fill in what a node's row says of itself."""
    shape = _SHAPE.get(type(node))
    if shape is None:
        what, fix = "the batch engine does not play such a node", "only a single ticker does"
        if isinstance(node, nodes.Condition):
            what = "the batch engine cannot call a Python condition"
            fix = "write it as a ScriptCondition over facts"
        raise TreeError(what=what, got=node.name, where=node.at, fix=fix)
    line[at.KIND], line[at.STOP] = shape
    if isinstance(node, nodes.ScriptCondition):
        line[at.ARG] = scripts.add(node.code, node, "code")
    elif isinstance(node, nodes.WeightedFallback):
        line[at.COUNT], line[at.STOP] = len(node.children), node.policy == "sorted"
    elif isinstance(node, nodes.Action):
        if node.id not in actions:
            raise TreeError(
                what="the environment has no such action",
                got=node.id,
                where=node.at,
                fix=nearest(node.id, actions),
            )
        line[at.ARG] = actions.index(node.id)


def _link(listed: list[nodes.Node], table: npt.NDArray[np.int64]) -> None:
    """Fill in PARENT (−1 for the root) and END of each node."""
    number = {id(node): i for i, node in enumerate(listed)}
    table[:, at.PARENT] = -1
    for i in range(len(listed) - 1, -1, -1):
        children = [number[id(child)] for child in listed[i].children]
        table[children, at.PARENT] = i
        table[i, at.END] = table[children[-1], at.END] if children else i + 1
