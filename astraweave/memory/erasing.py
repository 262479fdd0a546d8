"""Forget a player: every row of his, his name in the rows of others, and what was made from both.

One transaction: a crash leaves all of it or nothing. It also writes down that free pages, the log
and backups are still to be emptied (`erasures`), which needs no name: the next open goes on with
it. Refuses to guess whose a damaged row is: the quarantine and the verdicts kept go as a whole.
"""

from typing import Any

import apsw
import msgspec

from astraweave.errors import SaveError
from astraweave.memory import audit
from astraweave.memory.others import clean_others
from astraweave.memory.packing import renew_dictionaries
from astraweave.memory.recovery import decode_part
from astraweave.memory.rows import delete_memories
from astraweave.memory.scrubbing import Scrub
from astraweave.memory.tombstones import bury, lift
from astraweave.model.learned import pair_key

_IDS = (
    "SELECT id FROM memories WHERE player = ?1 UNION SELECT id FROM episodes WHERE player = ?1 "
    "UNION SELECT episode FROM digests WHERE player = ?1 "
    "UNION SELECT episode FROM statistics WHERE player = ?1"
)
_NEWEST = (
    "SELECT max(at) FROM (SELECT max(created_at) at FROM memories WHERE player = ?1 UNION ALL "
    "SELECT max(start_time) FROM episodes WHERE player = ?1 UNION ALL "
    "SELECT max(start_time) FROM digests WHERE player = ?1)"
)
_TABLES = (
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND sql LIKE '%STRICT%' ORDER BY name"
)


class Erased(msgspec.Struct, frozen=True, kw_only=True):
    """What was forgotten of a player.

    `rows` counts his rows by table, `changed` the rows of others that named him. `backups` are the
    files that went. `still_in` are other names that hold his: they stay. `finished` is False as
    long as another program keeps the log open: the next who opens the save alone finishes it.
    """

    rows: dict[str, int]
    changed: int
    still_in: tuple[str, ...] = ()
    backups: tuple[str, ...] = ()
    finished: bool = False


def erase(db: apsw.Connection, player: str, now: float) -> Erased:
    """Take a player out of the save, inside a transaction; the file is still to be emptied.

    Args:
        db: inside a transaction.
        player: his id.
        now: seconds since 1970; data of before then is refused from now on.
    """
    newest: Any = db.execute(_NEWEST, (player,)).get
    found: list[Any] = db.execute(_IDS, (player,)).fetchall()
    pairs = _pairs(db)
    own = sorted({companion for who, companion in pairs if who == player})
    others = {name for pair in pairs if pair[0] != player for name in pair} - {player}
    scrub = Scrub(player, others, [row[0] for row in found])
    rows = {"memories": delete_memories(db, "player = ?", (player,))}
    for table in owned(db):
        db.execute(f"DELETE FROM {table} WHERE player = ?", (player,))
        rows[table] = rows.get(table, 0) + int(db.changes())
    rows["notes"] = _drop_notes(db, player, own)
    rows["checkpoints"] = _drop_checkpoints(db, player)
    for table in ("quarantine", "verdicts"):
        db.execute(f"DELETE FROM {table}")
        rows[table] = int(db.changes())
    changed = clean_others(db, scrub)
    renew_dictionaries(db)
    lift(db, player)
    bury(db, player, max(now, newest or 0.0))
    count = sum(rows.values())
    audit.append(db, "erasure", now, player=player, detail={"rows": count, "changed": changed})
    gone = [name for name in own if name not in {who for pair in _pairs(db) for who in pair}]
    db.executemany("DELETE FROM salts WHERE kind = 'companion' AND name = ?", [(n,) for n in gone])
    db.execute("DELETE FROM salts WHERE kind = 'player' AND name = ?", (player,))
    db.execute("INSERT INTO erasures (at) VALUES (?)", (now,))
    kept = {table: n for table, n in sorted(rows.items()) if n}
    return Erased(rows=kept, changed=changed, still_in=scrub.still_in)


def owned(db: apsw.Connection) -> tuple[str, ...]:
    """Every table with a column `player`, so that a table of later versions is not left out."""
    names: list[Any] = db.execute(_TABLES).fetchall()
    return tuple(
        name
        for (name,) in names
        if any(column[1] == "player" for column in db.execute(f"PRAGMA table_info({name})"))
    )


def _pairs(db: apsw.Connection) -> set[tuple[str, str]]:
    """Every (player, companion) that any row names."""
    pairs: set[tuple[str, str]] = set()
    for table in owned(db):
        columns = {column[1] for column in db.execute(f"PRAGMA table_info({table})")}
        if "companion" in columns:
            rows: list[Any] = db.execute(
                f"SELECT DISTINCT player, companion FROM {table}"
            ).fetchall()
            pairs.update((row[0], row[1]) for row in rows)
    return pairs


def _drop_notes(db: apsw.Connection, player: str, companions: list[str]) -> int:
    """Delete notes whose key ends in one of the player's pairs."""
    keys: list[Any] = db.execute("SELECT key FROM notes").fetchall()
    ends = tuple(f":{pair_key(player, companion)}" for companion in companions)
    gone = [(key,) for (key,) in keys if ends and key.endswith(ends)]
    db.executemany("DELETE FROM notes WHERE key = ?", gone)
    return len(gone)


def _drop_checkpoints(db: apsw.Connection, player: str) -> int:
    """Delete parts of the player's open episodes, and those of which nobody can say whose."""
    count = 0
    keys: list[Any] = db.execute("SELECT rowid, episode, first FROM checkpoints").fetchall()
    for rowid, episode, first in keys:
        blob: Any = db.execute("SELECT body FROM checkpoints WHERE rowid = ?", (rowid,)).get
        try:
            if decode_part(blob, episode, first).player_id != player:
                continue
        except SaveError:
            pass  # damaged: nobody can read it again
        db.execute("DELETE FROM checkpoints WHERE rowid = ?", (rowid,))
        count += 1
    return count
