"""Who plays the jobs of a verdict: threads, processes, or a cluster, behind one `Executor`.

The verdict does not depend on it, byte for byte. Every wait for another process has a limit; one
that dies is replaced and its job played again; a job that kills its worker twice is halved until
the seed that does it stands alone. Refuses an executor that has not answered within the limit.
"""

import os
from collections.abc import Callable
from concurrent.futures import (
    BrokenExecutor,
    CancelledError,
    Executor,
    Future,
    ThreadPoolExecutor,
)
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from types import TracebackType
from typing import NoReturn, Self

from astraweave.errors import AstraweaveError, ClusterError, EnvironmentFailure
from astraweave.model.ports import BatchEnvironment, plays_whole_episodes
from astraweave.sandbox.jobs import SAME, Answer, Job, packed, run_job, run_packed
from astraweave.sandbox.played import Played
from astraweave.sandbox.shares import JOB_S, SEND_S, THREAD_JOB_S, shared, worth
from astraweave.sandbox.workers import checked_count, checked_wait

LIMIT_S = 120.0
"""Seconds that a job may keep everybody waiting."""
SEEDS, FEW = 1024, 8
"""Episodes of a job while their speed is not known, in a game that plays many worlds at once or
only some."""
INSTALL = 'pip install "astraweave[cluster]"'


class Crew:
    """How an executor is started and ended; what kinds of workers do differently.

    Attributes:
        width: how many workers there are, where one scheduler serves them; 1 before it is known.
        sharers: how many play what is begun at once; 1 where that is not known.
        job_s: seconds that a job should take at least.
        pinpoint: whether a job that kills its worker is halved to find the seed; on a cluster
            each try costs workers, so its seeds are named as they are.
        lost: exceptions of an executor or its futures that say that a worker is gone; what a
            job raises itself is in its answer.
    """

    width, sharers, job_s = 1, 1, JOB_S
    pinpoint = True
    lost: tuple[type[Exception], ...] = (BrokenExecutor, CancelledError, RuntimeError)

    def __init__(self, make: Callable[[], Executor]) -> None:
        """`make` starts an executor; called again when it broke."""
        self.make = make

    def start(self) -> Executor:
        """A new executor, ready for jobs."""
        return self.make()

    def stop(self, executor: Executor) -> None:
        """Let go of an executor without waiting for what it plays."""
        executor.shutdown(wait=False, cancel_futures=True)

    def submit(self, executor: Executor, job: Job) -> "Future[Answer]":
        """Begin a job."""
        return executor.submit(run_packed, packed(job))

    def drop(self, future: "Future[Answer]") -> None:
        """Nobody will ask for it."""
        future.cancel()

    def rescue(self, executor: Executor, future: "Future[Answer]") -> bool:
        """End the worker that is overdue with a job; whether another takes it over."""
        del executor, future
        return False

    def give_up(self, executor: Executor) -> None:
        """Stop; the game hangs, and no worker may be left hanging in it."""
        self.stop(executor)


class _Threads(Crew):
    job_s = THREAD_JOB_S

    def __init__(self, sharers: int) -> None:
        super().__init__(lambda: ThreadPoolExecutor(sharers, "sandbox"))
        self.sharers = sharers

    def submit(self, executor: Executor, job: Job) -> "Future[Answer]":
        return executor.submit(run_job, job)


class _Killing(Crew):
    def stop(self, executor: Executor) -> None:
        # A job that hangs in Python ends with its process only.
        executor.shutdown(wait=False, kill_workers=True)  # type: ignore[call-arg]

    def drop(self, future: "Future[Answer]") -> None:
        # Not cancelled: loky gives an exception to all that is open when it is stopped, and a
        # cancelled future takes none. The next job waits at most for those begun ahead of it.
        del future


