"""The process that plays an esper game: orders in, answers out, each a length and MessagePack.

    python -m astraweave.ecs.stage_child

Whatever the game does to esper, to this process or to its standard output stays here. It ends when
its input does, or when who started it is gone. Refuses to die of what the game raises.
"""

import faulthandler
import os
import re
import signal
import sys
import threading
import time
from contextlib import suppress
from functools import partial
from typing import IO

import msgspec

from astraweave.ecs.stage import Stage
from astraweave.ecs.target import INSIDE, Target
from astraweave.errors import AstraweaveError, EnvironmentFailure, said_of
from astraweave.model.ports import Step
from astraweave.model.scenario import Scenario

HEADER = 4
WATCH_S = 1.0
THREAD_S = 1.0
"""How long a thread that is about to end is waited for."""
LONGEST = 2000
"""Characters of what a game raised that are told on."""


class Order(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`load` a game, `reset`, `step` or ask for the `outcome`: whatever `do` says."""

    do: str
    target: Target | None = None
    scenario: Scenario | None = None
    seed: int = 0
    action: str | None = None


class Answer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What came of it: facts of a `reset`; a step, and after the last one the outcome too.

    `failure` and `fix` say why nothing came of it. `digest` is of the loaded game.
    """

    values: dict[str, float] = {}
    step: Step | None = None
    digest: str = ""
    failure: str | None = None
    fix: str | None = None


def framed(message: msgspec.Struct) -> bytes:
    """A message as it is sent."""
    body = msgspec.msgpack.encode(message)
    return len(body).to_bytes(HEADER, "little") + body


def unframed(stream: IO[bytes]) -> bytes:
    """The body of the next message; empty at the end of the stream."""
    header = stream.read(HEADER)
    if len(header) < HEADER:
        return b""
    size = int.from_bytes(header, "little")
    body = stream.read(size)
    return body if len(body) == size else b""


def sayable(text: str) -> str:
    """Text that can be sent: half characters are no text, and an essay is no message."""
    return text[:LONGEST].encode("utf-8", "replace").decode("utf-8")


class Player:
    """Carries out orders."""

    stage: Stage
    _threads: frozenset[threading.Thread] = frozenset()
    """Those that ran when the episode began."""

    def answer(self, order: Order) -> Answer:
        """Carry out one; whatever is raised is its answer."""
        try:
            return self._done(order)
        except AstraweaveError as error:
            return Answer(failure=sayable(error.what), fix=error.fix)
        except BaseException as error:  # noqa: BLE001  # a game may raise SystemExit, or worse
            return Answer(failure=sayable(f"raised {said_of(error)}"))

    def _done(self, order: Order) -> Answer:
        if order.target is not None:
            self.stage = Stage(order.target.load())
            return Answer(digest=order.target.digest())
        if order.scenario is not None:
            _forget_what_was_said()
            self._check_threads("in the episode before this one")
            self._threads = frozenset(threading.enumerate())
            return Answer(values=self.stage.reset(order.scenario, order.seed))
        if order.do != "step":
            return Answer(values=self.stage.outcome())
        step = self.stage.step(order.action)
        if not step.done:
            return Answer(step=step)
        self._check_threads("when the episode ended")
        return Answer(step=step, values=self.stage.outcome())

    def _check_threads(self, when: str) -> None:
        """See that no thread goes on into another episode: esper's world is every thread's.

        Raises:
            EnvironmentFailure: one does.
        """
        if not self._threads:  # the first episode
            return
        for each in threading.enumerate():
            if each in self._threads:
                continue
            each.join(THREAD_S)
            if each.is_alive():
                # Without its number, which differs from process to process.
                name = re.sub(r"^Thread-\d+", "Thread", each.name)
                fix = "join it before the episode ends, or start it when the module is loaded"
                raise EnvironmentFailure(what=f"left a thread running {when}, {name}", fix=fix)


def _forget_what_was_said() -> None:
    """Keep of what the game prints only the present episode."""
    with suppress(OSError):
        os.ftruncate(2, 0)
        os.lseek(2, 0, os.SEEK_SET)


def _end_with(parent: int) -> None:
    """End when the parent has: a game in an endless loop never reads the end of its input."""
    while os.getppid() == parent:
        time.sleep(WATCH_S)
    _leave(1)


def _leave(code: int) -> None:
    """End at once, with whatever the game has started.

    Without the game's exit handlers: they may hang, or speak to a window that is not there.
    """
    if os.name == "posix" and os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(code)


def _bounded() -> None:
    """Leave no core in the current folder, and most of this machine's memory to others."""
    with suppress(ImportError, ValueError, OSError):  # there is no such module on Windows
        import resource  # noqa: PLC0415

        # A game that hangs is ended by a signal that would leave its memory in a file.
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        half = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
        hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
        if hard == resource.RLIM_INFINITY or hard > half:
            resource.setrlimit(resource.RLIMIT_DATA, (half, hard))


def _let_go(*streams: IO[bytes]) -> None:
    """In a process that the game forks off: it hears and says nothing, and ends when it is back."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in streams:
        os.dup2(nothing, stream.fileno(), inheritable=False)


def main() -> None:
    """Entry of the process."""
    # Ctrl-C reaches every process of a terminal; who started this one ends it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ[INSIDE] = "1"
    orders = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    # A game may print, and may wait for a key: neither must meet our messages.
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    faulthandler.enable()
    _bounded()
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=partial(_let_go, orders, answers))
    watch = threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True)
    watch.start()
    player, decode = Player(), msgspec.msgpack.Decoder(Order).decode
    with suppress(BrokenPipeError):
        while body := unframed(orders):
            answers.write(framed(player.answer(decode(body))))
            answers.flush()
    sys.stdout.flush()
    _leave(0)


if __name__ == "__main__":
    main()
