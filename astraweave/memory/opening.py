"""Open a save of any version: an older one is migrated on a copy, a newer one can only be read.

Refuses to leave a save between two versions: a killed process leaves the old file, or the new one.
"""

from pathlib import Path

import apsw

from astraweave.errors import AstraweaveError, StoreError
from astraweave.memory.beside import BACKUP, remove, swap_in, whole_file
from astraweave.memory.connection import (
    MEMORY,
    Link,
    checked_path,
    configure,
    connect,
    open_link,
    translated,
)
from astraweave.memory.holders import check_unused, open_here
from astraweave.memory.log import log_of
from astraweave.memory.looking import check_log, look, newest_in
from astraweave.memory.migrations import MIGRATIONS, migrate, newer, verify, version_of
from astraweave.memory.rolling import copied

_VERSION_AT = 60


def open_save(path: str) -> Link:
    """Open the save at `path`, creating it when there is none.

    One of a newer program is read from a private copy, and its link says why it refuses to write.

    Raises:
        SaveError: `path` is no save of ours, or cannot be opened; its bytes are untouched.
        StoreError: it is older, and another program has it open.
    """
    if path == MEMORY:
        return open_link(path)
    file = checked_path(path)
    if file.exists() and not open_here(file) and _version_in(file) > len(MIGRATIONS):
        return _private(file, path)
    newest = newest_in(file) if file.exists() else None
    link = open_link(path, upgrade)
    try:
        with translated(path):
            check_log(link.db, newest, path)
    except AstraweaveError:
        link.abandon()
        raise
    return link


def upgrade(file: Path, where: str) -> Path | None:
    """Migrate a save of an older program; returns what the old file is called now, a backup.

    It is copied, the copy is migrated, and takes the name when it is whole and on the disk.

    Raises:
        SaveError: it is damaged. StoreError: somebody has it open, or the disk is full.
    """
    fresh = file.with_name(f"{file.name}.migrating.new")
    try:
        with whole_file(file):
            # Another process may have been first.
            with look(file, where) as db:
                verify(db, where)
                if version_of(db) == len(MIGRATIONS):
                    return None
            check_unused(file, where)
            _empty_log(file, where)
            try:
                with look(file, where) as db:
                    copied(db, fresh, where)
                with translated(where):
                    _migrate(fresh)
                return swap_in(file, fresh, BACKUP)
            finally:
                remove(fresh)
    except OSError as error:
        raise StoreError(
            what="the save cannot be brought to the newest schema",
            got=error.strerror,
            where=where,
            fix="make its folder writable and as much space free as it takes, then repeat",
        ) from error


def _empty_log(file: Path, where: str) -> None:
    """Move a log that a crash left into the old file: only one name changes then."""
    if not log_of(file).exists():
        return
    with translated(where):
        db = connect(file)
        try:
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        finally:
            db.close()


def _migrate(file: Path) -> None:
    db = apsw.Connection(str(file))
    try:
        configure(db)
        migrate(db)
        db.execute("PRAGMA journal_mode = WAL").fetchall()
    finally:
        db.close()


def _version_in(file: Path) -> int:
    """The schema version that the first bytes of a file name; 0 where there are none."""
    with translated(str(file)), file.open("rb") as stream:
        return int.from_bytes(stream.read(_VERSION_AT + 4)[_VERSION_AT:], "big")


def _private(file: Path, where: str) -> Link:
    """A copy of a save of a newer program that vanishes when it is closed."""
    with look(file, where) as source:
        verify(source, where, newer_too=True)
        version = version_of(source)
        db = apsw.Connection("")
        try:
            with db.backup("main", source, "main") as copying:
                copying.step()
            configure(db)
        except BaseException:
            db.close()
            raise
    return Link(db, where, None, refusal=newer(version, where))
