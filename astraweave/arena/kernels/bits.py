"""The marked lanes of a tile as one 64-bit number, and its lowest bit: two instructions each.

Interpreted, a tile has one lane and Python does the same.
"""

from collections.abc import Callable
from typing import Any

import numba
import numpy as np
import numpy.typing as npt
from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

MARKS = 64
"""Bytes that `marks` looks at: the lanes, and zeros behind them."""
_AT_ONCE = 16
"""As wide loops store marks: what was just stored in pieces cannot be read as a whole at once."""
_NONE = ir.Constant(ir.VectorType(ir.IntType(8), _AT_ONCE), None)
_FLAG, _PART, _WORD = ir.IntType(1), ir.IntType(_AT_ONCE), ir.IntType(64)
_INDEX, _SPREAD = ir.IntType(32), ir.VectorType(ir.IntType(32), _AT_ONCE)
_INTERPRETED = bool(numba.config.DISABLE_JIT)  # type: ignore[attr-defined]
_fields: Any = cgutils.create_struct_proxy
Bits = np.uint64
Built = tuple[Any, Callable[..., Any]]


def _marks(_: Any, due: Any, which: Any) -> Built:
    """LLVM for `marks`."""

    def build(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        array = _fields(signature.args[0])(context, builder, given[0])
        first = builder.bitcast(array.data, _NONE.type.as_pointer())
        one = builder.insert_element(_NONE, given[1], ir.Constant(_INDEX, 0))
        asked = builder.shuffle_vector(one, _NONE, ir.Constant(_SPREAD, None))
        bits = ir.Constant(_WORD, 0)
        for part in range(MARKS // _AT_ONCE):
            lanes = builder.load(builder.gep(first, [ir.Constant(_WORD, part)]), align=1)
            lanes = builder.and_(lanes, asked)
            found = builder.bitcast(builder.icmp_unsigned("!=", lanes, _NONE), _PART)
            place = ir.Constant(_WORD, part * _AT_ONCE)
            bits = builder.or_(bits, builder.shl(builder.zext(found, _WORD), place))
        return bits

    return types.uint64(due, types.uint8), build


def _lowest(_: Any, bits: Any) -> Built:
    """LLVM for `lowest`."""

    def build(_: Any, builder: Any, __: Any, given: Any) -> Any:
        return builder.cttz(given[0], ir.Constant(_FLAG, 1))

    return types.uint64(bits), build


def _count(_: Any, bits: Any) -> Built:
    """LLVM for `count`."""

    def build(_: Any, builder: Any, __: Any, given: Any) -> Any:
        return builder.ctpop(given[0])

    return types.uint64(bits), build


def _interpreted_marks(due: npt.NDArray[np.uint8], which: np.uint8) -> Bits:
    return np.uint64(sum(1 << k for k, each in enumerate(due.tolist()) if each & int(which)))


def _interpreted_lowest(bits: Bits) -> np.uint64:
    return np.uint64((int(bits) & -int(bits)).bit_length() - 1)


def _interpreted_count(bits: Bits) -> np.uint64:
    return np.uint64(int(bits).bit_count())


_built: Any = intrinsic
marks: Callable[[npt.NDArray[np.uint8], np.uint8], Bits] = (
    _interpreted_marks if _INTERPRETED else _built(_marks)
)
"""Bit k is set where `due[k]` has a bit of the second number; `due` is uint8[MARKS], contiguous."""
lowest: Callable[[Bits], np.uint64] = _interpreted_lowest if _INTERPRETED else _built(_lowest)
"""The number of the lowest bit that is set, of a number that is not 0."""
count: Callable[[Bits], np.uint64] = _interpreted_count if _INTERPRETED else _built(_count)
"""How many bits are set."""
