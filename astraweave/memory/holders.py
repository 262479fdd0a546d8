"""Who has a save open: this process, or another.

Refuses to open a file that this process has open: closing it again would drop the locks on it.
"""

from contextlib import suppress
from pathlib import Path
from weakref import WeakKeyDictionary

import apsw

from astraweave.errors import StoreError
from astraweave.memory.locks import try_lock

_SHARED_BYTE, _SHARED_BYTES = (1 << 30) + 2, 510
"""What a connection to a database in WAL mode keeps locked as long as it is open."""

_files: "WeakKeyDictionary[apsw.Connection, Path]" = WeakKeyDictionary()


def opened(file: Path, db: apsw.Connection) -> None:
    """Write down that `db` reads `file`; see `open_here`."""
    _files[db] = file


def open_here(file: Path) -> bool:
    """Whether this process has a connection to `file`."""
    # Not asked of the connection: another thread may be using it.
    known = [_files.get(db) for db in apsw.connections()]
    with suppress(OSError):
        return any(other.samefile(file) for other in known if other is not None)
    return False


def check_unused(file: Path, where: str) -> None:
    """Make sure that nobody has the save open: it is to be replaced.

    Raises:
        StoreError: somebody has.
    """
    if not _is_used(file):
        return
    raise StoreError(
        what="the save is open in another program",
        where=where,
        fix="close the game and whatever else uses it, then repeat",
    )


def _is_used(file: Path) -> bool:
    if open_here(file):
        return True
    if not file.exists():
        return False
    with file.open("rb+") as stream:
        try:
            try_lock(stream.fileno(), _SHARED_BYTE, _SHARED_BYTES)
        except OSError:
            return True
    return False
