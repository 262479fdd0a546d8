"""The batch engine: ticks n agents through one flat program, each with its own row of memory.

Going down enters nodes, going up hands a status to the parent; there is no recursion. The
meaning is that of the scalar engine, node by node and bit by bit.
"""

from typing import NamedTuple

import numpy as np

from astraweave.behavior.kernels import layout as at
from astraweave.behavior.kernels.choice import child_at, choose, close
from astraweave.behavior.kernels.layout import B1, F8, I1, I2, I4, I8
from astraweave.behavior.kernels.scripts import evaluate, skipped
from astraweave.model.kernels.jit import njit


class Batch(NamedTuple):
    """All that a tick of n agents reads and writes.

    nodes, code, cells, log, shares: see `layout`. rows: int64[n, …]; events: int32[n, E]; facts:
    float64[n, f]; weights: float64[1 or n, T], the designer's times the learned; answers:
    int8[n, A], A 0 when the environment answers; status: int8[n]; done: bool[n]; commands:
    int16[n] (out); result: int8[n] (out), of the root; places: int64[3], where weights and
    answers begin in cells, and choices in a row.
    """

    nodes: I8
    code: I8
    cells: F8
    rows: I8
    log: I8
    shares: F8
    events: I4
    facts: F8
    weights: F8
    answers: I1
    status: I1
    done: B1
    commands: I2
    result: I1
    places: I8


@njit(**at.INNER)
def _event(events: I4, node: int, status: int) -> None:
    count = events[0] + 1
    if count < events.shape[0]:
        events[count] = 8 * node + status
        events[0] = count


@njit(**at.INNER)
def _halt(nodes: I8, row: I8, log: I8, events: I4, start: int, stop: int) -> None:
    """Halt what runs and reset what is active in [start, stop), in document order."""
    node = start
    while node < stop:
        if row[at.HEAD + node] == 0:
            node = nodes[node, at.END]
            continue
        if nodes[node, at.KIND] == at.ACTION:
            _event(events, node, at.HALTED)
        elif nodes[node, at.KIND] == at.WEIGHTED:
            close(row, log, nodes[node, at.ARG], at.INTERRUPTED)
        row[at.HEAD + node] = 0
        node += 1


@njit(**at.INNER)
def _leaf(nodes: I8, code: I8, cells: F8, row: I8, events: I4, node: int) -> int:
    if nodes[node, at.KIND] == at.SCRIPT:
        holds = evaluate(code, cells, nodes[node, at.ARG]) != 0.0
        return at.SUCCESS if holds else at.FAILURE
    status = at.RUNNING
    if row[at.STATUS] == at.ASK:
        status = int(cells[nodes[node, at.CELL]])
    elif row[at.HEAD + node] != 0 and row[at.STATUS] >= at.SUCCESS:
        status = int(row[at.STATUS])
    row[at.HEAD + node] = 0
    if status == at.RUNNING:
        row[at.HEAD + node] = 1
        row[at.COMMAND] = nodes[node, at.ARG]
    _event(events, node, status)
    return status


@njit(**at.INNER)
def _enter_choice(
    nodes: I8, code: I8, cells: F8, row: I8, log: I8, shares: F8, node: int
) -> tuple[int, int]:
    """Where a WeightedFallback goes on: its running child, the held one, or a new choice."""
    choice = nodes[node, at.ARG]
    kept = child_at(nodes, node, row[choice + at.PICK])
    if row[at.HEAD + node] != 0:
        return kept, 0
    row[at.HEAD + node] = 1
    row[choice + at.EXCLUDED] = 0
    if row[choice + at.HELD] >= 0:
        in_hold = row[at.STEP] - row[choice + at.SINCE] < row[at.HOLD]
        if in_hold and not skipped(nodes, code, cells, kept):
            row[choice + at.HELD] = -1
            return kept, 0
        close(row, log, choice, at.WON)
    return choose(nodes, code, cells, row, log, shares, node)


