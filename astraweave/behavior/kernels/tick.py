"""The batch engine: ticks n agents through one flat program, each with its own row of memory."""

from typing import NamedTuple

from astraweave.behavior.kernels import layout as at
from astraweave.behavior.kernels.board import give
from astraweave.behavior.kernels.choice import settle
from astraweave.behavior.kernels.layout import B1, F8, I1, I2, I4, I8
from astraweave.behavior.kernels.run import run
from astraweave.model.kernels.jit import njit


class Batch(NamedTuple):
    """All that a tick of n agents reads and writes.

    nodes, code, cells, log, shares: see `layout`. states: int8[n, …], rows: int64[n, …]; board:
    float64[n, E], the numbers of the entries; events: int32[n, …]; facts: float64[n, f]; weights:
    float64[1 or n, T], for draws; answers: int8[n, A·TELLS], A 0 when the environment answers;
    status: int8[n]; done: bool[n]; commands: int16[n] (out); result: int8[n] (out), of the root;
    places: int64[5], where weights, answers and entries begin in cells, where choices begin in a
    row, and how many decisions a tick can make.
    """

    nodes: I8
    code: I8
    cells: F8
    states: I1
    rows: I8
    board: F8
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


@njit(**at.INLINE)
def _begin(row: I8, status: int) -> None:
    """An agent's head at the beginning of a step."""
    row[at.COMMAND] = -1
    row[at.COMMANDED] = row[at.ORDERED]
    row[at.ORDERED] = 0
    row[at.STATUS] = status
    row[at.TROUBLE] = row[at.WRONG] = at.FINE
    row[at.PLACE] = -1


@njit(**at.INLINE)
def _end(state: I1, row: I8, log: I8, first: int, status: int) -> None:
    """What is left to do after a step; decisions begin at `first`."""
    halted = status in (at.IDLE, at.ERROR)
    if halted:
        row[at.COMMAND] = -1
        row[at.ORDERED] = 0
    if status in (at.SUCCESS, at.FAILURE):
        state[at.ROOT] = at.IDLE
    row[at.LIVE] = 0 if halted else 1
    settle(row, log, first, row[at.STEP] + 1 if halted else row[at.STEP])
    row[at.STEP] += 1


@njit(**at.INLINE)
def _load(cells: F8, first: int, values: F8) -> None:
    for i in range(values.shape[0]):
        cells[first + i] = values[i]


@njit(**at.INLINE)
def _keep(cells: F8, first: int, values: F8) -> None:
    for i in range(values.shape[0]):
        values[i] = cells[first + i]


@njit(**at.INLINE)
def _answer(cells: F8, first: int, answers: I1) -> None:
    for i in range(answers.shape[0]):
        cells[first + i] = answers[i]


@njit(**at.OUTER)
def tick(batch: Batch, first: int) -> int:
    """Tick agents from `first` on; a done one is halted instead, and stays so.

    Returns n, or the first agent not yet ticked because the log has no room for one more tick.
    """
    # Taken out once: each look into a tuple of arrays counts references, atomically.
    nodes, code, cells, log, shares = batch.nodes, batch.code, batch.cells, batch.log, batch.shares
    states, rows, board, facts = batch.states, batch.rows, batch.board, batch.facts
    weights, places, events, answers = batch.weights, batch.places, batch.events, batch.answers
    status, done, commands, result = batch.status, batch.done, batch.commands, batch.result
    asked, each = answers.shape[1] > 0, weights.shape[0] > 1
    if not each:
        _load(cells, places[0], weights[0])
    for w in range(first, rows.shape[0]):
        written = log[0, 0]
        if 1 < log.shape[0] <= written + places[4]:
            return w
        row, state, told = rows[w], states[w], events[w]
        _begin(row, at.ASK if asked else status[w])
        _load(cells, at.FIRST_FACT, facts[w])
        _load(cells, places[2], board[w])
        if each:
            _load(cells, places[0], weights[w])
        if asked:
            _answer(cells, places[1], answers[w])
        result[w] = at.IDLE
        if not done[w] or row[at.LIVE] == 1:
            row[at.VISITED] = at.START if done[w] else at.NOWHERE
            result[w] = run(nodes, code, cells, state, row, log, shares, told)
        _end(state, row, log, places[3], result[w])
        _keep(cells, places[2], board[w])
        log[written + 1 : log[0, 0] + 1, at.WORLD] = w
        commands[w] = row[at.COMMAND]
    return rows.shape[0]


@njit(**at.OUTER)
def write(batch: Batch, entry: int, values: F8, kind: int, agents: B1) -> int:
    """Write an entry of the tree's own blackboard for some agents; −1, or the first that fails."""
    code, cells, states = batch.code, batch.cells, batch.states
    rows, board = batch.rows, batch.board
    cell = code[1, 0] + entry
    for w in range(rows.shape[0]):
        if agents[w]:
            rows[w, at.TROUBLE] = at.FINE
            cells[cell] = board[w, entry]
            if not give(code, cells, states[w], rows[w], entry, values[w], kind, True):
                rows[w, at.WRONG] = rows[w, at.TROUBLE]
                return w
            board[w, entry] = cells[cell]
    return -1
