"""Which memories have a feature, newest first, and which of them have the features worth most.

`naive` twins stand in the tests.
"""

from typing import Any

import numpy as np

from astraweave.model.kernels.jit import njit

BLOCK = 16
"""Numbers of a block: the block before it, then memories, the oldest first. A line of the cache."""
BITS, WORD = np.uint64(32), np.uint64(0xFFFFFFFF)
KEY, LAST, FILL, SLOT = range(4)
"""Columns of a slot: a hash, the last block of its list, how much of that is in use (0: the slot
is free), and how many columns there are."""


@njit()
def listed(
    features: tuple[Any, Any],
    first: int,
    count: int,
    table: Any,
    blocks: Any,
    used: tuple[int, int],
    salt: Any,
    ahead: int,
) -> tuple[int, tuple[int, int]]:
    """Take memories up into the lists of the features they have.

    Args:
        features: hashes uint32[m]; starts int64[≥ first + count + 1].
        first: place of the first memory that is taken up, those before it are.
        count: how many are.
        table: int32[2^b, SLOT], open addressing.
        blocks: int32[n, BLOCK].
        used: slots of `table` in use, half at most, and of `blocks`.
        salt: uint64, odd; nobody who writes features knows it, so none can crowd a slot.
        ahead: how much larger a memory's number in the lists is than its place: so many of those
            before it are gone.

    Returns:
        How many were taken up, fewer than `count` where there is no room; `used` now.
    """
    hashes, starts = features
    slots, last = used
    for place in range(first, first + count):
        more = starts[place + 1] - starts[place]
        if 2 * (slots + more) > table.shape[0] or last + more > blocks.shape[0]:
            return place - first, (slots, last)
        for f in range(starts[place], starts[place + 1]):
            slot = table[_slot(table, hashes[f], salt)]
            slots += slot[FILL] == 0
            last = _add(slot, hashes[f], blocks, last, np.int32(place + ahead))
    return count, (slots, last)


@njit()
def _add(slot: Any, key: Any, blocks: Any, used: int, number: Any) -> int:
    """Append a memory to the list of a slot; how many blocks are in use now."""
    fill = slot[FILL]
    # A save that somebody made may hold a feature twice.
    if fill > 0 and blocks[slot[LAST], fill] == number:
        return used
    if fill == 0 or fill == BLOCK - 1:
        blocks[used, 0] = slot[LAST] if fill else -1
        slot[KEY], slot[LAST] = np.int32(key), used
        used, fill = used + 1, 0
    blocks[slot[LAST], fill + 1] = number
    slot[FILL] = fill + 1
    return used


@njit()
def rehashed(old: Any, new: Any, salt: Any) -> None:
    """Copy a table, as `listed` takes it, into one that is larger and empty."""
    for i in range(old.shape[0]):
        if old[i, FILL] != 0:
            new[_slot(new, np.uint32(old[i, KEY]), salt)] = old[i]


@njit()
def newest_with(
    table: Any, blocks: Any, salt: Any, now: Any, asked: Any, places: Any, found: Any
) -> None:
    """The newest memories that have each of a few features.

    Args:
        table, blocks and salt: as `listed` made them.
        now: int32[k], the place of each memory of the lists; −1: it is gone.
        asked: uint32[q].
        places: int64[q, most], written: memories, newest first.
        found: int64[q], written: how many, at most `most`.
    """
    for q in range(asked.shape[0]):
        slot = table[_slot(table, asked[q], salt)]
        at, block, count = slot[FILL], slot[LAST], 0
        while at > 0 and count < places.shape[1]:
            place = now[blocks[block, at]]
            if place >= 0:
                places[q, count] = place
                count += 1
            at -= 1
            if at == 0 and blocks[block, 0] >= 0:
                block, at = blocks[block, 0], np.int32(BLOCK - 1)
        found[q] = count


@njit()
def _slot(table: Any, key: Any, salt: Any) -> Any:
    """Where a key stands, or the free slot where it would."""
    size = table.shape[0]
    # The middle of the product: its lowest bits depend on few of the key's. Of halves, which do
    # not overflow where nothing is compiled.
    wide, low, high = np.uint64(key), salt & WORD, salt >> BITS
    slot = np.int64((((wide * low) >> BITS) + wide * high) & WORD) & (size - 1)
    while table[slot, FILL] != 0 and table[slot, KEY] != np.int32(key):
        slot = (slot + 1) & (size - 1)
    return slot


@njit()
def worthiest(places: Any, found: Any, rows: Any, worths: Any, best: Any) -> int:
    """The memories with the largest sums of worths, largest first; of equals the later first.

    Args:
        places: int64[q, most]; found: int64[q], how many of a row are memories, all different.
        rows: int64[w], which rows.
        worths: float64[w], above 0: what is added to each memory of it.
        best: int64[top], written: memories.

    Returns:
        How many were found, at most `top`.
    """
    keys, sums = _summed(places, found, rows, worths)
    top, kept = best.shape[0], 0
    largest = np.empty(top)
    for slot in range(keys.shape[0]):
        key, worth = keys[slot], sums[slot]
        if key < 0 or (kept == top and worth < largest[top - 1]):
            continue
        at = kept
        while at > 0 and (worth, key) > (largest[at - 1], best[at - 1]):
            at -= 1
            if at + 1 < top:
                largest[at + 1], best[at + 1] = largest[at], best[at]
        if at < top:
            largest[at], best[at] = worth, key
            kept = min(top, kept + 1)
    return kept


@njit()
def _summed(places: Any, found: Any, rows: Any, worths: Any) -> tuple[Any, Any]:
    """Each memory once, int64[s], and its sum, float64[s]; −1 where there is none."""
    total, size = 0, 16
    for row in rows:
        total += found[row]
    while size < 2 * total:
        size *= 2
    keys, sums = np.full(size, -1, np.int64), np.zeros(size)
    for word in range(rows.shape[0]):
        for i in range(found[rows[word]]):
            place = places[rows[word], i]
            slot = (place * 0x9E3779B1 >> 7) & (size - 1)
            while keys[slot] >= 0 and keys[slot] != place:
                slot = (slot + 1) & (size - 1)
            keys[slot] = place
            sums[slot] += worths[word]
    return keys, sums
