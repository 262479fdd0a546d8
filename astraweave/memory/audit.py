"""The audit: who was given what of whom, what was shared, taken out, erased and deployed.

Rows are only ever added, each with a hash over itself and the hash before it. An edit, a row taken
out or put between breaks the chain; a cut end is told by SQLite's own count of rows, and by the
head (number and hash of the newest row) that is kept in a file beside the save, `SAVE-audit`. Names
are salted hashes (`salts`), so an erasure need not touch a row. Refuses text of the player's:
details are numbers and words of ours.
"""

import hashlib
import os
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import apsw
import msgspec

from astraweave.memory.beside import AUDIT, backups_of, file_of, sync_folder
from astraweave.memory.mark import check_counts
from astraweave.memory.salts import hash_name, salt_of

FIRST = hashlib.sha256(b"astraweave audit").digest()
FORGOTTEN, DAMAGED = "(forgotten)", "(damaged)"
LATEST_S = 4e11
SELECT_AUDIT = "SELECT seq, at, action, actor, subject, detail, hash FROM audit ORDER BY seq"
SELECT_SALTS = "SELECT kind, name, salt FROM salts WHERE kind <> 'save'"
"""To be read before the rows: another process may write both meanwhile."""
_LAST = "SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1"
_EVER = "SELECT seq FROM sqlite_sequence WHERE name = 'audit'"
_pack = msgspec.msgpack.Encoder().encode
Detail = Mapping[str, int | str | bool]


class AuditEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was done. `at`: seconds since 1970.

    `player` is whom it concerns, `by` who did it; "(forgotten)" when the name is gone. `action` is
    read, refused, consent, withdrawal, export, erasure, readmission or a deployment's; "(damaged)"
    where a row holds none.
    """

    number: int
    at: float
    action: str
    player: str | None
    by: str | None
    detail: dict[str, int | str | bool]


class AuditCheck(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the chain is whole: `problems` says where not. `head` is the newest hash, hex.

    `kept` is how many rows the file beside the save knows of; None without such a file.
    """

    sound: bool
    rows: int
    head: str
    kept: int | None
    problems: tuple[str, ...]


def append(
    db: apsw.Connection,
    action: str,
    at: float,
    *,
    player: str | None = None,
    by: str | None = None,
    detail: Detail | None = None,
) -> None:
    """Add a row, inside the transaction of what it tells of.

    Args:
        db: inside a transaction.
        action: see `AuditEntry`.
        at: seconds since 1970.
        player: whom it concerns. by: the companion who did it; None for the game.
        detail: numbers, and words that are ours.
    """
    last: list[Any] = db.execute(_LAST).fetchall()
    number = max(last[0][0] if last else 0, ever(db)) + 1
    row = (
        number,
        min(LATEST_S, max(0.0, at)) + 0.0,
        action,
        None if by is None else hash_name(salt_of(db, "companion", by), by),
        None if player is None else hash_name(salt_of(db, "player", player), player),
        msgspec.json.encode(detail or {}, order="deterministic").decode(),
    )
    digest = chained(_bytes(last[0][1]) if last else FIRST, row)
    db.execute("INSERT INTO audit VALUES (?,?,?,?,?,?,?)", (*row, digest))


def ever(db: apsw.Connection) -> int:
    """How many rows there ever were, by SQLite's own count.

    Raises:
        SaveError: that is no such number.
    """
    check_counts(db)
    rows: list[Any] = db.execute(_EVER).fetchall()
    return int(rows[0][0]) if rows else 0


def chained(before: bytes, row: Sequence[Any]) -> bytes:
    """SHA-256 of a row (all but its hash) after the hash of the row before it."""
    return hashlib.sha256(before + _pack(tuple(row))).digest()


def entries(rows: Sequence[Any], salts: Sequence[Any]) -> tuple[AuditEntry, ...]:
    """Rows of `SELECT_AUDIT` for people; `salts` are (kind, name, salt) of those still known."""
    names = {hash_name(salt, name): name for _, name, salt in filter(_is_salt, salts)}

    def called(hashed: object) -> str | None:
        return None if hashed is None else names.get(_bytes(hashed), FORGOTTEN)

    def told(row: Sequence[Any]) -> AuditEntry:
        number, at, action, by, player, detail = row[:6]
        try:
            return msgspec.convert(
                {
                    "number": number,
                    "at": at if 0.0 <= at <= LATEST_S else None,
                    "action": action,
                    "by": called(by),
                    "player": called(player),
                    "detail": msgspec.json.decode(detail),
                },
                AuditEntry,
            )
        except (msgspec.MsgspecError, TypeError, UnicodeError):
            return AuditEntry(
                number=number, at=0.0, action=DAMAGED, by=None, player=None, detail={}
            )

    return tuple(map(told, rows))


