"""Moves the write-ahead log into the file between two pieces of work, a little at a time.

SQLite by itself does this inside a commit, and whoever waits for that commit waits for it, too, and
for the disk. Refuses nothing: what cannot be moved now (another program reads it, the disk is full)
stays in the log, where it is as safe, and is tried again after the next commit.
"""

from contextlib import suppress
from typing import Any

import apsw

from astraweave.memory.connection import BUSY_MS, Link

PAGES = 64
"""From so many pages in the log on they are moved. Of .6 ms of processor time .5 are the kernel's
for two syncs, however many pages there are: fewer at once would take more of it in all."""
_MOVE, _CUT = "PRAGMA wal_checkpoint(PASSIVE)", "PRAGMA wal_checkpoint(TRUNCATE)"
_PASSING = (apsw.FullError, apsw.BusyError, apsw.LockedError, apsw.IOError)


class Drain:
    """How much of the log is not in the file yet, by what commits of one connection say."""

    def __init__(self, link: Link) -> None:
        """Take the place of SQLite's own limit on `link`; nothing else may write through it."""
        self._link = link
        self._held = self._moved = 0
        link.db.set_wal_hook(self._committed)

    @property
    def due(self) -> bool:
        """Whether there is enough to be moved."""
        return self._held - self._moved >= PAGES

    def run(self) -> None:
        """Move what no reader still needs where it is; waits for the disk, and for nobody else."""
        with self._link.lock, suppress(*_PASSING):
            self._link.db.set_busy_timeout(0)
            try:
                held, moved = self._tell(_MOVE)
                if held == moved > 0:
                    # And cut it off, which is soon done: what is in the file already and then
                    # damaged would be replayed in part, old pages in the place of new ones.
                    held, moved = self._tell(_CUT)
            finally:
                self._link.db.set_busy_timeout(BUSY_MS)
            self._held, self._moved = held, moved

    def _tell(self, what: str) -> tuple[int, int]:
        """Pages in the log and how many of them are in the file, as counted by others too."""
        rows: list[Any] = self._link.db.execute(what).fetchall()
        return max(0, rows[0][1]), max(0, rows[0][2])  # -1 when another is at it

    def _committed(self, _db: apsw.Connection, _name: str, pages: int) -> int:
        """After each commit: `pages` in the log, which begins anew when all of it was moved."""
        self._held = pages
        if pages < self._moved:
            self._moved = 0
        return apsw.SQLITE_OK
