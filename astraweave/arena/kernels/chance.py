"""Random numbers of a world: `model.rng.uniform`, keyed (seed, 0, tick, stream), to 24 bits.

A world keeps the part of the hash that its seed decides (`key`), a decision the part of its tick
(`moment`): one more draw then costs one round instead of six.
"""

from collections.abc import Callable
from typing import Any

import numba
import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.extending import intrinsic

from astraweave.arena.kernels.lanes import inner
from astraweave.model.kernels.jit import njit

MASK = 0xFFFFFFFF
STEP = 0x9E3779B9
MIX_1, MIX_2 = 0x7FEB352D, 0x846CA68B
UNIT = np.float32(2.0**-24)
Six = tuple[np.float32, np.float32, np.float32, np.float32, np.float32, np.float32]
SIX, EIGHT = 6, 8
_DRAWN: Any = types.UniTuple(types.float32, SIX)  # type: ignore[no-untyped-call]


@inner()
def _round(h: int) -> int:
    h = h ^ (h >> 16)
    h = (h * MIX_1) & MASK
    h = h ^ (h >> 15)
    h = (h * MIX_2) & MASK
    return h ^ (h >> 16)


@njit()
def key(seed: int) -> int:
    """What a seed contributes to every draw of its world."""
    seed = int(seed)
    h = _round(((seed & MASK) + STEP) & MASK) ^ ((seed >> 32) & MASK)
    return int(_round((_round((h + STEP) & MASK) + STEP) & MASK))


@inner()
def moment(key: int, tick: int) -> int:
    """What key and tick contribute to the draws of this tick."""
    # int(): numpy integers would overflow where nothing is compiled.
    return int(_round(((int(key) ^ tick) + STEP) & MASK))


@inner()
def draw(moment: int, stream: int) -> np.float32:
    """A number in [0, 1) for this world, this tick and this use."""
    return np.float32(_round(moment ^ stream) >> 8) * UNIT


def _interpreted_six(moment: int) -> Six:
    one, two, three, four, five, six = (draw(moment, stream) for stream in range(1, SIX + 1))
    return one, two, three, four, five, six


def _six(_: Any, moment: Any) -> tuple[Any, Callable[..., Any]]:
    """LLVM for `six`: the last round of all of them, in one vector."""
    word, wide = ir.IntType(32), ir.VectorType(ir.IntType(32), EIGHT)
    reals = ir.VectorType(ir.FloatType(), EIGHT)

    def build(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        def all_of(number: int) -> Any:
            return ir.Constant(wide, [number] * EIGHT)

        def folded(h: Any, by: int) -> Any:
            return builder.xor(h, builder.lshr(h, all_of(by)))

        empty = ir.Constant(wide, ir.Undefined)
        one = builder.insert_element(empty, builder.trunc(given[0], word), ir.Constant(word, 0))
        h = builder.shuffle_vector(one, empty, all_of(0))
        h = folded(builder.xor(h, ir.Constant(wide, list(range(1, EIGHT + 1)))), 16)
        h = folded(builder.mul(h, all_of(MIX_1)), 15)
        h = folded(builder.mul(h, all_of(MIX_2)), 16)
        drawn = builder.sitofp(builder.lshr(h, all_of(8)), reals)
        drawn = builder.fmul(drawn, ir.Constant(reals, [float(UNIT)] * EIGHT))
        each = [builder.extract_element(drawn, ir.Constant(word, k)) for k in range(SIX)]
        return context.make_tuple(builder, signature.return_type, each)

    return _DRAWN(moment), build


_built: Any = intrinsic
six: Callable[[int], Six] = (
    _interpreted_six if numba.config.DISABLE_JIT else _built(_six)  # type: ignore[attr-defined]
)
"""`draw` of the streams 1 to 6, as fast as one."""
