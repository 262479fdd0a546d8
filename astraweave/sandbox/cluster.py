"""Workers of Dask play a verdict's jobs: on other machines, or as many processes of this one.

Jobs are pickles, so scheduler and workers must be one's own; see docs/cluster.md. Every wait has a
limit. Refuses an address that is none, a scheduler that is not there, and one without workers.
"""

import asyncio
import itertools
import logging
import multiprocessing
import re
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError, Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from astraweave.errors import AstraweaveError, ClusterError, InputError
from astraweave.model.arguments import public
from astraweave.sandbox.hands import INSTALL, LIMIT_S, Crew, Hands
from astraweave.sandbox.workers import checked_count, checked_wait

if TYPE_CHECKING:
    from astraweave.sandbox.jobs import Answer

CONNECT_S = 10.0
"""Seconds to reach a scheduler, or to wait for its first worker."""
STOP_S = 10.0
"""Seconds that scheduler and workers of one's own may take to end before they are killed."""
ASK_S = 5.0
"""Seconds that scheduler or worker may take to answer a question."""
RESTART_S = 30.0
"""Seconds that an overdue worker may take to start again."""
SILENT_S = "30s"
"""A worker of one's own that has said nothing for so long is started again."""

WORKER = "Dask Worker"
"""So begin the names of the processes that Dask starts."""
FORM = "give tcp://HOST:PORT, tls://HOST:PORT or local:WORKERS"


@public
def cluster(address: str, *, limit_s: float = LIMIT_S, connect_s: float = CONNECT_S) -> Hands:
    """Workers behind a scheduler, or `local:N` processes of this machine.

    Args:
        address: ``tcp://HOST:PORT``, ``tls://HOST:PORT`` (keys from Dask's own configuration), or
            ``local:N``: N workers of one thread each, on the loopback, that end with the hands.
        limit_s: longest wait for one job; its worker is then started again and the job given once
            more, so a game that hangs is known after twice that.
        connect_s: longest wait for scheduler and first worker.

    Raises:
        InputError: the address is none, or a wait. From the first job on: nobody answers there.
        ClusterError: Dask is not installed. While it plays: scheduler or workers are gone.
    """
    workers = _own_workers(address)
    limit_s, connect_s = checked_wait(limit_s, "limit_s"), checked_wait(connect_s, "connect_s")
    try:
        import distributed  # noqa: PLC0415  # an extra, and slow to import
    except ImportError as error:
        raise ClusterError(what="Dask is not installed", where="cluster", fix=INSTALL) from error
    return Hands(_Dask(distributed, address, workers, connect_s), limit_s=limit_s)


@contextmanager
def executor(address: str, *, connect_s: float = CONNECT_S) -> Iterator[Executor]:
    """The same workers for other work than a verdict's; they are let go of at the end.

    Args:
        address, connect_s: as for `cluster`.

    Raises:
        InputError, ClusterError: as for `cluster`.
    """
    crew = cluster(address, connect_s=connect_s).crew
    started = crew.start()
    try:
        yield started
    finally:
        crew.stop(started)


def _own_workers(address: str) -> int | None:
    """How many workers to start here; None for those behind a scheduler."""
    local = re.fullmatch(r"local:(\d{1,9})", address)
    if local is not None:
        return checked_count(int(local[1]))
    try:
        parts = urlsplit(address)
        known = parts.scheme in ("tcp", "tls") and bool(parts.hostname) and bool(parts.port)
        bare = not (parts.path or parts.query or parts.fragment or parts.username)
    except ValueError:
        known = bare = False
    if not known or not bare or not address.isprintable():
        raise InputError(what="no address of a cluster", got=address, where="cluster", fix=FORM)
    return None


