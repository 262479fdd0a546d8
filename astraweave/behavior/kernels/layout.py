"""Where things lie in the few arrays that the batch engine's functions hand to each other.

nodes   int64[N, 18]: a row a node, in preorder
code    int64[C, 3]: operations of all scripts, and lists of hooks; see `scripts`
cells   float64[…]: seconds of a step, facts, constants, weights, answers, entries, stack and its
        types; what is of one agent is loaded before its tick
state   int8[N + E]: of one agent, the status of each node and the type of each entry
row     int64[…]: the rest of one agent's memory: head, memory of nodes, choices, stamps
log     int64[R, 7]: decisions; row 0 counts those that follow; R = 1 keeps none
shares  float64[R]: their propensities
events  int32[E]: of one agent and tick, 8·node + status, HALTED or, where it went wrong, ERROR;
        the first counts the others; E = 1 keeps none
"""

import numpy as np
import numpy.typing as npt

(
    MEMORY, REACTIVE, PARALLEL, PARALLEL_ALL, IF_THEN_ELSE, WHILE_DO_ELSE, SWITCH, TRY_CATCH,
    WEIGHTED,
    PASS, REPEAT, DELAY, TIMEOUT, RUN_ONCE, PRECONDITION, UPDATED, LOOP,
    ACTION, CONDITION, SCRIPT, ALWAYS, COPY, UNSET, WAS_UPDATED, SLEEP,
) = range(25)  # fmt: skip
"""Kinds. MEMORY: Sequence, Fallback, their Async forms and SequenceWithMemory. REACTIVE: both.
PASS: Inverter, Force…, KeepRunningUntilFailure and SubTree. REPEAT: also RetryUntilSuccessful.
UPDATED: SkipUnlessUpdated and WaitValueUpdate. CONDITION: ScriptCondition. COPY: SetBlackboard."""
FIRST_DECORATOR, FIRST_LEAF = PASS, ACTION

IDLE, RUNNING, SUCCESS, FAILURE, SKIPPED, ERROR = range(6)
HALTED = np.int64(7)

(
    KIND, PARENT, END, COUNT, MEM, FORGETS, BEFORE, AFTER, STOPPED, GUARD, STOP, A, B, C, D,
    CODE_A, CODE_B, NODE_COLUMNS,
) = range(18)  # fmt: skip
"""Columns of nodes. PARENT: −1 for the root. END: next node outside. COUNT: its children. MEM:
where its memory lies in a row. FORGETS: how much of it, from its begin, a halt sets to 0. BEFORE,
AFTER: lists of hooks in code, STOPPED: code of `_onHalted`, GUARD: of `_skipIf` of a child of
WEIGHTED; 0 for none. CODE_A, CODE_B: code that gives A or B at each tick, 0 when they stand.

STOP, A, B, C, D by kind:
MEMORY          status that ends it; 1 when another child waits a tick; 1 when it keeps its place
REACTIVE        status that ends it
PARALLEL        –; successes, failures (negative: from the end)
PARALLEL_ALL    –; failures
SWITCH          –; code of the variable; rows of code with the code of each case, 0 for never
TRY_CATCH       –; 1 when a halt ticks the last child; that child; –; code of the first, or 0
WEIGHTED        1 when sorted; choice in a row, its weights in cells, its first tactic, its number
                among the choices
PASS            what SUCCESS, FAILURE and SKIPPED become: STOP, A, B
REPEAT          status that is counted; cycles, −1 for ever
DELAY, TIMEOUT  –; milliseconds
RUN_ONCE        –; 1 when it skips
PRECONDITION    status when false; 1 when true
UPDATED         status otherwise; entry
LOOP            status when empty; entry or −1, first value in cells, how many, their kind, which is
                negative when the entry is not of its own scope
ACTION          –; command, its answers in cells
CONDITION       –; 1 when true
SCRIPT          –
ALWAYS          its status
COPY            –; entry; entry that is copied or −1; fact behind it or −1, or the literal in cells;
                1 when the entry is of its own scope
UNSET           –; entry or −1
WAS_UPDATED     –; entry
SLEEP           –; milliseconds
"""

(
    STEP, HOLD, SEED, DRAWS, TACTIC, TIMERS, COMMAND, STATUS, COMMANDED, ORDERED, LIVE, TROUBLE,
    PLACE, DETAIL, WRONG, WRONG_PLACE, WRONG_DETAIL, VISITED, FROM, TO, BUT, OVER, FORCED, HEAD,
) = range(24)  # fmt: skip
"""Head of an agent's row: number of this step, steps of a hold, seed, draws made, tactic chosen
last, timers started; command of this step, the environment's status or ASK when cells hold
answers; the node commanded in the step before and in this one, plus 1; 1 after a tick; an error
(0 for none), its node (−1: not known yet) and the entry it is about (−1: none); the same of the
first error of this step, which is told; the node that is halted when all are; the children yet to
be halted: FROM this one up TO that (0: none), all BUT one, with what is under them and not OVER;
FORCED 1: whatever their status."""
ASK = -1
TELLS = 4
"""Answers of an action in cells: what it says the first, second, … time in a tick, and then on."""
DONE, EARLY, CHOOSE, KEEP, DUE, EVERY = -1, -2, -3, -4, -5, -6
"""What follows, when it is no node to enter: the node has ended; it has before its tick, by a
condition; it chooses; it keeps what it chose if that is not skipped; timers are looked after, then
the root is entered; every node is halted in turn."""
NOWHERE, START = -3, -2
"""VISITED when not all are halted; before the first is."""