@njit(**at.INNER)
def _down(
    nodes: I8, code: I8, cells: F8, row: I8, log: I8, shares: F8, events: I4, node: int
) -> tuple[int, int]:
    """Enter a node: (the child to enter, 0) or (−1, its status)."""
    memory = row[at.HEAD + node]
    if memory == 0 and skipped(nodes, code, cells, node):
        return -1, at.SKIPPED
    kind = nodes[node, at.KIND]
    if kind == at.WEIGHTED:
        return _enter_choice(nodes, code, cells, row, log, shares, node)
    if kind >= at.SCRIPT:
        return -1, _leaf(nodes, code, cells, row, events, node)
    if kind != at.MEMORY:
        row[at.HEAD + node] = 1
        return node + 1, 0
    if memory == 0:
        memory = row[at.HEAD + node] = 2
    return node + (memory >> 1), 0


@njit(**at.INNER)
def _up_choice(nodes: I8, row: I8, log: I8, events: I4, node: int, child: int, result: int) -> int:
    """What a WeightedFallback makes of its child's status; SKIPPED: it must choose again."""
    if result == at.RUNNING:
        return at.RUNNING
    choice = nodes[node, at.ARG]
    _halt(nodes, row, log, events, child, nodes[child, at.END])
    if result == at.SUCCESS:
        row[at.HEAD + node] = 0
        if nodes[node, at.STOP] == 0 and row[at.STEP] - row[choice + at.SINCE] < row[at.HOLD]:
            row[choice + at.HELD] = row[at.STEP]
        else:
            close(row, log, choice, at.WON)
        return at.SUCCESS
    if result == at.FAILURE:
        row[at.HEAD + node] = 3
    close(row, log, choice, at.LOST if result == at.FAILURE else at.INTERRUPTED)
    row[choice + at.EXCLUDED] |= np.int64(1) << row[choice + at.PICK]
    return at.SKIPPED


@njit(**at.INNER)
def _up_memory(
    nodes: I8, row: I8, log: I8, events: I4, node: int, child: int, result: int
) -> tuple[int, int]:
    if result == at.RUNNING:
        return -1, at.RUNNING
    end, stop = nodes[node, at.END], nodes[node, at.STOP]
    asked = (row[at.HEAD + node] & 1) | int(result != at.SKIPPED)
    after = nodes[child, at.END]
    if result != stop and after < end:
        row[at.HEAD + node] = 2 * (after - node) + asked
        return after, 0
    _halt(nodes, row, log, events, node + 1, end)
    # As in BehaviorTree.CPP, a node whose children were all skipped stays active until its
    # parent resets it.
    row[at.HEAD + node] = 0 if asked else 2
    if result == stop:
        return -1, result
    return -1, at.SUCCESS + at.FAILURE - stop if asked else at.SKIPPED


@njit(**at.INNER)
def _up_reactive(
    nodes: I8, row: I8, log: I8, events: I4, node: int, child: int, result: int
) -> tuple[int, int]:
    end, after = nodes[node, at.END], nodes[child, at.END]
    if result == at.RUNNING:
        _halt(nodes, row, log, events, node + 1, child)
        _halt(nodes, row, log, events, after, end)
        return -1, at.RUNNING
    if result == at.SKIPPED:
        _halt(nodes, row, log, events, child, after)
    else:
        row[at.HEAD + node] = 3
    stop = nodes[node, at.STOP]
    if result != stop and after < end:
        return after, 0
    _halt(nodes, row, log, events, node + 1, end)
    asked = row[at.HEAD + node] == 3
    row[at.HEAD + node] = 0 if asked else 1
    if result == stop:
        return -1, result
    return -1, at.SUCCESS + at.FAILURE - stop if asked else at.SKIPPED


