"""Learning off the frame: one job at a time, in a child process when the save is a file.

A busy thread of Python takes frames from .9 to 6 ms, so learning, verdicts and the compilation
of kernels run in a child (`python -m astraweave.learning.worker`): jobs go in as one line of
JSON, reports come out as one line; no pickle, no main guard. A save in memory cannot be shared
with a child and learns in a thread. Refuses more than a few jobs in its queue.
"""

import os
import subprocess
import sys
import threading
from concurrent.futures import Future
from queue import Full, Queue
from typing import TYPE_CHECKING

import msgspec

from astraweave.errors import StoreError
from astraweave.learning.game import Game, LearnSettings
from astraweave.learning.loop import LearnReport, learn
from astraweave.learning.setup import GameSpec, can_be_sent, spec_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from astraweave.memory import MemoryStore

QUEUE_LENGTH = 8
CLOSE_TIMEOUT_S = 30.0


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """One step of learning for some pairs of (player, companion). `path` is the save."""

    path: str
    pairs: tuple[tuple[str, str], ...]
    seed: int
    now: float


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """A job with the game it is for, as it is sent to the child."""

    job: Job
    game: GameSpec


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What the child says: a report or the one line of an error."""

    report: LearnReport | None = None
    error: str | None = None


class Worker:
    """A bounded queue, one thread that waits, and the child that works.

    `figures` counts jobs submitted, done, failed and refused.
    """

    def __init__(
        self,
        store: "MemoryStore",
        game: Game,
        settings: LearnSettings,
        environment_name: str | None,
    ) -> None:
        """Nothing is started before the first job."""
        self._store, self._game, self._settings = store, game, settings
        shared = str(store.path) != ":memory:" and can_be_sent(game, settings, environment_name)
        self._spec = spec_of(game, settings, environment_name) if shared else None
        self._queue: Queue[tuple[Job, Future[LearnReport]] | None] = Queue(QUEUE_LENGTH)
        self._child: subprocess.Popen[bytes] | None = None
        self._thread: threading.Thread | None = None
        self.figures = {"submitted": 0, "done": 0, "failed": 0, "refused": 0}

    def submit(self, job: Job) -> "Future[LearnReport]":
        """Queue a job; never blocks. A full queue fails the future with StoreError."""
        future: Future[LearnReport] = Future()
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="astraweave-learn", daemon=True)
            self._thread.start()
        try:
            self._queue.put_nowait((job, future))
            self.figures["submitted"] += 1
        except Full:
            self.figures["refused"] += 1
            future.set_exception(
                StoreError(
                    what=f"{QUEUE_LENGTH} steps of learning wait already", fix="wait for one"
                )
            )
        return future

    def close(self) -> None:
        """Finish what is queued, then stop the child."""
        if self._thread is not None:
            self._queue.put(None)
            self._thread.join(CLOSE_TIMEOUT_S)
        child, self._child = self._child, None
        if child is not None:
            if child.stdin is not None:
                child.stdin.close()
            try:
                child.wait(CLOSE_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
            if child.stdout is not None:
                child.stdout.close()

    def _run(self) -> None:
        while (item := self._queue.get()) is not None:
            job, future = item
            if not future.set_running_or_notify_cancel():
                continue
            try:
                report = self._learn_here(job) if self._spec is None else self._ask(job, self._spec)
            except Exception as error:  # noqa: BLE001  # handed to whoever holds the future
                self.figures["failed"] += 1
                future.set_exception(error)
            else:
                self.figures["done"] += 1
                future.set_result(report)

    def _learn_here(self, job: Job) -> LearnReport:
        return learn_all(self._store, self._game, job, self._settings)

    def _ask(self, job: Job, spec: GameSpec) -> LearnReport:
        """Send the order, wait for the answer; a child that died is said and not restarted now."""
        self._store.flush()
        if self._child is None or self._child.poll() is not None:
            self._child = start_child()
        child = self._child
        if child.stdin is None or child.stdout is None:
            raise StoreError(what="the learning process has no pipes", fix="call learn() instead")
        try:
            child.stdin.write(msgspec.json.encode(Order(job=job, game=spec)) + b"\n")
            child.stdin.flush()
            line = child.stdout.readline()
        except OSError as error:
            raise _died(child) from error
        if not line:
            raise _died(child)
        answer = msgspec.json.decode(line, type=Answer)
        if answer.report is None:
            raise StoreError(what=answer.error or "learning failed", where="learning process")
        return answer.report


def _died(child: "subprocess.Popen[bytes]") -> StoreError:
    return StoreError(
        what="the learning process ended", got=child.poll(), fix="the next step starts a new one"
    )


def start_child() -> "subprocess.Popen[bytes]":
    """A child with this interpreter, this import path and its own pipes."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(p or "." for p in sys.path)}
    return subprocess.Popen(
        [sys.executable, "-m", "astraweave.learning.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
    )


def learn_all(store: "MemoryStore", game: Game, job: Job, settings: LearnSettings) -> LearnReport:
    """One step for each pair; the report of the last."""
    reports = [
        learn(
            store,
            game,
            player_id=player_id,
            companion_id=companion_id,
            seed=job.seed,
            now=job.now,
            settings=settings,
        )
        for player_id, companion_id in job.pairs
    ]
    return reports[-1]


def serve(lines: "Callable[[], bytes]", answer: "Callable[[bytes], object]") -> None:
    """The child's loop: one order a line until the pipe closes; an error is an answer too."""
    from astraweave.learning.setup import game_of  # noqa: PLC0415  # the parent never needs it
    from astraweave.memory import open_memory  # noqa: PLC0415

    while line := lines():
        try:
            order = msgspec.json.decode(line, type=Order)
            game, settings = game_of(order.game)
            with open_memory(order.job.path, recover=False) as store:
                said = Answer(report=learn_all(store, game, order.job, settings))
        except Exception as error:  # noqa: BLE001  # one bad job must not end the child
            said = Answer(error=f"{type(error).__name__}: {error}")
        answer(msgspec.json.encode(said) + b"\n")


def main() -> None:
    """Entry of the child process. Whatever is printed elsewhere goes to stderr."""
    out = os.fdopen(os.dup(sys.stdout.fileno()), "wb", buffering=0)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    serve(sys.stdin.buffer.readline, out.write)


if __name__ == "__main__":
    main()
