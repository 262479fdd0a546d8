"""What a save is and whether it is sound, found out without changing it.

Refuses what is no save at all; a save that is damaged is an answer, not an error.
"""

import shlex
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import apsw
import msgspec

from astraweave.errors import LONGEST, SaveError
from astraweave.memory import audit
from astraweave.memory.backup import counted
from astraweave.memory.beside import (
    backups_of,
    file_of,
    half_made,
    moment,
    next_step,
    put_aside,
)
from astraweave.memory.log import log_of
from astraweave.memory.looking import existing, look
from astraweave.memory.mark import MARKED_FROM, check_counts, doubt, missing, read_mark
from astraweave.memory.migrations import MIGRATIONS, verify, version_of
from astraweave.memory.pages import Image
from astraweave.memory.rolling import copied, structure
from astraweave.memory.salvage import Salvage
from astraweave.memory.schema import APPLICATION_ID
from astraweave.memory.store import open_memory

_OF_AUDIT = "audit: "
AUDITED_FROM = 8
"""The schema version from which on there is an audit."""


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A backup. `number` 0 is a file that was named, `made` is UTC."""

    number: int
    file: str
    bytes: int
    made: str
    schema: int = 0
    episodes: int = 0
    sound: bool
    problem: str = ""


class Info(msgspec.Struct, frozen=True, kw_only=True):
    """What a save is.

    `log_bytes`: what is not moved into the file yet; `free_bytes`: what `save compact` gives back;
    `aside`: older states of it that were kept; `half_made`: left by a kill, the next start removes
    them.
    """

    path: str
    bytes: int
    log_bytes: int
    free_bytes: int
    schema: int
    newest: int
    sqlite: str
    rows: dict[str, int]
    players: tuple[str, ...]
    first_episode: str | None
    last_episode: str | None
    backups: tuple[str, ...]
    aside: tuple[str, ...]
    half_made: tuple[str, ...]


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """What a check found; a save is `sound` when there are no `problems` and nothing is `unsure`.

    `damaged`: rows with a wrong checksum or shape, None when they were not read. `unsure`: why it
    cannot be told whether all is there.
    """

    path: str
    sound: bool
    full: bool
    schema: int
    rows: dict[str, int]
    damaged: int | None
    problems: tuple[str, ...]
    unsure: tuple[str, ...]
    notes: tuple[str, ...]
    next: str | None


def info(path: str) -> Info:
    """What the save at `path` is.

    Raises:
        SaveError: there is none, or it cannot be read.
    """
    file = existing(path)
    with look(file, path) as db:
        verify(db, path, newer_too=True)
        log = log_of(file)
        times = db.execute("SELECT min(start_time), max(start_time) FROM episodes").fetchall()[0]
        first, last = [None if at is None else moment(float(at)) for at in times]
        players = db.execute("SELECT DISTINCT player FROM episodes ORDER BY 1 LIMIT 1000")
        return Info(
            path=path,
            bytes=file.stat().st_size,
            log_bytes=log.stat().st_size if log.exists() else 0,
            free_bytes=int(db.pragma("freelist_count")) * int(db.pragma("page_size")),
            schema=version_of(db),
            newest=len(MIGRATIONS),
            sqlite=apsw.sqlite_lib_version(),
            rows=counted(db),
            players=tuple([str(row[0]) for row in players]),
            first_episode=first,
            last_episode=last,
            backups=tuple([str(found.file) for found in backups_of(file)]),
            aside=tuple(map(str, put_aside(file))),
            half_made=tuple(map(str, half_made(file))),
        )


def check(path: str, *, full: bool = False) -> Checked:
    """Whether the save at `path` is sound: header, tables and pages; `full` reads every row.

    Raises:
        SaveError: there is none, or what is there never was a save.
    """
    file = existing(path)
    schema, damaged, rows, problems = 0, None, dict[str, int](), list[str]()
    unsure, notes = list[str](), list[str]()
    try:
        with look(file, path) as db:
            schema = version_of(db)
            verify(db, path, newer_too=True)
            problems += _structure(db, full=full)
            rows = counted(db)
            wrong = _counts(db)
            problems += wrong
            unsure += [] if wrong else _marked(db, file, problems)
            whole = not problems
            if full and not problems:
                damaged, found = _rows(db, path)
                problems += found
            if whole:
                notes += _audited(db, file, problems)
    except SaveError as error:
        if not _was_ours(file):
            raise
        problems.append(_what(error))
    if schema > len(MIGRATIONS):
        notes.append(f"schema {schema} is newer: this program can only read it")
    if schema and schema < len(MIGRATIONS):
        notes.append(f"schema {schema} is older: opening it, or `save migrate`, brings it up")
    if not problems and not backups_of(file):
        notes.append("there is no backup; `astraweave save backup` makes one")
    return Checked(
        path=path,
        sound=not (problems or unsure),
        full=full,
        schema=schema,
        rows=rows,
        damaged=damaged,
        problems=tuple(problems),
        unsure=tuple(unsure),
        notes=tuple(notes),
        next=_next(path, problems, unsure),
    )


def mendable(problems: Iterable[str]) -> bool:
    """Whether a repair does anything about one of these; it takes the audit's rows as they are."""
    return not all(line.startswith(_OF_AUDIT) for line in problems)


