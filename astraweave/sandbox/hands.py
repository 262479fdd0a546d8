"""Who plays the jobs of a verdict: threads, processes, or a cluster, behind one `Executor`.

The verdict does not depend on it, byte for byte. Every wait has a limit; a worker that dies is
replaced and its job played again; a job that kills its worker twice is halved until the seed that
does it stands alone. Refuses an executor that has not answered within the limit.
"""

import os
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import NoReturn

from astraweave.errors import AstraweaveError, EnvironmentFailure, InputError, StoreError
from astraweave.sandbox.jobs import Job, run_job
from astraweave.sandbox.played import Played

LIMIT_S = 120.0
"""Seconds that a job may keep everybody waiting."""
SEEDS = 1024
"""Episodes of a job: enough for a fifth of a second of the reference game."""

INSTALL = 'pip install "astraweave[cluster]"'
Start = Callable[[], Executor]


class Hands:
    """Hands jobs to an executor and takes their results, in whatever order they are asked for.

    Args:
        start: makes the executor; called again when it broke.
        limit_s: longest wait for one job.
        pinpoint: whether a job that kills its worker is halved to find the seed; on a cluster
            each try costs workers, so its seeds are named as they are.
        stop: lets go of an executor without waiting for what it plays.
    """

    def __init__(
        self,
        start: Start,
        *,
        limit_s: float = LIMIT_S,
        pinpoint: bool = True,
        stop: Callable[[Executor], None] | None = None,
    ) -> None:
        """Nothing is started before the first job."""
        self.start, self.limit_s, self.pinpoint = start, limit_s, pinpoint
        self.stop = stop or (lambda executor: executor.shutdown(wait=False, cancel_futures=True))
        self._executor: Executor | None = None

    def submit(self, job: Job) -> "Pending":
        """Begin a job."""
        return Pending(self, job, self._begun(job))

    def close(self) -> None:
        """Let go of the executor; what was not begun is dropped."""
        executor, self._executor = self._executor, None
        if executor is not None:
            self.stop(executor)

    def _begun(self, job: Job) -> "Future[tuple[Played, ...]]":
        if self._executor is None:
            self._executor = self.start()
        try:
            return self._executor.submit(run_job, job)
        except (BrokenExecutor, RuntimeError):  # found broken only now
            self.close()
            self._executor = self.start()
            return self._executor.submit(run_job, job)

    def taken(self, job: Job, future: "Future[tuple[Played, ...]]") -> tuple[Played, ...]:
        """The result of a job, played again once if its worker died.

        Raises:
            EnvironmentFailure: it failed, hung, or killed its worker twice.
            UsageError: a worker has other code (from `run_job`).
        """
        try:
            return self._waited(job, future)
        except _Lost:
            self.close()
        try:
            return self._waited(job, self._begun(job))
        except _Lost as lost:
            self.close()
            if len(job.seeds) > 1 and self.pinpoint:
                return self._halved(job)
            raise EnvironmentFailure(
                what="the environment killed the process that played it",
                got=str(lost.__cause__ or lost) or None,
                where=job.where,
                fix="play this seed by itself to see it",
            ) from lost

    def _halved(self, job: Job) -> tuple[Played, ...]:
        """Both halves; one of them dies again, unless the deaths came from outside."""
        first, second = job.halves()
        for half in (first, second):
            self.taken(half, self._begun(half))
        raise EnvironmentFailure(
            what="workers were killed from outside, again and again",
            where=job.where,
            fix="see whether memory is short",
        )

    def _waited(self, job: Job, future: "Future[tuple[Played, ...]]") -> tuple[Played, ...]:
        try:
            return future.result(timeout=self.limit_s)
        except AstraweaveError:
            raise
        except TimeoutError as error:
            future.cancel()
            self._hung(job, error)
        except (BrokenExecutor, CancelledError) as error:
            raise _Lost from error
        except Exception as error:
            # Dask says in its own exceptions that a worker or the scheduler is gone.
            raise _Lost from error

    def _hung(self, job: Job, cause: Exception) -> NoReturn:
        self.close()
        raise EnvironmentFailure(
            what=f"the environment hung: no answer in {self.limit_s:g} s",
            where=job.where,
            fix="play these seeds by themselves to see where it stops",
        ) from cause


class _Lost(Exception):  # noqa: N818  # not an error of its own: the job is played again
    """The worker or its executor is gone; the job's result with it."""


@dataclass(slots=True)
class Pending:
    """A job under way; `get` waits for it once."""

    hands: Hands
    job: Job
    future: "Future[tuple[Played, ...]]"
    _result: tuple[Played, ...] | None = field(default=None)

    def get(self) -> tuple[Played, ...]:
        """One result a policy."""
        if self._result is None:
            self._result = self.hands.taken(self.job, self.future)
        return self._result

    def drop(self) -> None:
        """Nobody will ask."""
        self.future.cancel()


def threads(count: int | None = None) -> Hands:
    """Threads of this process: for kernels that release the interpreter, as the arena's do."""
    workers = _count(count)
    return Hands(lambda: ThreadPoolExecutor(workers, "sandbox"))


def processes(count: int | None = None, *, limit_s: float = LIMIT_S) -> Hands:
    """Processes of this machine, for an environment written in Python.

    Raises:
        StoreError: loky is not installed.
    """
    try:
        import loky  # noqa: PLC0415  # an extra, and slow to import
    except ImportError as error:
        raise StoreError(what="loky is not installed", where="sandbox", fix=INSTALL) from error
    workers = _count(count)
    # A job that hangs in Python ends with its process only.
    return Hands(
        lambda: loky.ProcessPoolExecutor(workers),
        limit_s=limit_s,
        stop=lambda executor: executor.shutdown(wait=False, kill_workers=True),  # type: ignore[call-arg]
    )


def _count(count: int | None) -> int:
    given = os.cpu_count() or 1 if count is None else count
    if not 1 <= given <= 1024:
        raise InputError(what="workers must be 1 to 1,024", got=given, where="workers")
    return given
