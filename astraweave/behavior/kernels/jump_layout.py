"""Where things lie in the arrays of jump code; all of one row each, read by offset.

code    uint32: instructions, INSTRUCTION numbers each; a tick goes from one to the next
bounds  float64: low and high of the test in each instruction; then of each choice the lows of its
        tests and the highs
lists   uint32: leaves, choices, and the lists these point into
masks   int64: of each choice the masks of its terms, then what is wanted of the tests in them
state   int32[n, 2]: of each agent; STATE is the offset of a leaf in lists
rows    int64[n, HEAD + CHOSEN·W]: of each agent, then of each of its choices
scripts uint32: postfix code of scripts, two numbers a row (`jump_scripts`), and their constants
stack   float64: room for the numbers of a script, or for the sums of a draw

A test holds when low ≤ x ≤ high; x is a fact, or the difference of two.
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from astraweave.behavior.kernels import layout
from astraweave.behavior.kernels.layout import B1, F8, I1, I2, I4, I8

PLAIN, APART, ENTER, COMPUTED, LEAF, END, EXIT, CHOOSE, WON, LOST, PASSED = range(11)
"""Instructions. PLAIN, APART and COMPUTED: a test of one fact, of two, of a script; it holds →
YES, else NO. ENTER: when the running leaf is in [LO, HI), on to where it resumes at DEPTH, else
NO. LEAF: the leaf ARG is commanded, or answers: SUCCESS → YES, FAILURE → NO. END: the root's
status is DEPTH, the memory ARG. EXIT: when the running leaf is in [LO, HI) it is halted, with the
choices from number DEPTH on that hold it; → NO. CHOOSE, WON, LOST, PASSED: the choice ARG is
entered, or its child says SUCCESS, FAILURE, SKIPPED; success → YES, none left and one failed →
NO, none left → SKIP."""

OP, NO, YES, SKIP, ARG, LO, HI, DEPTH, INSTRUCTION = range(9)
"""ARG: column of the first fact, row of a script, offset of a leaf or a choice. DEPTH: column of
the second fact; of a choice's instructions where the places of its children are listed."""

START, NUMBER, IDLE, RESUME, COMMAND, NODE, ABOVE, HOLDERS, MEMORY = range(9)
"""Of a leaf, or of another memory an agent may have. START: instruction that the next tick begins
with. NUMBER: among the leaves of all trees, or NOBODY. IDLE: memory of an idle agent.
RESUME: a list of instructions, one for each reactive node that holds the leaf, from the root down:
where to go on below it. NODE: number in the tree. ABOVE: a list of the HOLDERS choices that hold
it."""

PLACE, COUNT, FIRST, OFFSET, SORTED, TESTS, PLAINS, PAIRS, SCRIPTS, LIMITS = range(10)
TERMS, TERM, OWNERS, SIMPLE, FROM, UNTIL, CHOICE = range(10, 17)
"""Of a choice. PLACE: its number among those of its tree, in document order. FIRST: number of its
first tactic; OFFSET: that in the weights of all trees. TESTS: a list of the columns of PLAINS tests
of one fact, of the first and of the second columns of PAIRS tests of two, of the rows of SCRIPTS
scripts; LIMITS: where their bounds begin. TERMS, TERM: how many terms, and where in masks; OWNERS:
a list of the children they make available; SIMPLE: 1 when they are one a child, in order. FROM,
UNTIL: the numbers of its leaves."""

FACT, CONSTANT, NEGATE, NOT, SELECT, CLOSE, ADD, SUBTRACT, MULTIPLY, DIVIDE = range(10)
LESS, LESS_EQUAL, GREATER, GREATER_EQUAL, EQUAL, UNEQUAL, AND, OR = range(10, 18)
"""Operations of scripts. SELECT takes (condition, yes, no); from ADD on they take two numbers."""

STATE, HOLDING, HOT = range(3)
KEY, DRAWS, TACTIC, HEAD = range(4)
"""HOLDING: how many choices are held. KEY: of the draws, see `jump_draw`."""

PICK, EXCLUDED, FAILED, SINCE, HELD, LOGGED, CHOSEN = range(7)
"""Of a choice, in rows: place of the chosen child, bit mask, whether one has failed, step of the
choice, step in which it succeeded inside the hold (else −1), row of the open decision in log."""

NOBODY = 2**32 - 1

# References to arrays are not counted (each would be an atomic operation, also on a look into a
# tuple of arrays): kernels only read and write what the caller owns. INNER functions are put into
# their callers, which else hand over whole descriptions of arrays; RARE ones are not, because
# they would be compiled once a call.
OUTER: dict[str, Any] = {"_nrt": False}
RARE: dict[str, Any] = {"_nrt": False, **layout.INNER}
INNER: dict[str, Any] = {"forceinline": True, **RARE}

# Unsigned, so that no index is asked whether it counts from the end.
U4 = npt.NDArray[np.uint32]


class Batch(NamedTuple):
    """All that a tick of n agents reads and writes.

    code to rows: see above. log, shares: see `layout`. order: uint32[n], in which agents are
    ticked. events: int32[n, E]; facts: float64[n, f]; weights: float64[1, all] or [n, T], the
    designer's times the learned; answers: int8[n, A], A 0 when the environment answers; status:
    int8[n]; done: bool[n]; commands: int16[n] (out); result: int8[n] (out), of the root.
    """

    code: U4
    bounds: F8
    lists: U4
    masks: I8
    scripts: U4
    constants: F8
    stack: F8
    order: U4
    state: U4
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
