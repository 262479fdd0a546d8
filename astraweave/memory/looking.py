"""Look at a save without changing it: a connection that can only read, whatever version it has.

Refuses what is no save of ours, and to wait for a program that has it open.
"""

import os
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import apsw

from astraweave.errors import SaveError
from astraweave.memory.beside import backups_of
from astraweave.memory.connection import (
    check_header,
    checked_path,
    configure,
    translated,
)
from astraweave.memory.holders import open_here, opened
from astraweave.memory.log import log_of
from astraweave.memory.pages import Image, Value, leaves

# Not its id: forgetting a player may change that.
_EPISODE = "SELECT seq, start_time, end_time, seed FROM episodes"
Newest = tuple[Value, ...]
LOOKED_THROUGH_BYTES = 64 << 20
"""Of a save with a log; about a fifth of a second. Of a larger one only where there is a doubt."""


def existing(path: str) -> Path:
    """The file at `path`.

    Raises:
        SaveError: there is none, or it is no plain file.
    """
    file = checked_path(path)
    if not file.exists():
        fix = "check the path"
        if backups_of(file):
            fix = f"`astraweave save restore {shlex.quote(path)} newest` puts its backup back"
        raise SaveError(what="there is no such save", where=path, fix=fix)
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
        newest = newest_in(file)
        # Without a log nothing else is needed, and nothing is left in its folder.
        mode = "ro" if log_of(file).exists() else "ro&immutable=1"
        db = apsw.Connection(
            f"file:{quote(os.fsencode(file))}?mode={mode}",
            flags=apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI,
        )
        try:
            opened(file, db)
            configure(db)
            check_log(db, newest, where)
            yield db
        finally:
            db.close()


def newest_in(file: Path) -> Newest | None:
    """The newest episode, in numbers, in a save's file alone; asked before it is opened.

    Read as plain bytes: SQLite, told to look at the file only, takes the log away when it closes.
    None where it has none, where there is no log, where somebody here has it open, and of a large
    save.

    Raises:
        OSError: it cannot be read.
    """
    log = log_of(file)
    if open_here(file) or not log.exists() or not log.stat().st_size:
        return None
    if file.stat().st_size > LOOKED_THROUGH_BYTES:
        return None
    image = Image(file, log=False)
    for _, page in leaves(image, 1, []):
        for cell in page.cells:
            if cell.values is not None and cell.values[:2] == ("table", "episodes"):
                return _last(image, cell.values[3])
    return None


def _last(image: Image, root: Value) -> Newest | None:
    """The last row of the table of episodes; None when it is damaged, or there is none."""
    number = root if isinstance(root, int) else 0
    try:
        while (page := image.page(number)).children:
            number = page.children[-1]
        row, values = page.cells[-1].row, page.cells[-1].values or ()
        start, end, seed = values[5], values[6], values[8]
    except (ValueError, IndexError):
        return None
    return row, start, end, seed


def check_log(db: apsw.Connection, newest: Newest | None, where: str) -> None:
    """Make sure that the log which `db` reads is of the file that held `newest` before.

    Raises:
        SaveError: another episode has its number: moving the log into the file would end the save.
    """
    if newest is None:
        return
    found: list[Any] = db.execute(f"{_EPISODE} WHERE seq = ?", newest[:1]).fetchall()
    if found and found[0] != newest:
        name = f"{Path(where).name}-wal"
        what, fix = "the log beside it is another save's", f"move {name} (and -mark) away"
        raise SaveError(what=what, where=where, fix=fix)
