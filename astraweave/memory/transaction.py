"""All of a piece of work is stored, or nothing. Refuses nothing: what goes wrong is raised."""

import threading

import apsw


class Transaction:
    """A context that gives a connection: commits at its end, and rolls back after an error."""

    # A class and no generator, of one cursor: it is entered for each episode, and costs a third.
    __slots__ = ("_db", "_lock", "_run")

    def __init__(self, db: apsw.Connection, lock: threading.RLock) -> None:
        """`lock` is what whoever uses `db` must hold; inside it is held."""
        self._db, self._lock = db, lock
        self._run = db.cursor().execute

    def __enter__(self) -> apsw.Connection:
        """Begin; waits as long as the connection does for another process.

        Raises:
            apsw.Error: it could not begin.
        """
        self._lock.acquire()
        begun = False
        try:
            self._run("BEGIN IMMEDIATE")
            begun = True
        finally:
            if not begun:
                self._lock.release()
        return self._db

    def __exit__(self, kind: object, *_: object) -> None:
        """Commit, unless an error ended what was inside.

        Raises:
            apsw.Error: it could not be committed, and nothing of it is stored.
        """
        done = False
        try:
            if kind is None:
                self._run("COMMIT")
                done = True
        finally:
            try:
                # SQLite may have rolled back by itself (disk full).
                if not done and self._db.in_transaction:
                    self._run("ROLLBACK")
            finally:
                self._lock.release()
