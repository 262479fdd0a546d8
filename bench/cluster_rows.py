"""Row `cluster`: the reference game on two workers of Dask, beside one worker and this process."""

import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from astraweave.arena import Arena
from astraweave.behavior import load_tree
from astraweave.model.weights import designer_weights
from astraweave.sandbox import load_scenarios
from astraweave.sandbox.cluster import cluster
from astraweave.sandbox.hands import Hands
from astraweave.sandbox.jobs import Job, code_hash, packed, run_job
from astraweave.sandbox.seeds import SAFETY, episode_seeds
from astraweave.sandbox.shares import JOB_S
from astraweave.sandbox.theatre import policy_of
from bench.harness import Operation, Operations, Row

ROUNDS, JOBS = 5, 16
EMPTY = 400
"""Jobs that only go there and back."""
GOAL = 0.75


def cluster_() -> Row:
    """Episodes a second on two workers; reference: the same jobs in this process, in turns.

    How much faster two are depends on who else uses the machine; what must not is the share of
    the CPU time, of workers, scheduler and this process, that goes into play.
    """
    job = _job()
    with cluster("local:1") as one, cluster("local:2") as two:
        for hands in (one, two):
            _played(hands, job)  # loads and compiles, and shows how long an episode takes
        times, cpu = [], []
        for _ in range(ROUNDS):
            start = time.process_time()
            here = _here(job)
            least = time.process_time() - start
            start = _cpu(two)
            both = _timed(two, job)
            cpu.append(least / (_cpu(two) - start))
            times.append((here, _timed(one, job), both))
    send_s = _sending(two, job)
    here, alone, both = (statistics.median(column) for column in zip(*times, strict=True))
    n, play = len(job.seeds), statistics.median(cpu)
    return Row(
        name="cluster",
        what=f"{n:,} episodes of the reference game, two workers of Dask on this machine",
        value=n / both,
        unit="episodes/s",
        goal=f"≥ {GOAL:.0%} of the CPU time plays",
        reference=n / here,
        ratio=statistics.median(row[0] / row[2] for row in times),
        met=play >= GOAL,
        detail=(
            f"{play:.0%} of the CPU time plays; reference: this process alone; one worker "
            f"{n / alone:,.0f} episodes/s, two are "
            f"{statistics.median(row[1] / row[2] for row in times):.2f}× one; "
            f"an empty job costs {send_s * 1e3:.1f} ms"
        ),
    )


def _cpu(hands: Hands) -> float:
    """CPU seconds so far of this process, with the scheduler in it, and of the workers."""
    executor: Any = hands.executor
    workers: dict[str, float] = executor.client.run(time.process_time)
    return time.process_time() + sum(workers.values())


def _job() -> Job:
    """Episodes for `JOBS` jobs."""
    arena, tree = Arena(), load_tree("companion.xml")
    policy = policy_of(arena, tree, designer_weights(tree.tactics))
    about = (arena, (policy,), load_scenarios()[0])
    few = Job(*about, _seeds(1024), arena.archetypes, code_hash(arena))
    run_job(few)
    each_s = min(_here(few) for _ in range(ROUNDS)) / len(few.seeds)
    return replace(few, seeds=_seeds(int(JOBS * JOB_S / each_s)))


def _seeds(count: int) -> npt.NDArray[np.int64]:
    return episode_seeds(0, 1, SAFETY, 0, 0, count)


def _here(job: Job) -> float:
    """Seconds in this process."""
    start = time.perf_counter()
    answer = run_job(job)
    if answer.error is not None:
        raise answer.error
    return time.perf_counter() - start


def _played(hands: Hands, job: Job) -> None:
    for pending in hands.play(job):
        pending.get()


def _timed(hands: Hands, job: Job) -> float:
    start = time.perf_counter()
    _played(hands, job)
    return time.perf_counter() - start


def _sending(hands: Hands, job: Job) -> float:
    """Seconds that a job of this size costs to send when there is nothing to play."""
    data = packed(replace(job, seeds=job.seeds[:1024]))
    executor = hands.crew.start()
    try:
        start = time.perf_counter()
        for each in [executor.submit(bytes, data) for _ in range(EMPTY)]:
            each.result(60.0)
        return (time.perf_counter() - start) / EMPTY
    finally:
        hands.crew.stop(executor)


@contextmanager
def _cluster_operation() -> Iterator[Operation]:
    job = _job()
    with cluster("local:2") as hands:
        _played(hands, job)
        yield lambda: _played(hands, job)


OPERATIONS: Operations = {"cluster": _cluster_operation}
