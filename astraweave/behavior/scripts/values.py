"""What scripts compute with: whole numbers (int64), doubles, text and truth values.

Every rule is BehaviorTree.CPP 4.10's: arithmetic is done in doubles, a conversion that would lose
something is an error, a bool is a whole number, and text counts as the number it begins with.
Raises `TreeError` without a place; who runs the script knows the node.
"""

import math
import re
from collections.abc import Mapping
from typing import TypeVar

from astraweave.behavior.scripts.environment import Kind, Value
from astraweave.behavior.scripts.functions import MAX_EXACT, divide, same
from astraweave.errors import TreeError

MAX_TEXT = 1 << 20
"""A text that doubles at every tick must end somewhere: characters."""

MAX_QUEUE = 10_000
LOWEST, HIGHEST = -(2**63), 2**63 - 1
_LEADING_NUMBER = re.compile(
    r"-?(?:\d+\.?\d*(?:e[+-]?\d+)?|\.\d+(?:e[+-]?\d+)?|inf(?:inity)?|nan)", re.IGNORECASE | re.ASCII
)
_NUMBER = re.compile(rf"(?P<whole>-?\d{{1,100}})|{_LEADING_NUMBER.pattern}", _LEADING_NUMBER.flags)
_LEADING_WHOLE = re.compile(r"-?\d+", re.ASCII)
_RANGES = {"int": (-(2**31), 2**31 - 1), "unsigned": (0, 2**32 - 1), "int64": (LOWEST, HIGHEST)}
_BOOLS = {"1": True, "0": False}
_BOOLS |= dict.fromkeys(("true", "TRUE", "True"), True)
_BOOLS |= dict.fromkeys(("false", "FALSE", "False"), False)
T = TypeVar("T", bytes, float)
STATUSES = ("IDLE", "RUNNING", "SUCCESS", "FAILURE", "SKIPPED")


def double(value: Value) -> float:
    """A number as a double; text as the number it begins with."""
    if isinstance(value, str):
        return leading_double(value)
    if isinstance(value, int) and abs(value) > MAX_EXACT:
        raise TreeError(
            what="a whole number of more than 53 bits is no double",
            got=value,
            fix="keep it smaller",
        )
    return float(value)


def whole(value: float) -> int:
    """A number as int64; a double must be whole."""
    if isinstance(value, int):
        return int(value)
    if not (math.isfinite(value) and value == math.floor(value) and LOWEST <= value < HIGHEST):
        raise TreeError(
            what="not a whole number", got=value, fix="round it, or make the entry with 0.0"
        )
    return int(value)


def truth(value: Value) -> bool:
    """A condition's answer: a double above 0 is true; of whole numbers only 0 and 1 are answers.

    As in BehaviorTree.CPP, for which a truth value is a number without a sign.
    """
    if isinstance(value, str):
        raise TreeError(what="text is neither true nor false", got=value, fix="compare it with ==")
    if value < 0:
        what = "a negative number is neither true nor false"
        raise TreeError(what=what, got=value, fix="compare it with 0")
    if isinstance(value, int) and value not in (0, 1):
        raise TreeError(
            what="a whole number is neither true nor false unless 0 or 1",
            got=value,
            fix="compare it",
        )
    return value != 0


def text(value: Value) -> str:
    """A value as text: a double with six digits behind the point."""
    if isinstance(value, str):
        return value
    return str(int(value)) if isinstance(value, int) else f"{value:f}"


def leading_double(written: str) -> float:
    """The number that a text begins with, as C++ `from_chars` reads it."""
    found = _LEADING_NUMBER.match(written)
    number = float(found.group()) if found is not None else math.nan
    if found is None or (math.isinf(number) and "n" not in found.group().lower()):
        raise TreeError(what="text is no number", got=written)
    return number


def leading_whole(written: str, kind: Kind = "int64") -> int:
    """The whole number that a text begins with, in the range of "int", "unsigned" or "int64"."""
    found = _LEADING_WHOLE.match(written)
    low, high = _RANGES[kind]
    # A thousand digits are no number either, and int() refuses more than 4,300 in its own words.
    if found is None or len(found.group()) > 100 or not low <= int(found.group()) <= high:
        raise TreeError(what=f"text is no {kind}", got=written)
    return int(found.group())


def convert(written: str, kind: Kind) -> Value:
    """A literal as a value of a declared type; "any" and "string" leave it as it is.

    Raises:
        TreeError: it is none.
    """
    if kind in _RANGES:
        return leading_whole(written, kind)
    if kind == "double":
        return leading_double(written)
    if kind == "bool":
        if written not in _BOOLS:
            raise TreeError(
                what="text is neither true nor false", got=written, fix="write true or false"
            )
        return _BOOLS[written]
    if kind == "opaque":
        what = "text cannot be read into an entry that a port declared for anything"
        raise TreeError(what=what, got=written, fix="write it to another entry")
    if kind == "status" and written not in STATUSES:
        raise TreeError(what="text is no status", got=written, fix=f"one of {', '.join(STATUSES)}")
    return written


