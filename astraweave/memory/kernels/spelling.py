"""Words with few slips between them and another.

`naive` twins stand in the tests.
"""

from typing import Any

import numpy as np

from astraweave.model.kernels.jit import njit


@njit()
def marked(letters: Any, starts: Any, marks: Any) -> None:
    """Which letters words have: bit `letter % 64` of a number each.

    Args:
        letters: uint32[m], code points of all words, one after the other.
        starts: int64[n + 1].
        marks: uint64[n], written.
    """
    for i in range(marks.shape[0]):
        marks[i] = _mark(letters[starts[i] : starts[i + 1]])


@njit()
def nearest(letters: Any, starts: Any, marks: Any, word: Any, most: int, best: Any) -> int:
    """The words with the fewest slips between them and another, in the order they stand in.

    Letters exchanged, left out, added, or swapped with the next (optimal string alignment).

    Args:
        letters: uint32[m]; starts: int64[n + 1]; marks: uint64[n], as `marked` wrote them.
        word: uint32[k].
        most: with more slips none is found.
        best: int64[n], written: which words.

    Returns:
        How many were found.
    """
    size, mark, found = word.shape[0], _mark(word), 0
    rows = np.empty((3, size + most + 1), np.int64)
    for i in range(marks.shape[0]):
        length = starts[i + 1] - starts[i]
        # Cheap, and never more than the number of slips: letters that only one of them has.
        if (
            abs(length - size) <= most
            and _few(mark & ~marks[i], most)
            and _few(marks[i] & ~mark, most)
        ):
            slips = _between(word, letters[starts[i] : starts[i + 1]], most, rows)
            if slips < most:
                most, found = slips, 0
            if slips == most:
                best[found] = i
                found += 1
    return found


@njit()
def _mark(letters: Any) -> Any:
    mark = np.uint64(0)
    for letter in letters:
        mark |= np.uint64(1) << np.uint64(letter & np.uint32(63))
    return mark


@njit()
def _few(bits: Any, most: int) -> bool:
    """Whether at most so many are set."""
    for _ in range(most):
        bits &= bits - np.uint64(1) if bits else bits
    return not bits


@njit()
def _between(one: Any, other: Any, most: int, rows: Any) -> int:
    """Exact up to `most`, else one more: only as far beside the diagonal can fewer be.

    Args:
        one, other: uint32[k], lengths at most `most` apart.
        most: what is more is of no interest.
        rows: int64[3, ≥ len(other) + 1], written.
    """
    length = other.shape[0]
    older, before, row = rows[0], rows[1], rows[2]
    for j in range(length + 1):
        row[j] = j
    for i in range(1, one.shape[0] + 1):
        older, before, row = before, row, older
        row[: length + 1] = most + 1
        row[0] = least = min(i, most + 1)
        for j in range(max(1, i - most), min(length, i + most) + 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (one[i - 1] != other[j - 1]))
            if i > 1 and j > 1 and one[i - 1] == other[j - 2] and other[j - 1] == one[i - 2]:
                cost = min(cost, older[j - 2] + 1)
            row[j] = cost
            least = min(least, cost)
        if least > most:
            return most + 1
    return min(row[length], most + 1)
