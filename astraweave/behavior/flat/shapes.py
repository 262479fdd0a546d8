"""What the row of a node says of it, by node type; the columns are described in `kernels.layout`.

Refuses, with the node's place, what no kernel can express.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from astraweave.behavior import nodes
from astraweave.behavior.flat import over_entries
from astraweave.behavior.flat.operands import Operands
from astraweave.behavior.flat.over_entries import Columns
from astraweave.behavior.kernels import layout as at
from astraweave.behavior.nodes import Node
from astraweave.behavior.scopes import Scope
from astraweave.behavior.status import FAILURE, RUNNING, SKIPPED, SUCCESS
from astraweave.errors import TreeError
from astraweave.model.actions import nearest

Line = npt.NDArray[np.int64]
_PLAIN: Mapping[type[Node], Columns] = {
    nodes.Sequence: {at.KIND: at.MEMORY, at.STOP: FAILURE},
    nodes.Fallback: {at.KIND: at.MEMORY, at.STOP: SUCCESS},
    nodes.AsyncSequence: {at.KIND: at.MEMORY, at.STOP: FAILURE, at.A: 1},
    nodes.AsyncFallback: {at.KIND: at.MEMORY, at.STOP: SUCCESS, at.A: 1},
    nodes.SequenceWithMemory: {at.KIND: at.MEMORY, at.STOP: FAILURE, at.A: 1, at.B: 1},
    nodes.ReactiveSequence: {at.KIND: at.REACTIVE, at.STOP: FAILURE},
    nodes.ReactiveFallback: {at.KIND: at.REACTIVE, at.STOP: SUCCESS},
    nodes.Inverter: {at.KIND: at.PASS, at.STOP: FAILURE, at.A: SUCCESS, at.B: SKIPPED},
    nodes.ForceSuccess: {at.KIND: at.PASS, at.STOP: SUCCESS, at.A: SUCCESS, at.B: SKIPPED},
    nodes.ForceFailure: {at.KIND: at.PASS, at.STOP: FAILURE, at.A: FAILURE, at.B: SKIPPED},
    nodes.KeepRunningUntilFailure: {
        at.KIND: at.PASS,
        at.STOP: RUNNING,
        at.A: FAILURE,
        at.B: RUNNING,
    },
    nodes.SubTree: {at.KIND: at.PASS, at.STOP: SUCCESS, at.A: FAILURE, at.B: SKIPPED},
    nodes.AlwaysSuccess: {at.KIND: at.ALWAYS, at.STOP: SUCCESS},
    nodes.AlwaysFailure: {at.KIND: at.ALWAYS, at.STOP: FAILURE},
}
"""Types that have neither scripts nor ports of their own."""

_MEMORY = {
    at.MEMORY: (3, 2),
    at.REACTIVE: (1, 0),
    at.PARALLEL: (5, 2),
    at.PARALLEL_ALL: (5, 2),
    at.IF_THEN_ELSE: (1, 1),
    at.SWITCH: (1, 1),
    at.TRY_CATCH: (at.TRY_MEMORY, 3),
    at.REPEAT: (3, 1),
    at.DELAY: (4, 1),
    at.TIMEOUT: (4, 1),
    at.SLEEP: (4, 1),
    at.RUN_ONCE: (1, 0),
    at.PRECONDITION: (1, 0),
    at.UPDATED: (2, 1),
    at.LOOP: (2, 0),
    at.WAS_UPDATED: (2, 0),
}
"""How many numbers a kind of node remembers, and how many of them a halt forgets."""


def memory_of(line: Line) -> tuple[int, int]:
    """How many numbers a node remembers, and how many of them, from the first, a halt forgets."""
    if line[at.KIND] == at.MEMORY and line[at.B] == 1:
        return 3, 0
    return _MEMORY.get(int(line[at.KIND]), (0, 0))


def describe(node: Node, line: Line, scope: Scope, operands: Operands, place: "Place") -> None:
    """Fill in what a node's row says of itself: its kind, and what kind by kind is STOP, A, B, C.

    Raises:
        TreeError: the node, or what stands in it, is nothing for a kernel.
    """
    columns = _PLAIN.get(type(node))
    if columns is None:
        columns = _OWN[type(node)](node, scope, operands, place)
    for column, value in columns.items():
        line[column] = value
    _hooks(node, line, scope, operands, guarded=place.guarded)


class Place:
    """Where a node stands, and what its environment can do.

    number: of the node. guarded: its `_skipIf` is asked by the WeightedFallback above. last: the
    number of its last child.
    """

    def __init__(self, number: int, actions: Mapping[str, int]) -> None:
        """`actions`: number of each command."""
        self.number, self.actions = number, actions
        self.guarded = False
        self.last = 0


def _hooks(node: Node, line: Line, scope: Scope, operands: Operands, *, guarded: bool) -> None:
    hooks = node.hooks
    if hooks == nodes.NO_HOOKS:
        return

    def row(attribute: str, *, condition: bool = False) -> int:
        script = getattr(hooks, attribute)
        shown = _ATTRIBUTES[attribute]
        return operands.script(script, node, scope, shown, condition=condition)

    before = [
        row(name, condition=True) for name in ("failure_if", "success_if", "skip_if", "while_")
    ]
    after = [row(name) for name in ("on_success", "on_failure", "post")]
    if guarded:
        line[at.GUARD], before[at.SKIP_IF] = before[at.SKIP_IF], 0
    line[at.BEFORE] = _listed(before, operands)
    line[at.AFTER] = _listed(after, operands)
    line[at.STOPPED] = row("on_halted")


_ATTRIBUTES = {
    "failure_if": "_failureIf",
    "success_if": "_successIf",
    "skip_if": "_skipIf",
    "while_": "_while",
    "on_success": "_onSuccess",
    "on_failure": "_onFailure",
    "post": "_post",
    "on_halted": "_onHalted",
}


def _listed(rows: list[int], operands: Operands) -> int:
    """Row of the code where a list of rows begins, 0 when all of them are 0."""
    if not any(rows):
        return 0
    operands.code += [(row, 0, 0) for row in rows]
    return len(operands.code) - len(rows)


def _parallel(node: Any, scope: Scope, operands: Operands, _place: Place) -> Columns:
    won, won_code = operands.number(node, scope, "success_count", "int")
    lost, lost_code = operands.number(node, scope, "failure_count", "int")
    columns = {at.KIND: at.PARALLEL, at.A: won, at.CODE_A: won_code}
    return columns | {at.B: lost, at.CODE_B: lost_code}


def _switch(node: Any, scope: Scope, operands: Operands, _place: Place) -> Columns:
    text = operands.text(scope, node.variable)
    if text is not None and operands.as_text(node, scope, text) == 0:
        # A text that is no number: which case it is stands fixed.
        same = [operands.text(scope, case) == text for case in node.cases]
        _refuse_entries(node, scope, operands)
        code = operands.as_text(node, scope, "0")
        cases = [code if fits else 0 for fits in same]
    else:
        code = operands.as_text(node, scope, node.variable)
        cases = [operands.as_text(node, scope, case) for case in node.cases]
    # Cases of one row stand beside it: a list of zeros is a list here.
    operands.code += [(case, 0, 0) for case in cases]
    return {at.KIND: at.SWITCH, at.A: code, at.B: len(operands.code) - len(cases)}


def _refuse_entries(node: Any, scope: Scope, operands: Operands) -> None:
    for case in node.cases:
        if operands.text(scope, case) is None:
            raise TreeError(
                what="the batch engine compares a text with texts that stand in the tree only",
                got=f"{{{case.name}}}",
                where=node.at,
                fix="write the case out",
            )


def _counted(kind: int, port: str, of: Any, stop: int = 0) -> Callable[..., Columns]:
    """Kinds with one port that is a number in A."""

    def columns(node: Any, scope: Scope, operands: Operands, _place: Place) -> Columns:
        value, code = operands.number(node, scope, port, of)
        return {at.KIND: kind, at.STOP: stop, at.A: value, at.CODE_A: code}

    return columns


def _branch(kind: int) -> Callable[..., Columns]:
    def columns(node: Any, scope: Scope, operands: Operands, _place: Place) -> Columns:
        if len(node.children) in (2, 3):
            return {at.KIND: kind}
        # As BehaviorTree.CPP: only who is ticked misses a child.
        return {at.KIND: at.CONDITION, at.CODE_A: operands.failure(at.WRONG_CHILDREN)}

    return columns


def _try(node: Any, scope: Scope, operands: Operands, place: Place) -> Columns:
    value, code = operands.number(node, scope, "catch_on_halt", "bool")
    return {at.KIND: at.TRY_CATCH, at.A: value, at.B: place.last, at.D: code}


def _precondition(node: Any, scope: Scope, operands: Operands, _place: Place) -> Columns:
    otherwise = operands.status(node, scope, "else", node.else_)
    code = operands.script(node.if_, node, scope, "if", condition=True)
    return {at.KIND: at.PRECONDITION, at.STOP: otherwise, at.CODE_A: code}


def _condition(node: Any, scope: Scope, operands: Operands, _place: Place) -> Columns:
    code = operands.script(node.code, node, scope, "code", condition=True)
    return {at.KIND: at.CONDITION, at.CODE_A: code}


def _script(node: Any, scope: Scope, operands: Operands, _place: Place) -> Columns:
    code = operands.script(node.code, node, scope, "code", condition=False)
    return {at.KIND: at.SCRIPT, at.STOP: SUCCESS, at.CODE_A: code}


def _action(node: Any, _scope: Scope, _operands: Operands, place: Place) -> Columns:
    if node.id not in place.actions:
        raise TreeError(
            what="the environment has no such action",
            got=node.id,
            where=node.at,
            fix=nearest(node.id, list(place.actions)),
        )
    return {at.KIND: at.ACTION, at.A: place.actions[node.id]}


def _weighted(node: Any, _scope: Scope, _operands: Operands, _place: Place) -> Columns:
    return {at.KIND: at.WEIGHTED, at.STOP: node.policy == "sorted"}


def _python(node: Any, _scope: Scope, _operands: Operands, _place: Place) -> Columns:
    raise TreeError(
        what="the batch engine cannot call a Python condition",
        got=node.name,
        where=node.at,
        fix="write it as a ScriptCondition over facts",
    )


_OWN: Mapping[type[Node], Callable[[Any, Scope, Operands, Place], Columns]] = {
    nodes.Parallel: _parallel,
    nodes.IfThenElse: _branch(at.IF_THEN_ELSE),
    nodes.WhileDoElse: _branch(at.WHILE_DO_ELSE),
    nodes.ParallelAll: _counted(at.PARALLEL_ALL, "max_failures", "int"),
    nodes.Switch: _switch,
    nodes.TryCatch: _try,
    nodes.WeightedFallback: _weighted,
    nodes.Repeat: _counted(at.REPEAT, "num_cycles", "int", SUCCESS),
    nodes.RetryUntilSuccessful: _counted(at.REPEAT, "num_attempts", "int", FAILURE),
    nodes.Delay: _counted(at.DELAY, "delay_msec", "unsigned"),
    nodes.Timeout: _counted(at.TIMEOUT, "msec", "unsigned"),
    nodes.RunOnce: _counted(at.RUN_ONCE, "then_skip", "bool"),
    nodes.Precondition: _precondition,
    nodes.EntryUpdated: over_entries.updated,
    nodes.Loop: over_entries.loop,
    nodes.ScriptCondition: _condition,
    nodes.RunScript: _script,
    nodes.SetBlackboard: over_entries.set_entry,
    nodes.UnsetBlackboard: over_entries.unset_entry,
    nodes.WasEntryUpdated: over_entries.was_updated,
    nodes.Sleep: _counted(at.SLEEP, "msec", "unsigned"),
    nodes.Condition: _python,
    nodes.Action: _action,
}
