"""Conditions as formulas over tests: a fact, or the difference of two, between two bounds.

Bounds are moved by the equality's epsilon and to the next float64, so that a formula holds
exactly when its script does. What is no such test stays a script and is computed. Refuses
nothing: the scripts given are `functions.pure`.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from astraweave.behavior.kernels.layout import SAME
from astraweave.behavior.scripts.functions import value
from astraweave.behavior.scripts.parser import (
    Binary,
    Chain,
    Choice,
    Expression,
    Name,
    Number,
    Script,
    Unary,
    parts,
)

INF = math.inf


class Between(NamedTuple):
    """Whether low ≤ x ≤ high, x the fact of column `a`, less that of column `b` unless it is −1.

    The difference of two infinities is NaN, which is between nothing.
    """

    a: int
    b: int
    low: float
    high: float


class Computed(NamedTuple):
    """Whether the number of a script is not 0. row: where its postfix code lies."""

    row: int


@dataclass(frozen=True, slots=True)
class Literal:
    """A test that holds, or that does not."""

    test: Between | Computed
    holds: bool = True


@dataclass(frozen=True, slots=True)
class All:
    """Every part holds."""

    parts: "tuple[Formula, ...]"


@dataclass(frozen=True, slots=True)
class Some:
    """At least one part holds."""

    parts: "tuple[Formula, ...]"


Formula = bool | Literal | All | Some
Term = frozenset[Literal]


class Reads(Protocol):
    """What the names of a script mean."""

    def column(self, name: str) -> int:
        """Column of the fact."""
        ...

    def computed(self, node: Expression) -> int:
        """Row of the postfix code of an expression."""
        ...


def formula(node: Expression, reads: Reads) -> Formula:
    """When the expression is not 0."""
    if constant(node):
        # As in both engines NaN is not 0.
        return number(node) != 0.0
    match node:
        case Name(name):
            return Literal(Between(reads.column(name), -1, 0.0, 0.0), holds=False)
        case Unary("!", operand):
            return negated(formula(operand, reads))
        case Choice() | Chain() | Binary("&&" | "||"):
            return _joined(node, reads)
    found = _compared(node, reads) if isinstance(node, Binary) else None
    return Literal(Computed(reads.computed(node))) if found is None else found


def _joined(node: Expression, reads: Reads) -> Formula:
    """Logic, a choice or a chain of comparisons."""
    result: Formula = True
    match node:
        case Binary("&&", left, right):
            result = both(formula(left, reads), formula(right, reads))
        case Binary("||", left, right):
            result = either(formula(left, reads), formula(right, reads))
        case Choice(condition, yes, no):
            first, second, third = (formula(part, reads) for part in (condition, yes, no))
            result = either(both(first, second), both(negated(first), third))
        case Chain(operands, ops):
            for op, left, right in zip(ops, operands, operands[1:], strict=False):
                result = both(result, formula(Binary(op, left, right), reads))
    return result


def constant(node: Expression) -> bool:
    """Whether no fact is read."""
    return not isinstance(node, Name) and all(constant(part) for part in parts(node))


def number(node: Expression) -> float:
    """Value of a constant expression, computed as scripts are."""
    # A product, because a whole number alone is no condition.
    whole = Binary("*", node, Number(1.0))
    return float(value(Script(repr(whole), (whole,), ()))({}))


def negated(given: Formula) -> Formula:
    """When the formula does not hold."""
    if isinstance(given, bool):
        return not given
    if isinstance(given, Literal):
        return Literal(given.test, not given.holds)
    parts_ = tuple(negated(part) for part in given.parts)
    return Some(parts_) if isinstance(given, All) else All(parts_)


def both(one: Formula, other: Formula) -> Formula:
    """When the two hold."""
    if isinstance(one, bool):
        return other if one else False
    if isinstance(other, bool):
        return one if other else False
    return All((*_flat(one, All), *_flat(other, All)))


def either(one: Formula, other: Formula) -> Formula:
    """When one of the two holds."""
    return negated(both(negated(one), negated(other)))


def _flat(given: Formula, kind: type[All]) -> tuple[Formula, ...]:
    return given.parts if isinstance(given, kind) else (given,)


def terms(given: Formula, most: int) -> tuple[Term, ...] | None:
    """Conjunctions of which one must hold, None when there are more than `most`."""
    if isinstance(given, bool):
        return (frozenset(),) if given else ()
    if isinstance(given, Literal):
        return (frozenset((given,)),)
    result: tuple[Term, ...] = () if isinstance(given, Some) else (frozenset(),)
    for part in given.parts:
        found = terms(part, most)
        if found is None:
            return None
        if isinstance(given, Some):
            result = (*result, *found)
        else:
            result = tuple(one | other for one in result for other in found)
        if len(result) > most:
            return None
    return result


_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
_NOT = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "!=": "=="}


def _compared(node: Binary, reads: Reads) -> Formula | None:
    """The test of a comparison; None when it must be computed."""
    op, left, right = node.op, node.left, node.right
    if op not in _MIRRORED:
        return None
    if constant(left):
        op, left, right = _MIRRORED[op], right, left
    match left, right:
        case Name(name), Name(other):
            return _ordered(op, reads.column(name), reads.column(other))
        case Name(name), _ if constant(right):
            return _bounded(op, reads.column(name), -1, number(right))
        case Binary("-", Name(name), Name(other)), _ if constant(right):
            return _bounded(op, reads.column(name), reads.column(other), number(right))
    return None


def _bounded(op: str, a: int, b: int, bound: float) -> Formula:
    """``x op bound``, also when x, the difference of two infinities, or the bound is NaN."""
    if math.isnan(bound):
        return op != "=="
    if op != "==":
        # "x < c" is "not x >= c", which NaN makes true.
        return negated(_exactly(_NOT[op], a, b, bound))
    return _exactly(op, a, b, bound)


def _exactly(op: str, a: int, b: int, bound: float) -> Formula:
    """``x op bound``, false for NaN."""
    if op == "==":
        low, high = _near(bound)
    elif op in ("<", "<="):
        low, high = -INF, bound if op == "<=" else math.nextafter(bound, -INF)
        if op == "<" and bound == -INF:
            return False
    else:
        low, high = bound if op == ">=" else math.nextafter(bound, INF), INF
        if op == ">" and bound == INF:
            return False
    # Nothing equals infinity: their difference is NaN.
    return Literal(Between(a, b, low, high)) if low <= high else False


def _ordered(op: str, a: int, b: int) -> Formula:
    """``fact op fact``. Facts are not NaN, so equal infinities are the only NaN: ``<=`` holds."""
    if op in ("==", "!="):
        return Literal(Between(a, b, -SAME, SAME), op == "==")
    tiny = math.nextafter(0.0, INF)
    low, high = (-INF, -tiny) if op in ("<", ">=") else (tiny, INF)
    return Literal(Between(a, b, low, high), op in ("<", ">"))


def _near(bound: float) -> tuple[float, float]:
    """Least and greatest x with |x − bound| ≤ SAME, both rounded as in scripts."""
    if math.isinf(bound):
        return INF, -INF
    ends = []
    for side in (-1.0, 1.0):
        x = bound + side * SAME
        while abs(x - bound) > SAME:
            x = math.nextafter(x, bound)
        while abs((further := math.nextafter(x, side * INF)) - bound) <= SAME:
            x = further
        ends.append(x)
    return ends[0], ends[1]
