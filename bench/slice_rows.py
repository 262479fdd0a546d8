"""Row `slices`: the longest piece of each long job that the writer does in one go."""

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from astraweave.memory import Limit, MemoryStore, Retention, open_memory
from bench.growing import START_S, Growing
from bench.harness import Operation, Operations, Row, Times, percentile, quiet
from bench.memory_corpus import START_S as TOLD_S
from bench.memory_corpus import corpus

_EPISODES, _MEMORIES = 2_000, 2_000
_GOAL_MS = 2.0
_LATER_S = TOLD_S + 400 * 86_400.0


def slices() -> Row:
    """Do all that is long to a save, each transaction and each emptying of the log by itself."""
    with _save() as store, quiet():
        told = {name: _timed(store, job) for name, job in _jobs(store).items()}
    every = np.concatenate([times for job in told.values() for times in job])
    each = ", ".join(
        f"{name} {np.median(times) / 1e6:.2f}, worst {times.max() / 1e6:.2f} of {len(times)}"
        for name, (times, _) in told.items()
    )
    moved = np.concatenate([log for _, log in told.values()])
    value = percentile(every, 99.0, 1e6)
    return Row(
        name="slices",
        what="processor time of one slice of long work in the writer, its commit included: p99",
        value=value,
        unit="ms",
        goal=f"≤ {_GOAL_MS:.0f} ms",
        reference="what a frame has: 16.7 ms",
        met=value <= _GOAL_MS,
        detail=(
            f"{each}; moving the log, between two of them, {np.median(moved) / 1e6:.2f}, "
            f"worst {moved.max() / 1e6:.2f} of {len(moved)}; "
            f"{np.mean(every > _GOAL_MS * 1e6):.2%} of all take longer than 2 (ms)"
        ),
    )


def _jobs(store: MemoryStore) -> dict[str, Operation]:
    episodes = store.episode_ids()
    return {
        "consolidate": store.consolidate,
        "compress": lambda: store.compress(START_S + 90.0 * _EPISODES / 2),
        "retain": lambda: store.retain(Retention(every=Limit(episodes=_EPISODES // 2))),
        "forget": lambda: store.forget(*episodes[-200:]),
        "prune": lambda: store.prune(START_S + 90.0 * _EPISODES / 4),
        "decay": lambda: store.decay(_LATER_S),
    }


def _timed(store: MemoryStore, job: Operation) -> tuple[Times, Times]:
    """Nanoseconds of processor time of each transaction of `job`, and of moving the log."""
    writer = store._writer
    times, moved = list[int](), list[int]()
    commit, move = writer._commit, writer._drain.run

    def timed(into: list[int], work: Callable[..., None]) -> Callable[..., None]:
        def run(*args: Any, **more: Any) -> None:
            start = time.thread_time_ns()
            work(*args, **more)
            into.append(time.thread_time_ns() - start)

        return run

    writer._commit = timed(times, commit)  # type: ignore[method-assign]
    writer._drain.run = timed(moved, move)  # type: ignore[method-assign]
    try:
        job()
    finally:
        writer._commit, writer._drain.run = commit, move  # type: ignore[method-assign]
    return np.array(times, np.int64), np.array(moved, np.int64)


@contextmanager
def _save() -> Iterator[MemoryStore]:
    """Learned episodes, and the memories of the corpus, all indexed."""
    with tempfile.TemporaryDirectory() as folder:
        growing = Growing(Path(folder) / "s.db")
        growing.grow(_EPISODES)
        with open_memory(growing.path, queue_limit=2 * _MEMORIES, backups=0) as store:
            for memory in corpus(_MEMORIES, 1, 4).memories:
                store.encode(memory)
            store.flush()
            store._writer.call(lambda _: None, durable=False)  # the log of all that is moved
            yield store


@contextmanager
def _operation() -> Iterator[Operation]:
    with _save() as store:
        yield lambda: store.decay(START_S)


OPERATIONS: Operations = {"slices": _operation}
