"""What nodes with one child do when they are entered, and with the child's status.

As in `controls`; the child of a decorator is the next number. A timer rings at the beginning of a
later step, the first whose time reaches its end.
"""

import numpy as np

from astraweave.behavior.kernels import layout as at
from astraweave.behavior.kernels.board import give
from astraweave.behavior.kernels.halting import ask_one
from astraweave.behavior.kernels.layout import F8, I1, I8
from astraweave.model.kernels.jit import njit

EPSILON_S = 1e-9


@njit(**at.INLINE)
def after_pass(nodes: I8, row: I8, node: int, result: int) -> tuple[int, int]:
    """Inverter, ForceSuccess, ForceFailure, KeepRunningUntilFailure, SubTree: by a table."""
    if result == at.RUNNING:
        return at.DONE, at.RUNNING
    if result == at.SKIPPED:
        return at.DONE, nodes[node, at.B]
    ask_one(nodes, row, node + 1)
    return at.DONE, nodes[node, at.STOP] if result == at.SUCCESS else nodes[node, at.A]


@njit(**at.INLINE)
def enter_repeat(nodes: I8, state: I1, row: I8, node: int, limit: int) -> tuple[int, int]:
    """Repeat and RetryUntilSuccessful: the child, while cycles are left."""
    memory = nodes[node, at.MEM]
    row[memory + at.LIMIT] = limit
    state[node] = at.RUNNING
    if row[memory + at.CYCLES] < limit or limit == -1:
        row[memory + at.CHILD_BEFORE] = state[node + 1]
        return node + 1, 0
    row[memory + at.CYCLES] = 0
    return at.DONE, nodes[node, at.STOP]


@njit(**at.INLINE)
def after_repeat(nodes: I8, row: I8, node: int, result: int) -> tuple[int, int]:
    """Repeat counts SUCCESS, RetryUntilSuccessful FAILURE; the other status ends it."""
    if result == at.RUNNING:
        return at.DONE, at.RUNNING
    ask_one(nodes, row, node + 1)
    if result == at.SKIPPED:
        return at.DONE, at.SKIPPED
    memory = nodes[node, at.MEM]
    if result != nodes[node, at.STOP]:
        row[memory + at.CYCLES] = 0
        return at.DONE, result
    row[memory + at.CYCLES] += 1
    limit = row[memory + at.LIMIT]
    if row[memory + at.CYCLES] < limit or limit == -1:
        if row[memory + at.CHILD_BEFORE] == at.IDLE:
            return at.DONE, at.RUNNING
        row[memory + at.CHILD_BEFORE] = at.IDLE
        return node + 1, 0
    row[memory + at.CYCLES] = 0
    return at.DONE, result


@njit(**at.INLINE)
def start(row: I8, memory: int, msec: int) -> None:
    """Start a timer, unless it runs."""
    if row[memory + at.STARTED_AT] == 0:
        row[at.TIMERS] += 1
        row[memory + at.STARTED_AT] = row[at.TIMERS]
        row[memory + at.SINCE_STEP] = row[at.STEP]
        row[memory + at.MSEC] = msec


@njit(**at.INLINE)
def due(cells: F8, row: I8, memory: int) -> float:
    """When a timer rings, in seconds since step 0."""
    return row[memory + at.SINCE_STEP] * cells[at.STEP_S] + row[memory + at.MSEC] / 1000.0


@njit(**at.INLINE)
def over(cells: F8, row: I8, memory: int) -> bool:
    """Whether a timer has rung."""
    late = due(cells, row, memory) <= row[at.STEP] * cells[at.STEP_S] + EPSILON_S
    return late and row[at.STEP] > row[memory + at.SINCE_STEP]


@njit(**at.INLINE)
def enter_timer(nodes: I8, cells: F8, state: I1, row: I8, node: int, msec: int) -> tuple[int, int]:
    """Delay: RUNNING until its time is over, then the child. Timeout: the child until then."""
    memory = nodes[node, at.MEM]
    if row[memory + at.STARTED_AT] == 0:
        start(row, memory, msec)
        # No time at all means no Timeout.
        row[memory + at.FIRED] = int(msec == 0)
    state[node] = at.RUNNING
    if nodes[node, at.KIND] == at.DELAY:
        if over(cells, row, memory):
            return node + 1, 0
        return at.DONE, at.RUNNING
    if row[memory + at.FIRED] == 2:
        row[memory + at.STARTED_AT] = 0
        return at.DONE, at.FAILURE
    return node + 1, 0


@njit(**at.INLINE)
def after_timer(nodes: I8, row: I8, node: int, result: int) -> tuple[int, int]:
    """Delay and Timeout: as the child says; when it ends, the timer is done."""
    if result in (at.SUCCESS, at.FAILURE):
        row[nodes[node, at.MEM] + at.STARTED_AT] = 0
        ask_one(nodes, row, node + 1)
    return at.DONE, result


