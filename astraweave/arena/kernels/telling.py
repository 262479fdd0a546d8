"""Facts of a tile, a row a fact, as rows of worlds: eight worlds at once, turned in registers.

One number at a time this took 3 % of all, and compilers see no vectors in it.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from astraweave.arena.kernels import layout as at
from astraweave.arena.kernels.lanes import State, inner

Facts = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]
EIGHT = 8
_SINGLES, _DOUBLES = (ir.VectorType(kind, EIGHT) for kind in (ir.FloatType(), ir.DoubleType()))
_WORD, _PLACES = ir.IntType(64), ir.VectorType(ir.IntType(32), EIGHT)
_TURNS = (
    (1, (0, 8, 2, 10, 4, 12, 6, 14), (1, 9, 3, 11, 5, 13, 7, 15)),
    (2, (0, 1, 8, 9, 4, 5, 12, 13), (2, 3, 10, 11, 6, 7, 14, 15)),
    (4, (0, 1, 2, 3, 8, 9, 10, 11), (4, 5, 6, 7, 12, 13, 14, 15)),
)
"""Of 8 × 8 numbers: rows so far apart exchange squares of that edge."""
_FIRSTS = (*range(0, at.FACTS - EIGHT, EIGHT), at.FACTS - EIGHT)
"""The first of each eight facts; the last eight may take some a second time."""
_fields: Any = cgutils.create_struct_proxy
_built: Any = intrinsic


def _turned(builder: Any, rows: list[Any]) -> list[Any]:
    """Eight vectors of eight: what was the k-th of each is now the k-th vector."""
    for apart, low, high in _TURNS:
        for k in (k for k in range(EIGHT) if not k & apart):
            one, other = rows[k], rows[k + apart]
            rows[k] = builder.shuffle_vector(one, other, ir.Constant(_PLACES, low))
            rows[k + apart] = builder.shuffle_vector(one, other, ir.Constant(_PLACES, high))
    return rows


def _eight(_: Any, seen: Any, facts: Any, lane: Any, who: Any) -> tuple[Any, Callable[..., Any]]:
    """LLVM for `eight`."""

    def build(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        source = _fields(signature.args[0])(context, builder, given[0]).data
        target = _fields(signature.args[1])(context, builder, given[1]).data
        row_of = _fields(signature.args[3])(context, builder, given[3]).data
        source, row_of = builder.gep(source, [given[2]]), builder.gep(row_of, [given[2]])

        def vector(start: Any, offset: int, kind: Any) -> Any:
            return builder.bitcast(
                builder.gep(start, [ir.Constant(_WORD, offset)]), kind.as_pointer()
            )

        targets = []
        for k in range(EIGHT):
            row = builder.load(builder.gep(row_of, [ir.Constant(_WORD, k)]))
            targets.append(builder.gep(target, [builder.mul(row, ir.Constant(_WORD, at.FACTS))]))
        for first in _FIRSTS:
            found = [vector(source, (first + k) * at.LANES, _SINGLES) for k in range(EIGHT)]
            rows = [builder.fpext(builder.load(each, align=4), _DOUBLES) for each in found]
            for row, its in zip(_turned(builder, rows), targets, strict=True):
                builder.store(row, vector(its, first, _DOUBLES), align=8)
        return context.get_dummy_value()

    return types.void(seen, facts, types.uint64, who), build


eight: Callable[[State, Facts, np.uint64, Rows], None] = _built(_eight)
"""The facts of eight lanes from `lane` on; `facts` and `who` are C-contiguous."""


@inner()
def tell(seen: State, facts: Facts, who: Rows) -> None:
    """Write the facts of a tile's lanes.

    seen: float32[FACTS · LANES]. facts: float64[n, FACTS], C-contiguous, filled.
    who: int64[LANES], the row of `facts` for each lane; none for those from n on.
    """
    for eighth in range(at.LANES // EIGHT):
        lane, last = eighth * EIGHT, 0
        for k in range(lane, lane + EIGHT):
            last = max(last, who[k])
        if last < facts.shape[0]:
            eight(seen, facts, np.uint64(lane), who)
        else:
            _one_by_one(seen, facts, who, lane, lane + EIGHT)
    _one_by_one(seen, facts, who, at.LANES - at.LANES % EIGHT, at.LANES)


@inner()
def _one_by_one(seen: State, facts: Facts, who: Rows, first: int, last: int) -> None:
    for lane in range(first, last):
        row = who[lane]
        if row < facts.shape[0]:
            for fact in range(at.FACTS):
                facts[row, fact] = seen[fact * at.LANES + lane]
