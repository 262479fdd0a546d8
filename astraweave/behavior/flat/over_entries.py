"""Rows of nodes that read or write entries of the blackboard; see `shapes`."""

import math
from typing import Any

from astraweave.behavior import nodes
from astraweave.behavior.flat.operands import Operands
from astraweave.behavior.kernels import layout as at
from astraweave.behavior.nodes import Key
from astraweave.behavior.scopes import Scope
from astraweave.behavior.status import Status
from astraweave.errors import TreeError

Columns = dict[int, int]


def _entry(node: Any, scope: Scope, operands: Operands, port: nodes.Port) -> int:
    name = port.name if isinstance(port, Key) else port
    number = operands.scopes.entry(scope, name)
    if number is None:
        raise TreeError(what="no entry of this name can ever be written", got=name, where=node.at)
    return number


def updated(node: Any, scope: Scope, operands: Operands, _place: object) -> Columns:
    """SkipUnlessUpdated and WaitValueUpdate."""
    otherwise = Status[node.otherwise]
    return {
        at.KIND: at.UPDATED,
        at.STOP: otherwise,
        at.A: _entry(node, scope, operands, node.entry),
    }


def was_updated(node: Any, scope: Scope, operands: Operands, _place: object) -> Columns:
    """WasEntryUpdated."""
    return {at.KIND: at.WAS_UPDATED, at.A: _entry(node, scope, operands, node.entry)}


def loop(node: Any, scope: Scope, operands: Operands, _place: object) -> Columns:
    """LoopInt, LoopDouble and LoopBool."""
    text = operands.text(scope, node.queue)
    if text is None or node.kind == "string":
        raise TreeError(
            what="the batch engine has queues of numbers that stand in the tree only",
            got=f"{{{node.queue.name}}}" if isinstance(node.queue, Key) else node.kind,
            where=node.at,
            fix='write queue="1;2;3" to a LoopInt, LoopDouble or LoopBool',
        )
    parts = text.removesuffix(";").split(";") if text else []
    values = [operands.literal(part, node.kind) for part in parts]
    if None in values:
        wrong = parts[values.index(None)]
        raise TreeError(what=f"queue: no {node.kind}", got=wrong, where=node.at)
    first = operands.block(*(float(value) for value in values if value is not None))
    entry, own = -1, True
    if isinstance(node.value, Key):
        entry = _entry(node, scope, operands, node.value)
        own = scope.home(node.value.name)[0] is scope or node.value.name.startswith("@")
    return {
        at.KIND: at.LOOP,
        at.STOP: operands.status(node, scope, "if_empty", node.if_empty),
        at.A: entry,
        at.B: first,
        at.C: len(values),
        at.D: at.KINDS.index(node.kind) * (1 if own else -1),
    }


def _key(node: Any, port: nodes.Port) -> str:
    """The name in a port that names an entry: an entry may hold it only as text."""
    if isinstance(port, Key):
        raise TreeError(
            what="the batch engine has no entries that hold the name of another",
            got=f"{{{port.name}}}",
            where=node.at,
            fix=f"write {port.name} without braces",
        )
    return port


def set_entry(node: Any, scope: Scope, operands: Operands, _place: object) -> Columns:
    """SetBlackboard."""
    target = _entry(node, scope, operands, _key(node, node.output_key))
    home, own = scope.home(node.output_key)[0], node.output_key.startswith("@")
    columns = {at.KIND: at.COPY, at.A: target, at.D: home is scope or own}
    if isinstance(node.value, Key):
        source = _entry(node, scope, operands, node.value)
        fact = operands.fact(scope, node.value.name)
        return columns | {at.B: source, at.C: -1 if fact is None else fact}
    number = operands.literal(node.value, "double")
    whole, truth = (operands.literal(node.value, kind) for kind in ("int64", "bool"))
    # The number is all that is kept of the text: its whole part must be what it begins with.
    if number is None or whole is None or whole != math.trunc(float(number)):
        raise TreeError(
            what="the batch engine has no text",
            got=node.value,
            where=node.at,
            fix="write a number as 2 or 0.5, or leave the tree to the scalar engine",
        )
    nan = float("nan")
    values = (number, whole, nan if truth is None else truth)
    return columns | {at.B: -1, at.C: operands.block(*map(float, values))}


def unset_entry(node: Any, scope: Scope, operands: Operands, _place: object) -> Columns:
    """UnsetBlackboard."""
    name = _key(node, node.key)
    home, own = scope.home(name)
    # As in BehaviorTree.CPP, what is wired to an outer tree stays there.
    local = home is scope and own == name
    return {at.KIND: at.UNSET, at.A: _entry(node, scope, operands, name) if local else -1}
