"""One chunk of a verdict's episodes as a value: whoever is handed it plays it, and plays the same.

A job carries everything that decides its result. Refuses to play where the code is another than
where the job was made: its result would belong to another verdict.
"""

import copy
import functools
import threading
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from astraweave.errors import UsageError
from astraweave.model.ports import BatchEnvironment
from astraweave.model.scenario import Scenario
from astraweave.sandbox.played import Played
from astraweave.sandbox.runner import Players, Policy, play

_own = threading.local()


@dataclass(frozen=True, slots=True, eq=False)
class Job:
    """Episodes of one scenario with the same players, under one policy after the other.

    seeds: int64[n]. code: `code_hash` where the job was made.
    """

    environment: BatchEnvironment
    policies: tuple[Policy, ...]
    scenario: Scenario
    seeds: npt.NDArray[np.int64]
    players: Players
    code: str

    @property
    def where(self) -> str:
        """Place for an error message."""
        first, last = int(self.seeds[0]), int(self.seeds[-1])
        seeds = f"seed {first}" if len(self.seeds) == 1 else f"seeds {first} … {last}"
        return f"scenario {self.scenario.name}, {seeds}"

    def halves(self) -> "tuple[Job, Job]":
        """The same job in two parts; only for two seeds or more."""
        middle = len(self.seeds) // 2
        cut = (self.seeds[:middle], self.seeds[middle:])
        first, second = (
            Job(self.environment, self.policies, self.scenario, seeds, self.players, self.code)
            for seeds in cut
        )
        return first, second


@functools.cache
def _kernels() -> str:
    # Loads numba, which a game that plays by itself may not need.
    from astraweave.model.kernels.jit import kernel_hash  # noqa: PLC0415

    return kernel_hash()


def code_hash(environment: BatchEnvironment) -> str:
    """Hash of the code that decides a result: our kernels and the environment's own."""
    return f"{_kernels()}-{environment.content_hash()}"


def run_job(job: Job) -> tuple[Played, ...]:
    """Play a job; one result a policy, in order.

    Raises:
        EnvironmentFailure: naming scenario, seed and step.
        UsageError: this process has other code than the one that made the job.
    """
    environment = _mine(job.environment)
    code = code_hash(environment)
    if code != job.code:
        raise UsageError(
            what=f"a worker has other code ({code}) than this verdict's ({job.code})",
            where=job.where,
            fix="install the same version of astraweave and of the game on every machine",
        )
    cast = job.players(job.seeds)
    place = {int(seed): i for i, seed in enumerate(job.seeds)}

    def players(seeds: npt.NDArray[np.int64]) -> object:
        if not isinstance(cast, np.ndarray):
            return job.players(seeds)
        return cast[[place[int(seed)] for seed in seeds]]

    return tuple(
        play(environment, policy, job.scenario, job.seeds, players) for policy in job.policies
    )


def _mine(environment: BatchEnvironment) -> BatchEnvironment:
    """This thread's copy: one object plays one batch at a time."""
    kept: tuple[BatchEnvironment, BatchEnvironment] | None = getattr(_own, "environment", None)
    if kept is None or kept[0] is not environment:
        kept = environment, copy.deepcopy(environment)
        _own.environment = kept
    return kept[1]