def queue(written: str, kind: Kind) -> list[Value]:
    """The values of a ``;`` queue; a ``;`` at its end adds none.

    Raises:
        TreeError: one is no value of this type, or there are more than 10,000.
    """
    if written.count(";") > MAX_QUEUE:
        what = f"a queue of more than {MAX_QUEUE:,} values"
        raise TreeError(what=what, got=written, fix="shorten it")
    each = written.split(";")
    return [convert(one, kind) for one in (each if each[-1] else each[:-1])]


def constant(written: str) -> tuple[Kind, Value]:
    """Type and value of a text that a SubTree's port is set to: a number where all of it is one.

    Text has the type "any".
    """
    number = _NUMBER.fullmatch(written)
    if number is None:
        return "any", written
    if number["whole"] and LOWEST <= int(written) <= HIGHEST:
        low, high = _RANGES["int"]
        return "int" if low <= int(written) <= high else "int64", int(written)
    try:
        return "double", leading_double(written)
    except TreeError:
        return "any", written


def number_of(value: Value, enums: Mapping[str, int]) -> float:
    """A side of a comparison with a number: true, false and enums by name."""
    if isinstance(value, str):
        if value in ("true", "false"):
            return float(value == "true")
        if value in enums:
            return float(enums[value])
    return double(value)


def arithmetic(op: str, left: Value, right: Value) -> Value:
    """``+ - * /`` of two numbers, ``+`` of two texts, ``..`` of texts and numbers."""
    texts = isinstance(left, str) + isinstance(right, str)
    if (op == ".." and texts) or (op == "+" and texts == 2):
        joined = text(left) + text(right)
        if len(joined) > MAX_TEXT:
            raise TreeError(what=f"text of more than {MAX_TEXT:,} characters")
        return joined
    if texts or op == "..":
        raise TreeError(
            what=f"the operator {op} does not take these", got=f"{left!r} and {right!r}"
        )
    a, b = double(left), double(right)
    if op == "+":
        return a + b
    if op == "-":
        return a - b
    return a * b if op == "*" else divide(a, b)


def bits(op: str, left: Value, right: Value) -> float:
    """``& | ^`` of two whole numbers."""
    if isinstance(left, str) or isinstance(right, str):
        raise TreeError(what=f"the operator {op} does not take text", got=f"{left!r} and {right!r}")
    a, b = whole(left), whole(right)
    if op == "&":
        return float(a & b)
    return float(a | b if op == "|" else a ^ b)


def logic(op: str, left: Value, right: Value) -> float:
    """``&&`` and ``||`` of two numbers."""
    a, b = truth(left), truth(right)
    return float((a and b) if op == "&&" else (a or b))


def unary(op: str, value: Value) -> float:
    """``- ~ !`` of a number."""
    if isinstance(value, str):
        raise TreeError(what=f"the operator {op} does not take text", got=value)
    number = double(value)
    if op == "-":
        return -number
    if op == "!":
        return float(number == 0.0)
    if math.isnan(number) or not LOWEST <= number < HIGHEST:
        raise TreeError(what="no bits in a number this large", got=number)
    return float(~int(number))


def holds(op: str, left: Value, right: Value, enums: Mapping[str, int]) -> bool:
    """A comparison: two texts letter by letter, all else as numbers."""
    if isinstance(left, str) and isinstance(right, str):
        return _by_order(op, left.encode(), right.encode(), left == right)
    a, b = number_of(left, enums), number_of(right, enums)
    return _by_order(op, a, b, same(a, b))


def _by_order(op: str, a: T, b: T, equal: bool) -> bool:
    if op in ("==", "!="):
        return equal is (op == "==")
    # "Not the opposite": NaN is below and above everything.
    if op == "<":
        return not a >= b
    if op == ">":
        return not a <= b
    return not (a > b if op == "<=" else a < b)


def assigned(kind: Kind, old: Value | None, new: Value, enums: Mapping[str, int]) -> Value:
    """What an entry of declared type `kind` holds once `new` is assigned over `old`.

    An entry's type is that of its first value: a number stays whole or a double, text stays text.
    """
    if old is None and kind == "any":
        return new
    if isinstance(new, str) and not isinstance(old, str):
        if kind != "any":
            return convert(new, kind)
        return number_of(new, enums)
    return new if old is None else fitted(old, new)


def fitted(old: Value, new: Value) -> Value:
    """`new` as a value of the type of `old`."""
    if isinstance(old, str) or isinstance(new, str):
        if isinstance(old, str) and isinstance(new, str):
            return new
        raise TreeError(
            what="an entry keeps the type of its first value", got=f"{new!r} over {old!r}"
        )
    if isinstance(old, float):
        return double(new)
    number = whole(new)
    return bool(number) if isinstance(old, bool) and number in (0, 1) else number


def changed(op: str, old: Value | None, by: Value) -> Value:
    """What ``+= -= *= /=`` make of an entry's value."""
    if old is None:
        raise TreeError(what=f"the entry has no value for {op}", fix="assign one with :=")
    if isinstance(by, str):
        if op != "+=":
            raise TreeError(what=f"the operator {op} does not take text", got=by)
        return fitted(old, arithmetic("+", text(old), by))
    if isinstance(old, str):
        raise TreeError(what=f"the operator {op} does not take text", got=old)
    return fitted(old, arithmetic(op[0], old, by))