@njit(**at.INNER)
def _up_pass(nodes: I8, row: I8, log: I8, events: I4, node: int, child: int, result: int) -> int:
    if result in (at.RUNNING, at.SKIPPED):
        return result
    _halt(nodes, row, log, events, child, nodes[child, at.END])
    row[at.HEAD + node] = 0
    stop = nodes[node, at.STOP]
    return stop if result == at.SUCCESS else at.SUCCESS + at.FAILURE - stop


@njit(**at.INNER)
def _up(
    nodes: I8, row: I8, log: I8, events: I4, node: int, child: int, result: int
) -> tuple[int, int]:
    """Hand a child's status to its parent: (the node to enter next, 0) or (−1, its status)."""
    kind = nodes[node, at.KIND]
    if kind == at.MEMORY:
        return _up_memory(nodes, row, log, events, node, child, result)
    if kind == at.REACTIVE:
        return _up_reactive(nodes, row, log, events, node, child, result)
    if kind == at.PASS:
        return -1, _up_pass(nodes, row, log, events, node, child, result)
    return -1, _up_choice(nodes, row, log, events, node, child, result)


@njit(**at.INNER)
def _tick(nodes: I8, code: I8, cells: F8, row: I8, log: I8, shares: F8, events: I4) -> int:
    """One tick of one agent; returns the root's status."""
    node = at.ROOT
    while True:
        following, status = _down(nodes, code, cells, row, log, shares, events, node)
        while following < 0:
            child, node = node, nodes[node, at.PARENT]
            if node < 0:
                return status
            following, status = _up(nodes, row, log, events, node, child, status)
            if status == at.SKIPPED and nodes[node, at.KIND] == at.WEIGHTED:
                following, status = choose(nodes, code, cells, row, log, shares, node)
        node = following


@njit(**at.INNER)
def _settle(row: I8, log: I8, first: int, before: int) -> None:
    """End the decisions whose hold was not used since step `before`."""
    for choice in range(first, row.shape[0], at.CHOICE):
        if 0 <= row[choice + at.HELD] < before:
            close(row, log, choice, at.WON)


@njit(**at.INNER)
def _load(cells: F8, first: int, values: F8) -> None:
    for i in range(values.shape[0]):
        cells[first + i] = values[i]


@njit(**at.INNER)
def _answer(cells: F8, first: int, answers: I1) -> None:
    for i in range(answers.shape[0]):
        cells[first + i] = answers[i]


@njit()
def tick(batch: Batch, first: int) -> int:
    """Tick agents from `first` on; a done one is halted instead, and stays so.

    Returns n, or the first agent not yet ticked because the log has no room for one more tick.
    """
    # Taken out once: each look into a tuple of arrays counts references, atomically.
    nodes, code, cells, log, shares = batch.nodes, batch.code, batch.cells, batch.log, batch.shares
    rows, facts, weights, places = batch.rows, batch.facts, batch.weights, batch.places
    events, answers, status, done = batch.events, batch.answers, batch.status, batch.done
    commands, result = batch.commands, batch.result
    asked, each, tactics = answers.shape[1] > 0, weights.shape[0] > 1, weights.shape[1]
    if not each:
        _load(cells, places[0], weights[0])
    for w in range(first, rows.shape[0]):
        written = log[0, 0]
        if 1 < log.shape[0] <= written + tactics:
            return w
        row = rows[w]
        row[at.COMMAND] = -1
        row[at.STATUS] = at.ASK if asked else status[w]
        if done[w]:
            _halt(nodes, row, log, events[w], at.ROOT, nodes[0, at.END])
            _settle(row, log, places[2], row[at.STEP] + 1)
            result[w] = at.IDLE
        else:
            _load(cells, np.int64(0), facts[w])
            if each:
                _load(cells, places[0], weights[w])
            if asked:
                _answer(cells, places[1], answers[w])
            result[w] = _tick(nodes, code, cells, row, log, shares, events[w])
            _settle(row, log, places[2], row[at.STEP])
        log[written + 1 : log[0, 0] + 1, at.WORLD] = w
        commands[w] = row[at.COMMAND]
        row[at.STEP] += 1
    return rows.shape[0]