class _Dask(Crew):
    """A client of Dask, and scheduler and workers where they are our own."""

    pinpoint = False

    def __init__(self, dask: Any, address: str, workers: int | None, connect_s: float) -> None:
        """Connect to nothing yet; dask is the package `distributed`."""
        self.dask, self.address, self.workers, self.connect_s = dask, address, workers, connect_s
        gone = (dask.scheduler.KilledWorker, dask.client.ClosedClientError, OSError)
        self.lost = (CancelledError, *gone)
        self._met = False

    def start(self) -> "_DaskExecutor":
        """Connect, and see that there is somebody to play."""
        executor = _DaskExecutor(self.dask)
        try:
            if self.workers is None:
                executor.connect(self.address, self.connect_s)
            else:
                executor.begin(self.workers, self.connect_s)
        except BaseException as error:
            executor.end()
            if not isinstance(error, Exception):
                raise
            raise self._refusal(error) from error
        self._met, self.width = True, executor.width(self.connect_s)
        return executor

    def _refusal(self, error: Exception) -> AstraweaveError:
        if isinstance(error, AstraweaveError):
            return error
        said = str(error).splitlines()[0] if str(error) else type(error).__name__
        if self._met:
            what, fix = "the scheduler went away and does not answer", "see why it ended"
            return ClusterError(what=what, got=said, where=self.address, fix=fix)
        if self.workers is not None:
            what, fix = "cannot start workers here", "see whether memory or processes are short"
            return ClusterError(what=what, got=said, where=self.address, fix=fix)
        what, fix = "no scheduler answers", "start one, see docs/cluster.md"
        return InputError(what=what, got=said, where=self.address, fix=fix)

    def stop(self, executor: Executor) -> None:
        """Cancel what is ours; end what was started here."""
        if isinstance(executor, _DaskExecutor):
            executor.end()

    def rescue(self, executor: Executor, future: "Future[Answer]") -> bool:
        """Start the worker that holds an overdue job again; the scheduler gives it to another."""
        if isinstance(executor, _DaskExecutor):
            with self._asking():
                holders = executor.holders([future])
                executor.restart(holders)
            if holders:
                return True
        raise ClusterError(
            what="no worker has taken up a job",
            where=self.address,
            fix="see whether others keep the workers busy",
        )

    def give_up(self, executor: Executor) -> None:
        """Start every worker again that plays for us, so that the next verdict finds them free."""
        holders = []
        try:
            if isinstance(executor, _DaskExecutor) and self.workers is None:
                with self._asking():
                    holders = executor.holders()
        finally:
            self.stop(executor)
        if not holders:
            return
        # Only now, when the scheduler has forgotten our jobs: it would give them to others.
        again = self.start()
        try:
            with self._asking():
                again.restart(holders)
        finally:
            self.stop(again)

    @contextmanager
    def _asking(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            raise ClusterError(
                what="a job is overdue, and the worker that plays it cannot be started again",
                got=f"{type(error).__name__}: {error}",
                where=self.address,
                fix="see whether the scheduler answers and the workers have nannies",
            ) from error


class _DaskExecutor(Executor):
    """`Client.get_executor` under keys of our own, with whatever must be ended with it."""

    def __init__(self, dask: Any) -> None:
        self.dask = dask
        self.client: Any = None
        self.cluster: Any = None
        self.inner: Any = None
        self._keys: dict[Future[Any], str] = {}
        self._number = itertools.count()
        self._before = {child.pid for child in multiprocessing.active_children()}
        self._loud = _silenced()

    def begin(self, workers: int, wait_s: float) -> None:
        """Start a scheduler and workers of one thread on the loopback."""
        # First none: whatever interrupts the start of the workers finds what to end.
        self.cluster = self.dask.LocalCluster(
            n_workers=0,
            threads_per_worker=1,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
            silence_logs=logging.CRITICAL,
            scheduler_kwargs={"worker_ttl": SILENT_S, "dashboard": False},
        )
        self.cluster.scale(workers)
        self._join(self.cluster, workers, wait_s + RESTART_S)

    def connect(self, address: str, wait_s: float) -> None:
        """Reach a scheduler, and wait for a worker."""
        # `Client` waits for ever where something listens and says nothing. In a thread, since
        # there may be a loop running in this one.
        with ThreadPoolExecutor(1, "cluster") as thread:
            thread.submit(asyncio.run, self._greeted(address, wait_s)).result()
        self._join(address, 1, wait_s)

    async def _greeted(self, address: str, wait_s: float) -> None:
        security = self.dask.Security()
        given = security.get_connection_args("client")
        comm = self.dask.comm.connect(address, timeout=wait_s, **given)
        (await asyncio.wait_for(comm, wait_s)).abort()

    def _join(self, scheduler: Any, workers: int, wait_s: float) -> None:
        self.client = self.dask.Client(scheduler, timeout=wait_s, set_as_default=False)
        try:
            self.client.wait_for_workers(workers, timeout=wait_s)
        except TimeoutError as error:
            raise ClusterError(
                what=f"the scheduler has no worker after {wait_s:g} s",
                where=str(self.client.scheduler.address),
                fix="start workers, see docs/cluster.md",
            ) from error
        self.inner = self.client.get_executor(pure=False)

    def width(self, wait_s: float) -> int:
        """Threads of all workers that are there now."""
        told = self._asked(self.client.scheduler.ncores, workers=None, wait_s=wait_s)
        return sum(told.values())

    def submit(self, fn: Callable[..., Any], /, *given: Any, **named: Any) -> "Future[Any]":
        """As an executor does."""
        key = f"astraweave-{self.client.id}-{next(self._number)}"
        future: Future[Any] = self.inner.submit(fn, *given, key=key, **named)
        self._keys[future] = key
        future.add_done_callback(lambda done: self._keys.pop(done, None))
        return future

    def holders(self, futures: "Iterable[Future[Any]] | None" = None) -> list[str]:
        """Addresses of workers that have these jobs, or any of ours, and play one of ours.

        One that does not answer is taken to be playing.
        """
        ours = set(self._keys.values())
        keys = ours if futures is None else {self._keys[f] for f in futures if f in self._keys}
        scheduler = self.client.scheduler
        held = [self._asked(scheduler.processing, workers=None)]
        held += [self._asked(scheduler.has_what, workers=None)]
        having = {who for each in held for who, has in each.items() if keys.intersection(has)}
        return sorted(who for who in having if self._plays(who, ours))

    def _plays(self, worker: str, keys: set[str]) -> bool:
        try:
            said = self._asked(self.client._run, _active, workers=[worker])  # noqa: SLF001
        except Exception:  # noqa: BLE001  # stopped, or busy beyond answering
            return True
        return bool(keys.intersection(said[worker]))

    def restart(self, workers: list[str]) -> None:
        """Start these workers again."""
        if workers:
            self._asked(
                self.client._restart_workers,  # noqa: SLF001  # the public one waits for ever
                workers=workers,
                timeout=RESTART_S,
                raise_for_error=False,
                wait_s=RESTART_S + ASK_S,
            )

    def _asked(self, function: Any, *given: Any, wait_s: float = ASK_S, **named: Any) -> Any:
        """What scheduler or workers say, in time."""
        return self.client.sync(function, *given, callback_timeout=wait_s, **named)

    def end(self) -> None:
        """Disconnect, which cancels; end what is our own, and see that it is gone."""
        # Whatever is broken already is what one wants to be rid of.
        for each in (self.client, self.cluster):
            if each is not None:
                with suppress(Exception):
                    each.close(timeout=STOP_S)
        if self.cluster is not None:
            for child in multiprocessing.active_children():
                if child.pid not in self._before and child.name.startswith(WORKER):
                    child.kill()
                    child.join(STOP_S)
        for handler, level in self._loud:
            handler.setLevel(level)


def _active(dask_worker: Any) -> list[str]:
    """Keys of the jobs that a worker plays now; called by Dask, in the worker."""
    return [str(key) for key in dask_worker.active_keys]


def _silenced() -> list[tuple[logging.Handler, int]]:
    """Dask's own handlers, which say on stderr what we say in an error, and their levels."""
    names = [name for name in logging.root.manager.loggerDict if name.startswith("distributed")]
    handlers = {handler for name in names for handler in logging.getLogger(name).handlers}
    before = [(handler, handler.level) for handler in handlers]
    for handler in handlers:
        handler.setLevel(logging.CRITICAL)
    return before
