"""What nodes with several children do when they are entered, and with a child's status.

`enter_…` gives the child to enter, or DONE and a status; `after_…` takes a child and its status
and gives the same for its parent. A composite keeps its children's statuses until it resets them:
a child that is SUCCESS or FAILURE has ended in this activation. The meaning stands in `nodes`.
"""

from astraweave.behavior.kernels import layout as at
from astraweave.behavior.kernels.board import trouble
from astraweave.behavior.kernels.halting import ask, ask_children, ask_one
from astraweave.behavior.kernels.layout import F8, I1, I8
from astraweave.behavior.kernels.scripts import evaluate
from astraweave.model.kernels.jit import njit


@njit(**at.INLINE)
def enter_memory(nodes: I8, state: I1, row: I8, node: int) -> int:
    """Sequence, Fallback, …: go on at the child that ran."""
    memory = nodes[node, at.MEM]
    if state[node] == at.IDLE:
        row[memory + at.SKIPS] = 0
    state[node] = at.RUNNING
    child = row[memory + at.PLACE_AT]
    if child == 0:
        child = node + 1
    row[memory + at.BEFORE_IT] = state[child]
    return child


@njit(**at.INLINE)
def after_memory(
    nodes: I8, state: I1, row: I8, node: int, child: int, result: int
) -> tuple[int, int]:
    """Sequence, Fallback, …: the next child, unless this one decides."""
    if result == at.RUNNING:
        return at.DONE, at.RUNNING
    memory, end, stop = nodes[node, at.MEM], nodes[node, at.END], nodes[node, at.STOP]
    if result == stop:
        keeps = nodes[node, at.B] == 1
        ask(nodes, row, child if keeps else node + 1, end, -1)
        row[memory + at.PLACE_AT] = child if keeps else 0
        return at.DONE, result
    after = nodes[child, at.END]
    row[memory + at.PLACE_AT] = after
    if result == at.SKIPPED:
        row[memory + at.SKIPS] += 1
    elif nodes[node, at.A] == 1 and row[memory + at.BEFORE_IT] == at.IDLE and after < end:
        return at.DONE, at.RUNNING
    if after < end:
        row[memory + at.BEFORE_IT] = state[after]
        return after, 0
    all_skipped = row[memory + at.SKIPS] == nodes[node, at.COUNT]
    ask_children(nodes, row, node)
    row[memory + at.PLACE_AT] = 0
    row[memory + at.SKIPS] = 0
    return at.DONE, at.SKIPPED if all_skipped else at.SUCCESS + at.FAILURE - stop


@njit(**at.INLINE)
def after_reactive(nodes: I8, row: I8, node: int, child: int, result: int) -> tuple[int, int]:
    """ReactiveSequence and ReactiveFallback: all again, up to the one that decides."""
    memory, end, after = nodes[node, at.MEM], nodes[node, at.END], nodes[child, at.END]
    if result == at.RUNNING:
        ask(nodes, row, node + 1, end, child)
        return at.DONE, at.RUNNING
    stop = nodes[node, at.STOP]
    if result != at.SKIPPED:
        row[memory + at.AT] = 0
    if result != stop and after < end:
        if result == at.SKIPPED:
            ask_one(nodes, row, child)
        return after, 0
    ask_children(nodes, row, node)
    if result == stop:
        return at.DONE, result
    return at.DONE, at.SKIPPED if row[memory + at.AT] else at.SUCCESS + at.FAILURE - stop


@njit(**at.INNER)
def _needed(threshold: int, children: int) -> int:
    return threshold if threshold >= 0 else max(children + threshold + 1, 0)


@njit(**at.INNER)
def _scan(nodes: I8, state: I1, row: I8, node: int, child: int) -> tuple[int, int]:
    """PARALLEL: the next child that has not ended, unless the counts decide before."""
    memory, children = nodes[node, at.MEM], nodes[node, at.COUNT]
    need = row[memory + at.NEED_WON]
    from_end = need < 0
    need = _needed(need, children)
    while True:
        won, lost = row[memory + at.WON_COUNT], row[memory + at.LOST_COUNT]
        if child > node:
            skipped = row[memory + at.SKIP_COUNT] if from_end else 0
            status = at.IDLE
            if won + skipped >= need:
                status = at.SUCCESS
            elif children - lost < need or lost == row[memory + at.NEED_LOST]:
                status = at.FAILURE
            if status != at.IDLE:
                row[memory + at.WON_COUNT] = 0
                row[memory + at.LOST_COUNT] = 0
                ask_children(nodes, row, node)
                return at.DONE, status
        child = nodes[child, at.END] if child > node else node + 1
        if child >= nodes[node, at.END]:
            all_skipped = row[memory + at.SKIP_COUNT] == children
            return at.DONE, at.SKIPPED if all_skipped else at.RUNNING
        if state[child] < at.SUCCESS:
            return child, 0


