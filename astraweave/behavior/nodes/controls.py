"""Nodes with several children. Each docstring is the node's truth table."""

from dataclasses import dataclass
from typing import Literal

from astraweave.behavior.nodes.base import Node, Port

Policy = Literal["roulette", "sorted", "softmax", "ranked"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sequence(Node):
    """Children in order.

    first FAILURE → FAILURE; RUNNING → RUNNING, same child next tick; SKIPPED → next child;
    all SKIPPED → SKIPPED; otherwise, at the end → SUCCESS.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class AsyncSequence(Node):
    """As Sequence; a child's SUCCESS that is not the last → RUNNING, the next child a tick later.

    The pause is not made after a child that was RUNNING before.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class SequenceWithMemory(Node):
    """As Sequence, but a child a tick, and FAILURE keeps the place.

    After a SUCCESS that is not the last → RUNNING; after FAILURE the next tick starts at the child
    that failed.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class ReactiveSequence(Node):
    """Children in order, from the first one at every tick.

    first FAILURE → halt the others, FAILURE; RUNNING → halt the others, RUNNING;
    all SKIPPED → SKIPPED; otherwise, at the end → SUCCESS.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Fallback(Node):
    """Children in order.

    first SUCCESS → SUCCESS; RUNNING → RUNNING, same child next tick; SKIPPED → next child;
    all SKIPPED → SKIPPED; otherwise, at the end → FAILURE.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class AsyncFallback(Node):
    """As Fallback; a FAILURE that is not the last → RUNNING, the next child a tick later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReactiveFallback(Node):
    """Children in order, from the first one at every tick.

    first SUCCESS → halt the others, SUCCESS; RUNNING → halt the others, RUNNING;
    all SKIPPED → SKIPPED; otherwise, at the end → FAILURE.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Parallel(Node):
    """All children that have not ended, each tick.

    `success_count` successes → SUCCESS, `failure_count` failures → FAILURE, whichever is reached
    first in document order; the others are halted. A negative count is that many from the end:
    −1 is all of them. A skipped child counts as ended, neither way: all SKIPPED → SUCCESS while
    `success_count` is −1.
    """

    success_count: Port = "-1"
    failure_count: Port = "1"


@dataclass(frozen=True, slots=True, kw_only=True)
class ParallelAll(Node):
    """All children until each has ended: `max_failures` failures → FAILURE, else SUCCESS."""

    max_failures: Port = "1"


@dataclass(frozen=True, slots=True, kw_only=True)
class IfThenElse(Node):
    """Two or three children: SUCCESS of the first → the second, FAILURE → the third or FAILURE.

    The first is asked once; while the chosen one runs it is not asked again.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class WhileDoElse(Node):
    """As IfThenElse, but the first is asked at every tick, and a change halts the other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch(Node):
    """The child whose case equals `variable`, the last one when none does; a change halts it.

    Compared as text, as an enum, as an integer, then as a number. `cases`: one fewer than
    children, 2–6 of them.
    """

    variable: Port
    cases: tuple[Port, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TryCatch(Node):
    """All children but the last as a Sequence; when one fails the last is ticked → FAILURE.

    `catch_on_halt`: a halt before that ticks the last child once.
    """

    catch_on_halt: Port = "false"


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightedFallback(Node):
    """One child, chosen by weight; a choice is a decision that is logged.

    Available is a child whose `_skipIf` is false and that has not failed in this activation.
    roulette: one draw, propensity = weight / sum over the available. softmax: as roulette over
    e^(weight / temperature). sorted: the heaviest available (ties: document order), propensity 1.
    ranked: as roulette over .1^(place by weight), so the heaviest available at least 9 in 10.
    chosen RUNNING → RUNNING, kept next tick; SUCCESS → SUCCESS; FAILURE or SKIPPED → excluded,
    a new choice in the same tick; none left → FAILURE, or SKIPPED when none has failed.
    Hold (not sorted): a child that succeeds sooner than the hold stays chosen; the next
    activation enters it again, without a new decision, if its `_skipIf` allows. The decision
    ends when the hold is over, or at the end of a tick that did not enter it.
    `keys`: names of the children; `weights`: the designer's, one a child; `temperature` above 0.
    """

    keys: tuple[str, ...]
    weights: tuple[float, ...]
    policy: Policy
    temperature: float = 1.0
