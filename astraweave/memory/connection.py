"""Open a save file, safely; create one whole or not at all.

The header is read as plain bytes before SQLite may touch the file. Refuses what is no save
of ours and leaves it byte for byte as it was: another database, a truncated or empty file,
a save of a newer program, a folder, a device, a path that cannot be read or written.
"""

import os
import stat
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import apsw

from astraweave.errors import AstraweaveError, SaveError, StoreError
from astraweave.memory.beside import (
    file_of,
    name_once,
    next_step,
    put_parts_aside,
    remove,
    sync_folder,
    whole_file,
)
from astraweave.memory.holders import open_here, opened
from astraweave.memory.log import first_missing, is_strange_journal, log_of
from astraweave.memory.migrations import MIGRATIONS, migrate, verify, version_of
from astraweave.memory.schema import APPLICATION_ID
from astraweave.memory.transaction import Transaction

MEMORY = ":memory:"
BUSY_MS = 5_000
MAX_VALUE_BYTES = 64 << 20
_MAGIC = b"SQLite format 3\0"
_KEPT_BESIDE = ("-wal", "-shm", "-journal", "-audit")
_OTHER_NAME = "choose another file name for the save"

_PRAGMAS = (
    "PRAGMA foreign_keys = ON",
    "PRAGMA secure_delete = ON",
    "PRAGMA cell_size_check = ON",
    "PRAGMA mmap_size = 0",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA journal_size_limit = 4194304",
    # Whoever commits moves the log into the file when it is this long; of a writer, see `drain`.
    "PRAGMA wal_autocheckpoint = 256",
    "PRAGMA synchronous = NORMAL",
)
_CONFIG = (
    (apsw.SQLITE_DBCONFIG_DEFENSIVE, 1),
    (apsw.SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0),
    (apsw.SQLITE_DBCONFIG_ENABLE_TRIGGER, 0),
    (apsw.SQLITE_DBCONFIG_ENABLE_VIEW, 0),
    (apsw.SQLITE_DBCONFIG_DQS_DDL, 0),
    (apsw.SQLITE_DBCONFIG_DQS_DML, 0),
    (apsw.SQLITE_DBCONFIG_ENABLE_QPSG, 1),  # else other values compile a statement anew
)
_LIMITS = (
    (apsw.SQLITE_LIMIT_LENGTH, MAX_VALUE_BYTES),
    (apsw.SQLITE_LIMIT_SQL_LENGTH, 100_000),
    (apsw.SQLITE_LIMIT_COLUMN, 100),
    (apsw.SQLITE_LIMIT_EXPR_DEPTH, 100),
    (apsw.SQLITE_LIMIT_COMPOUND_SELECT, 10),
    (apsw.SQLITE_LIMIT_ATTACHED, 0),
    (apsw.SQLITE_LIMIT_TRIGGER_DEPTH, 10),
)


@dataclass(slots=True)
class Link:
    """One connection and the lock that whoever uses it must hold.

    `where` is the path as the user wrote it; `file` the absolute one, None in memory. `refusal` is
    what to say to whoever wants to write into a save that can only be read.
    """

    db: apsw.Connection
    where: str
    file: Path | None
    lock: threading.RLock = field(default_factory=threading.RLock)
    refusal: SaveError | None = None
    _transaction: Transaction = field(init=False)

    def __post_init__(self) -> None:
        """One for all: it holds nothing of what is done inside."""
        self._transaction = Transaction(self.db, self.lock)

    def abandon(self) -> None:
        """Close a save that is found to be damaged, and leave its log where it is."""
        log = None if self.file is None else log_of(self.file)
        kept = log is not None and log.exists() and log.stat().st_size > 0
        self.db.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, int(kept))
        self.db.close()

    def transaction(self) -> Transaction:
        """Everything inside is stored, or nothing; waits up to 5 s for another process."""
        return self._transaction


