"""Code of the user's that takes long may never come back: then that is said, once.

Ends nothing: a thread cannot be ended from outside, and Ctrl-C can.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from astraweave.cli.output import complain

PATIENCE_S = 10.0


@contextmanager
def patience(line: str) -> Iterator[None]:
    """Say so when what is done here takes long.

    Args:
        line: what is being done, e.g. "camp:make: still being made".
    """
    said = f"{line} after {PATIENCE_S:g} s; Ctrl-C ends it"
    timer = threading.Timer(PATIENCE_S, complain, [said])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


@contextmanager
def patience_in_play() -> Iterator[None]:
    """Say so when a game that is played in this process keeps one answer back for long."""
    over = threading.Event()
    watch = threading.Thread(target=_watch, args=(over,), name="patience", daemon=True)
    watch.start()
    try:
        yield
    finally:
        over.set()
        watch.join()


def _watch(over: threading.Event) -> None:
    before: object = None
    while not over.wait(PATIENCE_S):
        from astraweave.sandbox.waiting import asked_now  # noqa: PLC0415  # by now it is loaded

        asked = asked_now()
        if asked is not None and asked is before:
            complain(
                f"{asked.where}: no answer of the game in {PATIENCE_S:g} s, it may be compiling; "
                "Ctrl-C ends it, and `sandbox validate --workers 1` ends such a game by itself"
            )
            return
        before = asked
