"""Row `retrieve_vectors`: finding memories by vectors of a game's own model."""

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path

import numpy as np
import numpy.typing as npt

from astraweave.memory import MemoryStore, open_memory
from astraweave.model.memory import Memory, MemoryType
from bench.harness import Operation, Operations, Row, median, percentile, sample

_COUNT, _DIMENSIONS, _TOP = 10_000, 384, 10
_GOAL_MS = 15.0
_NOW = 1.7e9


def retrieve_vectors() -> Row:
    """The ten nearest of 10,000 vectors of 384 numbers, as memories with reasons."""
    with _told() as (store, vectors):
        rng = np.random.default_rng(9)
        asked = cycle((vectors[:200] + rng.normal(0.0, 0.1, (200, _DIMENSIONS))).tolist())
        matrix = vectors.astype(np.float32)

        def ours() -> object:
            return store.retrieve(embedding=next(asked), now=_NOW)

        def bare() -> object:
            cosines = matrix @ np.array(next(asked), np.float32)
            best = np.argpartition(-cosines, _TOP)[:_TOP]
            return best[np.argsort(-cosines[best])]

        times = sample(ours, rounds=200, warmup=20, clock=time.thread_time_ns)
        plain = sample(bare, rounds=200, warmup=20, clock=time.thread_time_ns)
        hits = [store.retrieve(embedding=row.tolist(), now=_NOW)[0] for row in vectors[:100]]
    right = sum(hit.memory.id == f"m{n}" for n, hit in enumerate(hits))
    value, reference = percentile(times, 95.0, 1e6), percentile(plain, 95.0, 1e6)
    return Row(
        name="retrieve_vectors",
        what=f"p95 of the {_TOP} that matter by a vector, of {_COUNT:,} with {_DIMENSIONS} numbers",
        value=value,
        unit="ms",
        goal=f"≤ {_GOAL_MS:.0f} ms",
        reference=reference,
        ratio=value / reference,
        met=value <= _GOAL_MS and right == len(hits),
        detail=(
            f"processor time of one thread, median {median(times, 1e6):.2f} ms; {right} of "
            f"{len(hits)} find themselves first; reference: one matrix product, the ten largest"
        ),
    )


@contextmanager
def _told() -> Iterator[tuple[MemoryStore, npt.NDArray[np.float64]]]:
    """A save with memories that have vectors, float64[n, d] of length one, all indexed."""
    vectors = np.random.default_rng(8).normal(size=(_COUNT, _DIMENSIONS))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        open_memory(Path(folder) / "s.db", queue_limit=2 * _COUNT, backups=0) as store,
    ):
        for n, vector in enumerate(vectors):
            store.encode(
                Memory(
                    id=f"m{n}",
                    memory_type=MemoryType.EPISODIC,
                    text="",
                    created_at=_NOW,
                    embedding=tuple(vector.tolist()),
                )
            )
        store.flush(300.0)
        yield store, vectors


@contextmanager
def _operation() -> Iterator[Operation]:
    with _told() as (store, vectors):
        asked = cycle(vectors[:200].tolist())
        yield lambda: store.retrieve(embedding=next(asked), now=_NOW)


OPERATIONS: Operations = {"retrieve_vectors": _operation}
