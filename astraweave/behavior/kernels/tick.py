"""The batch engine: ticks n agents through one flat program, each with its own small memory.

Going down enters nodes, going up hands a status to the parent; there is no recursion. The
meaning is that of `behavior.tick`, node by node and bit by bit.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from astraweave.model.kernels.jit import njit
from astraweave.model.kernels.rng import uniform

MEMORY, REACTIVE, PASS, SCRIPT, ACTION, WEIGHTED = range(6)
IDLE, RUNNING, SUCCESS, FAILURE, SKIPPED = range(5)
HALTED = np.int64(7)
ROOT = np.int64(0)
FACT, CONST, NEG, NOT, ADD, SUB, MUL, DIV, LESS, LESS_EQUAL, EQUAL, AND, OR, SELECT = range(14)
OPEN, ENDED_SUCCESS, ENDED_FAILURE, INTERRUPTED = (np.int64(code) for code in range(4))
SAME = 2.0**-23
STREAM = 1000
STACK = 256

_INNER = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
"""Functions called by kernels only: their wrappers would take most of the time to compile."""

F8 = npt.NDArray[np.float64]
I8 = npt.NDArray[np.int64]
I4 = npt.NDArray[np.int32]
I2 = npt.NDArray[np.int16]
I1 = npt.NDArray[np.int8]
B1 = npt.NDArray[np.bool_]


class Flat(NamedTuple):
    """A program, int64. Per node [N]: kind, stop, guard and arg, parent, end; scripts; weighted nodes [W].

    stop: the status of a child that ends a composite; of a PASS, what a child's SUCCESS becomes.
    guard: number of the `_skipIf` script or −1. arg: script, command or weighted node.
    script: [S + 1], where each script's code begins in ops and args.
    first: [W + 1], where each weighted node's tactics begin. ordered: the sorted policy.
    """

    kind: I8
    stop: I8
    guard: I8
    arg: I8
    parent: I8
    end: I8
    script: I8
    ops: I8
    args: I8
    constants: F8
    first: I8
    ordered: B1


class Agents(NamedTuple):
    """Memory of n agents.

    mem: int16[n, N], 0 when a node is idle, else: leaf 1; PASS 1; REACTIVE 1 | 2 when a child
    was not skipped; MEMORY 2·(child − node) | 1 when a child was not skipped; WEIGHTED 1 | 2 when
    a child has failed. Per weighted node [n, W]: pick, the chosen child's place; excluded, a bit
    mask; since, the step of the choice; held, the step in which a child succeeded inside the
    hold, else −1; row, of the open decision in the log, else −1. draws, tactic: [n].
    """

    mem: I2
    pick: I2
    excluded: I8
    since: I4
    held: I4
    row: I4
    draws: I8
    tactic: I2
    seeds: I8


class Log(NamedTuple):
    """Decisions, in the order they were made; count: int64[1] rows in use. Nothing is written
    when the columns are empty.
    """

    count: I8
    world: I4
    started: I4
    ended: I4
    node: I2
    tactic: I2
    propensity: F8
    available: I8
    result: I1


class Step(NamedTuple):
    """Input and output of one tick of n agents.

    facts: float64[n, f]; status: int8[n]; done: bool[n]; weights: float64[1 or n, tactics], the
    designer's times the learned; answers: int8[n, actions or 0]: when given, what an action
    says when it is ticked, instead of the protocol of commands; commands: int16[n] (out);
    result: int8[n] (out), of the root; events: int32[n, e], 8·node + status or HALTED (out);
    counts: int32[n], how many of them; stack: float64[STACK], scratch; clock: int64[2], the number of this step
    and the steps of a hold.
    """

    facts: F8
    status: I1
    done: B1
    weights: F8
    answers: I1
    commands: I2
    result: I1
    events: I4
    counts: I4
    stack: F8
    clock: I8


@njit(**_INNER)
def _one(op: int, x: float) -> float:
    if op == NEG:
        return -x
    return 1.0 if x == 0.0 else 0.0


@njit(**_INNER)
def _arithmetic(op: int, x: float, y: float) -> float:
    if op == ADD:
        return x + y
    if op == SUB:
        return x - y
    if op == MUL:
        return x * y
    return x / y


@njit(**_INNER)
def _two(op: int, x: float, y: float) -> float:
    if op <= DIV:
        return _arithmetic(op, x, y)
    if op == LESS:
        holds = x < y
    elif op == LESS_EQUAL:
        holds = x <= y
    elif op == EQUAL:
        holds = x == y or abs(x - y) <= SAME
    elif op == AND:
        holds = x != 0.0 and y != 0.0
    else:
        holds = x != 0.0 or y != 0.0
    return 1.0 if holds else 0.0


@njit(**_INNER)
def evaluate(p: Flat, script: int, facts: F8, w: int, stack: F8) -> float:
    """Number that a script gives for row `w` of the facts."""
    top = -1
    for i in range(p.script[script], p.script[script + 1]):
        op = p.ops[i]
        if op == FACT:
            top += 1
            stack[top] = facts[w, p.args[i]]
        elif op == CONST:
            top += 1
            stack[top] = p.constants[p.args[i]]
        elif op <= NOT:
            stack[top] = _one(op, stack[top])
        elif op == SELECT:
            top -= 2
            stack[top] = stack[top + 1] if stack[top] != 0.0 else stack[top + 2]
        else:
            top -= 1
            stack[top] = _two(op, stack[top], stack[top + 1])
    return stack[0]


@njit(**_INNER)
def _skipped(p: Flat, x: Step, w: int, node: int) -> bool:
    guard = p.guard[node]
    return guard >= 0 and evaluate(p, guard, x.facts, w, x.stack) != 0.0


@njit(**_INNER)
def _close(a: Agents, log: Log, x: Step, w: int, k: int, result: int) -> None:
    """End the open decision of weighted node k."""
    row = a.row[w, k]
    a.held[w, k] = -1
    if row >= 0:
        log.ended[row] = x.clock[0]
        log.result[row] = result
        a.row[w, k] = -1


@njit(**_INNER)
def _event(x: Step, w: int, node: int, status: int) -> None:
    count = x.counts[w]
    if count < x.events.shape[1]:
        x.events[w, count] = 8 * node + status
        x.counts[w] = count + 1


@njit(**_INNER)
def _halt(p: Flat, a: Agents, log: Log, x: Step, w: int, start: int, stop: int) -> None:
    """Halt what runs and reset what is active in [start, stop), in document order."""
    node = start
    while node < stop:
        if a.mem[w, node] == 0:
            node = p.end[node]
            continue
        if p.kind[node] == ACTION:
            _event(x, w, node, HALTED)
        elif p.kind[node] == WEIGHTED:
            _close(a, log, x, w, p.arg[node], INTERRUPTED)
        a.mem[w, node] = 0
        node += 1


@njit(**_INNER)
def _leaf(p: Flat, a: Agents, x: Step, w: int, node: int) -> int:
    if p.kind[node] == SCRIPT:
        holds = evaluate(p, p.arg[node], x.facts, w, x.stack) != 0.0
        return SUCCESS if holds else FAILURE
    command = p.arg[node]
    status = RUNNING
    if x.answers.shape[1] > 0:
        status = x.answers[w, command]
    elif a.mem[w, node] != 0 and x.status[w] >= SUCCESS:
        status = x.status[w]
    a.mem[w, node] = status == RUNNING
    if status == RUNNING:
        x.commands[w] = command
    _event(x, w, node, status)
    return status


@njit(**_INNER)
def _open(a: Agents, log: Log, x: Step, w: int, k: int, tactic: int) -> int:
    """A new decision; returns its row in the log, −1 when none is kept."""
    a.since[w, k] = x.clock[0]
    a.tactic[w] = tactic
    if log.world.shape[0] == 0:
        return -1
    row = log.count[0]
    log.count[0] = row + 1
    log.world[row] = w
    log.started[row] = x.clock[0]
    log.ended[row] = -1
    log.node[row] = k
    log.tactic[row] = tactic
    log.result[row] = OPEN
    a.row[w, k] = row
    return row


@njit(**_INNER)
def _available(p: Flat, a: Agents, x: Step, w: int, node: int) -> int:
    """Bit mask of the children that stand for choice; bit 63 makes it negative."""
    k = p.arg[node]
    excluded = a.excluded[w, k]
    mask = np.int64(0)
    bit = np.int64(1)
    child = node + 1
    for place in range(p.first[k + 1] - p.first[k]):
        if (excluded >> place) & 1 == 0 and not _skipped(p, x, w, child):
            mask |= bit << np.int64(place)
        child = p.end[child]
    return mask


@njit(**_INNER)
def _pick(p: Flat, a: Agents, x: Step, w: int, k: int, mask: int) -> tuple[int, float]:
    """Place of the chosen child among those in `mask`, and its propensity."""
    row = w if x.weights.shape[0] > 1 else 0
    first, count = p.first[k], p.first[k + 1] - p.first[k]
    total, best = 0.0, -1
    for place in range(count):
        if (mask >> place) & 1:
            total += x.weights[row, first + place]
            if best < 0 or x.weights[row, first + place] > x.weights[row, first + best]:
                best = place
    if p.ordered[k]:
        return best, 1.0
    drawn = uniform(int(a.seeds[w]), 0, int(a.draws[w]), STREAM + int(k)) * total
    a.draws[w] += 1
    return _draw(x.weights, row, first, count, mask, drawn, total)


@njit(**_INNER)
def _draw(
    weights: F8, row: int, first: int, count: int, mask: int, drawn: float, total: float
) -> tuple[int, float]:
    below, last = 0.0, -1
    for place in range(count):
        if (mask >> place) & 1:
            below += weights[row, first + place]
            last = place
            if drawn < below:
                break
    return last, weights[row, first + last] / total


@njit(**_INNER)
def _choose(p: Flat, a: Agents, log: Log, x: Step, w: int, node: int) -> tuple[int, int]:
    """Draw among the available children: (the child, 0), or (−1, the status) when none is."""
    k = p.arg[node]
    mask = _available(p, a, x, w, node)
    if mask == 0:
        failed = a.mem[w, node] & 2
        a.mem[w, node] = 0
        return -1, FAILURE if failed else SKIPPED
    place, propensity = _pick(p, a, x, w, k, mask)
    a.pick[w, k] = place
    row = _open(a, log, x, w, k, p.first[k] + place)
    if row >= 0:
        log.propensity[row] = propensity
        log.available[row] = mask
    return _child(p, node, place), 0


@njit(**_INNER)
def _child(p: Flat, node: int, place: int) -> int:
    child = node + 1
    for _ in range(place):
        child = p.end[child]
    return child


@njit(**_INNER)
def _enter_weighted(p: Flat, a: Agents, log: Log, x: Step, w: int, node: int) -> tuple[int, int]:
    """Where a weighted node goes on: its running child, the held one, or a new choice."""
    k = p.arg[node]
    kept = _child(p, node, np.int64(a.pick[w, k]))
    if a.mem[w, node] != 0:
        return kept, 0
    a.mem[w, node] = 1
    a.excluded[w, k] = 0
    if a.held[w, k] >= 0:
        if x.clock[0] - a.since[w, k] < x.clock[1] and not _skipped(p, x, w, kept):
            a.held[w, k] = -1
            return kept, 0
        _close(a, log, x, w, k, ENDED_SUCCESS)
    return _choose(p, a, log, x, w, node)


@njit(**_INNER)
def _up_weighted(
    p: Flat, a: Agents, log: Log, x: Step, w: int, node: int, child: int, result: int
) -> tuple[int, int]:
    k = p.arg[node]
    if result == RUNNING:
        return -1, RUNNING
    _halt(p, a, log, x, w, child, p.end[child])
    if result == SUCCESS:
        a.mem[w, node] = 0
        if not p.ordered[k] and x.clock[0] - a.since[w, k] < x.clock[1]:
            a.held[w, k] = x.clock[0]
        else:
            _close(a, log, x, w, k, ENDED_SUCCESS)
        return -1, SUCCESS
    if result == FAILURE:
        a.mem[w, node] |= 2
    _close(a, log, x, w, k, ENDED_FAILURE if result == FAILURE else INTERRUPTED)
    a.excluded[w, k] |= np.int64(1) << np.int64(a.pick[w, k])
    return _choose(p, a, log, x, w, node)


@njit(**_INNER)
def _up_memory(
    p: Flat, a: Agents, log: Log, x: Step, w: int, node: int, child: int, result: int
) -> tuple[int, int]:
    if result == RUNNING:
        return -1, RUNNING
    end = p.end[node]
    stop = p.stop[node]
    if result == stop:
        _halt(p, a, log, x, w, node + 1, end)
        a.mem[w, node] = 0
        return -1, result
    asked = (a.mem[w, node] & 1) | (result != SKIPPED)
    after = p.end[child]
    if after < end:
        a.mem[w, node] = 2 * (after - node) | asked
        return after, 0
    _halt(p, a, log, x, w, node + 1, end)
    # As in BehaviorTree.CPP, a node whose children were all skipped stays active until its
    # parent resets it.
    a.mem[w, node] = 0 if asked else 2
    return -1, SUCCESS + FAILURE - stop if asked else SKIPPED


@njit(**_INNER)
def _up_reactive(
    p: Flat, a: Agents, log: Log, x: Step, w: int, node: int, child: int, result: int
) -> tuple[int, int]:
    end, after = p.end[node], p.end[child]
    if result == RUNNING:
        _halt(p, a, log, x, w, node + 1, child)
        _halt(p, a, log, x, w, after, end)
        return -1, RUNNING
    if result == SKIPPED:
        _halt(p, a, log, x, w, child, after)
    else:
        a.mem[w, node] |= 2
    stop = p.stop[node]
    if result != stop and after < end:
        return after, 0
    _halt(p, a, log, x, w, node + 1, end)
    asked = a.mem[w, node] & 2
    a.mem[w, node] = 0 if asked else 1
    if result == stop:
        return -1, result
    return -1, SUCCESS + FAILURE - stop if asked else SKIPPED


@njit(**_INNER)
def _up_pass(
    p: Flat, a: Agents, log: Log, x: Step, w: int, node: int, child: int, result: int
) -> tuple[int, int]:
    if result == RUNNING or result == SKIPPED:
        return -1, result
    _halt(p, a, log, x, w, child, p.end[child])
    a.mem[w, node] = 0
    return -1, p.stop[node] if result == SUCCESS else SUCCESS + FAILURE - p.stop[node]


@njit(**_INNER)
def _up(
    p: Flat, a: Agents, log: Log, x: Step, w: int, child: int, result: int
) -> tuple[int, int]:
    """Hand a child's status to its parent: (the node to enter next, 0) or (−1, its status)."""
    node = p.parent[child]
    kind = p.kind[node]
    if kind == MEMORY:
        return _up_memory(p, a, log, x, w, node, child, result)
    if kind == REACTIVE:
        return _up_reactive(p, a, log, x, w, node, child, result)
    if kind == PASS:
        return _up_pass(p, a, log, x, w, node, child, result)
    return _up_weighted(p, a, log, x, w, node, child, result)