PLACE_AT, SKIPS, BEFORE_IT = range(3)
"""Memory of MEMORY: the child it is at (0: the first), children skipped, that child's status
before it was ticked."""
CATCHING, REST, TRY_MEMORY = 2, 3, 9
NOT_YET, IN_CATCH, CATCH_ON_HALT = range(3)
"""Memory of TRY_CATCH begins with PLACE_AT and SKIPS; CATCHING is one of these. A halt that ticks
the last child leaves in REST what comes after: TO, BUT, OVER; node, following, status."""
WON_COUNT, LOST_COUNT, SKIP_COUNT, NEED_WON, NEED_LOST = range(5)
"""Memory of PARALLEL and PARALLEL_ALL: successes (there: all that ended), failures, skipped in
this tick, needed of each."""
STARTED_AT, SINCE_STEP, MSEC, FIRED = range(4)
"""Memory of DELAY, TIMEOUT and SLEEP: when it was started, counted over all timers of the agent (0:
it was not), step of the start, milliseconds; of TIMEOUT 1 once its time was over, or when there is
none, 2 when that halted the child."""
CYCLES, LIMIT, CHILD_BEFORE = range(3)
"""Memory of REPEAT: cycles done, how many there may be, status of the child before its tick."""
AT, STAMP = range(2)
"""Memory of the others. AT: IF_THEN_ELSE and SWITCH the child it is at, or 0; REACTIVE 1 while all
were skipped; RUN_ONCE what its child said; UPDATED, PRECONDITION and LOOP 1 while its child goes
on. STAMP: UPDATED and WAS_UPDATED the stamp they saw; LOOP values taken."""

PICK, EXCLUDED, SINCE, HELD, LOGGED, FAILED, CHOICE = range(7)
"""Of a choice, in an agent's row: place of the chosen child, bit mask, step of the choice, step in
which it succeeded inside the hold (else −1), row of the open decision in log (else 0), 1 when a
child has failed."""

WORLD, STARTED, ENDED, NODE, CHOSEN, AVAILABLE, RESULT, LOG_COLUMNS = range(8)
"""Columns of log. ENDED is −1 and RESULT OPEN while the decision is."""
OPEN, WON, LOST, INTERRUPTED = (np.int64(code) for code in range(4))
"""Codes of `model.columns.RESULTS`."""

ABSENT, EMPTY, DOUBLE, WHOLE, TEXT = range(5)
"""Types of an entry's value, in state. EMPTY: there, without a value. WHOLE: int64 and bool. TEXT:
a text that is a number, as SetBlackboard writes it; its number is kept."""
STAMP_OF, DECLARED, ORIGIN, ENTRY_MEMORY = range(4)
"""Memory of an entry in a row: writes so far, declared kind (NONE while it is ABSENT), kind of its
value when it came in."""
KINDS = (None, "any", "opaque", "int", "unsigned", "int64", "double", "bool", "string", "status")
NONE, ANY, OPAQUE, INT, UNSIGNED, INT64, REAL, BOOL, STRING, STATUS_KIND = range(10)
"""Kinds of `scripts.environment`, and what WHOLE_PORT takes: INT, UNSIGNED or BOOL. The first two
after NONE bind an entry to nothing."""

(
    LOAD,
    NEGATE, NOT, ADD, SUBTRACT, MULTIPLY, DIVIDE,
    LESS, LESS_EQUAL, GREATER, GREATER_EQUAL, EQUAL, UNEQUAL, AND, OR,
    END_OF_CODE, JUMP, JUMP_UNLESS, CHAIN, POP,
    ENTRY, TYPE, NUMBER, TRUTH, POSITIVE, COMPARABLE,
    BITS_AND, BITS_OR, BITS_XOR, BITS_NOT,
    MAKE, NEED, ASSIGN, WHOLE_PORT, AS_TEXT, FAIL,
) = range(36)  # fmt: skip
"""Operations of scripts, see `scripts`. Those from LOAD to POP know doubles only."""
SET, PLUS, MINUS, TIMES, PARTS = range(5)
"""How ASSIGN joins the old value and the new."""

(
    FINE, NO_VALUE, NO_ENTRY, NOT_A_TRUTH, NOT_WHOLE, TOO_LARGE, IS_TEXT, NO_NAME, NO_PORT,
    BAD_PORT, KEEPS_KIND, NO_READING, TOO_FEW_TO_WIN, TOO_FEW_TO_LOSE, NO_DECISION,
    NO_STATUS, WRONG_CHILDREN,
) = range(17)  # fmt: skip
"""What can go wrong in a tick (TROUBLE of a row); `flat.trouble` has the words."""

(FAILURE_IF, SUCCESS_IF, SKIP_IF, WHILE, BEFORE_HOOKS) = range(5)
(ON_SUCCESS, ON_FAILURE, POST, AFTER_HOOKS) = range(4)
"""Rows of a list of hooks: each holds the row where its script begins, 0 for none."""

STEP_S, FIRST_FACT = 0, 1
"""Where these lie in cells."""
SAME = 2.0**-23
MAX_EXACT = 2.0**53 - 1.0
"""Largest whole number that BehaviorTree.CPP takes as a double."""
STREAM = 1000
ROOT = np.int64(0)

OUTER = {"_nrt": False}
"""References to arrays are not counted: each would be an atomic operation, and kernels only read
and write what the caller owns."""
INNER = OUTER | {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
"""For functions called by kernels only: their wrappers would take most of the time to compile."""
INLINE = INNER | {"forceinline": True}
"""For those with one caller, or few lines: arrays are costly arguments."""

F8 = npt.NDArray[np.float64]
I8 = npt.NDArray[np.int64]
I4 = npt.NDArray[np.int32]
I2 = npt.NDArray[np.int16]
I1 = npt.NDArray[np.int8]
B1 = npt.NDArray[np.bool_]