def _next(path: str, problems: list[str], unsure: list[str]) -> str | None:
    if problems:
        return next_step(path) if mendable(problems) else audit.next_step(path)
    if not unsure:
        return None
    name = shlex.quote(path)
    older = f"; `astraweave save restore {name}` lists its backups"
    older = older if backups_of(file_of(path)) else ""
    return f"`astraweave save info {name}` says of when the last episode is: is it the last?{older}"


def kept_as(number: int, file: Path, size: int, made: float) -> Kept:
    """One backup, looked into."""
    schema = episodes = 0
    problem = ""
    try:
        with look(file, str(file)) as db:
            schema = version_of(db)
            verify(db, str(file))
            episodes = counted(db)["episodes"]
            problem = "; ".join(_structure(db, full=False))
    except SaveError as error:
        problem = _what(error)
    return Kept(
        number=number,
        file=str(file),
        bytes=size,
        made=moment(made),
        schema=schema,
        episodes=episodes,
        sound=not problem,
        problem=problem,
    )


def _structure(db: apsw.Connection, *, full: bool) -> list[str]:
    problems = structure(db)
    if full:
        strays = db.execute('SELECT "table", count(*) FROM pragma_foreign_key_check GROUP BY 1')
        problems += [f"{count} rows of {table} belong to nothing" for table, count in strays]
    return problems


def _rows(db: apsw.Connection, where: str) -> tuple[int, list[str]]:
    """Every row of a copy, read and compared with its checksum; also how an older save migrates."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "copy.db"
        copied(db, copy, where)
        with open_memory(copy, recover=False, mend=False) as store:
            health = store.health()
            said = [line for line in health["problems"] if line != store.read_only]
            words = store.consent.damaged()
            said += [f"{where}: {words} damaged words of consent"] if words else []
            said += [f"{where}: {line}" for line in store.consent.lost()]
        lines = [line.replace(str(copy), where) for line in said]
        return len(lines), lines


def _counts(db: apsw.Connection) -> list[str]:
    try:
        if version_of(db) >= MARKED_FROM:
            check_counts(db)
    except SaveError as error:
        return [_what(error)]
    return []


def _audited(db: apsw.Connection, file: Path, problems: list[str]) -> list[str]:
    """Follow the audit's chain; a break goes to `problems`, another head beside it is returned."""
    if version_of(db) < AUDITED_FROM:
        return []
    salts: list[Any] = db.execute(audit.SELECT_SALTS).fetchall()
    rows: list[Any] = db.execute(audit.SELECT_AUDIT).fetchall()
    ever = audit.ever(db)
    broken = audit.check(rows, ever, None, salts).problems
    problems += [f"{_OF_AUDIT}{line} (no repair mends that)" for line in broken]
    known = audit.check(rows, ever, audit.read_head(file), salts).problems[len(broken) :]
    return [f"{_OF_AUDIT}{line}; `astraweave save audit` tells more" for line in known]


def _marked(db: apsw.Connection, file: Path, problems: list[str]) -> list[str]:
    """Compare with the mark; what was lost goes to `problems`, what cannot be told is returned."""
    if version_of(db) < MARKED_FROM:
        return []
    try:
        # First: another process may go on meanwhile, and then the save is further than the mark.
        noted = read_mark(file)
    except SaveError as error:
        return [_what(error)]
    lost = missing(noted, db)
    if lost is not None:
        problems.append(lost.line)
        return []
    unsure = doubt(file, noted, db)
    return [] if unsure is None else [unsure]


def _was_ours(file: Path) -> bool:
    """Whether these damaged bytes were a save: they begin like one, or hold rows of one."""
    image = Image(file)
    if image.header:
        return int.from_bytes(image.header[68:72], "big") == APPLICATION_ID
    return Salvage(image).found > 0


def _what(error: SaveError) -> str:
    line = error.what if error.got is None else f"{error.what}: {error.got}"
    return line[:LONGEST]  # SQLite complains of names in the file, of any length
