"""Delete what is old, and keep what was learned: memories of before a moment, with their episodes.

Refuses to delete a profile: it is no memory of then but what is known now.
"""

from typing import Any

import apsw

from astraweave.memory.rows import delete_memories
from astraweave.memory.slices import LOOKED_AT_ONCE, Query

_OLD = (
    "created_at < ?2 AND (?3 IS NULL OR player = ?3) "
    "AND NOT (type = 'semantic' AND substr(id, 1, 8) = 'profile:')"
)
_ONE = f"SELECT id FROM memories WHERE seq = ?1 AND {_OLD}"
_NEXT = (
    f"SELECT created_at, seq FROM memories WHERE (created_at, seq) > (?1, ?4) "
    f"AND {_OLD} ORDER BY created_at, seq LIMIT ?5"
)


def prunable(query: Query, before_s: float, player: str | None) -> list[int]:
    """Rows of the memories created before `before_s`, oldest first; only reads."""
    found, last = list[int](), (-1.0, 0)
    while rows := query(_NEXT, (last[0], before_s, player, last[1], LOOKED_AT_ONCE)):
        found += [row[1] for row in rows]
        last = rows[-1]
    return found


def prune_one(db: apsw.Connection, number: int, before_s: float, player: str | None) -> bool:
    """Delete the memory in a row, with its episode; False when it is not that old (any more)."""
    rows: list[Any] = db.execute(_ONE, (number, before_s, player)).fetchall()
    for (name,) in rows:
        db.execute("DELETE FROM episodes WHERE id = ?", (name,))
    return bool(rows) and delete_memories(db, "seq = ?", (number,)) > 0
