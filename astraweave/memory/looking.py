"""Look at a save without changing it: a connection that can only read, whatever version it has.

Refuses what is no save of ours, and to wait for a program that has it open.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import apsw

from astraweave.errors import SaveError
from astraweave.memory.connection import (
    check_header,
    checked_path,
    configure,
    translated,
)
from astraweave.memory.holders import open_here, opened
from astraweave.memory.log import log_of


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
