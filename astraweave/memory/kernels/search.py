"""Which memories are like a question. Integers only, so the answer is the same everywhere.

`naive` twins stand in the tests.
"""

from typing import Any

import numpy as np

from astraweave.model.kernels.jit import njit

BLOCK, LANES, TILE = 2048, 128, 64
NEVER = np.int32(-(2**31))
"""The product of what may not be found."""
LAST = np.int64(2**32 - 1)
"""The last column that a key can name."""


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
    # A tile at a time: 256 lines of memory for each memory would be written a byte each.
    sums, tile = np.zeros(256, np.int32), np.empty((256, TILE), np.int8)
    for start in range(first, first + count, TILE):
        width = min(TILE, first + count - start)
        for i in range(width):
            sums[:] = 0
            for f in range(starts[start + i], starts[start + i + 1]):
                code = hashes[f]
                weight = np.int32(weights[f])
                sums[code & np.uint32(255)] += -weight if code & np.uint32(256) else weight
            for d in range(256):
                tile[d, i] = max(-127, min(127, sums[d] // 2))
        for d in range(256):
            dense[d, start : start + width] = tile[d, :width]


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
    sums, peaks = np.empty(BLOCK, np.int32), np.empty(LANES, np.int32)
    keys = np.empty(top, np.int64)
    floor = NEVER + np.int32(1)
    for start in range(0, count, BLOCK):
        _products(dense, start, min(BLOCK, count - start), dims, query, keep, sums)
        _largest(sums, peaks)
        if start == 0 and top < LANES:
            floor = max(floor, np.partition(peaks, LANES - top)[LANES - top])
        for lane in range(LANES):
            if peaks[lane] >= floor:
                found = _take(sums, lane, floor, start, keys, found)
                if found == top:
                    floor = max(floor, np.int32(keys[-1] >> 32))
        if found == top:
            # Of equals the earlier stands first, and all that comes now is later.
            floor = max(floor, np.int32(keys[-1] >> 32) + np.int32(1))
    for i in range(found):
        best[i], rows[i] = np.int32(keys[i] >> 32), LAST - (keys[i] & LAST)
    return found


@njit()
def _take(sums: Any, lane: int, floor: Any, start: int, keys: Any, found: int) -> int:
    """Put those of a lane from `floor` on where they belong; how many there are now.

    A key is a product and, below it, a column counted from the end: larger is better.
    """
    for i in range(lane, BLOCK, LANES):
        if sums[i] < floor:
            continue
        key = (np.int64(sums[i]) << 32) | (LAST - (start + i))
        if found < keys.shape[0]:
            found += 1
        elif key < keys[-1]:
            continue
        at = found - 1
        while at > 0 and keys[at - 1] < key:
            keys[at] = keys[at - 1]
            at -= 1
        keys[at] = key
    return found


@njit()
def _products(
    dense: Any, start: int, width: int, dims: Any, query: Any, keep: Any, sums: Any
) -> None:
    """The products of `width` columns from `start` on, `NEVER` for those that may not be found."""
    sums[:width] = 0
    sums[width:] = NEVER
    used = dims.shape[0]
    # Four at a time: the sums are read and written once for all of them.
    for t in range(0, used - 3, 4):
        one, two = dense[dims[t], start : start + width], dense[dims[t + 1], start : start + width]
        three = dense[dims[t + 2], start : start + width]
        four = dense[dims[t + 3], start : start + width]
        a, b = np.int32(query[t]), np.int32(query[t + 1])
        c, d = np.int32(query[t + 2]), np.int32(query[t + 3])
        for i in range(width):
            sums[i] += (a * np.int32(one[i]) + b * np.int32(two[i])) + (
                c * np.int32(three[i]) + d * np.int32(four[i])
            )
    for t in range(used & ~3, used):
        factor = np.int32(query[t])
        line = dense[dims[t], start : start + width]
        for i in range(width):
            sums[i] += factor * np.int32(line[i])
    if keep.shape[0] > 0:
        for i in range(width):
            if not keep[start + i]:
                sums[i] = NEVER


@njit()
def _largest(sums: Any, peaks: Any) -> None:
    """The largest of every LANES-th sum: most are not even as large as the worst that is kept."""
    for lane in range(LANES):
        peak = sums[lane]
        for first in range(LANES, BLOCK, LANES):
            peak = max(peak, sums[first + lane])
        peaks[lane] = peak
