"""Learning off the frame: one job at a time, in a child process when the save is a file.

A busy thread of Python takes frames from .9 to 6 ms, so learning, verdicts and the compilation
of kernels run in a child (`astraweave.learning.child`): jobs go in as one line of JSON, answers
come out as one line; no pickle, no main guard. A save in memory cannot be shared with a child and
learns in a thread, and so does a frozen program, which has no interpreter to start. Refuses more
than a few jobs in its queue.
"""

import os
import subprocess
import sys
import threading
import weakref
from collections import deque
from concurrent.futures import Future
from contextlib import suppress
from typing import TYPE_CHECKING

import msgspec

from astraweave.errors import StoreError
from astraweave.learning.child import Answer, Job, Order, learn_all
from astraweave.learning.game import Game, LearnSettings
from astraweave.learning.loop import LearnReport
from astraweave.learning.setup import GameSpec, can_be_sent, spec_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from astraweave.memory import MemoryStore

QUEUE_LENGTH = 8
CLOSE_TIMEOUT_S = 30.0
JOB_TIMEOUT_S = 3600.0
"""A step that takes longer hangs: its process is ended, and nothing of it is stored."""
LINES_KEPT, LINE_BYTES = 20, 400


class Worker:
    """A bounded queue, one thread that waits, and the child that works.

    `figures` counts jobs submitted, done, failed and refused, and processes started.
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
        self._closing = False
        self._child: LearningProcess | None = None
        self._thread: threading.Thread | None = None
        names = ("submitted", "done", "failed", "refused", "started")
        self.figures = dict.fromkeys(names, 0)

    def submit(self, job: Job) -> "Future[LearnReport]":
        """Queue a job; never blocks. A full queue fails the future with StoreError."""
        future: Future[LearnReport] = Future()
        with self._changed:
            refused = None
            if self._closing:
                refused = "the learner is closed"
            elif len(self._queue) >= QUEUE_LENGTH:
                refused = f"{QUEUE_LENGTH} steps of learning wait already"
            if refused is None:
                self._queue.append((job, future))
                self._changed.notify_all()
            self.figures["submitted" if refused is None else "refused"] += 1
            if self._thread is None and not self._closing:
                name = "astraweave-learn"
                self._thread = threading.Thread(target=self._run, name=name, daemon=True)
                self._thread.start()
        if refused is not None:
            future.set_exception(StoreError(what=refused, where="learn_soon", fix="wait for one"))
        return future

    def close(self, timeout_s: float = CLOSE_TIMEOUT_S) -> None:
        """Finish what is queued, then stop the child.

        What takes longer is given up: its future fails, and the next start learns it.
        """
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        thread, child = self._thread, self._child
        if thread is not None:
            thread.join(timeout_s)
        if thread is not None and thread.is_alive():
            with self._changed:
                left = list(self._queue)
                self._queue.clear()
            for _, future in left:
                self.figures["failed"] += 1
                if future.set_running_or_notify_cancel():
                    future.set_exception(StoreError(what="the learner was closed before this step"))
        child = self._child
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

    def _do(self, job: Job, future: "Future[LearnReport]") -> None:
        try:
            if self._spec is None:
                reports = learn_all(self._store, self._game, job, self._settings)
            else:
                reports = self._ask(job, self._spec)
            if self._learned is not None:
                self._learned(reports)
        except Exception as error:  # noqa: BLE001  # handed to whoever holds the future
            self.figures["failed"] += 1
            future.set_exception(error)
        else:
            self.figures["done"] += 1
            future.set_result(reports[-1])

    def _ask(self, job: Job, spec: GameSpec) -> tuple[LearnReport, ...]:
        """Send the order, wait for the answer; a process that ended is replaced first."""
        self._store.flush()
        child = self._child
        if child is None or not child.alive:
            if child is not None:
                child.end()
            child = self._child = LearningProcess()
            self.figures["started"] += 1
        line = child.ask(msgspec.json.encode(Order(job=job, game=spec)), self._job_timeout_s)
        answer = msgspec.json.decode(line, type=Answer)
        if answer.error is not None:
            raise StoreError(what=answer.error, where="learning process")
        return answer.reports


def can_start() -> bool:
    """Whether this program can start its interpreter again: a frozen one is not one."""
    return bool(sys.executable) and not getattr(sys, "frozen", False)


class LearningProcess:
    """The child, with this interpreter, this import path and its own pipes.

    What it prints goes nowhere; the last lines are kept for the error when it dies.
    """

    def __init__(self) -> None:
        """Start it."""
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(p or "." for p in sys.path)}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "astraweave.learning.child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
            # On Windows a game without a console must not get one.
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        self._lines: deque[bytes] = deque(maxlen=LINES_KEPT)
        self._reader = threading.Thread(
            target=_drain, args=(self._process, self._lines), name="astraweave-said", daemon=True
        )
        self._reader.start()
        # A host that forgets to close leaves no process behind.
        self._finalizer = weakref.finalize(self, _end, self._process, self._reader, 0.0)

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def ask(self, order: bytes, timeout_s: float) -> bytes:
        """The line it answers.

        Raises:
            StoreError: it ended, or took longer than `timeout_s` and was ended.
        """
        process, late = self._process, threading.Event()
        assert process.stdin is not None
        assert process.stdout is not None

        def give_up() -> None:
            late.set()
            process.kill()

        timer = threading.Timer(timeout_s, give_up)
        timer.daemon = True
        timer.start()
        try:
            process.stdin.write(order + b"\n")
            process.stdin.flush()
            line = process.stdout.readline()
        except (OSError, ValueError):  # a broken pipe, or one that `end` has closed
            line = b""
        finally:
            timer.cancel()
        if not line.endswith(b"\n"):
            raise self._died(timeout_s if late.is_set() else None)
        return line

    def _died(self, late_s: float | None) -> StoreError:
        code = _end(self._process, self._reader, 1.0)
        said = self._lines[-1].decode("utf-8", "replace").strip() if self._lines else ""
        what = "the learning process ended" if late_s is None else f"a step took over {late_s:g} s"
        return StoreError(
            what=f"{what} (exit code {code})",
            got=said or None,
            where="learn_soon",
            fix="nothing is lost: the next step starts a new one",
        )

    def end(self, timeout_s: float = 1.0) -> None:
        """Close its input, which ends it; kill it when it does not end."""
        self._finalizer.detach()
        _end(self._process, self._reader, timeout_s)


def _drain(process: "subprocess.Popen[bytes]", lines: "deque[bytes]") -> None:
    """Read what the child prints, so that it never waits for a reader."""
    assert process.stderr is not None
    while line := process.stderr.readline(LINE_BYTES):
        if line.strip():
            lines.append(line)


def _end(process: "subprocess.Popen[bytes]", reader: threading.Thread, timeout_s: float) -> int:
    """Close its input, wait, kill it if need be, and leave no pipe open; returns its exit code."""
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    with suppress(OSError):  # what was still to be written has nobody to read it
        process.stdin.close()
    try:
        code = process.wait(timeout_s)
    except subprocess.TimeoutExpired:
        process.kill()
        code = process.wait()
    reader.join(timeout_s)
    process.stdout.close()
    process.stderr.close()
    return code
