"""A tree as flat arrays for the batch engine. Refuses what no kernel can express, naming the node.

Nodes are numbered in preorder: a node's first child is the next number, its next sibling is the
END of it. `kernels.layout` says what lies where.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from astraweave.behavior import nodes
from astraweave.behavior.flat.operands import STACK, Operands, number_of, written
from astraweave.behavior.flat.shapes import Place, describe, memory_of
from astraweave.behavior.kernels import layout as at
from astraweave.behavior.nodes import Node
from astraweave.behavior.scopes import Entry, Scopes
from astraweave.behavior.scripts.parser import Enums


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Program:
    """A compiled tree; holds no state and no learned weights, so many batches share it.

    facts, actions, tactics: names of the fact columns, of commands and of weights. nodes: names
    of the WeightedFallbacks. paths: of all nodes, in preorder, and wheres as in error messages.
    entries: paths of the blackboard's entries, of the tree's own blackboard those without "::";
    game: those that the game writes.
    designer: float64[tactics]. The other arrays are described in `kernels.layout`; state, row and
    board are an agent's before its first tick; places is that of `kernels.tick.Batch`. halts:
    whether a halt runs scripts or ticks. root: the tree itself, for jump code.
    """

    facts: tuple[str, ...]
    actions: tuple[str, ...]
    tactics: tuple[str, ...]
    nodes: tuple[str, ...]
    paths: tuple[str, ...]
    wheres: tuple[str, ...]
    entries: tuple[str, ...]
    game: tuple[str, ...]
    designer: npt.NDArray[np.float64]
    table: npt.NDArray[np.int64]
    code: npt.NDArray[np.int64]
    cells: npt.NDArray[np.float64]
    places: npt.NDArray[np.int64]
    state: npt.NDArray[np.int8]
    row: npt.NDArray[np.int64]
    board: npt.NDArray[np.float64]
    halts: bool
    content_hash: str
    root: Node


def compile_tree(
    root: nodes.Node,
    facts: tuple[str, ...],
    actions: tuple[str, ...],
    tactics: tuple[str, ...],
    content_hash: str,
    board: tuple[str, ...] = (),
    enums: Enums = (),
) -> Program:
    """Flat arrays of a tree.

    Args:
        root: the tree.
        facts: names of the columns of the fact rows.
        actions: names of the commands; an Action's ID is looked up here.
        tactics: keys of all children of weighted nodes, in document order.
        content_hash: of the tree, carried along.
        board: names of the entries of the tree's own blackboard that the game writes.
        enums: names that are numbers in the tree's scripts, and in the cases of its Switch nodes.

    Raises:
        TreeError: a leaf that is no action of the environment, a Python condition, a name that is
            neither entry nor fact, text, or a number that no double holds.
    """
    listed = list(nodes.walk(root))
    scopes = Scopes(root, board)
    games = {scopes.entry(scopes.root, name) for name in board}
    writable = written(root, scopes) | {n for n in games if n is not None}
    operands = Operands(facts, scopes, writable, dict(enums))
    table = np.zeros((len(listed), at.NODE_COLUMNS), np.int64)
    _link(listed, table)
    commands = {name: i for i, name in reversed(list(enumerate(actions)))}
    for number, (node, line) in enumerate(zip(listed, table, strict=True)):
        place = Place(number, commands)
        above = line[at.PARENT]
        place.guarded = above >= 0 and isinstance(listed[above], nodes.WeightedFallback)
        place.last = int(np.flatnonzero(table[:, at.PARENT] == number)[-1]) if node.children else 0
        describe(node, line, scopes.scope_of[number], operands, place)
    code = _timeouts(table, operands)
    weighted = [node for node in listed if isinstance(node, nodes.WeightedFallback)]
    weights_at = at.FIRST_FACT + len(facts) + len(operands.constants)
    answers_at = weights_at + len(tactics)
    entries_at = answers_at + at.TELLS * len(actions)
    stack_at = entries_at + len(scopes.entries)
    actors = table[:, at.KIND] == at.ACTION
    table[actors, at.B] = answers_at + at.TELLS * table[actors, at.A]
    row = _row(table, weights_at, scopes)
    memory_at = len(row) - at.CHOICE * len(weighted) - at.ENTRY_MEMORY * len(scopes.entries)
    code[0] = (at.END_OF_CODE, stack_at, stack_at + STACK)
    code[1] = (entries_at, len(listed), memory_at)
    cells = np.zeros(stack_at + 2 * STACK)
    cells[at.FIRST_FACT + len(facts) : weights_at] = operands.constants
    state = np.zeros(len(listed) + len(scopes.entries), np.int8)
    values = np.zeros(len(scopes.entries))
    for number, entry in enumerate(scopes.entries):
        memory = row[memory_at + at.ENTRY_MEMORY * number :][: at.ENTRY_MEMORY]
        state[len(listed) + number], values[number] = _begin(entry, memory)
    choices_at = len(row) - at.CHOICE * len(weighted)
    room = _decisions(listed, table)
    return Program(
        facts=facts,
        actions=actions,
        tactics=tactics,
        nodes=tuple(node.name for node in weighted),
        paths=tuple(node.path for node in listed),
        wheres=tuple(node.at for node in listed),
        entries=tuple(entry.path for entry in scopes.entries),
        game=board,
        designer=np.array([w for node in weighted for w in node.weights], np.float64),
        table=table,
        code=code,
        cells=cells,
        places=np.array([weights_at, answers_at, entries_at, choices_at, room], np.int64),
        state=state,
        row=row,
        board=values,
        halts=bool(table[:, at.STOPPED].any() or (table[:, at.KIND] == at.TRY_CATCH).any()),
        content_hash=content_hash,
        root=root,
    )


def _link(listed: list[nodes.Node], table: npt.NDArray[np.int64]) -> None:
    """Fill in PARENT (−1 for the root), END and COUNT of each node."""
    number = {id(node): i for i, node in enumerate(listed)}
    table[:, at.PARENT] = -1
    for i in range(len(listed) - 1, -1, -1):
        children = [number[id(child)] for child in listed[i].children]
        table[children, at.PARENT] = i
        table[i, at.COUNT] = len(children)
        table[i, at.END] = table[children[-1], at.END] if children else i + 1


def _timeouts(table: npt.NDArray[np.int64], operands: Operands) -> npt.NDArray[np.int64]:
    """The code, closed by the list of the Timeout nodes, which are looked after at every tick."""
    found = np.flatnonzero(table[:, at.KIND] == at.TIMEOUT)
    first = len(operands.code)
    code = np.zeros((first + len(found), 3), np.int64)
    code[:first] = operands.code
    code[first:, 0] = found
    code[2] = (0, first, len(found))
    return code


def _row(table: npt.NDArray[np.int64], weights_at: int, scopes: Scopes) -> npt.NDArray[np.int64]:
    """An agent's row before its first tick; says in `table` where the memory of each node lies."""
    end = at.HEAD
    for line in table:
        line[at.MEM] = end
        size, line[at.FORGETS] = memory_of(line)
        end += size
    end += at.ENTRY_MEMORY * len(scopes.entries)
    first = 0
    choices = np.flatnonzero(table[:, at.KIND] == at.WEIGHTED)
    for number, line in enumerate(table[choices]):
        line[at.A], line[at.B] = end + at.CHOICE * number, weights_at + first
        line[at.C], line[at.D] = first, number
        first += int(line[at.COUNT])
        table[choices[number]] = line
    row = np.zeros(end + at.CHOICE * len(choices), np.int64)
    row[at.TACTIC] = -1
    row[at.PLACE] = -1
    row[end + at.HELD :: at.CHOICE] = -1
    return row


