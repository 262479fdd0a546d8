"""Which memories have a feature, newest first, and which of them have the features worth most.

`naive` twins stand in the tests.
"""

from typing import Any

import numpy as np

from astraweave.model.kernels.jit import njit

NOBODY = np.int32(-1)
"""In the place of a memory: there is none."""


@njit()
def chained(
    features: tuple[Any, Any],
    first: int,
    count: int,
    table: tuple[Any, Any],
    used: int,
    salt: Any,
    before: Any,
) -> tuple[int, int]:
    """Take memories up: the newest that has each feature, and before it the one before, and so on.

    Args:
        features: hashes uint32[m], different within a memory; starts int64[≥ first + count + 1].
        first: place of the first memory that is taken up, those before it are.
        count: how many are.
        table: keys uint32[2^b] and newest int32[2^b], open addressing; `NOBODY` where it is free.
        used: slots in use, half at most.
        salt: uint64, odd; nobody who writes features knows it, so none can crowd a slot.
        before: int32[m], written: the memory before this one that has the feature, or `NOBODY`.

    Returns:
        How many were taken up, fewer than `count` where `table` is too small; slots in use.
    """
    hashes, starts = features
    keys, newest = table
    for place in range(first, first + count):
        if 2 * (used + starts[place + 1] - starts[place]) > keys.shape[0]:
            return place - first, used
        for f in range(starts[place], starts[place + 1]):
            slot = _slot(keys, newest, hashes[f], salt)
            if newest[slot] == NOBODY:
                keys[slot] = hashes[f]
                used += 1
            before[f] = newest[slot]
            newest[slot] = np.int32(place)
    return count, used


@njit()
def rehashed(old: tuple[Any, Any], new: tuple[Any, Any], salt: Any) -> None:
    """Copy a table, as `chained` takes it, into one that is larger and empty."""
    for i in range(old[0].shape[0]):
        if old[1][i] != NOBODY:
            slot = _slot(new[0], new[1], old[0][i], salt)
            new[0][slot], new[1][slot] = old[0][i], old[1][i]


@njit()
def newest_with(
    features: tuple[Any, Any],
    table: tuple[Any, Any],
    salt: Any,
    before: Any,
    asked: Any,
    places: Any,
    found: Any,
) -> None:
    """The newest memories that have each of a few features.

    Args:
        features: hashes uint32[m], sorted within a memory; starts int64[n + 1].
        table: as `chained` made it; salt and before: the same.
        asked: uint32[q].
        places: int64[q, most], written: memories, newest first.
        found: int64[q], written: how many, at most `most`.
    """
    hashes, starts = features
    for q in range(asked.shape[0]):
        place = table[1][_slot(table[0], table[1], asked[q], salt)]
        count = 0
        while place != NOBODY and count < places.shape[1]:
            places[q, count] = place
            count += 1
            at, left = starts[place], starts[place + 1] - starts[place]
            while left > 1:
                half = left >> 1
                at = at + half if hashes[at + half] <= asked[q] else at
                left -= half
            # A save that somebody made may hold a feature twice, or unsorted: never the same again.
            later, place = place, before[at] if hashes[at] == asked[q] else NOBODY
            if place >= later:
                place = NOBODY
        found[q] = count


@njit()
def _slot(keys: Any, newest: Any, key: Any, salt: Any) -> Any:
    """Where a key stands, or the free slot where it would."""
    size = keys.shape[0]
    # The middle of the product: its lowest bits depend on few of the key's.
    slot = np.int64((np.uint64(key) * salt) >> np.uint64(32)) & (size - 1)
    while newest[slot] != NOBODY and keys[slot] != key:
        slot = (slot + 1) & (size - 1)
    return slot


@njit()
def worthiest(held: Any, ends: Any, worths: Any, best: Any) -> int:
    """The memories with the largest sums of worths, largest first; of equals the later first.

    Args:
        held: int64[k], memories, those that have one word after those that have another.
        ends: int64[w], where those of each word end.
        worths: float64[w], above 0: what each word is worth.
        best: int64[top], written: memories.

    Returns:
        How many were found, at most `top`.
    """
    keys, sums = _summed(held, ends, worths)
    top, found = best.shape[0], 0
    largest = np.empty(top)
    for slot in range(keys.shape[0]):
        key, worth = keys[slot], sums[slot]
        if key < 0 or (found == top and worth < largest[top - 1]):
            continue
        at = found
        while at > 0 and (worth, key) > (largest[at - 1], best[at - 1]):
            at -= 1
            if at + 1 < top:
                largest[at + 1], best[at + 1] = largest[at], best[at]
        if at < top:
            largest[at], best[at] = worth, key
            found = min(top, found + 1)
    return found


@njit()
def _summed(held: Any, ends: Any, worths: Any) -> tuple[Any, Any]:
    """Each memory once, int64[s], and its sum, float64[s]; −1 where there is none."""
    size = 16
    while size < 2 * held.shape[0]:
        size *= 2
    keys, sums = np.full(size, -1, np.int64), np.zeros(size)
    first = 0
    for word in range(ends.shape[0]):
        for i in range(first, ends[word]):
            slot = (held[i] * 0x9E3779B1 >> 7) & (size - 1)
            while keys[slot] >= 0 and keys[slot] != held[i]:
                slot = (slot + 1) & (size - 1)
            keys[slot] = held[i]
            sums[slot] += worths[word]
        first = ends[word]
    return keys, sums
