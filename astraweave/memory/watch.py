"""Looks through the structure of a save some time after it was opened, on a thread of its own.

A page that nothing reads when a save is opened may be damaged all the same. Table by table, so that
no log has to wait; with a low priority where the system has one for threads. Refuses to keep a game
from closing: what is being looked at then is broken off.
"""

import os
import sys
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress

import apsw

from astraweave.errors import AstraweaveError
from astraweave.memory.beside import next_step
from astraweave.memory.connection import Link, another_link, translated

AFTER_S = 5.0
"""How long after the opening the look begins."""
BETWEEN_S = 0.02
_KINDNESS = 10
_STEPS = 1_000
"""Pages, or steps of SQLite's, between two looks at whether to go on."""
_TABLES = "SELECT 'sqlite_schema' UNION ALL SELECT name FROM sqlite_schema WHERE type = 'table'"


class Watch:
    """The thread that looks; `counts` has `tables_checked` and `tables_damaged`."""

    def __init__(
        self, link: Link, report: Callable[[str], None], counts: Counter[str], after_s: float | None
    ) -> None:
        """Begin in `after_s` seconds; None never does, and nothing in memory needs it.

        Args:
            link: the save; another connection of it is used.
            report: takes a line about damage.
            counts: what was done is added to it.
            after_s: seconds, from 0 on.
        """
        self._link, self._report, self._counts = link, report, counts
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        if after_s is not None and link.file is not None:
            self._thread = threading.Thread(
                target=self._main, args=(after_s,), name="astraweave-watch", daemon=True
            )
            self._thread.start()

    def wait(self) -> None:
        """Wait for its end."""
        if self._thread is not None:
            self._thread.join()

    def stop(self) -> None:
        """Break it off."""
        self._stopping.set()
        self.wait()

    def _main(self, after_s: float) -> None:
        if self._stopping.wait(after_s):
            return
        if sys.platform == "linux":  # elsewhere this is the whole process's
            with suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _KINDNESS)
        try:
            with translated(self._link.where), suppress(apsw.InterruptError):
                self._look()
        except AstraweaveError as error:
            self._report(f"the look through the save ended early: {error}")

    def _look(self) -> None:
        db = another_link(self._link).db
        try:
            db.set_progress_handler(self._stopping.is_set, _STEPS)
            names = [str(row[0]) for row in db.execute(_TABLES)]
            for name in names:
                if self._stopping.wait(BETWEEN_S):
                    return
                self._check(db, name)
        finally:
            db.close()

    def _check(self, db: apsw.Connection, name: str) -> None:
        quoted = name.replace("'", "''")
        try:
            found = str(db.execute(f"PRAGMA integrity_check('{quoted}')").fetchall()[0][0])
        except apsw.CorruptError as error:  # its first page is none of its own
            found = str(error)
        self._counts["tables_checked"] += 1
        if found == "ok":
            return
        self._counts["tables_damaged"] += 1
        said = " ".join(found.split())
        where = self._link.where
        self._report(f"{where}: damaged, in table {name}: {said}; {next_step(where)}")
