"""Where things lie in the few arrays that the batch engine's functions hand to each other.

nodes   int64[N, 10]: a row a node, in preorder
code    int64[C, 2]: postfix (operation, argument) of all scripts, each closed by END_OF_CODE;
        row 0 holds where the stack begins in cells
cells   float64[…]: facts, constants, weights, answers, stack; facts and weights of one agent
row     int64[HEAD + N + CHOICE·W]: memory of one agent
log     int64[R, 7]: decisions; row 0 counts those that follow; R = 1 keeps none
shares  float64[R]: their propensities
events  int32[E]: of one agent and tick, 8·node + status or HALTED; the first counts the others;
        E = 1 keeps none

Memory of a node, 0 when idle: a leaf, Inverter or SubTree 1; a reactive composite 1, 3 when a
child was not skipped; Sequence and Fallback 2·(child − node), 1 more when a child was not
skipped; WeightedFallback 1, 3 when a child has failed.
"""

import numpy as np
import numpy.typing as npt

MEMORY, REACTIVE, PASS, SCRIPT, ACTION, WEIGHTED = range(6)
"""Kinds: Sequence and Fallback, their reactive forms, Inverter and SubTree, ScriptCondition, …"""

IDLE, RUNNING, SUCCESS, FAILURE, SKIPPED = range(5)
HALTED = np.int64(7)

KIND, STOP, GUARD, ARG, PARENT, END, CELL, COUNT, FIRST, INDEX, NODE_COLUMNS = range(11)
"""Columns of nodes. STOP: the child's status that ends a composite; what a child's SUCCESS
becomes in a PASS; 1 for a sorted WEIGHTED. GUARD: row of code, 0 for none. ARG: row of code,
command, or place of a choice in an agent's row. PARENT: −1 for the root. END: next node outside.
Of an action CELL is where its answer lies in cells. Of a choice: CELL, where its weights lie;
COUNT, its children; FIRST, number of its first tactic; INDEX, among the tree's choices."""

STEP, HOLD, SEED, DRAWS, TACTIC, COMMAND, STATUS, HEAD = range(8)
"""Head of an agent's row: number of this step, steps of a hold, seed, draws made, tactic chosen
last, command of this step, the environment's status or ASK when cells hold answers."""
ASK = -1

PICK, EXCLUDED, SINCE, HELD, LOGGED, CHOICE = range(6)
"""Of a choice, in an agent's row: place of the chosen child, bit mask, step of the choice, step in
which it succeeded inside the hold (else −1), row of the open decision in log (else 0)."""

WORLD, STARTED, ENDED, NODE, CHOSEN, AVAILABLE, RESULT, LOG_COLUMNS = range(8)
"""Columns of log. ENDED is −1 and RESULT OPEN while the decision is."""
OPEN, WON, LOST, INTERRUPTED = (np.int64(code) for code in range(4))
"""Codes of `model.columns.RESULTS`."""

LOAD, NEG, NOT, ADD, SUB, MUL, DIV, LESS, LESS_EQUAL, EQUAL, AND, OR = range(12)
SELECT, END_OF_CODE = 12, 13
"""Postfix operations; LOAD takes a cell, SELECT (condition, yes, no)."""
SAME = 2.0**-23
STREAM = 1000
ROOT = np.int64(0)

INNER = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
"""For functions called by kernels only: their wrappers would take most of the time to compile."""

F8 = npt.NDArray[np.float64]
I8 = npt.NDArray[np.int64]
I4 = npt.NDArray[np.int32]
I2 = npt.NDArray[np.int16]
I1 = npt.NDArray[np.int8]
B1 = npt.NDArray[np.bool_]
