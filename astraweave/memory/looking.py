"""Look at a save without changing it: a connection that can only read, whatever version it has.

Refuses what is no save of ours, and to wait for a program that has it open.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import apsw

from astraweave.errors import SaveError, StoreError
from astraweave.memory.connection import (
    check_header,
    checked_path,
    configure,
    open_here,
    opened,
    translated,
)
from astraweave.memory.locks import try_lock
from astraweave.memory.log import log_of

_SHARED_BYTE, _SHARED_BYTES = (1 << 30) + 2, 510
"""What a connection to a database in WAL mode keeps locked as long as it is open."""


def existing(path: str) -> Path:
    """The file at `path`.

    Raises:
        SaveError: there is none, or it is no plain file.
    """
    file = checked_path(path)
    if not file.exists():
        raise SaveError(what="there is no such save", where=path, fix="check the path")
    return file


@contextmanager
def look(file: Path, where: str) -> Iterator[apsw.Connection]:
    """A connection that reads `file`, with its log if there is one; nothing is written.

    Raises:
        SaveError: it is not a save, or damaged.
    """
    with translated(where):
        if not open_here(file):
            check_header(file, where)
        # Without a log nothing else is needed, and nothing is left in its folder.
        mode = "ro" if log_of(file).exists() else "ro&immutable=1"
        db = apsw.Connection(
            f"file:{quote(str(file))}?mode={mode}",
            flags=apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI,
        )
        try:
            opened(file, db)
            configure(db)
            yield db
        finally:
            db.close()


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
