"""Which memories are like a question. Integers only, so the answer is the same everywhere.

`naive` twins stand in the tests.
"""

from typing import Any

import numpy as np

from astraweave.model.kernels.jit import njit

BLOCK = 2048


@njit()
def densify(hashes: Any, weights: Any, starts: Any, dense: Any, first: int, count: int) -> None:
    """Fill columns of `dense` from features.

    Args:
        hashes: uint32[m]; weights: uint8[m], in 255ths.
        starts: int64[≥ first + count + 1]; memory i has features starts[i]:starts[i + 1].
        dense: int8[256, capacity]; columns first … first + count − 1 are written.
        first: the first column.
        count: how many.
    """
    sums = np.zeros(256, np.int32)
    for i in range(first, first + count):
        sums[:] = 0
        for f in range(starts[i], starts[i + 1]):
            code = hashes[f]
            weight = np.int32(weights[f])
            sums[code & np.uint32(255)] += -weight if code & np.uint32(256) else weight
        for d in range(256):
            dense[d, i] = max(-127, min(127, sums[d] // 2))


@njit()
def nearest(dense: Any, count: int, dims: Any, query: Any, keep: Any, best: Any, rows: Any) -> int:
    """The columns of `dense` with the largest products with the query, largest first.

    Of equal products the earlier column stands first.

    Args:
        dense: int8[256, capacity]; count: columns in use.
        dims: int64[k], rows of `dense` that the query uses; query: int32[k], their weights.
        keep: bool[count], which columns may be found; bool[0] for all.
        best: int32[top], written: products.
        rows: int64[top], written: columns.

    Returns:
        How many were found, at most `top`.
    """
    top, found = best.shape[0], 0
    some = keep.shape[0] > 0
    sums = np.empty(BLOCK, np.int32)
    for start in range(0, count, BLOCK):
        width = min(BLOCK, count - start)
        sums[:width] = 0
        for t in range(dims.shape[0]):
            factor = np.int32(query[t])
            line = dense[dims[t], start : start + width]
            for i in range(width):
                sums[i] += factor * np.int32(line[i])
        for i in range(width):
            if found == top and sums[i] <= best[top - 1]:
                continue
            if some and not keep[start + i]:
                continue
            at = found if found < top else top - 1
            found = min(top, found + 1)
            while at > 0 and best[at - 1] < sums[i]:
                best[at], rows[at] = best[at - 1], rows[at - 1]
                at -= 1
            best[at], rows[at] = sums[i], start + i
    return found


@njit()
def scored(
    hashes: Any, weights: Any, starts: Any, rows: Any, asked: Any, wanted: Any, out: Any
) -> None:
    """The exact product of the question's features with those of each of a few memories.

    Args:
        hashes: uint32[m], sorted within a memory; weights: uint8[m].
        starts: int64[n + 1].
        rows: int64[k], which memories.
        asked: uint32[q], sorted; wanted: float64[q].
        out: float64[k], written.
    """
    for k in range(rows.shape[0]):
        first, last = starts[rows[k]], starts[rows[k] + 1]
        total = 0.0
        for q in range(asked.shape[0]):
            # Where the feature would stand, from where the one before it stood.
            low, high = first, last
            while low < high:
                middle = (low + high) >> 1
                if hashes[middle] < asked[q]:
                    low = middle + 1
                else:
                    high = middle
            first = low
            if low < last and hashes[low] == asked[q]:
                total += wanted[q] * (weights[low] / 255.0)
        out[k] = total


@njit()
def held(hashes: Any, starts: Any, rows: Any, asked: Any, out: Any) -> None:
    """Which features a few memories have.

    Args:
        hashes: uint32[m], sorted within a memory; starts: int64[n + 1].
        rows: int64[k], which memories.
        asked: uint32[q], in any order.
        out: bool[k, q], written.
    """
    for k in range(rows.shape[0]):
        for q in range(asked.shape[0]):
            low, end = starts[rows[k]], starts[rows[k] + 1]
            high = end
            while low < high:
                middle = (low + high) >> 1
                if hashes[middle] < asked[q]:
                    low = middle + 1
                else:
                    high = middle
            out[k, q] = low < end and hashes[low] == asked[q]
