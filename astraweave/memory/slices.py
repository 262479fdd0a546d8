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

SLICE_S = 3e-4
"""Spent on the items of one transaction: its commit takes as much again, and one item may take
longer; together they stay below 2 ms."""

LOOKED_AT_ONCE = 1_000
"""Rows that one statement looks through: who reads in play on the same connection waits for it."""


def spans(query: Query, table: str) -> Iterator[tuple[int, int]]:
    """Between which numbers, (above, up to), `LOOKED_AT_ONCE` rows each of a table stand.

    By the rows that there are: the numbers of a hostile save may lie any distance apart.
    """
    sql = (
        f"SELECT max(seq) FROM (SELECT seq FROM {table} WHERE seq > ? "
        f"ORDER BY seq LIMIT {LOOKED_AT_ONCE})"
    )
    above = -1
    while (last := query(sql, (above,))[0][0]) is not None:
        yield above, last
        above = last


def within(
    items: Iterable[T], slice_s: float = SLICE_S, clock: Seconds = time.perf_counter
) -> Iterator[T]:
    """The first of `items`, and more as long as one like the longest so far would end in time."""
    before = clock()
    end, longest = before + slice_s, 0.0
    for item in items:
        yield item
        now = clock()
        longest = max(longest, now - before)
        if now + longest >= end:
            return
        before = now


def each_within(
    db: apsw.Connection,
    items: Sequence[T],
    work: Callable[[apsw.Connection, T], bool],
    slice_s: float = SLICE_S,
    clock: Seconds = time.perf_counter,
) -> tuple[int, list[T]]:
    """Do `work` for some items; how many were taken, and those for which it said yes."""
    taken, done = 0, []
    for item in within(items, slice_s, clock):
        if work(db, item):
            done.append(item)
        taken += 1
    return taken, done
