"""The one thread of a process that writes the save, so that no frame ever waits for a disk.

Work is taken in the order it was given; what stands in line is written in one commit. Refuses
to lose an episode silently: checkpoints and memories beyond the bound of the queue are
dropped and counted, episodes beyond it are kept on, and `flush` raises for any that was not.
"""

import threading
from collections import Counter, deque
from collections.abc import Callable
from typing import Any

import apsw

from astraweave.errors import AstraweaveError, StoreError
from astraweave.memory.beside import next_step
from astraweave.memory.connection import Link, translated
from astraweave.memory.drain import Drain
from astraweave.memory.jobs import Call, Job
from astraweave.memory.joining import Joining
from astraweave.memory.mark import Mark
from astraweave.memory.patience import wait_while_moving
from astraweave.memory.room import FEW, FLOOR, TIGHT, empty, free_bytes

QUEUE_LIMIT = 256
SPILL_FACTOR = 64
BATCH = 32
RETRY_S = 0.25
PROBLEMS_KEPT = 100
# What another program or a full disk does to us passes; the work is kept and tried again.
_PASSING = (apsw.BusyError, apsw.LockedError, apsw.FullError, apsw.IOError, apsw.CantOpenError)
_FATAL = (apsw.CorruptError, apsw.NotADBError)


