"""What leaves say when they are ticked."""

from astraweave.behavior.kernels import layout as at
from astraweave.behavior.kernels.board import copy, write_text
from astraweave.behavior.kernels.decorators import over, start, updated
from astraweave.behavior.kernels.halting import event
from astraweave.behavior.kernels.layout import F8, I1, I4, I8
from astraweave.model.kernels.jit import njit


@njit(**at.INLINE)
def action(nodes: I8, cells: F8, state: I1, row: I8, events: I4, node: int) -> int:
    """Action: entered, it is commanded; then it says what the environment reports of it."""
    status = at.RUNNING
    if row[at.STATUS] == at.ASK:
        told = nodes[node, at.B]
        status = int(cells[told])
        for i in range(told, told + at.TELLS - 1):
            cells[i] = cells[i + 1]
    elif (
        state[node] == at.RUNNING and row[at.COMMANDED] == node + 1 and row[at.STATUS] >= at.SUCCESS
    ):
        status = row[at.STATUS]
    if status == at.RUNNING:
        row[at.COMMAND] = nodes[node, at.A]
        row[at.ORDERED] = node + 1
    event(events, node, status)
    return status


@njit(**at.INLINE)
def _set(nodes: I8, code: I8, cells: F8, state: I1, row: I8, node: int) -> int:
    target, source, place = nodes[node, at.A], nodes[node, at.B], nodes[node, at.C]
    own = nodes[node, at.D] == 1
    if source >= 0:
        done = copy(code, cells, state, row, source, place, target, own)
    else:
        number, whole, truth = cells[place], cells[place + 1], cells[place + 2]
        done = write_text(code, cells, state, row, target, number, whole, truth, own)
    return at.SUCCESS if done else at.FAILURE


@njit(**at.INLINE)
def _sleep(nodes: I8, cells: F8, state: I1, row: I8, node: int, msec: int) -> int:
    """RUNNING until its time is over. Asked again once it has ended, it says the same."""
    memory = nodes[node, at.MEM]
    if state[node] == at.IDLE:
        if msec == 0:
            return at.SUCCESS
        row[memory + at.STARTED_AT] = 0
        start(row, memory, msec)
        return at.RUNNING
    if state[node] != at.RUNNING:
        return int(state[node])
    return at.SUCCESS if over(cells, row, memory) else at.RUNNING


@njit(**at.INNER)
def other_leaf(nodes: I8, code: I8, cells: F8, state: I1, row: I8, node: int, value: int) -> int:
    """SetBlackboard, UnsetBlackboard, WasEntryUpdated and Sleep."""
    kind = nodes[node, at.KIND]
    if kind == at.COPY:
        return _set(nodes, code, cells, state, row, node)
    if kind == at.WAS_UPDATED:
        return at.SUCCESS if updated(nodes, code, state, row, node) else at.FAILURE
    if kind == at.SLEEP:
        return _sleep(nodes, cells, state, row, node, value)
    entry = nodes[node, at.A]
    if entry >= 0:
        state[code[1, 1] + entry] = at.ABSENT
        memory = code[1, 2] + at.ENTRY_MEMORY * entry
        row[memory + at.STAMP_OF] = 0
        row[memory + at.DECLARED] = at.NONE
    return at.SUCCESS
