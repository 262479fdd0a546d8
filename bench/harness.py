"""Measure fairly, and tell it: pairs are interleaved, medians are taken, the collector rests.

An absolute time says as much about the machine as about the code, so a row stands beside a
reference that ran in the same minutes, wherever there is one.
"""

import gc
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt

Operation = Callable[[], object]
# Of one module, by row: enter it to set up, call what it gives to run once, leave it to clean up.
Operations = Mapping[str, Callable[[], AbstractContextManager[Operation]]]
Times = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One figure.

    Attributes:
        name: as in `bench.ROWS`.
        what: what was measured, in a few words.
        value: the figure itself, in `unit`.
        unit: of value, and of the reference when that is a number.
        goal: what the value must be, e.g. "≤ 1.5× reference".
        reference: what it is compared with: a number of the same run, or words; None if nothing.
        ratio: value by reference, None without a number.
        met: whether every part of the goal is met, those in `detail` too.
        detail: further figures of this row, for people.
    """

    name: str
    what: str
    value: float
    unit: str
    goal: str
    met: bool
    reference: float | str | None = None
    ratio: float | None = None
    detail: str = ""


@contextmanager
def quiet() -> Iterator[None]:
    """No garbage collection inside; what was there before is collected first."""
    was_on = gc.isenabled()
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def sample(
    operation: Operation,
    *,
    rounds: int,
    warmup: int = 3,
    clock: Callable[[], int] = time.perf_counter_ns,
) -> Times:
    """Nanoseconds of each call of `operation`: int64[rounds], in the order they ran.

    `time.thread_time_ns` as `clock` leaves out what other programs take, and waiting.
    """
    for _ in range(warmup):
        operation()
    times = np.empty(rounds, dtype=np.int64)
    with quiet():
        for i in range(rounds):
            start = clock()
            operation()
            times[i] = clock() - start
    return times


def pairs(
    operation: Operation, reference: Operation, *, rounds: int, warmup: int = 3
) -> tuple[Times, Times]:
    """Nanoseconds of both, int64[rounds] each, run in turns and in changing order.

    A machine that slows down for a second slows both.
    """
    times = in_turns((operation, reference), rounds=rounds, warmup=warmup)
    return times[0], times[1]


def in_turns(operations: Sequence[Operation], *, rounds: int, warmup: int = 3) -> Times:
    """`pairs` of any number: int64[operations, rounds]."""
    for _ in range(warmup):
        for operation in operations:
            operation()
    times = np.empty((len(operations), rounds), dtype=np.int64)
    clock, order = time.perf_counter_ns, range(len(operations))
    with quiet():
        for i in range(rounds):
            for which in order if i % 2 == 0 else reversed(order):
                run = operations[which]
                start = clock()
                run()
                times[which, i] = clock() - start
    return times


def loops(operation: Operation, *, rounds: int, inner: int, warmup: int = 3) -> Times:
    """Nanoseconds of `inner` calls in a row, int64[rounds]: for what is near the clock's grain.

    The cost of the loop itself, about 20 ns a call, is counted with the operation.
    """

    def many() -> None:
        for _ in range(inner):
            operation()

    return sample(many, rounds=rounds, warmup=warmup)


def median(times: Times, per: float = 1.0) -> float:
    """Median of `times` divided by `per` (1e3 gives µs, 1e6 ms)."""
    return float(np.median(times)) / per


def percentile(times: Times, percent: float, per: float = 1.0) -> float:
    """The value that `percent` of `times` do not pass, divided by `per`."""
    return float(np.percentile(times, percent)) / per


def table(rows: Sequence[Row]) -> str:
    """Rows for people: aligned, numbers right, the detail below its row."""
    head = ("name", "value", "unit", "goal", "reference", "ratio", "met")
    cells = [head, *(_cells(row) for row in rows)]
    widths = [max(len(line[i]) for line in cells) for i in range(len(head))]
    lines = [_line(line, widths) for line in cells]
    lines.insert(1, "  ".join("─" * width for width in widths))
    told = lines[:2]
    for row, line in zip(rows, lines[2:], strict=True):
        told.append(line)
        told.append(f"  {row.what}" + (f"; {row.detail}" if row.detail else ""))
    return "\n".join(told)


def as_json(rows: Sequence[Row]) -> str:
    """Rows for programs: one JSON array of objects."""
    return json.dumps([asdict(row) for row in rows], ensure_ascii=False)


def _cells(row: Row) -> tuple[str, ...]:
    reference = row.reference
    if isinstance(reference, float):
        reference = _number(reference)
    ratio = "–" if row.ratio is None else f"{row.ratio:.2f}×"
    met = "yes" if row.met else "NO"
    return (row.name, _number(row.value), row.unit, row.goal, reference or "–", ratio, met)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    right = {1, 5}
    padded = [
        cell.rjust(width) if i in right else cell.ljust(width)
        for i, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return "  ".join(padded).rstrip()


def _number(value: float) -> str:
    """Three figures, without an exponent."""
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.{2 if abs(value) >= 1 else 4}f}"
