"""Players who were forgotten: a hash of the name, and up to when their data must not come back.

Refuses what began before then, from whatever file it is read again; what a person plays afterwards
is new. Only `lift` lets the old data in again. The number of a row is a checksum over it, and its
hash stands in an index, too: what is left of a damaged row refuses everything of that player.
"""

import hashlib
from typing import Any, NamedTuple

import apsw

from astraweave.errors import StoreError
from astraweave.memory.codec import row_crc
from astraweave.memory.salts import salt_of, slow_hash

FOREVER = 4e11
"""The last moment that a save can hold, in seconds since 1970."""
_SALT = "SELECT salt FROM salts WHERE kind = 'save' AND name = ''"
_TABLE = "SELECT seq, hash, until FROM tombstones NOT INDEXED"
_INDEX = (
    "SELECT seq, hash FROM tombstones INDEXED BY sqlite_autoindex_tombstones_1 WHERE hash >= ''"
)
ANY_FORGOTTEN = (
    "EXISTS (SELECT 1 FROM tombstones NOT INDEXED) OR EXISTS (SELECT 1 FROM tombstones "
    "INDEXED BY sqlite_autoindex_tombstones_1 WHERE hash >= '')"
)
"""Whether there is any row, by the table or by its index: an expression of SQL."""
_ANY = f"SELECT {ANY_FORGOTTEN}"
_SEALED = 1 << 56
"""Rows with a smaller number are of programs that wrote no checksum."""


class _Row(NamedTuple):
    number: int
    hashed: bytes
    until: float
    sound: bool


def forgotten_until(db: apsw.Connection, player: str) -> float | None:
    """Seconds since 1970 up to which a player's data is refused; None when he was not forgotten."""
    rows, salt = _rows(db)
    if not rows or salt is None:
        return None
    hashed = slow_hash(salt, player)
    found = [row for row in rows if row.hashed == hashed]
    sound = [row.until for row in found if row.sound]
    return None if not found else max(sound, default=FOREVER)


def damaged(db: apsw.Connection) -> str | None:
    """What is wrong with the rows of forgotten players, in one line; None when nothing is."""
    rows, salt = _rows(db)
    if rows and salt is None:
        return "the salt of forgotten players is lost: their old data is let in; restore a backup"
    wrong = {row.number for row in rows if not row.sound}
    if not wrong:
        return None
    whole = wrong <= {row.number for row in rows if row.sound}
    then = "they are still refused" if whole else "their old data may be let in"
    return (
        f"{len(wrong)} damaged rows of forgotten players: {then}; "
        "forget them again, or restore a backup"
    )


def bury(db: apsw.Connection, player: str, until: float) -> None:
    """Remember that `player` was forgotten, and nothing else of him."""
    salt = salt_of(db, "save")
    hashed = slow_hash(salt, player)
    _put(db, _Row(_seal(salt, hashed, until), hashed, until, sound=True), without=hashed)


def lift(db: apsw.Connection, player: str) -> bool:
    """Let a player's old data in again; False when he was not forgotten."""
    if forgotten_until(db, player) is None:
        return False
    _put(db, None, without=slow_hash(salt_of(db, "save"), player))
    return True


def _put(db: apsw.Connection, fresh: _Row | None, *, without: bytes) -> None:
    """Write all rows anew, so that table and index say the same: whichever of both was damaged."""
    rows, _ = _rows(db)
    kept: dict[int, _Row] = {}
    for row in sorted(rows, key=lambda row: row.sound):  # a sound copy of a row is the last
        kept[row.number] = row
    gone = {row.number for row in rows if row.hashed == without}
    db.execute("DELETE FROM tombstones NOT INDEXED")
    db.execute("REINDEX tombstones")
    left = [row for row in kept.values() if row.number not in gone]
    db.executemany(
        "INSERT INTO tombstones (seq, hash, until) VALUES (?,?,?)",
        [row[:3] for row in (*left, *([] if fresh is None else [fresh]))],
    )


def _rows(db: apsw.Connection) -> tuple[list[_Row], bytes | None]:
    """Every row as the table has it, and as the index does where they differ; and the salt."""
    if not db.execute(_ANY).get:
        return [], None
    table: list[Any] = db.execute(_TABLE).fetchall()
    index: list[Any] = db.execute(_INDEX).fetchall()
    found: list[Any] = db.execute(_SALT).fetchall()
    salt = found[0][0] if found and isinstance(found[0][0], bytes) else None
    untils = {number: until for number, _, until in table}
    # A damaged page gives anything in place of bytes and of a moment.
    wrong = {n for n, hashed, *_ in (*table, *index) if not isinstance(hashed, bytes)}
    wrong |= {n for n, until in untils.items() if not isinstance(until, int | float)}
    both = {
        (number, hashed if isinstance(hashed, bytes) else repr(hashed).encode())
        for number, hashed, *_ in (*table, *index)
    }
    rows = []
    for number, hashed in sorted(both):
        until = FOREVER if number in wrong else float(untils.get(number, FOREVER))
        sealed = number in untils and number == _seal(salt or b"", hashed, until)
        rows.append(
            _Row(number, hashed, until, number not in wrong and (number < _SEALED or sealed))
        )
    return rows, salt


def _seal(salt: bytes, hashed: bytes, until: float) -> int:
    """A number from 2^56 on that fits one row of one save."""
    digest = hashlib.sha256(salt + hashed + row_crc(float(until)).to_bytes(4)).digest()
    return _SEALED | int.from_bytes(digest[:7])


def refuse_forgotten(db: apsw.Connection, player: str, moment: float, what: str) -> None:
    """Make sure that what is of `moment` may be stored.

    Raises:
        StoreError: it is of a player who was forgotten afterwards.
    """
    until = forgotten_until(db, player)
    if until is not None and moment <= until:
        raise StoreError(
            what=f"{what} is of a player who was forgotten",
            where="write",
            fix="it stays out; `astraweave player consent --readmit` lets old data in again",
        )


def refuse_stale(db: apsw.Connection, player: str, episodes: tuple[str, ...]) -> None:
    """Make sure that what was learned of a player does not come from what was forgotten.

    Raises:
        StoreError: he was forgotten, and one of `episodes`, or every other, is no longer there.
    """
    if forgotten_until(db, player) is None:
        return
    known = "SELECT 1 FROM episodes WHERE player = ? AND id = ?"
    there = all(db.execute(known, (player, name)).fetchall() for name in episodes)
    some = db.execute("SELECT 1 FROM episodes WHERE player = ? LIMIT 1", (player,)).fetchall()
    if not (there and some):
        raise StoreError(
            what="what was learned comes from episodes that were forgotten",
            where="commit",
            fix="read again, then learn",
        )
