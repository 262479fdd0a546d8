"""Long work on a save in slices: a little in one transaction, then whoever waits gets a turn.

Refuses to do nothing: each slice takes one item at least, so the work comes to its end.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

import apsw

T = TypeVar("T")
Query = Callable[[str, Sequence[Any]], Sequence[Any]]
Seconds = Callable[[], float]
"""A clock that never goes back."""

SLICE_S = 5e-4
"""Spent in one transaction before its last item: with that and its commit, less than 2 ms."""


def within(
    items: Iterable[T], slice_s: float = SLICE_S, clock: Seconds = time.perf_counter
) -> Iterator[T]:
    """The first of `items`, and more of them until `slice_s` have passed."""
    end = clock() + slice_s
    for item in items:
        yield item
        if clock() >= end:
            return


def each_within(
    db: apsw.Connection,
    items: Sequence[T],
    work: Callable[[apsw.Connection, T], bool],
    slice_s: float = SLICE_S,
    clock: Seconds = time.perf_counter,
) -> tuple[int, int]:
    """Do `work` for some items; how many were taken, and for how many of them it said yes."""
    taken = done = 0
    for item in within(items, slice_s, clock):
        done += work(db, item)
        taken += 1
    return taken, done
