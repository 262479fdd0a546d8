"""Halts: what runs below is stopped in document order, parents after their children.

Functions that decide ask for a halt and the tick's loop makes it before it goes on, because a
halt may have to tick: the last child of a TryCatch with `catch_on_halt`. Only RUNNING nodes are
halted; others become idle, and what is below them stays as it is, as in BehaviorTree.CPP.
"""

from astraweave.behavior.kernels import layout as at
from astraweave.behavior.kernels.layout import F8, I1, I4, I8
from astraweave.behavior.kernels.scripts import evaluate
from astraweave.model.kernels.jit import njit


@njit(**at.INLINE)
def ask(nodes: I8, row: I8, start: int, stop: int, but: int) -> None:
    """Have the siblings from `start` up to `stop` halted, all but one (−1: none spared)."""
    row[at.FROM] = start
    row[at.TO] = stop
    row[at.BUT] = but
    row[at.OVER] = nodes[start, at.PARENT]


@njit(**at.INLINE)
def ask_children(nodes: I8, row: I8, node: int) -> None:
    """Have all children of a node halted."""
    ask(nodes, row, node + 1, nodes[node, at.END], -1)


@njit(**at.INLINE)
def ask_one(nodes: I8, row: I8, node: int) -> None:
    """Have this node halted."""
    ask(nodes, row, node, nodes[node, at.END], -1)


@njit(**at.INLINE)
def event(events: I4, node: int, status: int) -> None:
    """Tell what a leaf said, or HALTED; what there is no room for is dropped."""
    count = events[0] + 1
    if count < events.shape[0]:
        events[count] = 8 * node + status
        events[0] = count


@njit(**at.INNER)
def close(row: I8, log: I8, choice: int, result: int) -> None:
    """End the open decision of the choice at this place of the row."""
    logged = row[choice + at.LOGGED]
    row[choice + at.HELD] = -1
    row[choice + at.LOGGED] = 0
    if logged > 0:
        log[logged, at.ENDED] = row[at.STEP]
        log[logged, at.RESULT] = result


@njit(**at.INLINE)
def _forget(nodes: I8, state: I1, row: I8, log: I8, events: I4, node: int) -> None:
    """What a halt does to a node itself, before its children are halted."""
    if state[node] == at.RUNNING:
        kind = nodes[node, at.KIND]
        if kind == at.ACTION:
            event(events, node, at.HALTED)
            if row[at.ORDERED] == node + 1:
                # Commanded in this very step, beside another leaf.
                row[at.ORDERED] = 0
                row[at.COMMAND] = -1
        elif kind == at.WEIGHTED:
            close(row, log, nodes[node, at.A], at.INTERRUPTED)
    memory = nodes[node, at.MEM]
    for i in range(memory, memory + nodes[node, at.FORGETS]):
        row[i] = 0


@njit(**at.INLINE)
def _will_catch(nodes: I8, code: I8, cells: F8, state: I1, row: I8, node: int) -> bool:
    """Whether a TryCatch that is halted has to tick its last child, because it was trying."""
    memory = nodes[node, at.MEM] + at.CATCHING
    if nodes[node, at.KIND] != at.TRY_CATCH or state[node] == at.IDLE or row[memory] != 0:
        return False
    script = nodes[node, at.D]
    catching = nodes[node, at.A] == 1
    if script != 0:
        catching = evaluate(code, cells, state, row, script) != 0.0
        # What cannot be read is false.
        catching = catching and row[at.TROUBLE] == at.FINE
        row[at.TROUBLE] = at.FINE
    if catching:
        row[memory] = at.CATCH_ON_HALT
    return catching


@njit(**at.INLINE)
def _left(nodes: I8, code: I8, cells: F8, state: I1, row: I8, node: int) -> bool:
    """The node is halted, after its children: it is idle, and its script runs, without an error."""
    state[node] = at.IDLE
    script = nodes[node, at.STOPPED]
    if script != 0:
        evaluate(code, cells, state, row, script)
        if row[at.TROUBLE] != at.FINE:
            row[at.PLACE] = node
            return False
    return True


@njit(**at.INLINE)
def catches(nodes: I8, row: I8, node: int, above: int) -> bool:
    """Whether `node` is the child that the halted TryCatch above it has to tick first."""
    return (
        nodes[above, at.KIND] == at.TRY_CATCH
        and row[nodes[above, at.MEM] + at.CATCHING] == at.CATCH_ON_HALT
        and node == nodes[above, at.B]
    )


@njit(**at.INNER)
def halt(nodes: I8, code: I8, cells: F8, state: I1, row: I8, log: I8, events: I4) -> int:
    """Make the halt that was asked for: 0, or the child to tick before it can go on.

    An error ends it.
    """
    node, to, but, over = row[at.FROM], row[at.TO], row[at.BUT], row[at.OVER]
    forced = row[at.FORCED] != 0
    fine = True
    while node < to and fine:
        above, after = nodes[node, at.PARENT], nodes[node, at.END]
        if above != over and catches(nodes, row, node, above):
            row[at.FORCED] = 0
            return node
        if node != but and (state[node] == at.RUNNING or (forced and above == over)):
            if not _will_catch(nodes, code, cells, state, row, node):
                _forget(nodes, state, row, log, events, node)
            if after > node + 1:
                node += 1
                continue
            fine = _left(nodes, code, cells, state, row, node)
        elif node != but:
            state[node] = at.IDLE
        while above != over and after == nodes[above, at.END] and fine:
            fine = _left(nodes, code, cells, state, row, above)
            above = nodes[above, at.PARENT]
        node = after
    row[at.TO] = 0
    row[at.FORCED] = 0
    return 0


@njit(**at.INLINE)
def put_off(nodes: I8, row: I8, child: int, node: int, following: int, status: int) -> None:
    """Keep the rest of a halt, and what the tick does then, until `child` has been ticked."""
    rest = nodes[nodes[child, at.PARENT], at.MEM] + at.REST
    row[rest], row[rest + 1], row[rest + 2] = row[at.TO], row[at.BUT], row[at.OVER]
    row[rest + 3], row[rest + 4], row[rest + 5] = node, following, status
    row[at.TO] = 0


@njit(**at.INLINE)
def take_up(nodes: I8, row: I8, child: int) -> tuple[int, int, int]:
    """Go on with the halt that waited for this child: (node, following, status) of the tick."""
    memory = nodes[nodes[child, at.PARENT], at.MEM]
    rest = memory + at.REST
    row[memory + at.PLACE_AT] = 0
    row[memory + at.SKIPS] = 0
    row[memory + at.CATCHING] = at.NOT_YET
    row[at.FROM] = child
    row[at.TO], row[at.BUT], row[at.OVER] = row[rest], row[rest + 1], row[rest + 2]
    return row[rest + 3], row[rest + 4], row[rest + 5]
