"""Whole-file work: copying a save, emptying it, examining it. Refuses to overwrite a stranger."""

import os
from pathlib import Path
from typing import Any

import apsw

from astraweave.errors import SaveError
from astraweave.memory.beside import remove, sync_file, sync_folder, whole_file
from astraweave.memory.connection import (
    Link,
    another_link,
    check_header,
    checked_path,
    translated,
)
from astraweave.memory.gatebook import GateBook
from astraweave.memory.learned import LearnedReader
from astraweave.memory.mark import NEW_STAMP
from astraweave.memory.migrations import version_of
from astraweave.memory.reader import Reader
from astraweave.memory.recovery import decode_part
from astraweave.memory.rolling import structure

_COUNTED = ("episodes", "memories", "statistics", "proposals", "deployments", "quarantine")


def empty_log(link: Link) -> None:
    """Move the write-ahead log into the file, so that what was deleted stands in neither."""
    with translated(link.where), link.lock:
        link.db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def give_back(link: Link) -> None:
    """Give the space of deleted rows back to the disk."""
    with translated(link.where), link.lock:
        # It builds the new file in one that it attaches.
        before = link.db.limit(apsw.SQLITE_LIMIT_ATTACHED, 1)
        try:
            link.db.execute("VACUUM")
        finally:
            link.db.limit(apsw.SQLITE_LIMIT_ATTACHED, before)
    empty_log(link)


def copy_to(source: Link, path: str) -> None:
    """Copy the save to `path`, by way of a file beside it that takes its name when it is whole.

    The copy knows nothing of episodes that are still open: they belong to the original.

    Raises:
        SaveError: `path` is the save itself, no save, or one that is open.
    """
    file = checked_path(path)
    if file.exists():
        _check_target(source, file, path)
    fresh = file.with_name(f"{file.name}.{os.urandom(4).hex()}.new")
    try:
        with whole_file(file):
            with translated(path):
                _copy(source, fresh)
            sync_file(fresh)
            fresh.replace(file)
            sync_folder(file.parent)
    except OSError as error:
        raise SaveError(
            what="the copy cannot be written",
            got=error.strerror,
            where=path,
            fix="check the folder and free space",
        ) from error
    finally:
        remove(fresh)


def _check_target(source: Link, file: Path, path: str) -> None:
    check_header(file, path)
    if source.file is not None and file.samefile(source.file):
        raise SaveError(
            what="a save cannot be copied onto itself", where=path, fix="choose another"
        )
    # A log left beside the new file would be replayed into it.
    if any(Path(f"{file}{end}").exists() for end in ("-wal", "-journal")):
        raise SaveError(
            what="the save there is open, or was not closed",
            where=path,
            fix="close it, or open it once, or choose another",
        )


def _copy(source: Link, fresh: Path) -> None:
    # A connection of its own, so that a long copy keeps nobody from reading.
    link = another_link(source)
    target = apsw.Connection(str(fresh))
    try:
        with link.lock, target.backup("main", link.db, "main") as copying:
            copying.step()
        target.execute("PRAGMA foreign_keys = ON")
        target.execute("PRAGMA secure_delete = ON")
        target.execute("PRAGMA journal_mode = DELETE").fetchall()
        target.execute(f"DELETE FROM checkpoints; DELETE FROM sessions; {NEW_STAMP}")
    finally:
        target.close()
        if link is not source:
            link.db.close()


def counted(db: apsw.Connection) -> dict[str, int]:
    """Rows of every table, but those that are made from others and SQLite's own.

    Args:
        db: its tables were verified: their names are ours.
    """
    names = db.execute(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite~_%' "
        "ESCAPE '~' AND name NOT LIKE 'memory~_words%' ESCAPE '~' ORDER BY name"
    ).fetchall()
    found: dict[str, int] = {}
    for (name,) in names:
        rows: list[Any] = db.execute(f"SELECT count(*) FROM {name}").fetchall()
        found[str(name)] = int(rows[0][0])
    return found


def inspect(reader: Reader, learned: LearnedReader, book: GateBook, link: Link) -> dict[str, Any]:
    """What `doctor` shows: structure, sizes and counts, after reading every row once."""
    ids = reader.episode_ids(None, None)
    readable = sum(1 for _ in reader.episodes(ids))
    memories = reader.memory_ids()
    remembered = sum(reader.memory(key) is not None for key in memories)
    for pair in reader.pairs():
        learned.rows(*pair)
        learned.state(*pair)
        learned.verdicts(*pair)
        learned.deployments(*pair)
        book.spent(*pair)
    _read_by_key(reader, learned, book)
    with translated(link.where), link.lock:
        found = structure(link.db, 5)
        version = version_of(link.db)
    counts = {table: reader.value(f"SELECT count(*) FROM {table}") for table in _COUNTED}
    return {
        "path": link.where,
        "bytes": 0 if link.file is None else link.file.stat().st_size,
        "schema": version,
        "sqlite": apsw.sqlite_lib_version(),
        "structure": "; ".join(found) or "ok",
        "damaged": len(ids) - readable + len(memories) - remembered,
        **counts,
    }


def _read_by_key(reader: Reader, learned: LearnedReader, book: GateBook) -> None:
    """Read what is only asked for by its key; what is damaged is set aside."""
    for (key,) in reader.query("SELECT key FROM notes"):
        learned.note(key)
    for row in reader.query("SELECT player, companion, version FROM weight_sets"):
        learned.weight_set(*row)
    for (key,) in reader.query("SELECT key FROM verdicts"):
        book.get(key)
    parts = reader.query("SELECT rowid, episode, first, body FROM checkpoints")
    for number, episode, first, body in parts:
        try:
            decode_part(body, episode, first)
        except SaveError as error:
            reader.bad("checkpoints", number, body, error)