def _begin(entry: Entry, memory: npt.NDArray[np.int64]) -> tuple[int, float]:
    """Type and value of an entry before the first tick; fills in the rest that is known of it."""
    if entry.initial is None:
        if entry.kind is None:
            return at.ABSENT, 0.0
        memory[at.DECLARED] = at.KINDS.index(entry.kind)
        return at.EMPTY, 0.0
    number = number_of(entry.initial)
    memory[at.STAMP_OF] = 1
    if number is None:
        memory[at.DECLARED], memory[at.ORIGIN] = at.ANY, at.STRING
        return at.TEXT, 0.0
    kind = at.REAL
    if isinstance(number, int):
        kind = at.INT if -(2**31) <= number < 2**31 else at.INT64
    memory[at.DECLARED] = memory[at.ORIGIN] = kind
    return (at.DOUBLE if kind == at.REAL else at.WHOLE), float(number)


def _decisions(listed: list[nodes.Node], table: npt.NDArray[np.int64]) -> int:
    """How many decisions one agent's tick can make, at most.

    A node is entered once in a tick, once more for each Repeat or RetryUntilSuccessful above it,
    which goes on after a child that ran, and all of that again when a TryCatch is halted.
    """
    most, entered = 0, np.ones(len(listed), np.int64)
    for i, node in enumerate(listed):
        above = table[i, at.PARENT]
        again = isinstance(node, (nodes.Repeat, nodes.RetryUntilSuccessful))
        entered[i] = (entered[above] if above >= 0 else 1) + again
        if isinstance(node, nodes.WeightedFallback):
            most += 2 * int(entered[i]) * len(node.children)
    return most