def open_link(path: str, upgrade: Callable[[Path, str], object] | None = None) -> Link:
    """Open the save at `path`, creating it when there is none; its schema is the newest.

    Args:
        path: a file, or ":memory:".
        upgrade: given the file and `path`, brings an older save to the newest schema.

    Raises:
        SaveError: `path` is no save of ours, or cannot be opened; its bytes are untouched.
    """
    if path == MEMORY:
        db = apsw.Connection(MEMORY)
        configure(db)
        migrate(db)
        return Link(db, MEMORY, None)
    file = checked_path(path)
    with translated(path):
        if not file.exists():
            _create(file)
        # Closing any handle of a file drops the locks that this process has on it.
        if not open_here(file):
            check_header(file, path)
        # Who is refused keeps every byte: closing would move the log into the file.
        had_log = log_of(file).exists()
        db = connect(file)
        try:
            db.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, int(had_log))
            verify(db, path)
            if upgrade is not None and version_of(db) < len(MIGRATIONS):
                db.close()
                upgrade(file, path)
                db = connect(file)
                verify(db, path)
            _enter_wal(db, path)
            db.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0)
        except BaseException:
            db.close()
            raise
    return Link(db, path, file)


def another_link(link: Link) -> Link:
    """A second connection to the same save; in memory there is one only, and it is shared."""
    if link.file is None:
        return link
    with translated(link.where):
        return Link(connect(link.file), link.where, link.file)


def configure(db: apsw.Connection) -> None:
    """Settings for a file that may be hostile and a program that may be killed."""
    db.set_busy_timeout(BUSY_MS)
    for option, value in _CONFIG:
        db.config(option, value)
    for limit, value in _LIMITS:
        db.limit(limit, value)
    for pragma in _PRAGMAS:
        db.execute(pragma)


def checked_path(path: str) -> Path:
    """`path`, when a save may be there.

    Raises:
        SaveError: empty, a folder or a device, or in a folder that does not exist.
    """
    if not path or "\0" in path or path.encode(errors="replace").decode() != path:
        raise SaveError(what="not a file name", got=ascii(path), fix="give the path of a save file")
    file = file_of(path)
    try:
        mode = file.stat().st_mode
    except FileNotFoundError:
        if not file.parent.is_dir():
            raise SaveError(
                what="the folder does not exist", where=path, fix=f"create {file.parent} first"
            ) from None
        return file
    except OSError as error:
        raise _unreadable(path, error) from error
    if not stat.S_ISREG(mode):
        raise SaveError(what="not a file", where=path, fix=_OTHER_NAME)
    _check_beside(file, path)
    if not os.access(file, os.R_OK | os.W_OK):
        raise SaveError(
            what="the save cannot be read and written", where=path, fix="correct its permissions"
        )
    return file


def _check_beside(file: Path, where: str) -> None:
    for part in (Path(f"{file}{end}") for end in _KEPT_BESIDE):
        if part.exists() and not part.is_file():
            what, fix = "no file, in the place of one of the save's own", f"move {part.name} away"
            raise SaveError(what=what, got=part.name, where=where, fix=fix)


def check_header(file: Path, where: str) -> None:
    """Make sure, from the first 100 bytes, that `file` is a whole save of ours.

    Raises:
        SaveError: anything else. SQLite would take an empty file for a valid database.
    """
    try:
        with file.open("rb") as stream:
            head = stream.read(100)
    except OSError as error:
        raise _unreadable(where, error) from error
    if len(head) < 100 or not head.startswith(_MAGIC):
        empty = "the file is empty" if not head else "not a database"
        fix = f"if it was one, {next_step(where)}; else {_OTHER_NAME}"
        raise SaveError(what=f"{empty}, so not a save", where=where, fix=fix)
    (page,) = struct.unpack_from(">H", head, 16)
    change, pages = struct.unpack_from(">II", head, 24)
    encoding, version = struct.unpack_from(">II", head, 56)
    application, valid_for = struct.unpack_from(">I20xI", head, 68)
    if application != APPLICATION_ID:
        raise SaveError(what="a database, but not an Astraweave save", where=where, fix=_OTHER_NAME)
    page = 65536 if page == 1 else page
    damaged = page < 512 or page & (page - 1) or encoding != 1 or version < 1
    if damaged or change != valid_for:
        what, got = "the save is damaged", "a wrong header"
        raise SaveError(what=what, got=got, where=where, fix=next_step(where))
    # A checkpoint that was cut short leaves a header ahead of its file; the log completes it.
    try:
        if is_strange_journal(file, head):
            what, fix = (
                "a journal of another save stands beside it",
                f"move {file.name}-journal away",
            )
            raise SaveError(what=what, where=where, fix=fix)
        missing = first_missing(file, page, pages)
    except OSError as error:
        raise _unreadable(where, error) from error
    if missing is not None:
        what = f"the save is truncated: page {missing} of {page} bytes is missing"
        raise SaveError(what=what, where=where, fix=next_step(where))