class Hands:
    """Hands jobs to an executor and takes their results, in whatever order they are asked for.

    A context manager: leaving it ends the workers it started, whatever they play.

    Args:
        crew: starts the executor, before the first job and when it broke.
        limit_s: longest wait for one job; None where waiting is all that can be done.

    `executor` is the one in use; None before the first job and after `close`.
    """

    def __init__(self, crew: Crew, *, limit_s: float | None = LIMIT_S) -> None:
        """Nothing is started before the first job."""
        self.crew, self.limit_s = crew, limit_s
        self.executor: Executor | None = None
        self._open: list[Pending] = []
        self._episode_s: float | None = None

    def __enter__(self) -> Self:
        """Nothing yet."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close, also when what was asked for did not come to its end."""
        self.close()

    def play(self, job: Job) -> "list[Pending]":
        """Begin a job, in parts that take about `JOB_S` each; their results follow each other."""
        sizes = shared(len(job.seeds), self._size(job), self.crew.sharers)
        parts = [Pending(self, part) for part in job.cut(sizes)]
        for part in parts:
            self._send(part)
        self._open += parts
        return parts

    def forget(self, pending: "Pending") -> None:
        """Nobody will ask for this one; not played again when its worker dies."""
        if pending in self._open:
            self._open.remove(pending)

    def close(self) -> None:
        """Let go of the executor; what was not begun is dropped."""
        executor, self.executor = self.executor, None
        if executor is not None:
            self.crew.stop(executor)

    def _size(self, job: Job) -> int:
        if self._episode_s is None:
            return SEEDS if getattr(job.environment, "largest_batch", SEEDS) >= SEEDS else FEW
        wanted_s = max(self.crew.job_s, SEND_S * self.crew.width)
        return worth(wanted_s, self._episode_s * len(job.policies))

    def _send(self, pending: "Pending") -> None:
        if self.executor is None:
            self.executor = self.crew.start()
        try:
            pending.future = self.crew.submit(self.executor, pending.job)
        except self.crew.lost:  # found broken only now
            self.close()
            self.executor = self.crew.start()
            pending.future = self.crew.submit(self.executor, pending.job)
        pending.executor = self.executor

    def taken(self, pending: "Pending") -> tuple[Played, ...]:
        """The result of a job, played again once if its worker died.

        Raises:
            EnvironmentFailure: the game failed, hung, or killed its worker twice.
            ClusterError: a worker has other code, or there are none any more.
        """
        self.forget(pending)
        try:
            return self._waited(pending)
        except _Lost:
            self._let_go(pending)
        # Alone, because those that were played beside it are lost with it, and one of them may be
        # to blame; the others go on when it has shown that it is not.
        try:
            self._send(pending)
            played = self._waited(pending)
        except _Lost as lost:
            self._let_go(pending)
            if len(pending.job.seeds) > 1 and self.crew.pinpoint:
                self._halved(pending.job)
            raise EnvironmentFailure(
                what="the environment killed the process that played it",
                got=str(lost.__cause__ or lost) or None,
                where=pending.job.where,
                fix="play these seeds by themselves to see it",
            ) from lost
        for other in self._open:
            if other.executor is not self.executor:
                self._send(other)
        return played

    def _let_go(self, pending: "Pending") -> None:
        if pending.executor is self.executor:
            self.close()

    def _halved(self, job: Job) -> NoReturn:
        """Both halves; one of them dies again, unless the deaths came from outside."""
        half = len(job.seeds) // 2
        for part in job.cut([len(job.seeds) - half, half]):
            pending = Pending(self, part)
            self._send(pending)
            self._open.append(pending)
            self.taken(pending)
        raise EnvironmentFailure(
            what="workers were killed from outside, again and again",
            where=job.where,
            fix="see whether memory is short",
        )

    def _waited(self, pending: "Pending") -> tuple[Played, ...]:
        job = pending.job
        try:
            answer = self._answered(pending)
        except AstraweaveError:
            raise
        except self.crew.lost as error:
            raise _Lost from error
        except Exception as error:
            raise ClusterError(
                what="a worker could not be sent a job, or could not load it",
                got=f"{type(error).__name__}: {error}",
                where=job.where,
                fix=SAME,
            ) from error
        if answer.error is not None:
            raise answer.error
        each_s = answer.seconds / (len(job.seeds) * len(job.policies))
        # The fastest: the first job of each worker loads and compiles.
        self._episode_s = min(self._episode_s or each_s, each_s)
        return answer.played

    def _answered(self, pending: "Pending") -> Answer:
        try:
            return pending.future.result(timeout=self.limit_s)
        except TimeoutError:
            going_on = self.crew.rescue(pending.executor, pending.future)
        try:
            return pending.future.result(timeout=self.limit_s if going_on else 0.0)
        except TimeoutError as error:
            self.executor = None
            self.crew.give_up(pending.executor)
            raise EnvironmentFailure(
                what=f"the environment hung: no answer in {self.limit_s:g} s",
                where=pending.job.where,
                fix="play these seeds by themselves to see where it stops",
            ) from error


class _Lost(Exception):  # noqa: N818  # not an error of its own: the job is played again
    """The worker or its executor is gone; the job's result with it."""


@dataclass(slots=True, eq=False)
class Pending:
    """A job under way; `get` waits for it once."""

    hands: Hands
    job: Job
    future: "Future[Answer]" = field(init=False)
    executor: Executor = field(init=False)
    _result: tuple[Played, ...] | None = None

    def get(self) -> tuple[Played, ...]:
        """One result a policy."""
        if self._result is None:
            self._result = self.hands.taken(self)
        return self._result

    def drop(self) -> None:
        """Nobody will ask."""
        self.hands.forget(self)
        self.hands.crew.drop(self.future)


def threads(count: int | None = None) -> Hands:
    """Threads of this process: for kernels that release the interpreter, as the arena's do.

    Without a limit, as what is played here has none: a thread cannot be ended, and the first job
    may compile for minutes on a busy machine, which is no fault of the game.

    Raises:
        InputError: what was given is no count.
    """
    return Hands(_Threads(checked_count(count)), limit_s=None)


def own_hands(environment: BatchEnvironment) -> AbstractContextManager[Hands | None]:
    """A thread for each core, where the game plays whole episodes without the interpreter."""
    if plays_whole_episodes(environment) and (os.cpu_count() or 1) > 1:
        return threads()
    return nullcontext()


def processes(count: int | None = None, *, limit_s: float = LIMIT_S) -> Hands:
    """Processes of this machine, for an environment written in Python.

    Raises:
        InputError: what was given is no count, or no limit.
        ClusterError: loky is not installed.
    """
    workers, wait_s = checked_count(count), checked_wait(limit_s, "limit_s")
    try:
        import loky  # noqa: PLC0415  # an extra, and slow to import
    except ImportError as error:
        raise ClusterError(what="loky is not installed", where="workers", fix=INSTALL) from error
    return Hands(_Killing(lambda: loky.ProcessPoolExecutor(workers)), limit_s=wait_s)