@njit(**at.INNER)
def _next_of_all(nodes: I8, state: I1, row: I8, node: int, child: int) -> tuple[int, int]:
    """PARALLEL_ALL: the first child from `child` on that has not ended, else the end."""
    end, memory = nodes[node, at.END], nodes[node, at.MEM]
    while child < end and state[child] >= at.SUCCESS:
        child = nodes[child, at.END]
    if child < end:
        return child, 0
    skipped, children = row[memory + at.SKIP_COUNT], nodes[node, at.COUNT]
    if skipped == children:
        return at.DONE, at.SKIPPED
    if skipped + row[memory + at.WON_COUNT] < children:
        return at.DONE, at.RUNNING
    failed = row[memory + at.LOST_COUNT] >= row[memory + at.NEED_LOST]
    row[memory + at.WON_COUNT] = 0
    row[memory + at.LOST_COUNT] = 0
    ask_children(nodes, row, node)
    return at.DONE, at.FAILURE if failed else at.SUCCESS


@njit(**at.INLINE)
def enter_parallel(
    nodes: I8, state: I1, row: I8, node: int, won: int, lost: int
) -> tuple[int, int]:
    """Parallel and ParallelAll, with the thresholds of this tick."""
    memory, children = nodes[node, at.MEM], nodes[node, at.COUNT]
    all_end = nodes[node, at.KIND] == at.PARALLEL_ALL
    if all_end:
        won, lost = 0, won
    if children < max(won, lost):
        trouble(row, at.TOO_FEW_TO_WIN if children < won else at.TOO_FEW_TO_LOSE, -1)
        return at.DONE, at.ERROR
    row[memory + at.NEED_WON] = won
    row[memory + at.NEED_LOST] = _needed(lost, children)
    row[memory + at.SKIP_COUNT] = 0
    state[node] = at.RUNNING
    if all_end:
        return _next_of_all(nodes, state, row, node, node + 1)
    return _scan(nodes, state, row, node, node)


@njit(**at.INLINE)
def after_parallel(
    nodes: I8, state: I1, row: I8, node: int, child: int, result: int
) -> tuple[int, int]:
    """Parallel and ParallelAll: count, and go on."""
    memory = nodes[node, at.MEM]
    all_end = nodes[node, at.KIND] == at.PARALLEL_ALL
    row[memory + at.LOST_COUNT] += int(result == at.FAILURE)
    row[memory + at.SKIP_COUNT] += int(result == at.SKIPPED)
    row[memory + at.WON_COUNT] += int(result == at.SUCCESS or (all_end and result == at.FAILURE))
    if all_end:
        return _next_of_all(nodes, state, row, node, nodes[child, at.END])
    return _scan(nodes, state, row, node, child)


@njit(**at.INLINE)
def after_if(nodes: I8, row: I8, node: int, child: int, result: int) -> tuple[int, int]:
    """IfThenElse: the branch that its first child chose, until that ends."""
    if result == at.RUNNING:
        return at.DONE, at.RUNNING
    memory, after = nodes[node, at.MEM], nodes[child, at.END]
    if child > node + 1:
        ask_children(nodes, row, node)
        row[memory + at.AT] = 0
        return at.DONE, result
    if result == at.SKIPPED:
        trouble(row, at.NO_DECISION, -1)
        return at.DONE, at.ERROR
    if result == at.FAILURE:
        after = nodes[after, at.END]
        if after == nodes[node, at.END]:
            return at.DONE, at.FAILURE
    row[memory + at.AT] = after
    return after, 0


