"""Whether the program that left something open in a save is still running.

A session is a lock that the operating system drops when its process ends, however it ends:
`SAVE-live-TOKEN`, made with the first checkpoint and removed with the session. A lock needs
no process ids, which are used again, and none that mean nothing in another container.
"""

import os
import threading
from contextlib import suppress
from pathlib import Path

from astraweave.memory.beside import LIVE
from astraweave.memory.locks import try_lock

# {token: process id}. A process never tests its own locks: it would be given them, and
# closing the file after the test would drop them.
_own: dict[str, int] = {}
_own_guard = threading.Lock()


class Session:
    """One open save of this process, alive from `begin` to `end` or to the process's end."""

    __slots__ = ("_begun", "_file", "_handle", "token")

    def __init__(self, save: Path | None) -> None:
        """Prepare a session of `save`; None (a save in memory) needs no lock."""
        self.token = os.urandom(8).hex()
        self._file = None if save is None else live_file(save, self.token)
        self._handle: int | None = None
        self._begun = False

    @property
    def begun(self) -> bool:
        """Whether anything in the save may name this session."""
        return self._begun

    def begin(self) -> None:
        """Take the lock; does nothing when it is held."""
        if self._begun:
            return
        if self._file is not None:
            with _own_guard:
                _own[self.token] = os.getpid()
            self._handle = os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
            try_lock(self._handle)
        self._begun = True

    def end(self) -> None:
        """Give the lock back and remove its file."""
        if self._file is not None and self._handle is not None:
            os.close(self._handle)
            self._handle = None
            with suppress(OSError):  # gone already, or its folder is
                self._file.unlink()
        with _own_guard:
            _own.pop(self.token, None)


def live_file(save: Path, token: str) -> Path:
    """The lock file of session `token` of `save`."""
    return save.with_name(f"{save.name}{LIVE}{token}")


def is_live(save: Path | None, token: str) -> bool:
    """Whether the session still runs; a lock file that nobody holds is removed.

    `token` comes from the save: anything but 16 hex digits names no session.
    """
    if save is None or len(token) != 16 or not set(token) <= set("0123456789abcdef"):
        return False
    with _own_guard:
        if _own.get(token) == os.getpid():
            return True
    file = live_file(save, token)
    try:
        handle = os.open(file, os.O_RDWR)
    except FileNotFoundError:
        return False
    except OSError:
        return True  # not ours to test: leave it to whoever may
    try:
        try_lock(handle)
    except OSError:
        return True
    finally:
        os.close(handle)
    with suppress(OSError):  # Windows: somebody else tests it at this moment
        file.unlink()
    return False
