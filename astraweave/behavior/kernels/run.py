"""One tick of one agent: a loop that goes down into nodes and up with their statuses.

There is no recursion. Every node has a status of its own, as in BehaviorTree.CPP, and the meaning
is that of the scalar engine, node by node and bit by bit.
"""

import numpy as np

from astraweave.behavior.kernels import controls, decorators, leaves
from astraweave.behavior.kernels import halting as halts
from astraweave.behavior.kernels import layout as at
from astraweave.behavior.kernels.board import trouble
from astraweave.behavior.kernels.choice import choose, enter_choice, keep, leave_choice
from astraweave.behavior.kernels.layout import F8, I1, I4, I8
from astraweave.behavior.kernels.scripts import evaluate, holds
from astraweave.model.kernels.jit import njit


@njit(**at.INNER)
def _before(nodes: I8, code: I8, cells: F8, state: I1, row: I8, node: int) -> int:
    """What the conditions of a node make of it before its tick: a status, or −1."""
    hooks, status = nodes[node, at.BEFORE], state[node]
    answers = (at.FAILURE, at.SUCCESS, at.SKIPPED)
    for hook in range(at.FAILURE_IF, at.WHILE if status == at.IDLE else at.FAILURE_IF):
        if holds(code, cells, state, row, code[hooks + hook, 0]):
            return answers[hook]
        if row[at.TROUBLE] != at.FINE:
            return at.ERROR
    script = code[hooks + at.WHILE, 0]
    if status > at.RUNNING or script == 0 or holds(code, cells, state, row, script):
        return -1
    if status == at.RUNNING and row[at.TROUBLE] == at.FINE:
        halts.ask_one(nodes, row, node)
    return at.SKIPPED


@njit(**at.INNER)
def _given(nodes: I8, code: I8, cells: F8, state: I1, row: I8, node: int, column: int) -> int:
    """What stands in column A or B, or what its code gives now: of a script, 1 when it holds."""
    script, kind = nodes[node, column + at.CODE_A - at.A], nodes[node, at.KIND]
    if script == 0 or (kind == at.SLEEP and state[node] != at.IDLE):
        return nodes[node, column]
    if kind == at.PRECONDITION and row[nodes[node, at.MEM] + at.AT] == 1:
        return 1
    value = evaluate(code, cells, state, row, script)
    if kind in (at.PRECONDITION, at.CONDITION, at.SCRIPT):
        return int(value != 0.0)
    if kind == at.RUN_ONCE and row[at.TROUBLE] != at.FINE:
        # What cannot be read is true.
        row[at.TROUBLE] = at.FINE
        return 1
    return int(value)


@njit(**at.INLINE)
def _enter_decorator(
    nodes: I8, code: I8, cells: F8, state: I1, row: I8, node: int, kind: int, given: int
) -> tuple[int, int]:
    if kind == at.REPEAT:
        return decorators.enter_repeat(nodes, state, row, node, given)
    if kind <= at.TIMEOUT:
        return decorators.enter_timer(nodes, cells, state, row, node, given)
    if kind == at.RUN_ONCE:
        return decorators.enter_once(nodes, state, row, node, given)
    if kind == at.PRECONDITION:
        return decorators.enter_precondition(nodes, row, node, given)
    if kind == at.UPDATED:
        return decorators.enter_updated(nodes, code, state, row, node)
    return decorators.enter_loop(nodes, code, cells, state, row, node)


@njit(**at.INLINE)
def _enter_control(
    nodes: I8, code: I8, cells: F8, state: I1, row: I8, node: int, kind: int, a: int, b: int
) -> tuple[int, int]:
    if kind <= at.PARALLEL_ALL:
        return controls.enter_parallel(nodes, state, row, node, a, b)
    if kind == at.SWITCH:
        return controls.enter_switch(nodes, code, cells, state, row, node)
    if kind == at.TRY_CATCH:
        return controls.enter_try(nodes, state, row, node), 0
    state[node] = at.RUNNING
    if kind == at.IF_THEN_ELSE:
        child = row[nodes[node, at.MEM] + at.AT]
        return (child if child != 0 else node + 1), 0
    return node + 1, 0


@njit(**at.INLINE)
def _leaf(
    nodes: I8, code: I8, cells: F8, state: I1, row: I8, events: I4, node: int, kind: int, given: int
) -> int:
    if kind == at.ACTION:
        return leaves.action(nodes, cells, state, row, events, node)
    if kind == at.CONDITION:
        return at.SUCCESS if given != 0 else at.FAILURE
    if kind <= at.ALWAYS:
        return nodes[node, at.STOP]
    return leaves.other_leaf(nodes, code, cells, state, row, node, given)


