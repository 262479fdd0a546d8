"""What must not be done in a frame: reading the save, asking the learner, loading kernels.

One thread does one thing after another; the window asks now and then whether something is done.
"""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event
from typing import Any

from astraweave import AstraweaveError
from astraweave.learning import LearnReport, Status
from companion.session import Session
from companion.summary import status_of
from companion.warm import warm, warm_in_child


class Desk:
    """The thread, what it has found out, and what it has to say.

    `status` is what the panel shows, None before it was read; `notes` are lines for the player.
    """

    def __init__(self) -> None:
        """Start nothing yet."""
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="demo-desk")
        self._stop = Event()
        self._waiting: list[tuple[Future[Any], Callable[[Any], None]]] = []
        self._learning: Future[LearnReport] | None = None
        self.status: Status | None = None
        self.report: LearnReport | None = None
        self.notes: list[str] = []

    def prepare(self, make: Callable[[], Session]) -> Future[Session | None]:
        """Compile in a child, load here, then make the session and read what it remembers.

        None when the desk was closed before.
        """

        def work() -> Session | None:
            warm_in_child(self._stop)
            if self._stop.is_set():
                return None
            warm()
            session = make()
            self.status = status_of(session)
            return session

        return self._pool.submit(work)

    def ask(self, session: Session, work: Callable[[], object], done: str) -> None:
        """Do something with the learner; `done` is said when it has worked."""

        def both() -> Status:
            work()
            return status_of(session)

        def then(status: Status) -> None:
            self.status = status
            self.notes.append(done)

        self._waiting.append((self._pool.submit(both), then))

    def later(self, work: Callable[[], None]) -> None:
        """Do something that a frame must not wait for."""
        self._waiting.append((self._pool.submit(work), _nothing))

    def learn(self, session: Session) -> None:
        """Learn from what was played, in the learner's own process."""
        self._learning = session.learner.learn_soon()
        self.report = None

    @property
    def busy(self) -> bool:
        """Whether something is being learned, or the panel is not up to date yet."""
        return self._learning is not None or bool(self._waiting)

    def look(self, session: Session) -> None:
        """Take what is done; called once a frame, never waits."""
        learning = self._learning
        if learning is not None and learning.done():
            self._learning = None
            self._take(learning, lambda report: self._learned(session, report))
        for entry in [entry for entry in self._waiting if entry[0].done()]:
            self._waiting.remove(entry)
            self._take(*entry)

    def _learned(self, session: Session, report: LearnReport) -> None:
        self.report = report
        self.ask(session, lambda: None, report.message)

    def _take(self, future: Future[Any], then: Callable[[Any], None]) -> None:
        error = future.exception()
        if error is None:
            then(future.result())
        elif isinstance(error, AstraweaveError):
            self.notes.append(str(error))
        else:
            raise error

    def close(self) -> None:
        """Wait for what is at hand; what is being compiled is dropped."""
        self._stop.set()
        self._pool.shutdown(wait=True, cancel_futures=True)


def _nothing(_done: object) -> None:
    pass
