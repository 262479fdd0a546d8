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
def about(
    table: Any, blocks: Any, salt: Any, now: Any, asked: Any, numbers: Any, most: int, out: Any
) -> None:
    """About how many memories have each of a few features.

    Args:
        table, blocks, salt and now: as `newest_with` takes them.
        asked: uint32[q].
        numbers: int64[n], of the memories, ascending.
        most: of so many, the newest, the numbers tell how many there are in all.
        out: float64[q], written.
    """
    places, found = np.empty((asked.shape[0], most), np.int64), np.empty(asked.shape[0], np.int64)
    newest_with(table, blocks, salt, now, asked, places, found)
    for q in range(asked.shape[0]):
        out[q] = found[q]
        if found[q] == most:
            newest, oldest = numbers[places[q, 0]], numbers[places[q, most - 1]]
            out[q] = max(out[q], most * newest / (newest - oldest + 1))


@njit()
def best_with(
    table: Any, blocks: Any, salt: Any, now: Any, asked: Any, worths: Any, most: int, best: Any
) -> int:
    """The memories that have the features worth most, as `worthiest` orders them.

    Args:
        table, blocks, salt and now: as `newest_with` takes them.
        asked: uint32[q], all different; worths: float64[q], above 0.
        most: of each feature so many memories are looked at, the newest.
        best: int64[top], written: memories.

    Returns:
        How many were found, at most `top`.
    """
    order = np.argsort(-worths)
    places = np.empty((asked.shape[0], most), np.int64)
    found = np.empty(asked.shape[0], np.int64)
    newest_with(table, blocks, salt, now, asked[order], places, found)
    return worthiest(places, found, worths[order], best)


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
def worthiest(places: Any, found: Any, worths: Any, best: Any) -> int:
    """The memories with the largest sums of worths, largest first; of equals the later first.

    Quickest when the rows worth most come first: few of the memories then change their places.

    Args:
        places: int64[q, most]; found: int64[q], how many of a row are memories, all different.
        worths: float64[q], above 0: what is added to each memory of a row.
        best: int64[top], written: memories.

    Returns:
        How many were found, at most `top`.
    """
    keys, sums = _summed(places, found, worths)
    top, kept = best.shape[0], 0
    largest = np.empty(top)
    for i in range(keys.shape[0]):
        key, worth = keys[i], sums[i]
        if kept == top and worth < largest[top - 1]:
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
def _summed(places: Any, found: Any, worths: Any) -> tuple[Any, Any]:
    """Each memory once, int64[s], as they are met, and its sum, float64[s]."""
    total, size = 0, 16
    for count in found:
        total += count
    while size < 2 * total:
        size *= 2
    # Which of the memories stands in a slot: small, to stay where the processor reads quickly.
    slots = np.full(size, -1, np.int32)
    keys, sums, met = np.empty(total, np.int64), np.empty(total), 0
    for row in range(found.shape[0]):
        for i in range(found[row]):
            place = places[row, i]
            slot = (place * 0x9E3779B1 >> 7) & (size - 1)
            while slots[slot] >= 0 and keys[slots[slot]] != place:
                slot = (slot + 1) & (size - 1)
            if slots[slot] < 0:
                slots[slot], keys[met], sums[met] = met, place, 0.0
                met += 1
            sums[slots[slot]] += worths[row]
    return keys[:met], sums[:met]