@njit(**at.INNER)
def ring(nodes: I8, code: I8, cells: F8, row: I8) -> int:
    """The Timeout whose time was over first, among those that have not rung; −1 for none."""
    first, soonest, before = np.int64(-1), 0.0, np.int64(0)
    for i in range(code[2, 1], code[2, 1] + code[2, 2]):
        node = code[i, 0]
        memory = nodes[node, at.MEM]
        started = row[memory + at.STARTED_AT]
        if started == 0 or row[memory + at.FIRED] != 0 or not over(cells, row, memory):
            continue
        end = due(cells, row, memory)
        if first < 0 or end < soonest or (end == soonest and started < before):
            first, soonest, before = node, end, started
    return int(first)


@njit(**at.INLINE)
def time_out(nodes: I8, code: I8, cells: F8, state: I1, row: I8) -> bool:
    """Ring the Timeout that is next, and have its child halted if that runs; whether one rang."""
    node = ring(nodes, code, cells, row)
    if node < 0:
        return False
    running = state[node + 1] == at.RUNNING
    row[nodes[node, at.MEM] + at.FIRED] = 2 if running else 1
    if running:
        ask_one(nodes, row, node + 1)
    return True


@njit(**at.INLINE)
def enter_once(nodes: I8, state: I1, row: I8, node: int, skips: int) -> tuple[int, int]:
    """RunOnce: the child until it has ended once."""
    said = row[nodes[node, at.MEM] + at.AT]
    if said != 0:
        return at.DONE, at.SKIPPED if skips != 0 else said
    state[node] = at.RUNNING
    return node + 1, 0


@njit(**at.INLINE)
def after_once(nodes: I8, row: I8, node: int, result: int) -> tuple[int, int]:
    """RunOnce: what the child said at its end is kept."""
    if result in (at.SUCCESS, at.FAILURE):
        row[nodes[node, at.MEM] + at.AT] = result
        ask_one(nodes, row, node + 1)
    return at.DONE, result


@njit(**at.INLINE)
def enter_precondition(nodes: I8, row: I8, node: int, holds: int) -> tuple[int, int]:
    """Precondition: what was asked counts until the child has ended."""
    memory = nodes[node, at.MEM] + at.AT
    if row[memory] == 0 and holds == 0:
        return at.DONE, nodes[node, at.STOP]
    row[memory] = 1
    return node + 1, 0


@njit(**at.INLINE)
def after_precondition(nodes: I8, row: I8, node: int, result: int) -> tuple[int, int]:
    """Precondition: as the child says."""
    if result in (at.SUCCESS, at.FAILURE):
        row[nodes[node, at.MEM] + at.AT] = 0
        ask_one(nodes, row, node + 1)
    return at.DONE, result


@njit(**at.INNER)
def updated(nodes: I8, code: I8, state: I1, row: I8, node: int) -> bool:
    """Whether the entry in A was written since the node looked last."""
    entry, seen = nodes[node, at.A], nodes[node, at.MEM] + at.STAMP
    if state[code[1, 1] + entry] == at.ABSENT:
        return False
    before, now = row[seen], row[code[1, 2] + at.ENTRY_MEMORY * entry + at.STAMP_OF]
    row[seen] = now
    return before != now


@njit(**at.INLINE)
def enter_updated(nodes: I8, code: I8, state: I1, row: I8, node: int) -> tuple[int, int]:
    """SkipUnlessUpdated and WaitValueUpdate: the child after a write, and as long as it runs."""
    if row[nodes[node, at.MEM] + at.AT] == 1 or updated(nodes, code, state, row, node):
        return node + 1, 0
    return at.DONE, nodes[node, at.STOP]


@njit(**at.INLINE)
def enter_loop(nodes: I8, code: I8, cells: F8, state: I1, row: I8, node: int) -> tuple[int, int]:
    """Loop: write the next value and enter the child, or say that none is left."""
    memory = nodes[node, at.MEM]
    if state[node] == at.IDLE:
        row[memory + at.AT] = 0
        row[memory + at.STAMP] = 0
    if row[memory + at.AT] == 0:
        taken = row[memory + at.STAMP]
        if taken == nodes[node, at.C]:
            return at.DONE, nodes[node, at.STOP]
        row[memory + at.STAMP] = taken + 1
        entry, value = nodes[node, at.A], cells[nodes[node, at.B] + taken]
        kind = nodes[node, at.D]
        if entry >= 0 and not give(code, cells, state, row, entry, value, abs(kind), kind > 0):
            return at.DONE, at.ERROR
    state[node] = at.RUNNING
    return node + 1, 0


@njit(**at.INLINE)
def after_loop(nodes: I8, row: I8, node: int, result: int) -> tuple[int, int]:
    """Loop: RUNNING between two values; FAILURE ends it."""
    row[nodes[node, at.MEM] + at.AT] = int(result == at.RUNNING)
    if result in (at.SUCCESS, at.FAILURE):
        ask_one(nodes, row, node + 1)
    return at.DONE, at.FAILURE if result == at.FAILURE else at.RUNNING