@njit(**at.INLINE)
def after_while(nodes: I8, row: I8, node: int, child: int, result: int) -> tuple[int, int]:
    """WhileDoElse: the branch that its first child chooses now; the other is halted."""
    if result == at.RUNNING:
        return at.DONE, at.RUNNING
    then = nodes[node + 1, at.END]
    other = nodes[then, at.END]
    if child == node + 1 and result == at.SUCCESS:
        if other < nodes[node, at.END]:
            ask_one(nodes, row, other)
        return then, 0
    if child == node + 1 and result == at.FAILURE and other < nodes[node, at.END]:
        ask_one(nodes, row, then)
        return other, 0
    ask_children(nodes, row, node)
    # Without a decision the node has no status, which is an error once the children are halted.
    undecided = child == node + 1 and result == at.SKIPPED
    return at.DONE, at.IDLE if undecided else result


@njit(**at.INLINE)
def _text(code: I8, cells: F8, state: I1, row: I8, script: int) -> tuple[float, bool]:
    """(the number that a port's text is, whether it has a value)."""
    if script == 0:
        return 0.0, False
    value = evaluate(code, cells, state, row, script)
    known = row[at.TROUBLE] == at.FINE
    row[at.TROUBLE] = at.FINE
    return value, known


@njit(**at.INLINE)
def _same(x: float, y: float) -> bool:
    """Whether two numbers that were texts count as equal; "inf" and "nan" do as texts."""
    return abs(x - y) <= at.SAME or x == y or (x != x and y != y)  # noqa: PLR0124


@njit(**at.INNER)
def enter_switch(nodes: I8, code: I8, cells: F8, state: I1, row: I8, node: int) -> tuple[int, int]:
    """Switch: the child of the case that holds now; the one that ran before is halted."""
    memory, child, case = nodes[node, at.MEM], node + 1, nodes[node, at.B]
    value, known = _text(code, cells, state, row, nodes[node, at.A])
    while nodes[child, at.END] < nodes[node, at.END]:
        wanted, given = _text(code, cells, state, row, code[case, 0])
        if known and given and _same(value, wanted):
            break
        case += 1
        child = nodes[child, at.END]
    before = row[memory + at.AT]
    if before not in (0, child):
        ask_one(nodes, row, before)
    return child, 0


@njit(**at.INLINE)
def after_switch(nodes: I8, row: I8, node: int, child: int, result: int) -> tuple[int, int]:
    """Switch: as its child says."""
    row[nodes[node, at.MEM] + at.AT] = child if result == at.RUNNING else 0
    if result in (at.SUCCESS, at.FAILURE):
        ask_children(nodes, row, node)
    return at.DONE, result


@njit(**at.INLINE)
def enter_try(nodes: I8, state: I1, row: I8, node: int) -> int:
    """TryCatch: its last child once it catches, else as a Sequence of the others."""
    memory = nodes[node, at.MEM]
    if state[node] == at.IDLE:
        row[memory + at.SKIPS] = 0
        row[memory + at.CATCHING] = at.NOT_YET
    state[node] = at.RUNNING
    if row[memory + at.CATCHING] == at.IN_CATCH:
        return nodes[node, at.B]
    child = row[memory + at.PLACE_AT]
    return child if child != 0 else node + 1


@njit(**at.INLINE)
def after_try(nodes: I8, row: I8, node: int, child: int, result: int) -> tuple[int, int]:
    """TryCatch: FAILURE of one of the others leads to the last; when that ends, FAILURE."""
    if result == at.RUNNING:
        return at.DONE, at.RUNNING
    memory, last, after = nodes[node, at.MEM], nodes[node, at.B], nodes[child, at.END]
    if child == last:
        row[memory + at.PLACE_AT] = 0
        row[memory + at.CATCHING] = at.NOT_YET
        ask_children(nodes, row, node)
        return at.DONE, at.FAILURE
    if result == at.FAILURE:
        row[memory + at.PLACE_AT] = 0
        row[memory + at.CATCHING] = at.IN_CATCH
        ask_children(nodes, row, node)
        return last, 0
    row[memory + at.SKIPS] += int(result == at.SKIPPED)
    row[memory + at.PLACE_AT] = after
    if after < last:
        return after, 0
    all_skipped = row[memory + at.SKIPS] == nodes[node, at.COUNT] - 1
    row[memory + at.PLACE_AT] = 0
    row[memory + at.SKIPS] = 0
    ask_children(nodes, row, node)
    return at.DONE, at.SKIPPED if all_skipped else at.SUCCESS
