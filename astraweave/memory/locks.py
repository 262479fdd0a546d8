"""Locks that the operating system drops when a process ends, however it ends.

Refuses to trust a file it has locked that is no longer the one by that name.
"""

import errno
import os
import stat
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from astraweave.errors import StoreError

TRIED_EVERY_S = 0.01

if sys.platform == "win32":
    import msvcrt

    def try_lock(handle: int, start: int = 0, length: int = 1) -> None:
        """Lock bytes of an open file; OSError when another process holds them."""
        os.lseek(handle, start, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_NBLCK, length)
else:
    import fcntl

    def try_lock(handle: int, start: int = 0, length: int = 1) -> None:
        """Lock bytes of an open file; OSError when another process holds them."""
        # A record lock, not flock: a forked child does not inherit it, so it cannot keep
        # a session alive after its parent was killed.
        fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB, length, start)


# A process is given a lock it holds already, so its threads need one of their own.
_threads: dict[str, threading.Lock] = {}


@contextmanager
def held(path: Path, wait_s: float) -> Iterator[int]:
    """Hold the file at `path`, made when there is none, against every other holder; its handle.

    Not within itself for the same path: closing it once would let go of it.

    Raises:
        StoreError: somebody else holds it for longer than `wait_s`.
        OSError: it cannot be made.
    """
    end_s = time.monotonic() + wait_s
    guard = _threads.setdefault(str(path), threading.Lock())
    if not guard.acquire(timeout=max(0.0, wait_s)):
        raise _taken(path)
    try:
        handle = _locked(path, end_s)
        try:
            yield handle
        finally:
            os.close(handle)
    finally:
        guard.release()


def _locked(path: Path, end_s: float) -> int:
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NONBLOCK", 0), 0o600)
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            os.close(handle)
            raise OSError(errno.EINVAL, "not a plain file", str(path))
        try:
            try_lock(handle)
        except OSError:
            os.close(handle)
            if time.monotonic() >= end_s:
                raise _taken(path) from None
            time.sleep(TRIED_EVERY_S)
            continue
        # Whoever held it before may have removed it: then this is a lock of nothing.
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(handle), path.stat()):
                return handle
        os.close(handle)


def _taken(path: Path) -> StoreError:
    return StoreError(
        what="another program works on this save as a whole",
        where=str(path),
        fix="wait until it is done, then repeat",
    )
