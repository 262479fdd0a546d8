"""A process that plays an esper game for this one, under time limits, and those that rest.

Refuses to wait: what takes too long is ended, and said where it stood. A process that has nothing
to do for a while ends; none outlives this one.
"""

import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import weakref
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

import msgspec

from astraweave.ecs.stage_child import Answer, Order, framed, unframed
from astraweave.ecs.target import INSIDE, Target
from astraweave.errors import EnvironmentFailure

CHECK_S = 0.1
"""How exactly a time limit is kept, seconds."""
REST_S = 20.0
"""A process that has rested so long, in seconds, ends."""
DIE_S = 5.0
_PLACE = re.compile(r'File "([^"]+)", line (\d+) in (\S+)')
_decode = msgspec.msgpack.Decoder(Answer).decode


class _Watch:
    """Ends a process at a deadline (of `time.monotonic`); `late` says that it did."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self.process, self.until, self.late = process, float("inf"), False
        self.lock = threading.Lock()
        threading.Thread(target=self._run, name="astraweave-stage", daemon=True).start()

    def _run(self) -> None:
        while self.process.poll() is None:
            with self.lock:
                self.late = time.monotonic() > self.until
            if self.late:
                _abort(self.process)
                return
            time.sleep(CHECK_S)


class StageProcess:
    """One process and the game it has loaded. Ask it one thing at a time."""

    def __init__(self, target: Target, start_s: float) -> None:
        """Start it and have it load the game.

        Raises:
            EnvironmentFailure: the game cannot be loaded, or is another than this process's.
        """
        if os.environ.get(INSIDE):
            raise EnvironmentFailure(
                what="plays in the sandbox while the sandbox loads it",
                where=target.file or target.module,
                fix="keep what plays under `if __name__ == '__main__':`",
            )
        self.target = target
        # PYTHONHASHSEED: the order of a set of names must not differ from process to process.
        path = os.pathsep.join(part or "." for part in sys.path)
        # A file, not a pipe: it never fills up, and the end of it tells where a crash was.
        self._said: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  # as long as the process
        self._process = subprocess.Popen(
            [sys.executable, "-m", "astraweave.ecs.stage_child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            env={**os.environ, "PYTHONPATH": path, "PYTHONHASHSEED": "0"},
            # A group of its own: what the game starts ends with it.
            start_new_session=True,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        self._finalizer = weakref.finalize(self, _end, self._process, self._said)
        self._watch = _Watch(self._process)
        late = f"not loaded in {start_s:g} s"
        answer = self.ask(Order(do="load", target=target), start_s, late)
        if answer.digest != target.digest():
            self.end()
            raise EnvironmentFailure(
                what="has changed on disk since it was loaded here",
                where=target.file or target.module,
                fix="start again",
            )

    def woken(self) -> bool:
        """Whether it still runs; it does not end by itself until it `rest`s again."""
        with self._watch.lock:
            self._watch.until = float("inf")
            return not self._watch.late and self._process.poll() is None

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def ask(self, order: Order, limit_s: float, late: str) -> Answer:
        """Its answer, within `limit_s` seconds, else `late` is told. After a failure it is ended.

        Raises:
            EnvironmentFailure: the game raised, hung, or ended its process.
        """
        process, watch = self._process, self._watch
        assert process.stdin is not None
        assert process.stdout is not None
        watch.until = time.monotonic() + limit_s
        try:
            process.stdin.write(framed(order))
            process.stdin.flush()
            body = unframed(process.stdout)
        except OSError:  # a broken pipe
            body = b""
        except BaseException:  # Ctrl-C: its answer would be taken for another's
            self.end()
            raise
        watch.until = float("inf")
        if not body:
            raise self._died(late)
        answer = _decode(body)
        if answer.failure is not None:
            self.end()
            raise EnvironmentFailure(what=answer.failure, fix=answer.fix)
        return answer

    def rest(self) -> None:
        """It may end when nobody asks it anything for a while."""
        self._watch.until = time.monotonic() + REST_S

    def end(self) -> None:
        """End it now."""
        self._finalizer()

    def _died(self, late: str) -> EnvironmentFailure:
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(DIE_S)
        code, at = self._process.poll(), self._where()
        self.end()
        if self._watch.late:
            return EnvironmentFailure(what=f"hung: {late}{at}")
        return EnvironmentFailure(what=f"ended its process: {_word(code)}{at}")

    def _where(self) -> str:
        """The line at which it stood, if Python could still say so."""
        # Its end: before it stands whatever the game printed.
        with suppress(OSError):
            self._said.seek(-min(65536, self._said.seek(0, os.SEEK_END)), os.SEEK_END)
        said = self._said.read().decode("utf-8", "replace")
        found = _PLACE.search(said, max(0, said.rfind("most recent call first")))
        return "" if found is None else f" ({Path(found[1]).name}:{found[2]}, {found[3]})"


def _word(code: int | None) -> str:
    """How a process ended."""
    if code is None or code >= 0:
        return f"exit code {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"


def _abort(process: "subprocess.Popen[bytes]") -> None:
    """End a process so that it says where it stands, if it can."""
    if os.name == "posix":
        with suppress(OSError, subprocess.TimeoutExpired):
            process.send_signal(signal.SIGABRT)
            process.wait(DIE_S)
    with suppress(OSError):
        process.kill()


def _end(process: "subprocess.Popen[bytes]", said: Any) -> None:
    if os.name == "posix":
        with suppress(OSError):  # nobody is left in it
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.wait()
    for stream in (process.stdin, process.stdout, said):
        if stream is not None:
            with suppress(OSError):
                stream.close()


_lock = threading.Lock()
_resting: dict[Target, list[StageProcess]] = {}


def taken(target: Target, start_s: float) -> StageProcess:
    """A process with this game: one that rests, else a new one."""
    with _lock:
        resting = _resting.get(target, [])
        while resting:
            process = resting.pop()
            if process.woken():
                return process
            process.end()
    return StageProcess(target, start_s)


def given_back(process: StageProcess) -> None:
    """Nobody needs it at present."""
    process.rest()
    with _lock:
        _resting.setdefault(process.target, []).append(process)
