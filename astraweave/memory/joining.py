"""Joins the parts of the index of words between two pieces of work, a few leaves at a time.

FTS5 keeps what one commit adds as a part of its own, and every search and every deletion looks
through all of them. By itself it joins them inside a commit, hundreds of leaves at once, and
whoever waits for that commit waits for it, too. Refuses nothing: what cannot be joined now (another
program writes, the disk is full) is found as it is, and is tried again after the next commit.
"""

from typing import Any

import apsw

from astraweave.memory.connection import BUSY_MS, Link

AT_ONCE = 24
"""Leaves written in one transaction: less than a millisecond, with its commit."""
LEAF_BYTES = 512
"""FTS5's own 4,050 make it look through up to 16,000 memories, in each part, to delete one."""
_MOST = 64
"""Parts of one size that a commit joins all the same: this writer never had a moment."""
_SETTINGS = (("automerge", 0), ("crisismerge", _MOST), ("pgsz", LEAF_BYTES))
_SET = "INSERT INTO memory_words (memory_words, rank) VALUES (?, ?)"
# The list of parts: as long as it is the same there is nothing new to join.
_PARTS = "SELECT block FROM memory_words_data WHERE id = 10"
_BUSY = (apsw.FullError, apsw.BusyError, apsw.LockedError, apsw.IOError)


class Joining:
    """What of the index there is to join, by what commits of one connection and of others left."""

    def __init__(self, link: Link) -> None:
        """`link` is the writer's."""
        self._link = link
        self._joined: object = None
        self._off = link.refusal is not None

    def some(self) -> bool:
        """Join a little in a transaction of its own; whether there may be more to join.

        Raises:
            apsw.Error: the index is damaged; nothing is joined any more.
        """
        if self._off:
            return False
        with self._link.lock:
            self._link.db.set_busy_timeout(0)
            try:
                parts = self._link.db.execute(_PARTS).get
                if parts == self._joined:
                    return False
                before, leaves = self._link.db.total_changes(), AT_ONCE
                with self._link.transaction() as db:
                    if self._joined is None and _set(db):
                        leaves = -AT_ONCE  # below zero: all of it, whatever its size, anew
                    db.execute(_SET, ("merge", leaves))
            except _BUSY:
                return False
            except apsw.Error:
                self._off = True
                raise
            finally:
                self._link.db.set_busy_timeout(BUSY_MS)
            if self._link.db.total_changes() - before >= 2:  # FTS5's word for "something was done"
                return True
            self._joined = parts
            return False


def _set(db: apsw.Connection) -> bool:
    """Take FTS5's own joining out of the commits; False when it was."""
    known: list[Any] = db.execute("SELECT k, v FROM memory_words_config").fetchall()
    if set(_SETTINGS) <= set(known):
        return False
    db.executemany(_SET, _SETTINGS)
    return True