class Writer:
    """A queue, a thread and its connection."""

    def __init__(self, link: Link, queue_limit: int = QUEUE_LIMIT) -> None:
        """Start the thread; `queue_limit` bounds what waits, episodes 64 times as much."""
        self.counts: Counter[str] = Counter()
        self.problems: deque[str] = deque(maxlen=PROBLEMS_KEPT)
        self.mark = Mark(link.file)
        self._link, self._drain, self._joining = link, Drain(link), Joining(link)
        self._limit = queue_limit
        self._queue: deque[Job] = deque()
        self._changed = threading.Condition()
        self._given = self._done = self._durable = self._wanted = self._posted = self._awaited = 0
        self._unkept: list[str] = []
        self._stuck: str | None = None
        self._dead: BaseException | None = None
        self._closing = False
        self._full_sync = False
        self._thread = threading.Thread(target=self._main, name="astraweave-writer", daemon=True)
        self._thread.start()

    @property
    def queued(self) -> int:
        """How many pieces of work are not written yet."""
        return self._given - self._done

    def post(self, job: Job) -> bool:
        """Put `job` in line; False when it was dropped, and counted, for want of room.

        Raises:
            StoreError: the writer is gone or closed.
            SaveError: the save can only be read.
        """
        if self._link.refusal is not None and not job.derived:
            raise self._link.refusal.with_traceback(None)
        with self._changed:
            self._check()
            limit = self._limit * (SPILL_FACTOR if job.precious else 1)
            if len(self._queue) >= limit:
                self.counts[f"dropped_{job.kind}"] += 1
                if job.precious:
                    self._unkept.append(f"{job.kind} dropped: {limit} waiting")
                return False
            self._queue.append(job)
            self._given += 1
            if not job.watched:
                self._posted = self._given
                self._awaited = self._given if job.awaited else self._awaited
            self._changed.notify_all()
        return True

    def call(
        self,
        work: Callable[[apsw.Connection], Any],
        timeout_s: float = 30.0,
        *,
        durable: bool = True,
        derived: bool = False,
        frees: bool = False,
    ) -> Any:
        """Do `work` in a transaction of its own and return what it gives, durably stored.

        Waits for what stands in line before it. Not `durable`: a power cut may undo it, as it may
        the last episodes. `derived`, `frees`: see `Job`.

        Raises:
            StoreError: nothing was done for `timeout_s`, or too much waits. What `work` raises.
        """
        job = Call(work, durable=durable, derived=derived, frees=frees)
        job.watched = True
        if not self.post(job):
            raise self._failure(what="the work was not taken, too much waits for the disk")
        with self._changed:
            self._wait(lambda: job.finished, timeout_s)
            if not job.finished:
                job.cancelled = True
                raise self._failure(what="the work was not done in time")
        if job.error is not None:
            with translated(self._link.where):
                raise job.error
        return job.result

    def settle(self, timeout_s: float = 5.0, *, everything: bool = False) -> None:
        """Wait until what was given so far can be read; not for a disk that is stuck.

        Nor for work that another waits for, unless it stands in line before. `everything`: also
        what questions do not wait for, such as how often memories were used.
        """
        if self._done >= (self._posted if everything else self._awaited):
            return
        with self._changed:
            target = self._posted if everything else self._awaited
            self._wait(lambda: self._done >= target or self._stuck, timeout_s)

    def flush(self, timeout_s: float = 30.0) -> None:
        """Return when everything given so far would survive a power cut.

        Raises:
            StoreError: nothing was done for `timeout_s`, or it would not, and why.
        """
        with self._changed:
            if self._dead is not None:
                raise self._failure()
            target = self._wanted = self._given
            self._changed.notify_all()
            self._wait(lambda: self._durable >= target, timeout_s)
            if self._durable < target:
                raise self._failure(what="not everything could be written")
            unkept, self._unkept = self._unkept, []
        if unkept:
            raise StoreError(
                what=f"{len(unkept)} of what was given could not be stored",
                got=unkept[0],
                where=self._link.where,
                fix="see `store.problems`",
            )

    def stop(self) -> None:
        """End the thread after what stands in line; it tries each piece once more."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join()

    def report(self, line: str) -> None:
        """Keep a line about something that went wrong."""
        self.problems.append(line)

    def forget(self, name: str) -> None:
        """Drop the lines that hold a name."""
        with self._changed:
            kept = [line for line in self.problems if name not in line]
            self.problems.clear()
            self.problems.extend(kept)

    def _wait(self, done: Callable[[], object], still_s: float) -> None:
        """Until that is so, the writer is dead or does nothing any more for so many seconds."""
        wait_while_moving(self._changed, lambda: done() or self._dead, lambda: self._done, still_s)

    def _check(self) -> None:
        if self._dead is not None:
            raise self._failure()
        if self._closing:
            raise StoreError(what="the store is closed", where=self._link.where, fix="open it")

    def _failure(self, what: str = "the writer has stopped") -> StoreError:
        return StoreError(
            what=what,
            got=repr(self._dead) if self._dead is not None else self._stuck,
            where=self._link.where,
            fix=next_step(self._link.where)
            if isinstance(self._dead, apsw.CorruptError | apsw.NotADBError)
            else "check free space and other programs that use the save",
        )

    def _main(self) -> None:
        try:
            while (batch := self._next()) is not None:
                self._write(batch)
                self._tidy()
        except BaseException as error:
            with self._changed:
                self._dead = error
                self.problems.append(f"the writer has stopped: {error!r}")
                self._changed.notify_all()

    def _tidy(self) -> None:
        """What nobody waits for, a little at a time, until somebody does."""
        if self._drain.due:
            self._drain.run()
        while not self._is_wanted() and free_bytes(self._link) >= TIGHT:
            try:
                if not self._joining.some():
                    return
            except apsw.Error as error:
                fix = "close the save; `astraweave save repair` makes it again"
                self.report(f"the index of words is damaged: {error}; {fix}")
            if self._drain.due:
                self._drain.run()

    def _is_wanted(self) -> bool:
        return bool(self._queue or self._closing or self._wanted > self._durable)

    def _next(self) -> list[Job] | None:
        """What to write next: nothing but a sync when the list is empty, None to end."""
        # Little at once where the log must be emptied after it, into the last of the room.
        most = BATCH if free_bytes(self._link) >= TIGHT else FEW
        with self._changed:
            self._changed.wait_for(self._is_wanted)
            batch: list[Job] = []
            while self._queue and len(batch) < most:
                if isinstance(self._queue[0], Call) and batch:
                    break
                batch.append(self._queue.popleft())
                if isinstance(batch[-1], Call):
                    break
            ended = self._closing and not batch and self._wanted <= self._durable
            return None if ended else batch

    def _write(self, batch: list[Job]) -> None:
        durable = self._wanted > self._durable or any(
            isinstance(job, Call) and job.durable for job in batch
        )
        left = [job for job in batch if not job.finished and self._prepared(job)]
        self._write_together(left, durable=durable)
        with self._changed:
            self._stuck = None
            self._done += len(batch)
            if durable:
                self._durable = self._done
            for job in batch:
                job.finished = True
                job.settled()
            self._changed.notify_all()

    def _write_together(self, jobs: list[Job], *, durable: bool) -> None:
        error: Exception | None
        while True:
            error = self._try(jobs, durable=durable)
            if not isinstance(error, _PASSING) or self._gives_up(jobs, error):
                break
        if error is None:
            return
        if not jobs:
            raise error
        if len(jobs) == 1:
            self._refuse(jobs[0], error)
            return
        # One bad piece must not cost the others.
        for job in jobs:
            self._write_together([job], durable=durable)

    def _try(self, jobs: list[Job], *, durable: bool) -> Exception | None:
        try:
            self._commit(jobs, durable=durable)
        except _FATAL:
            raise
        except Exception as error:
            return error
        return None

    def _prepared(self, job: Job) -> bool:
        try:
            job.prepare()
        except Exception as error:
            self._refuse(job, error)
            return False
        return True

    def _commit(self, jobs: list[Job], *, durable: bool) -> None:
        free = free_bytes(self._link)
        if free < FLOOR and not any(job.frees for job in jobs):
            what = f"{free:,} bytes are free; the last {FLOOR:,} are kept for making room"
            raise apsw.FullError(what)
        with self._link.lock:
            # In WAL mode NORMAL survives a kill; FULL survives a power cut, and syncs all
            # that stands in the log before it.
            if durable is not self._full_sync:
                self._link.db.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
                self._full_sync = durable
            before = Counter[str]()
            with self._link.transaction() as db:
                begun = not durable and self.mark.begin(db)
                for job in jobs:
                    before[job.apply(db)] += 1
                if durable:
                    # Also what there is to sync for, when the jobs themselves change nothing.
                    self.mark.count(db)
            self.counts.update(before)
            self.counts["commits"] += 1
        if durable or begun:
            self._write_mark()
        if free < TIGHT:
            empty(self._link)

    def _write_mark(self) -> None:
        try:
            self.mark.write()
        except StoreError as error:
            # Said once: the disk may stay full for hours.
            if str(error) not in self.problems:
                self.report(str(error))

    def _gives_up(self, jobs: list[Job], error: Exception) -> bool:
        """Whether to leave this work undone; else wait a moment before it is tried again."""
        if isinstance(error, apsw.FullError):
            empty(self._link)  # of what did not fit
        with self._changed:
            self._stuck = f"{type(error).__name__}: {error}"
            self._changed.notify_all()
            if self._closing or (len(jobs) == 1 and isinstance(jobs[0], Call)):
                return True
            self._changed.wait(RETRY_S)
            freeing = next((job for job in self._queue if job.frees and not job.finished), None)
        if freeing is not None:
            self._free(freeing)
        return False

    def _free(self, job: Job) -> None:
        """Do now what makes room; it stays in line, as done, so that all is counted in order."""
        job.error = self._try([job], durable=True)
        empty(self._link)
        with self._changed:
            job.finished = True
            self._changed.notify_all()

    def _refuse(self, job: Job, error: Exception) -> None:
        job.error = error
        if isinstance(job, Call):
            return
        text = str(error) if isinstance(error, AstraweaveError) else repr(error)
        line = f"{job.name} refused: {text}"
        with self._changed:
            self.counts["refused"] += 1
            self.problems.append(line)
            self._unkept.append(line)
