"""What a few memories have of a question, feature by feature: the exact product, and which of them.

`naive` twins stand in the tests.
"""

from typing import Any

import numpy as np

from astraweave.memory.kernels.search import nearest
from astraweave.model.kernels.jit import njit

SLOTS, SHIFT = 1024, np.uint32(22)
"""Hashes are told apart by their upper ten bits before they are compared."""
SCANNED = 6
"""A memory of at most so many features for each of the question is read from end to end."""
MANY = 96
"""Features; most memories have fewer."""


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
        asked: uint32[q], all different, in any order; wanted: float64[q].
        keep: bool[count], which columns may be found; bool[0] for all.
        worded: int64[k], columns to look at besides, all different.
        nearest_of: how many of the nearest are looked at; 0 reads nothing of `dense`.
        places: int64[top], written: columns.
        worth: float64[top], written: products, as shares of the largest.

    Returns:
        How many were found, at most `top`.
    """
    asked, wanted = _in_order(asked, wanted)
    best, near, found = np.empty(nearest_of, np.int32), np.empty(nearest_of, np.int64), 0
    if nearest_of > 0:
        dims, query = _dense_query(asked, wanted)
        found = nearest(dense, count, dims, query, keep, best, near)
    rows = _with(near[:found], worded, keep)
    exact = np.empty(rows.shape[0], np.float64)
    _scored(features[0], features[1], features[2], rows, asked, wanted, exact)
    kept = 0
    for i in range(rows.shape[0]):
        if exact[i] > 0.0:
            # Turned round, so that of equals the later memory stands first.
            kept = _insert(worth, places, kept, exact[i], -rows[i])
    for i in range(kept - 1, -1, -1):
        places[i], worth[i] = -places[i], worth[i] / worth[0]
    return kept


@njit()
def scored(
    hashes: Any, weights: Any, starts: Any, rows: Any, asked: Any, wanted: Any, out: Any
) -> Any:
    """The exact product of the question's features with those of each of a few memories.

    Args:
        hashes: uint32[m], sorted within a memory; weights: uint8[m].
        starts: int64[n + 1].
        rows: int64[k], which memories.
        asked: uint32[q], all different, in any order; wanted: float64[q].
        out: float64[k], written.

    Returns:
        Of no meaning, but what is not returned would not be read.
    """
    return _scored(hashes, weights, starts, rows, *_in_order(asked, wanted), out)


@njit()
def _scored(
    hashes: Any, weights: Any, starts: Any, rows: Any, asked: Any, wanted: Any, out: Any
) -> Any:
    """As `scored`, `asked` sorted."""
    touched = _touch(hashes, weights, starts, rows)
    slots, at = _slots(asked), np.empty(asked.shape[0], np.int64)
    for k in range(rows.shape[0]):
        first, last = starts[rows[k]], starts[rows[k] + 1]
        if last - first <= SCANNED * asked.shape[0]:
            out[k] = _read(hashes[first:last], weights[first:last], asked, wanted, slots)
            continue
        total = 0.0
        if first < last:
            _look_up(hashes, first, last, asked, at)
            for q in range(asked.shape[0]):
                if hashes[at[q]] == asked[q]:
                    total += wanted[q] * (weights[at[q]] / 255.0)
        out[k] = total
    return touched


@njit()
def _touch(hashes: Any, weights: Any, starts: Any, rows: Any) -> Any:
    """Read something of every line of memory that most of `rows` have.

    These reads wait for no other, those of a search do. None depends on how long a memory is: what
    is guessed wrong of that would have all others wait.
    """
    touched, end = np.uint32(0), hashes.shape[0] - 1
    if end >= 0:
        for row in rows:
            first = min(starts[row], end)
            for i in range(0, MANY, 16):
                touched ^= hashes[min(first + i, end)]
            for i in range(0, MANY, 64):
                touched ^= weights[min(first + i, end)]
    return touched


@njit()
def _read(hashes: Any, weights: Any, asked: Any, wanted: Any, slots: Any) -> float:
    """The product of the question with one memory, whose features are read from end to end."""
    total, most = 0.0, asked.shape[0]
    for i in range(hashes.shape[0]):
        q = np.int64(slots[hashes[i] >> SHIFT])
        if q >= 0:
            while q < most and asked[q] < hashes[i]:
                q += 1
            if q < most and asked[q] == hashes[i]:
                total += wanted[q] * (weights[i] / 255.0)
    return total


@njit()
def _slots(asked: Any) -> Any:
    """Which of `asked`, sorted, is the first with its upper bits, int16[SLOTS]; −1: none has them.

    A memory's features are sorted, too: those that are found are found in the order of `asked`.
    """
    slots = np.full(SLOTS, -1, np.int16)
    for q in range(asked.shape[0] - 1, -1, -1):
        slots[asked[q] >> SHIFT] = q
    return slots


@njit()
def _in_order(asked: Any, wanted: Any) -> tuple[Any, Any]:
    """Features by their hashes: sums of what is not whole depend on the order."""
    hashes, weights = asked.copy(), wanted.copy()
    for i in range(1, asked.shape[0]):
        code, weight, at = hashes[i], weights[i], i
        while at > 0 and hashes[at - 1] > code:
            hashes[at], weights[at] = hashes[at - 1], weights[at - 1]
            at -= 1
        hashes[at], weights[at] = code, weight
    return hashes, weights


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
def _with(near: Any, worded: Any, keep: Any) -> Any:
    """Columns `near` and those of `worded` that are none of them and may be found."""
    rows = np.empty(near.shape[0] + worded.shape[0], np.int64)
    rows[: near.shape[0]] = near
    total, size = near.shape[0], 16
    while size < 2 * total:
        size *= 2
    slots = np.full(size, -1, np.int64)
    for row in near:
        slots[_slot(slots, row)] = row
    for row in worded:
        if (keep.shape[0] == 0 or keep[row]) and slots[_slot(slots, row)] < 0:
            rows[total] = row
            total += 1
    return rows[:total]


@njit()
def _slot(slots: Any, row: Any) -> Any:
    """Where a column stands, or the free slot where it would."""
    slot = (row * 0x9E3779B1 >> 7) & (slots.shape[0] - 1)
    while slots[slot] >= 0 and slots[slot] != row:
        slot = (slot + 1) & (slots.shape[0] - 1)
    return slot


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
