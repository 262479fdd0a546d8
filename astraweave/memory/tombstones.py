"""Players who were forgotten: a hash of the name, and up to when their data must not come back.

Refuses what began before then, from whatever file it is read again; what a person plays afterwards
is new. Only `lift` lets the old data in again.
"""

from typing import Any

import apsw

from astraweave.errors import StoreError
from astraweave.memory.salts import salt_of, slow_hash

_ANY = "SELECT 1 FROM tombstones LIMIT 1"
_SALT = "SELECT salt FROM salts WHERE kind = 'save' AND name = ''"


def forgotten_until(db: apsw.Connection, player: str) -> float | None:
    """Seconds since 1970 up to which a player's data is refused; None when he was not forgotten."""
    if not db.execute(_ANY).fetchall():
        return None
    salt: list[Any] = db.execute(_SALT).fetchall()
    if not salt:
        return None
    found: list[Any] = db.execute(
        "SELECT until FROM tombstones WHERE hash = ?", (slow_hash(bytes(salt[0][0]), player),)
    ).fetchall()
    return float(found[0][0]) if found else None


def bury(db: apsw.Connection, player: str, until: float) -> None:
    """Remember that `player` was forgotten, and nothing else of him."""
    hashed = slow_hash(salt_of(db, "save"), player)
    db.execute(
        "INSERT INTO tombstones (hash, until) VALUES (?1, ?2) "
        "ON CONFLICT (hash) DO UPDATE SET until = max(until, ?2)",
        (hashed, until),
    )


def lift(db: apsw.Connection, player: str) -> bool:
    """Let a player's old data in again; False when he was not forgotten."""
    if forgotten_until(db, player) is None:
        return False
    db.execute("DELETE FROM tombstones WHERE hash = ?", (slow_hash(salt_of(db, "save"), player),))
    return True


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