@njit(**at.INLINE)
def _enter(  # noqa: C901, PLR0911  # one switch: each function is compiled into the next
    nodes: I8, code: I8, cells: F8, state: I1, row: I8, log: I8, events: I4, node: int
) -> tuple[int, int]:
    """Enter a node: (the child to enter, 0), (DONE, its status), or what else follows."""
    if nodes[node, at.BEFORE] != 0:
        status = _before(nodes, code, cells, state, row, node)
        if status >= 0:
            return at.EARLY, status
    kind = nodes[node, at.KIND]
    if kind == at.MEMORY:
        return controls.enter_memory(nodes, state, row, node), 0
    if kind in (at.REACTIVE, at.PASS):
        state[node] = at.RUNNING
        if kind == at.REACTIVE:
            row[nodes[node, at.MEM] + at.AT] = 1
        return node + 1, 0
    if kind == at.WEIGHTED:
        return enter_choice(nodes, state, row, log, node), 0
    a = _given(nodes, code, cells, state, row, node, at.A)
    if kind >= at.FIRST_LEAF:
        return at.DONE, _leaf(nodes, code, cells, state, row, events, node, kind, a)
    b = _given(nodes, code, cells, state, row, node, at.B)
    if row[at.TROUBLE] != at.FINE:
        return at.DONE, at.ERROR
    if kind >= at.FIRST_DECORATOR:
        return _enter_decorator(nodes, code, cells, state, row, node, kind, a)
    return _enter_control(nodes, code, cells, state, row, node, kind, a, b)


@njit(**at.INNER)
def _again(nodes: I8, code: I8, cells: F8, state: I1, row: I8, node: int, result: int) -> None:
    """RetryUntilSuccessful reads its limit once more: what the child did may have changed it."""
    if result == at.FAILURE and nodes[node, at.STOP] == at.FAILURE:
        limit = _given(nodes, code, cells, state, row, node, at.A)
        if row[at.TROUBLE] == at.FINE:
            row[nodes[node, at.MEM] + at.LIMIT] = limit
        row[at.TROUBLE] = at.FINE


@njit(**at.INLINE)
def _after_decorator(  # noqa: PLR0911  # as `_enter`
    nodes: I8, row: I8, node: int, kind: int, result: int
) -> tuple[int, int]:
    if kind == at.PASS:
        return decorators.after_pass(nodes, row, node, result)
    if kind == at.REPEAT:
        return decorators.after_repeat(nodes, row, node, result)
    if kind <= at.TIMEOUT:
        return decorators.after_timer(nodes, row, node, result)
    if kind == at.RUN_ONCE:
        return decorators.after_once(nodes, row, node, result)
    if kind == at.PRECONDITION:
        return decorators.after_precondition(nodes, row, node, result)
    if kind == at.LOOP:
        return decorators.after_loop(nodes, row, node, result)
    row[nodes[node, at.MEM] + at.AT] = int(result == at.RUNNING)
    return at.DONE, result


@njit(**at.INLINE)
def _after_control(
    nodes: I8, state: I1, row: I8, node: int, child: int, kind: int, result: int
) -> tuple[int, int]:
    if kind <= at.PARALLEL_ALL:
        return controls.after_parallel(nodes, state, row, node, child, result)
    if kind == at.IF_THEN_ELSE:
        return controls.after_if(nodes, row, node, child, result)
    if kind == at.WHILE_DO_ELSE:
        return controls.after_while(nodes, row, node, child, result)
    if kind == at.SWITCH:
        return controls.after_switch(nodes, row, node, child, result)
    return controls.after_try(nodes, row, node, child, result)


@njit(**at.INLINE)
def _after(
    nodes: I8, code: I8, cells: F8, state: I1, row: I8, log: I8, node: int, child: int, result: int
) -> tuple[int, int]:
    """Hand a child's status to its parent: as `_enter`."""
    kind = nodes[node, at.KIND]
    if kind == at.MEMORY:
        return controls.after_memory(nodes, state, row, node, child, result)
    if kind == at.REACTIVE:
        return controls.after_reactive(nodes, row, node, child, result)
    if kind == at.WEIGHTED:
        return leave_choice(nodes, row, log, node, child, result)
    if kind >= at.FIRST_DECORATOR:
        if kind == at.REPEAT and nodes[node, at.CODE_A] != 0:
            _again(nodes, code, cells, state, row, node, result)
        return _after_decorator(nodes, row, node, kind, result)
    return _after_control(nodes, state, row, node, child, kind, result)


@njit(**at.INNER)
def _hooks(nodes: I8, code: I8, cells: F8, state: I1, row: I8, node: int, status: int) -> None:
    """Scripts of a node that has ended."""
    hooks = nodes[node, at.AFTER]
    first = at.ON_SUCCESS if status == at.SUCCESS else at.ON_FAILURE
    for hook in (first, at.POST):
        script = code[hooks + hook, 0]
        if script != 0 and row[at.TROUBLE] == at.FINE:
            evaluate(code, cells, state, row, script)


