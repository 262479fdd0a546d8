"""Row `slices`: the longest piece of each long job that the writer does in one go."""

import hashlib
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from astraweave.memory import Limit, MemoryStore, Retention, open_memory
from astraweave.memory.drain import PAGES
from bench.growing import START_S, Growing
from bench.harness import Operation, Operations, Row, Times, percentile, quiet, sample
from bench.memory_corpus import START_S as TOLD_S
from bench.memory_corpus import corpus

_EPISODES, _MEMORIES = 2_000, 2_000
_GOAL_MS = 2.0
_LATER_S = TOLD_S + 400 * 86_400.0
_KINDS = ("slice", "move", "join", "fixed")
_HASHES = 1_000
_LOG = bytes(4096 * PAGES)
T = TypeVar("T")


def slices() -> Row:
    """Do all that is long to a save, each transaction and each emptying of the log by itself."""
    with _save() as store, quiet():
        told = {name: _timed(store, job) for name, job in _jobs(store).items()}
        moves = sum(len(pieces["move"]) for pieces in told.values())
        bare = _bare(Path(store.path).parent, moves)
    each = ", ".join(
        f"{name} {_told(pieces['slice'])} of {len(pieces['slice'])}"
        for name, pieces in told.items()
    )
    every, moved, joined, fixed = [
        np.concatenate([pieces[kind] for pieces in told.values()]) for kind in _KINDS
    ]
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
            f"{each}; {_long(every)} longer than 2; between two of them joining the index of words "
            f"{_told(joined)}, moving the log {_told(moved)}, {_long(moved)} longer than 2 (then "
            f"{PAGES} pages in one piece written twice and synced without SQLite {_told(bare)}); "
            f"after each of them {_HASHES} hashes, always the same, {_told(fixed)} (ms)"
        ),
    )


def _told(times: Times) -> str:
    return f"{np.median(times) / 1e6:.2f}, worst {times.max() / 1e6:.2f}"


def _long(times: Times) -> str:
    return f"{np.mean(times > _GOAL_MS * 1e6):.2%}"


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


def _timed(store: MemoryStore, job: Operation) -> dict[str, Times]:
    """Nanoseconds of processor time of each piece of `job` in the writer's thread, by kind."""
    writer = store._writer
    times: dict[str, list[int]] = {kind: [] for kind in _KINDS}
    commit, move, join = writer._commit, writer._drain.run, writer._joining.some

    def timed(kind: str, work: Callable[..., T]) -> Callable[..., T]:
        def run(*args: Any, **more: Any) -> T:
            start = time.thread_time_ns()
            result = work(*args, **more)
            times[kind].append(time.thread_time_ns() - start)
            return result

        return run

    slice_, fixed = timed("slice", commit), timed("fixed", hashlib.pbkdf2_hmac)

    def both(*args: Any, **more: Any) -> None:
        slice_(*args, **more)
        fixed("sha256", b"", b"", _HASHES)

    writer._commit = both  # type: ignore[method-assign]
    writer._drain.run = timed("move", move)  # type: ignore[method-assign]
    writer._joining.some = timed("join", join)  # type: ignore[method-assign]
    try:
        job()
    finally:
        writer._commit, writer._drain.run = commit, move  # type: ignore[method-assign]
        writer._joining.some = join  # type: ignore[method-assign]
    return {kind: np.array(measured, np.int64) for kind, measured in times.items()}


def _bare(folder: Path, moves: int) -> Times:
    """Nanoseconds of what each moving asks of the kernel: two files synced, the first cut off."""
    with (folder / "log").open("wb", 0) as log, (folder / "file").open("wb", 0) as file:

        def move() -> None:
            for stream in (log, file):
                stream.write(_LOG)
                os.fsync(stream)
                stream.seek(0)
            log.truncate()

        return sample(move, rounds=moves, clock=time.thread_time_ns)


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
            store._stop_preparing()  # in play it works beside, and takes turns with all of this
            yield store


@contextmanager
def _operation() -> Iterator[Operation]:
    with _save() as store:
        yield lambda: store.decay(START_S)


OPERATIONS: Operations = {"slices": _operation}
