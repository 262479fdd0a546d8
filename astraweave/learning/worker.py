"""Learning off the frame: one job at a time, in a child process when the save is a file.

A busy thread of Python takes frames from .9 to 6 ms, so learning, verdicts and the compilation
of kernels run in a child (`astraweave.learning.child`): jobs go in as one line of JSON, answers
come out as one line; no pickle, no main guard. A save in memory cannot be shared with a child and
learns in a thread, and so does a frozen program, which has no interpreter to start. What waits is
marked in the save, so that the next start learns it. Refuses more than a few jobs in its queue,
and to start a process again and again that does not survive its work.
"""

import threading
import time
from collections import deque
from concurrent.futures import Future
from typing import TYPE_CHECKING

import msgspec

from astraweave.errors import StoreError
from astraweave.learning.child import Answer, Job, Order, learn_all
from astraweave.learning.game import Game, LearnSettings
from astraweave.learning.loop import LearnReport
from astraweave.learning.process import LearningProcess, ProcessLostError, can_start
from astraweave.learning.setup import GameSpec, can_be_sent, spec_of
from astraweave.learning.standing import Standing

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from astraweave.memory import MemoryStore

QUEUE_LENGTH = 8
CLOSE_TIMEOUT_S = 30.0
JOB_TIMEOUT_S = 3600.0
"""A step that takes longer hangs: its process is ended, and nothing of it is stored."""
MOST_CRASHES = 3
"""Processes lost in a row after which none is started any more, until the game is."""


class Worker:
    """A bounded queue, one thread that waits, and the child that works.

    Its figures: jobs queued now, and since the start submitted, done, failed and refused (each
    failure and refusal is a line of `store.problems`), processes started and crashed, and the
    seconds that jobs took.
    """

    def __init__(
        self,
        store: "MemoryStore",
        game: Game,
        settings: LearnSettings,
        environment_name: str | None,
        *,
        learned: "Callable[[Sequence[LearnReport]], None] | None" = None,
        job_timeout_s: float = JOB_TIMEOUT_S,
    ) -> None:
        """Nothing is started before the first job; `learned` is told the reports of each."""
        self._store, self._game, self._settings = store, game, settings
        shared = can_start() and can_be_sent(game, settings, environment_name)
        self._spec = None
        if shared and str(store.path) != ":memory:":
            self._spec = spec_of(game, settings, environment_name)
        self._learned, self._job_timeout_s = learned, job_timeout_s
        self._queue: deque[tuple[Job, Future[LearnReport]]] = deque()
        self._changed = threading.Condition()
        self._closing = self._given_up = False
        self._child: LearningProcess | None = None
        self._thread: threading.Thread | None = None
        names = ("submitted", "done", "failed", "refused", "started", "crashed")
        self._counts = dict.fromkeys(names, 0)
        self._seconds = 0.0
        self._lost_running = 0
        self._standing = Standing(store)

    @property
    def figures(self) -> dict[str, float]:
        """By name, see the class."""
        return {"queued": len(self._queue), **self._counts, "seconds": round(self._seconds, 6)}

    def submit(self, job: Job) -> "Future[LearnReport]":
        """Queue a job; never blocks. A full queue fails the future with StoreError."""
        future: Future[LearnReport] = Future()
        with self._changed:
            refused = None
            if self._closing:
                refused = "the learner is closed"
            elif self._lost_running >= MOST_CRASHES:
                refused = f"the learning process was lost {MOST_CRASHES} times running; it rests"
            elif len(self._queue) >= QUEUE_LENGTH:
                refused = f"{QUEUE_LENGTH} steps of learning wait already"
            if refused is None:
                self._standing.waits(job.pairs)
                self._queue.append((job, future))
                self._changed.notify_all()
            self._counts["submitted" if refused is None else "refused"] += 1
            if self._thread is None and not self._closing:
                name = "astraweave-learn"
                self._thread = threading.Thread(target=self._run, name=name, daemon=True)
                self._thread.start()
        if refused is not None:
            fix = "nothing is lost: a later step, or the next start, learns it"
            error = StoreError(what=refused, where="learn_soon", fix=fix)
            self._store.report(f"a step of learning was refused: {error}")
            future.set_exception(error)
        return future

    def close(self, timeout_s: float = CLOSE_TIMEOUT_S) -> None:
        """Finish what is queued, then stop the child.

        What takes longer is given up: its future fails, and the next start learns it.
        """
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        thread = self._thread
        if thread is not None:
            thread.join(timeout_s)
        with self._changed:
            # A child that is being started just now is ended by who starts it.
            self._given_up, child = True, self._child
        if thread is not None and thread.is_alive():
            with self._changed:
                left = list(self._queue)
                self._queue.clear()
            for _, future in left:
                self._counts["failed"] += 1
                if future.set_running_or_notify_cancel():
                    future.set_exception(StoreError(what="the learner was closed before this step"))
        if child is not None:
            child.end()
        if thread is not None and child is not None:
            thread.join(timeout_s)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._queue or self._closing)
                if not self._queue:
                    return
                job, future = self._queue.popleft()
            if future.set_running_or_notify_cancel():
                self._do(job, future)
            else:
                self._settled(job)

    def _settled(self, job: Job, reports: tuple[LearnReport, ...] = ()) -> None:
        """Its pairs wait no more, but for those of which another job waits."""
        ill = {(r.player_id, r.companion_id) for r in reports if r.trouble is not None}
        self._standing.well(pair for pair in job.pairs if pair not in ill)
        with self._changed:
            waiting = {pair for other, _ in self._queue for pair in other.pairs}
            self._standing.settled(pair for pair in job.pairs if pair not in waiting)

    def _do(self, job: Job, future: "Future[LearnReport]") -> None:
        begun_s = time.monotonic()
        try:
            if self._spec is None:
                reports = learn_all(self._store, self._game, job, self._settings)
            else:
                reports = self._ask(job, self._spec)
            if self._learned is not None:
                self._learned(reports)
        except Exception as error:  # noqa: BLE001  # handed to whoever holds the future
            lost = isinstance(error, ProcessLostError)
            self._lost_running = self._lost_running + 1 if lost else 0
            self._counts["crashed"] += lost
            self._counts["failed"] += 1
            self._seconds += time.monotonic() - begun_s
            self._standing.failed(job.pairs, str(error))
            future.set_exception(error)
        else:
            self._lost_running = 0
            self._counts["done"] += 1
            self._seconds += time.monotonic() - begun_s
            self._settled(job, tuple(reports))
            future.set_result(reports[-1])

    def _ask(self, job: Job, spec: GameSpec) -> tuple[LearnReport, ...]:
        """Send the order, wait for the answer; a process that ended is replaced first."""
        self._store.flush()
        child = self._child
        if child is None or not child.alive:
            if child is not None:
                child.end()
            child = LearningProcess()
            self._counts["started"] += 1
            with self._changed:
                self._child, given_up = child, self._given_up
            if given_up:
                child.end(0.0)
                raise StoreError(what="the learner was closed before this step")
        line = child.ask(msgspec.json.encode(Order(job=job, game=spec)), self._job_timeout_s)
        answer = msgspec.json.decode(line, type=Answer)
        if answer.error is not None:
            raise StoreError(what=answer.error, where="learning process")
        return answer.reports
