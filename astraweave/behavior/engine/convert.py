"""Conversions that ports need besides those of scripts (`scripts.values`).

A number becomes another kind of number only when nothing is lost. Raises `TreeError` without a
place; who reads the port knows the node.
"""

import re
from collections.abc import Callable, Mapping

from astraweave.behavior.kernels.layout import SAME
from astraweave.behavior.scripts.environment import Kind, Value
from astraweave.behavior.scripts.values import constant, convert, double, text
from astraweave.errors import TreeError

RANGES: Mapping[Kind, tuple[int, int]] = {
    "int": (-(2**31), 2**31 - 1),
    "unsigned": (0, 2**32 - 1),
    "int64": (-(2**63), 2**63 - 1),
}
_WHOLE = re.compile(r"-?[0-9]{1,20}")


def cast(value: Value, kind: Kind) -> Value:
    """A value as another kind of value.

    Raises:
        TreeError: something would be lost.
    """
    if isinstance(value, str):
        return convert(value, kind)
    return _CASTS[kind](value, kind)


def _truth(value: float, _kind: Kind) -> Value:
    if isinstance(value, int) and value not in (0, 1):
        raise TreeError(what="a whole number is no truth value unless 0 or 1", got=value)
    return bool(value)


def _status(value: float, _kind: Kind) -> Value:
    raise TreeError(what="a number is no status", got=value, fix="write its name, as FAILURE")


def _fitting(value: float, kind: Kind) -> Value:
    low, high = RANGES[kind]
    # Also refuses NaN, which is not within anything.
    if not low <= value <= high or value != int(value):
        raise TreeError(what=f"the number is no {kind}", got=value)
    return int(value)


_CASTS: Mapping[Kind, Callable[[float, Kind], Value]] = {
    **dict.fromkeys(("any", "opaque"), lambda value, _kind: value),
    "string": lambda value, _kind: text(value),
    "double": lambda value, _kind: double(value),
    "bool": _truth,
    "status": _status,
    **dict.fromkeys(RANGES, _fitting),
}


def _whole(written: str) -> int | None:
    low, high = RANGES["int"]
    number = int(written) if _WHOLE.fullmatch(written) else high + 1
    return number if low <= number <= high else None


def _real(written: str) -> float | None:
    _, value = constant(written)
    return None if isinstance(value, str) else float(value)


def same_text(left: str, right: str, enums: Mapping[str, int]) -> bool:
    """Whether a Switch takes two texts for one: as texts, as whole numbers, then as numbers."""
    if left == right:
        return True

    def equal(read: Callable[[str], float | None]) -> bool:
        a, b = (enums[t] if t in enums else read(t) for t in (left, right))
        return a is not None and b is not None and abs(a - b) <= SAME

    return equal(_whole) or equal(_real)
