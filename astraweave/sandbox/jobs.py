"""One chunk of a verdict's episodes as a value: whoever is handed it plays it, and plays the same.

A job carries everything that decides its result. Refuses to play where the code is another than
where the job was made: its result would belong to another verdict.
"""

import functools
import hashlib
import platform
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from astraweave.errors import AstraweaveError, ClusterError, EnvironmentFailure, UsageError, said_of
from astraweave.model.ports import BatchEnvironment
from astraweave.model.scenario import Scenario
from astraweave.sandbox.named import copied
from astraweave.sandbox.runner import Players, Policy, play

_PACKAGE = Path(__file__).resolve().parents[1]
_own = threading.local()
_LONGEST = 1000
SAME = "install the same versions of astraweave and of the game on every machine"


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

    def cut(self, sizes: Sequence[int]) -> "list[Job]":
        """The same job in parts of so many seeds, in order."""
        parts = np.split(self.seeds, np.cumsum(sizes[:-1]))
        return [replace(self, seeds=part) for part in parts]

    def played(self, environment: BatchEnvironment) -> tuple[Any, ...]:
        """One `Played` a policy."""
        cast = self.players(self.seeds)

        def players(seeds: npt.NDArray[np.int64]) -> object:
            if not isinstance(cast, np.ndarray):
                return self.players(seeds)
            if len(seeds) == len(self.seeds):  # all of them
                return cast
            order = np.argsort(self.seeds, kind="stable")
            return cast[order[np.searchsorted(self.seeds[order], seeds)]]

        return tuple(
            play(environment, policy, self.scenario, self.seeds, players)
            for policy in self.policies
        )


@dataclass(frozen=True, slots=True, eq=False)
class Task(Job):
    """Something else to be asked of the game, about the first seed: what a function makes of both.

    function: of a module, called with the environment and what is `given`.
    """

    function: Callable[..., Any]
    given: tuple[Any, ...]

    def cut(self, sizes: Sequence[int]) -> "list[Job]":
        """Itself."""
        del sizes
        return [self]

    def played(self, environment: BatchEnvironment) -> tuple[Any, ...]:
        """What the function gives, alone."""
        return (self.function(environment, *self.given),)


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What came of a job: what it `played`, or what was raised; and its seconds."""

    played: tuple[Any, ...] = ()
    error: Exception | None = None
    seconds: float = 0.0


@functools.cache
def _ours() -> str:
    """Versions and a hash of our code: all that a worker shares with whoever made the job."""
    # Loads numba, which a game that plays by itself may not need.
    from astraweave.model.kernels.jit import kernel_hash  # noqa: PLC0415

    digest = hashlib.sha256(kernel_hash().encode())
    for layer in ("behavior", "model", "sandbox"):
        for path in sorted((_PACKAGE / layer).rglob("*.py")):
            name = path.relative_to(_PACKAGE).as_posix()
            digest.update(name.encode() + b"\0" + path.read_bytes())
    python = ".".join(platform.python_version_tuple()[:2])
    return f"astraweave {digest.hexdigest()[:12]}, numpy {np.__version__}, Python {python}"


def code_hash(environment: BatchEnvironment) -> str:
    """What decides a result besides the job: our code and numpy's, and the game's own hash."""
    return f"{_ours()}, game {content_of(environment)}"


def content_of(environment: BatchEnvironment) -> str:
    """The game's own hash.

    Raises:
        EnvironmentFailure: it is none.
    """
    found: object = environment.content_hash()
    if isinstance(found, str) and found.isprintable() and 0 < len(found) <= _LONGEST:
        return found
    raise EnvironmentFailure(
        what=f"content_hash must give a text of 1 to {_LONGEST} printable characters",
        got=repr(found),
        where="environment",
        fix="hash its code and constants, or leave it out",
    )


def run_job(job: Job) -> Answer:
    """Play a job. What the game raises is in the answer: whatever else is raised is the worker's.

    An `EnvironmentFailure` in the answer names scenario, seed and step; a `ClusterError` says that
    this process has other code than the one that made the job.
    """
    start = time.perf_counter()
    try:
        played = _played(job)
    except Exception as error:  # noqa: BLE001  # raised again where the job came from
        return Answer(error=error)
    return Answer(played, seconds=time.perf_counter() - start)


def packed(job: Job) -> bytes:
    """The job as bytes for a worker, so that nobody on the way (a scheduler) makes the game.

    Raises:
        UsageError: something in it cannot leave this process.
    """
    import cloudpickle  # noqa: PLC0415  # with the workers' packages, which are extras

    try:
        return bytes(cloudpickle.dumps(job))
    except Exception as error:
        raise UsageError(
            what="the game or its players cannot be sent to a worker",
            got=said_of(error),
            where=job.where,
            fix="name it module:factory, so that each worker makes its own",
        ) from error


def run_packed(data: bytes) -> Answer:
    """`run_job`, in a worker; one that cannot load it says so in the answer."""
    import cloudpickle  # noqa: PLC0415  # as above

    try:
        job = cloudpickle.loads(data)
    except AstraweaveError as error:
        return Answer(error=error)
    except Exception as error:  # noqa: BLE001  # raised again where the job came from
        what, got = "a worker cannot load the game", said_of(error)
        return Answer(error=ClusterError(what=what, got=got, where="workers", fix=SAME))
    return run_job(job)


def _played(job: Job) -> tuple[Any, ...]:
    environment = _mine(job.environment)
    code = code_hash(environment)
    if code != job.code:
        raise ClusterError(
            what=f"a worker has other code ({code}) than this verdict's ({job.code})",
            where=job.where,
            fix=SAME,
        )
    return job.played(environment)


def _mine(environment: BatchEnvironment) -> BatchEnvironment:
    """This thread's copy: one object plays one batch at a time."""
    kept: tuple[BatchEnvironment, BatchEnvironment] | None = getattr(_own, "environment", None)
    if kept is None or kept[0] is not environment:
        kept = environment, copied(environment)
        _own.environment = kept
    return kept[1]
