"""Ticks n agents through jump code: from instruction to instruction until one ends the tick.

Composites are gone: each test, leaf and choice knows where to go on. At most one leaf runs, so an
agent remembers that leaf. The meaning is that of the scalar engine, bit by bit.
"""

import numpy as np

from astraweave.behavior.kernels import jump_layout as at
from astraweave.behavior.kernels import layout
from astraweave.behavior.kernels.guards import standing
from astraweave.behavior.kernels.jump_choice import close, pick, settle, write
from astraweave.behavior.kernels.jump_layout import U4, Batch
from astraweave.behavior.kernels.jump_scripts import holds
from astraweave.behavior.kernels.layout import I8, RUNNING, SUCCESS
from astraweave.model.kernels.jit import njit


@njit(**at.INNER)
def _event(b: Batch, w: int, node: int, status: int) -> None:
    count = b.events[w, 0] + 1
    if count < b.events.shape[1]:
        b.events[w, count] = 8 * node + status
        b.events[w, 0] = count


@njit(**at.INNER)
def _walk(b: Batch, w: int, pc: int, running: int) -> int:
    """From `pc` on through tests to the first instruction that does more."""
    number = b.lists[running + at.NUMBER]
    while True:
        op = b.code[pc]
        if op == at.ENTER:
            if b.code[pc + at.LO] <= number < b.code[pc + at.HI]:
                pc = b.lists[b.lists[running + at.RESUME] + b.code[pc + at.DEPTH]]
            else:
                pc = b.code[pc + at.NO]
            continue
        if op == at.PLAIN:
            x = b.facts[w, b.code[pc + at.ARG]]
        elif op == at.APART:
            x = b.facts[w, b.code[pc + at.ARG]] - b.facts[w, b.code[pc + at.DEPTH]]
        else:
            return pc
        holds = (b.bounds[pc >> 2] <= x) & (x <= b.bounds[(pc >> 2) + 1])
        pc = b.code[pc + at.YES] if holds else b.code[pc + at.NO]


@njit(**at.RARE)
def _halted(
    lists: U4, state: U4, rows: I8, log: I8, w: int, leaf: int, step: int, first: int, other: int
) -> None:
    """Interrupt the choices from number `first` on that hold a leaf, but do not hold `other`."""
    above = lists[leaf + at.ABOVE]
    for i in range(above, above + lists[leaf + at.HOLDERS]):
        choice = lists[i]
        shared = lists[choice + at.FROM] <= other < lists[choice + at.UNTIL]
        if lists[choice + at.PLACE] >= first and not shared:
            place = at.HEAD + at.CHOSEN * lists[choice + at.PLACE]
            close(state, rows, log, w, place, layout.INTERRUPTED, step)


@njit(**at.INNER)
def _halt(b: Batch, w: int, leaf: int, step: int, first: int, other: int) -> None:
    """Halt the running leaf, with the choices from number `first` on that do not hold `other`."""
    _event(b, w, b.lists[leaf + at.NODE], layout.HALTED)
    if b.lists[leaf + at.HOLDERS] > 0:
        _halted(b.lists, b.state, b.rows, b.log, w, leaf, step, first, other)


@njit(**at.INNER)
def _succeed(b: Batch, w: int, choice: int, place: int, step: int, hold: int) -> None:
    """End the decision, or hold it."""
    if b.lists[choice + at.SORTED] == 0 and step - b.rows[w, place + at.SINCE] < hold:
        b.rows[w, place + at.HELD] = step
        b.state[w, at.HOLDING] += 1
    else:
        close(b.state, b.rows, b.log, w, place, layout.WON, step)


@njit(**at.INNER)
def _enter(b: Batch, w: int, place: int, mask: int, step: int, hold: int) -> bool:
    """Enter a choice that was idle; whether it goes on with the child that it holds."""
    b.rows[w, place + at.EXCLUDED] = 0
    b.rows[w, place + at.FAILED] = 0
    if b.rows[w, place + at.HELD] < 0:
        return False
    in_hold = step - b.rows[w, place + at.SINCE] < hold
    if in_hold and mask >> b.rows[w, place + at.PICK] & 1:
        b.rows[w, place + at.HELD] = -1
        b.state[w, at.HOLDING] -= 1
        return True
    close(b.state, b.rows, b.log, w, place, layout.WON, step)
    return False


@njit(**at.INNER)
def _exclude(b: Batch, w: int, place: int, op: int, step: int) -> None:
    """The chosen child has failed or was skipped: it does not stand any more."""
    failed = op == at.LOST
    b.rows[w, place + at.FAILED] |= failed
    b.rows[w, place + at.EXCLUDED] |= np.int64(1) << b.rows[w, place + at.PICK]
    close(b.state, b.rows, b.log, w, place, layout.LOST if failed else layout.INTERRUPTED, step)


