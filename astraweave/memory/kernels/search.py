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
    for t in range(dims.shape[0]):
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
    peaks[:] = sums[:LANES]
    for first in range(LANES, BLOCK, LANES):
        for lane in range(LANES):
            peaks[lane] = max(peaks[lane], sums[first + lane])


@njit()
def _insert(best: Any, rows: Any, found: int, value: Any, column: int) -> int:
    """Put a column where it belongs among the `found` best, if it does; how many there are now."""
    top = best.shape[0]
    if found == top and (value < best[top - 1] or (value == best[top - 1] and column > rows[-1])):
        return found
    at = found if found < top else top - 1
    while at > 0 and (best[at - 1] < value or (best[at - 1] == value and rows[at - 1] > column)):
        best[at], rows[at] = best[at - 1], rows[at - 1]
        at -= 1
    best[at], rows[at] = value, column
    return min(top, found + 1)


@njit()
def scored(
    hashes: Any, weights: Any, starts: Any, rows: Any, asked: Any, wanted: Any, out: Any
) -> Any:
    """The exact product of the question's features with those of each of a few memories.

    Args:
        hashes: uint32[m], sorted within a memory; weights: uint8[m].
        starts: int64[n + 1].
        rows: int64[k], which memories.
        asked: uint32[q], sorted; wanted: float64[q].
        out: float64[k], written.

    Returns:
        Of no meaning, but what is not returned would not be read.
    """
    # Every line of memory is touched first: these reads wait for no other, the searches do.
    touched = np.uint32(0)
    for k in range(rows.shape[0]):
        first, last = starts[rows[k]], starts[rows[k] + 1]
        for i in range(first, last, 16):
            touched ^= hashes[i] ^ weights[i]
    at = np.empty(asked.shape[0], np.int64)
    for k in range(rows.shape[0]):
        first, last = starts[rows[k]], starts[rows[k] + 1]
        total = 0.0
        if first < last:
            _look_up(hashes, first, last, asked, at)
            for q in range(asked.shape[0]):
                if hashes[at[q]] == asked[q]:
                    total += wanted[q] * (weights[at[q]] / 255.0)
        out[k] = total
    return touched


@njit()
def _look_up(hashes: Any, first: int, last: int, asked: Any, at: Any) -> None:
    """Where each of `asked` stands in hashes[first:last], sorted and not empty, if it does.

    All searches take a step together and none has a branch, so that no one waits for another.
    """
    at[:] = first
    left = last - first
    while left > 1:
        half = left >> 1
        for q in range(asked.shape[0]):
            here = at[q]
            at[q] = here + half if hashes[here + half] <= asked[q] else here
        left -= half


@njit()
def relevant(
    dense: Any,
    count: int,
    features: tuple[Any, Any, Any],
    asked: Any,
    wanted: Any,
    keep: Any,
    worded: Any,
    nearest_of: int,
    places: Any,
    worth: Any,
) -> int:
    """The memories with the largest exact products with the question, largest first.

    Looked at are the nearest in `dense` and those of `worded`. Of equal products the later memory
    stands first; products of 0 are left out.

    Args:
        dense: int8[256, capacity]; count: columns in use.
        features: hashes, weights and starts, as `scored` takes them.
        asked: uint32[q], sorted; wanted: float64[q].
        keep: bool[count], which columns may be found; bool[0] for all.
        worded: int64[k], columns to look at besides, all different.
        nearest_of: how many of the nearest are looked at.
        places: int64[top], written: columns.
        worth: float64[top], written: products.

    Returns:
        How many were found, at most `top`.
    """
    dims, query = _dense_query(asked, wanted)
    best, near = np.empty(nearest_of, np.int32), np.empty(nearest_of, np.int64)
    found = nearest(dense, count, dims, query, keep, best, near)
    rows = _with(near[:found], worded, keep)
    exact = np.empty(rows.shape[0], np.float64)
    scored(features[0], features[1], features[2], rows, asked, wanted, exact)
    kept = 0
    for i in range(rows.shape[0]):
        if exact[i] > 0.0:
            # Turned round, so that of equals the later memory stands first.
            kept = _insert(worth, places, kept, exact[i], -rows[i])
    for i in range(kept):
        places[i] = -places[i]
    return kept


@njit()
def _with(near: Any, worded: Any, keep: Any) -> Any:
    """Columns `near` and those of `worded` that are none of them and may be found."""
    rows = np.empty(near.shape[0] + worded.shape[0], np.int64)
    rows[: near.shape[0]] = near
    total = near.shape[0]
    for row in worded:
        known = keep.shape[0] > 0 and not keep[row]
        for other in near:
            known = known or other == row
        if not known:
            rows[total] = row
            total += 1
    return rows[:total]


@njit()
def _dense_query(asked: Any, wanted: Any) -> tuple[Any, Any]:
    """The dimensions that a question uses, int64[k], and their weights in 255ths, int32[k]."""
    sums = np.zeros(256, np.float64)
    for q in range(asked.shape[0]):
        code = asked[q]
        sums[code & np.uint32(255)] += -wanted[q] if code & np.uint32(256) else wanted[q]
    dims, query = np.empty(256, np.int64), np.empty(256, np.int32)
    used = 0
    for d in range(256):
        if sums[d] != 0.0:
            dims[used], query[used] = d, np.int32(np.rint(sums[d] * 255.0))
            used += 1
    return dims[:used], query[:used]


@njit()
def held(hashes: Any, starts: Any, rows: Any, asked: Any, out: Any) -> None:
    """Which features a few memories have.

    Args:
        hashes: uint32[m], sorted within a memory; starts: int64[n + 1].
        rows: int64[k], which memories.
        asked: uint32[q], in any order.
        out: bool[k, q], written.
    """
    at = np.empty(asked.shape[0], np.int64)
    for k in range(rows.shape[0]):
        first, last = starts[rows[k]], starts[rows[k] + 1]
        out[k, :] = False
        if first < last:
            _look_up(hashes, first, last, asked, at)
            for q in range(asked.shape[0]):
                out[k, q] = hashes[at[q]] == asked[q]