def _bytes(value: object) -> bytes:
    """A hash; nothing, where a damaged row holds something else."""
    return value if isinstance(value, bytes) else b""


def _is_salt(row: Sequence[Any]) -> bool:
    return isinstance(row[1], str) and isinstance(row[2], bytes)


def check(
    rows: Sequence[Any], ever: int, kept: tuple[int, str] | None, salts: Sequence[Any]
) -> AuditCheck:
    """Whether rows of `SELECT_AUDIT` are all that were ever written, unchanged.

    Args:
        rows: in order.
        ever: SQLite's count.
        kept: number and hash (hex) of the newest row by the file beside the save.
        salts: as for `entries`. Each was made for a row: one that fits none is damaged.
    """
    problems: list[str] = []
    before, number = FIRST, 0
    for row in rows:
        if row[0] != number + 1:
            problems.append(f"rows {number + 1} to {row[0] - 1} are missing")
        number = row[0]
        if _bytes(row[6]) != chained(before, row[:6]):
            problems.append(f"row {number} was changed, or the row before it")
        before = _bytes(row[6])
    if ever > number:
        problems.append(f"rows {number + 1} to {ever} were cut off")
    strays = len(_strays(rows, salts))
    problems += [f"{strays} names fit no row: whom it tells of cannot be said"] * (strays > 0)
    if kept is not None:
        hashes = {row[0]: _bytes(row[6]).hex() for row in rows}
        if kept[0] > number:
            problems.append(f"{kept[0]} rows are known beside the save, {number} are in it")
        elif kept[0] and hashes.get(kept[0]) != kept[1]:
            problems.append(f"row {kept[0]} is not the one that is known beside the save")
    return AuditCheck(
        sound=not problems,
        rows=len(rows),
        head=before.hex(),
        kept=None if kept is None else kept[0],
        problems=tuple(problems),
    )


def accept(db: apsw.Connection, at: float, detail: Detail) -> None:
    """Add the row that says that the others are taken as they are; names that fit none go."""
    append(db, "accepted", at, detail=detail)
    salts = db.execute(SELECT_SALTS).fetchall()
    for kind, name, _ in _strays(db.execute(SELECT_AUDIT).fetchall(), salts):
        db.execute("DELETE FROM salts WHERE kind = ? AND name = ?", (kind, name))


def _strays(rows: Sequence[Any], salts: Sequence[Any]) -> list[Any]:
    """Salts of names that stand in no row."""
    named = {_bytes(hashed) for row in rows for hashed in row[3:5] if hashed is not None}
    return [
        found
        for found in salts
        if not _is_salt(found) or hash_name(found[2], found[1]) not in named
    ]


def next_step(where: str) -> str:
    """What to do about an audit that is not whole, of the save at `where`, as the user wrote it."""
    name = shlex.quote(where)
    accept = f"`astraweave save audit {name} --accept`"
    if not backups_of(file_of(where)):
        return f"if a backup was put back, {accept}; else there is no backup with a whole one"
    whole = f"`astraweave save restore {name} newest` puts back an older one"
    return f"if a backup was put back, {accept}; else {whole}, to be accepted then"


def head_file(save: Path) -> Path:
    """Where the head is kept."""
    return save.with_name(f"{save.name}{AUDIT}")


def read_head(save: Path) -> tuple[int, str] | None:
    """The head that is kept beside a save; None without one, or when it is none."""
    try:
        number, digest = head_file(save).read_text("ascii").split()
        return (int(number), digest) if len(digest) == 64 else None
    except (OSError, ValueError):
        return None


def keep_head(db: apsw.Connection, save: Path, *, lower: bool = False) -> None:
    """Write down the head beside the save, unless more is known there already.

    Raises:
        OSError: the folder cannot be written.
    """
    last: list[Any] = db.execute(_LAST).fetchall()
    kept = read_head(save)
    if not last or (kept is not None and not lower and kept[0] >= last[0][0]):
        return
    file = head_file(save)
    fresh = file.with_name(f"{file.name}.{os.urandom(4).hex()}.new")
    try:
        with fresh.open("w", encoding="ascii") as stream:
            stream.write(f"{last[0][0]} {_bytes(last[0][1]).hex()}\n")
            stream.flush()
            os.fsync(stream.fileno())
        fresh.replace(file)
    finally:
        fresh.unlink(missing_ok=True)
    sync_folder(file.parent)