@contextmanager
def translated(where: str) -> Iterator[None]:
    """Turn errors of SQLite into ours, with the next step.

    Raises:
        SaveError: the file is damaged. StoreError: it cannot be used now.
    """
    try:
        yield
    except AstraweaveError:
        raise
    # What is asked is always the same and right: an error in it is one of the file's.
    except (apsw.CorruptError, apsw.NotADBError, apsw.SQLError, UnicodeDecodeError) as error:
        what, fix = "the save is damaged", next_step(where)
        raise SaveError(what=what, got=str(error), where=where, fix=fix) from error
    except apsw.IOError as error:
        if getattr(error, "extendedresult", 0) != apsw.SQLITE_IOERR_SHORT_READ:
            raise _not_now(where, error) from error
        what, got = "the save is truncated", "a page that ends too soon"
        raise SaveError(what=what, got=got, where=where, fix=next_step(where)) from error
    except (apsw.CantOpenError, apsw.ReadOnlyError, apsw.PermissionsError) as error:
        raise SaveError(
            what="the save cannot be opened for writing",
            got=str(error),
            where=where,
            fix="correct the permissions of the file and its folder",
        ) from error
    except apsw.Error as error:
        raise _not_now(where, error) from error


def _not_now(where: str, error: apsw.Error) -> StoreError:
    what = "the store cannot do this now"
    what = "the disk is full" if isinstance(error, apsw.FullError) else what
    got = f"{type(error).__name__}: {error}".removesuffix(": not an error")
    fix = "check free space and other programs that use the save, then repeat"
    return StoreError(what=what, got=got, where=where, fix=fix)


def connect(file: Path) -> apsw.Connection:
    """A connection that reads and writes `file`, which was checked."""
    had_log = log_of(file).exists()
    db = apsw.Connection(str(file), flags=apsw.SQLITE_OPEN_READWRITE)
    try:
        opened(file, db)
        configure(db)
    except BaseException:
        # Damaged: a log stays where it is.
        db.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, int(had_log))
        db.close()
        raise
    return db


def _enter_wal(db: apsw.Connection, where: str) -> None:
    if db.readonly("main"):
        raise SaveError(
            what="the save cannot be written", where=where, fix="correct its permissions"
        )
    mode = db.pragma("journal_mode", "wal")
    if mode != "wal":
        raise SaveError(
            what="the file system cannot hold a write-ahead log",
            got=mode,
            where=where,
            fix="keep the save on a local disk",
        )


def _create(file: Path) -> None:
    """Make a new save beside `file` and give it its name when it is whole.

    What an older save of this name left beside it is put aside: a log would be replayed into the
    new one.
    """
    # A crash must leave nothing under the final name: half a save would be refused for ever.
    fresh = file.with_name(f"{file.name}.{os.urandom(4).hex()}.new")
    try:
        with whole_file(file):
            if not file.exists():
                put_parts_aside(file)
            db = apsw.Connection(str(fresh))
            try:
                db.execute("PRAGMA journal_mode = DELETE")
                migrate(db)
                db.execute("PRAGMA journal_mode = WAL")
            finally:
                db.close()
            with suppress(FileExistsError):  # another process was first, and its save is as good
                name_once(fresh, file)
            sync_folder(file.parent)
    except OSError as error:
        raise _unreadable(str(file), error) from error
    finally:
        remove(fresh)


def _unreadable(where: str, error: OSError) -> SaveError:
    return SaveError(
        what="the save cannot be opened",
        got=error.strerror or str(error),
        where=where,
        fix="correct the path or its permissions",
    )