@njit(**at.INLINE)
def _leave(
    nodes: I8, code: I8, cells: F8, state: I1, row: I8, node: int, status: int, early: bool
) -> bool:
    """A node has ended its tick: its scripts run, and it has its status; SKIPPED leaves it.

    early: by a condition, so that an error in a script leaves it too. Whether there was none.
    """
    kind = nodes[node, at.KIND]
    if status == at.IDLE:
        trouble(row, at.NO_DECISION if kind == at.WHILE_DO_ELSE else at.NO_STATUS, -1)
    elif status != at.SKIPPED:
        if nodes[node, at.AFTER] != 0 and status != at.RUNNING:
            _hooks(nodes, code, cells, state, row, node, status)
        if not early or row[at.TROUBLE] == at.FINE:
            state[node] = np.int8(status)
    if at.FIRST_DECORATOR <= kind < at.FIRST_LEAF and state[node + 1] >= at.SUCCESS:
        state[node + 1] = at.IDLE
    return row[at.TROUBLE] == at.FINE


@njit(**at.INLINE)
def _every(nodes: I8, row: I8, past: int) -> tuple[int, int]:
    """Halting all: ask for the halt after that of `past`; (what follows, whose turn it was).

    BehaviorTree.CPP halts the root, and then every node in its turn, whatever its status: their
    scripts run once more. So the root comes as −1 and as 0, after START.
    """
    if past + 1 == nodes.shape[0]:
        return at.DONE, past
    row[at.VISITED] = past + 1
    halts.ask_one(nodes, row, max(past + 1, 0))
    row[at.FORCED] = 1
    return at.EVERY, past + 1


@njit(**at.INLINE)
def _wrong(nodes: I8, state: I1, row: I8, events: I4, node: int) -> None:
    """Take note of an error, the first of a step. From now on the agent is halted."""
    place = max(row[at.PLACE] if row[at.PLACE] >= 0 else node, 0)
    if row[at.WRONG] == at.FINE:
        row[at.WRONG] = row[at.TROUBLE]
        row[at.WRONG_PLACE] = place
        row[at.WRONG_DETAIL] = row[at.DETAIL]
        halts.event(events, row[at.WRONG_PLACE], at.ERROR)
    row[at.TROUBLE] = at.FINE
    row[at.PLACE] = -1
    row[at.TO] = 0
    if row[at.VISITED] > at.START:
        state[max(row[at.VISITED], 0)] = at.IDLE
    row[at.VISITED] = max(row[at.VISITED], at.START)
    while place >= 0:
        # A halt that the error has ended waits for nothing.
        caught = nodes[place, at.MEM] + at.CATCHING
        if nodes[place, at.KIND] == at.TRY_CATCH and row[caught] == at.CATCH_ON_HALT:
            row[caught] = at.NOT_YET
        place = nodes[place, at.PARENT]


@njit(**at.INNER)
def run(  # noqa: C901, PLR0912  # one loop: each function is compiled into the next
    nodes: I8,
    code: I8,
    cells: F8,
    state: I1,
    row: I8,
    log: I8,
    shares: F8,
    events: I4,
) -> int:
    """One tick of one agent, or with VISITED at START its halt; the root's status.

    After an error the agent is halted.
    """
    node, following, status = at.START, at.DUE, 0
    while True:
        if row[at.TO] != 0 and row[at.TROUBLE] == at.FINE:
            child = halts.halt(nodes, code, cells, state, row, log, events)
            if child != 0:
                halts.put_off(nodes, row, child, node, following, status)
                following = child
        if row[at.TROUBLE] != at.FINE:
            _wrong(nodes, state, row, events, node)
            following, node = at.EVERY, int(row[at.VISITED])
        if following >= 0:
            node = following
            following, status = _enter(nodes, code, cells, state, row, log, events, node)
        elif following >= at.EARLY:
            early = following == at.EARLY
            if not _leave(nodes, code, cells, state, row, node, status, early):
                continue
            child, node = node, int(nodes[node, at.PARENT])
            if node < 0:
                return status
            if halts.catches(nodes, row, child, node):
                node, following, status = halts.take_up(nodes, row, child)
            else:
                following, status = _after(nodes, code, cells, state, row, log, node, child, status)
        elif following == at.CHOOSE:
            following, status = choose(nodes, code, cells, state, row, log, shares, node)
        elif following == at.KEEP:
            following = keep(nodes, code, cells, state, row, log, node)
        elif following == at.EVERY:
            following, node = _every(nodes, row, node)
            if following == at.DONE:
                return at.IDLE if row[at.WRONG] == at.FINE else at.ERROR
        elif not decorators.time_out(nodes, code, cells, state, row):
            following = int(at.ROOT) if row[at.VISITED] == at.NOWHERE else at.EVERY