@njit(**at.INNER)
def _choice(b: Batch, w: int, pc: int, step: int, hold: int) -> int:
    """Where an instruction of a choice goes on."""
    op, choice = b.code[pc], b.code[pc + at.ARG]
    place = at.HEAD + at.CHOSEN * b.lists[choice + at.PLACE]
    if op == at.WON:
        _succeed(b, w, choice, place, step, hold)
        return b.code[pc + at.YES]
    mask = standing(b, w, choice)
    entries = b.code[pc + at.DEPTH]
    if op != at.CHOOSE:
        _exclude(b, w, place, op, step)
        mask &= ~b.rows[w, place + at.EXCLUDED]
    elif _enter(b, w, place, mask, step, hold):
        return b.lists[entries + b.rows[w, place + at.PICK]]
    if mask == 0:
        return b.code[pc + at.NO] if b.rows[w, place + at.FAILED] else b.code[pc + at.SKIP]
    propensity = pick(b, w, choice, mask, step)
    if b.log.shape[0] > 1:
        write(b, w, choice, mask, propensity, step)
    return b.lists[entries + b.rows[w, place + at.PICK]]


@njit(**at.INNER)
def _said(b: Batch, w: int, leaf: int, running: int) -> int:
    """What a leaf says: the answer given, or the environment's of the one that runs."""
    if b.answers.shape[1] > 0:
        return int(b.answers[w, b.lists[leaf + at.COMMAND]])
    if leaf == running and b.status[w] >= SUCCESS:
        return int(b.status[w])
    return RUNNING


@njit(**at.INNER)
def _command(b: Batch, w: int, leaf: int, running: int, step: int) -> None:
    """A leaf runs; one that ran in its place is halted."""
    b.commands[w] = b.lists[leaf + at.COMMAND]
    if running != leaf:
        if b.lists[running + at.NUMBER] != at.NOBODY:
            _halt(b, w, running, step, 0, b.lists[leaf + at.NUMBER])
        b.state[w, at.STATE] = leaf


@njit(**at.INNER)
def _leave(b: Batch, w: int, pc: int, running: int, step: int) -> int:
    """The running leaf behind an EXIT, an idle agent's memory when it is halted by that."""
    if b.code[pc + at.LO] <= b.lists[running + at.NUMBER] < b.code[pc + at.HI]:
        _halt(b, w, running, step, b.code[pc + at.DEPTH], at.NOBODY)
        return b.lists[running + at.IDLE]
    return running


@njit(**at.INNER)
def _run(b: Batch, w: int, step: int, hold: int) -> int:
    """One tick of one agent; returns the root's status."""
    running = b.state[w, at.STATE]
    pc = b.lists[running + at.START]
    while True:
        pc = _walk(b, w, pc, running)
        op, argument = b.code[pc], b.code[pc + at.ARG]
        way = at.NO
        if op == at.LEAF:
            said = _said(b, w, argument, running)
            _event(b, w, b.lists[argument + at.NODE], said)
            if said == RUNNING:
                _command(b, w, argument, running, step)
                return RUNNING
            running = b.lists[running + at.IDLE] if argument == running else running
            way = at.YES if said == SUCCESS else at.NO
        elif op >= at.CHOOSE:
            pc = _choice(b, w, pc, step, hold)
            continue
        elif op == at.END:
            b.state[w, at.STATE] = argument
            return int(b.code[pc + at.DEPTH])
        elif op == at.COMPUTED:
            way += holds(b.scripts, b.constants, b.stack, b.facts, w, argument)
        else:
            running = _leave(b, w, pc, running, step)
        pc = b.code[pc + way]


@njit(**at.INNER)
def _rest(b: Batch, w: int, step: int) -> None:
    """Halt an agent and end what it holds."""
    running = b.state[w, at.STATE]
    if b.lists[running + at.NUMBER] != at.NOBODY:
        _halt(b, w, running, step, 0, at.NOBODY)
    b.state[w, at.STATE] = b.lists[running + at.IDLE]
    if b.state[w, at.HOLDING] > 0:
        settle(b.state, b.rows, b.log, w, step + 1, step)


@njit(**at.OUTER)
def tick(b: Batch, first: int, step: int, hold: int, room: int) -> int:
    """Tick agents from place `first` of the order on; a done one is halted instead, and stays so.

    step: number of this one; hold: steps of a hold; room: the most decisions of an agent in one
    tick. Returns n, or the first place not yet ticked because the log has not that much room.
    """
    for i in range(first, b.order.shape[0]):
        w = b.order[i]
        if 1 < b.log.shape[0] <= b.log[0, 0] + room:
            return i
        b.commands[w] = -1
        if b.done[w]:
            _rest(b, w, step)
            b.result[w] = layout.IDLE
            continue
        b.result[w] = _run(b, w, step, hold)
        if b.state[w, at.HOLDING] > 0:
            settle(b.state, b.rows, b.log, w, step, step)
    return b.order.shape[0]
