"""The learning process as its parent sees it: one line in, one line out, and an end to it.

Refuses to wait for ever, and to leave a process or a pipe behind.
"""

import os
import subprocess
import sys
import threading
import weakref
from collections import deque
from contextlib import suppress

from astraweave.errors import StoreError

LINES_KEPT, LINE_BYTES = 20, 400
LAST_WORDS_S = 10.0
"""How long to wait, on a busy machine, for all that a child said before it died."""


class ProcessLostError(StoreError):
    """The child ended by itself, or hung and was ended."""


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
            ProcessLostError: it ended, or took longer than `timeout_s` and was ended.
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

    def _died(self, late_s: float | None) -> "ProcessLostError":
        code = _end(self._process, self._reader, LAST_WORDS_S)
        said = self._lines[-1].decode("utf-8", "replace").strip() if self._lines else ""
        what = "the learning process ended" if late_s is None else f"a step took over {late_s:g} s"
        return ProcessLostError(
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
