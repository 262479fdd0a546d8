"""Before the first question: a thread loads what it searches, a slice at a time.

Only of the player that was remembered last, and only what a bounded room holds. Refuses to keep a
question waiting for longer than a slice, or a game from closing.
"""

import threading
from collections.abc import Callable, Iterator

from astraweave.errors import AstraweaveError

FEWEST_BYTES, MOST = 1 << 20, 250_000
"""A save below this size is not prepared by itself, its first question is quick anyway; nor are so
many memories, of which each takes about 1.2 KB of RAM."""
AFTER_S = 0.25
"""Seconds until it begins by itself: who only opens a save and closes it does not wait for it."""
AT_ONCE = 256
"""Memories in a slice: 1 to 2 ms."""
READ_AT_ONCE = 32
"""The same of memories that are read, not searched."""
REST_S = 0.002
"""Between two slices: a frame that waits for this thread gets its turn."""


class Preparing:
    """The thread that loads; each item of `slices` is one slice, done."""

    def __init__(
        self, slices: Iterator[object], report: Callable[[str], None], after_s: float
    ) -> None:
        """Begin in so many seconds; `report` takes a line about what went wrong."""
        self._slices, self._report, self._after_s = slices, report, after_s
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._main, name="astraweave-prepare", daemon=True)
        self._thread.start()

    def wait(self) -> None:
        """Wait for its end."""
        self._thread.join()

    def stop(self) -> None:
        """Break it off."""
        self._stopping.set()
        self.wait()

    def _main(self) -> None:
        if self._stopping.wait(self._after_s):
            return
        try:
            for _ in self._slices:
                if self._stopping.wait(REST_S):
                    return
        except AstraweaveError as error:
            self._report(f"what questions search could not be prepared: {error}")
