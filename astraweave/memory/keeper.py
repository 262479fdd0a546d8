"""Makes backups by itself while a game is played, on a thread of its own; never blocks a frame.

When a save is opened that has grown by so many episodes since its newest backup, and again when it
has in play. Refuses to fill a disk that is nearly full, and to keep a game from closing.
"""

import shutil
import threading
import time
from collections.abc import Callable

from astraweave.errors import AstraweaveError
from astraweave.memory.beside import backups_of
from astraweave.memory.connection import Link, another_link, translated
from astraweave.memory.looking import look
from astraweave.memory.mark import state_of
from astraweave.memory.migrations import verify
from astraweave.memory.rolling import KEPT, back_up, episodes_ever

AFTER = 20
"""Episodes after which a backup is due."""
SHARE = 100
"""And at least one in so many of those there are: a large save is not copied at every start."""
APART_S = 600.0
"""Least time between two looks during play."""
LEAST_FREE_BYTES = 8 << 20
PATIENCE_S = 2.0
"""How long closing waits for a backup that is under way, before it is given up."""


class Keeper:
    """When a backup is due, and the thread that makes it."""

    def __init__(
        self,
        link: Link,
        report: Callable[[str], None],
        *,
        keep: int = KEPT,
        after: int = AFTER,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Do nothing yet.

        Args:
            link: the save; another connection of it is used.
            report: takes a line about what went wrong.
            keep: how many backups stay; 0 makes none, and so does a save in memory.
            after: episodes, at least 1.
            clock: seconds, monotonic.
        """
        self.on = keep > 0 and link.file is not None
        self._link, self._report = link, report
        self._keep, self._after, self._clock = keep, max(1, after), clock
        self._new = 0
        self._looked_s = clock()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def opened(self) -> None:
        """The save was opened: is a backup due?"""
        with translated(self._link.where):
            episodes = state_of(self._link.db).episodes if self.on else 0
        if self.on and episodes >= self._after:
            self._begin()

    def noticed(self) -> None:
        """An episode more; costs a comparison, until there are enough of them."""
        self._new += 1
        if self._new < self._after or not self.on:
            return
        now_s = self._clock()
        if now_s - self._looked_s >= APART_S:
            self._new, self._looked_s = 0, now_s
            self._begin()

    def wait(self, timeout_s: float | None = None) -> None:
        """Wait for the backup that is under way, if there is one."""
        if self._thread is not None:
            self._thread.join(timeout_s)

    def stop(self) -> None:
        """End: what takes too long is given up, and leaves nothing."""
        self.wait(PATIENCE_S)
        self._stopping.set()
        self.wait()

    def _begin(self) -> None:
        if self._thread is not None and self._thread.is_alive():
            return
        self._thread = threading.Thread(target=self._main, name="astraweave-backup", daemon=True)
        self._thread.start()

    def _main(self) -> None:
        try:
            with translated(self._link.where):
                self._back_up()
        except AstraweaveError as error:
            self._report(f"no backup was made: {error}")
        except OSError as error:
            self._report(f"no backup was made: {self._link.where}: {error.strerror}")

    def _back_up(self) -> None:
        file = self._link.file
        assert file is not None  # else nothing is on
        link = another_link(self._link)
        try:
            if not self._due(state_of(link.db).episodes):
                return
            free, size = shutil.disk_usage(file.parent).free, file.stat().st_size
            if free < 2 * size + LEAST_FREE_BYTES:
                self._report(f"no backup was made: {file.parent}: only {free:,} bytes are free")
                return
            back_up(link.db, file, keep=self._keep, wait_s=0.0, go_on=self._goes_on)
        finally:
            link.db.close()

    def _due(self, episodes: int) -> bool:
        """Whether the newest backup is too old; one of a time that was undone is."""
        assert self._link.file is not None
        for newest in backups_of(self._link.file)[:1]:
            with look(newest.file, str(newest.file)) as db:
                verify(db, str(newest.file))
                enough = max(self._after, episodes // SHARE)
                return not 0 <= episodes - episodes_ever(db) < enough
        return episodes >= self._after

    def _goes_on(self) -> bool:
        return not self._stopping.is_set()