@njit(**_INNER)
def _down(p: Flat, a: Agents, log: Log, x: Step, w: int, node: int) -> tuple[int, int]:
    """Enter a node: (the child to enter, 0) or (−1, its status)."""
    if a.mem[w, node] == 0 and _skipped(p, x, w, node):
        return -1, SKIPPED
    kind = p.kind[node]
    if kind == WEIGHTED:
        return _enter_weighted(p, a, log, x, w, node)
    if kind == SCRIPT or kind == ACTION:
        return -1, _leaf(p, a, x, w, node)
    if kind != MEMORY:
        a.mem[w, node] = 1
        return node + 1, 0
    if a.mem[w, node] == 0:
        a.mem[w, node] = 2
    return node + (a.mem[w, node] >> 1), 0


@njit(**_INNER)
def _tick(p: Flat, a: Agents, log: Log, x: Step, w: int) -> int:
    """One tick of one agent; returns the root's status."""
    node = ROOT
    while True:
        following, status = _down(p, a, log, x, w, node)
        while following < 0:
            if p.parent[node] < 0:
                return status
            following, status = _up(p, a, log, x, w, node, status)
            node = node if following >= 0 else p.parent[node]
        node = following


@njit(**_INNER)
def _settle(a: Agents, log: Log, x: Step, w: int, before: int) -> None:
    """End the decisions whose hold was not used since step `before`."""
    for k in range(a.held.shape[1]):
        if 0 <= a.held[w, k] < before:
            _close(a, log, x, w, k, ENDED_SUCCESS)


@njit()
def halt(p: Flat, a: Agents, log: Log, x: Step, w: int) -> None:
    """Halt agent `w`: what runs is interrupted, what is held has succeeded."""
    _halt(p, a, log, x, w, ROOT, p.end[0])
    _settle(a, log, x, w, x.clock[0] + 1)


@njit()
def tick(p: Flat, a: Agents, log: Log, x: Step, first: int) -> int:
    """Tick agents from `first` on; a done one is halted instead, and stays so.

    Returns n, or the first agent not yet ticked because the log has no room for one more tick.
    """
    n, most = a.mem.shape[0], p.first[p.first.shape[0] - 1]
    for w in range(first, n):
        kept = log.world.shape[0]
        if kept > 0 and kept - log.count[0] < most:
            return w
        x.commands[w] = -1
        if x.done[w]:
            halt(p, a, log, x, w)
            x.result[w] = IDLE
            continue
        x.result[w] = _tick(p, a, log, x, w)
        _settle(a, log, x, w, x.clock[0])
    return n
