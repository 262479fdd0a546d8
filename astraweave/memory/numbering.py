"""The numbers of memories: none is given twice, so what was held of one in RAM is of no other.

SQLite gives the number of a deleted newest row again; a search that still holds that row would find
another memory in its place, or another player's. Refuses nothing.
"""

import apsw

_NEWEST = "coalesce((SELECT max(seq) FROM memories WHERE seq < 1 << 53), 0)"
_EVER = "(SELECT seq FROM sqlite_sequence WHERE name = 'memories')"
# What is remembered under this id already stays: an episode may come back after it was evicted.
INSERT_MEMORY = (
    "INSERT INTO memories (seq, id, type, text, importance, created_at, player, companion, rest, "
    f"crc) VALUES (1 + max({_NEWEST}, coalesce({_EVER}, 0)),?,?,?,?,?,?,?,?,?) "
    "ON CONFLICT (id) DO NOTHING"
)
_NOTES = (
    f"INSERT INTO sqlite_sequence (name, seq) SELECT 'memories', 0 WHERE {_EVER} IS NULL",
    f"UPDATE sqlite_sequence SET seq = max(seq, {_NEWEST}) WHERE name = 'memories'",
)


def note_newest(db: apsw.Connection) -> None:
    """Keep the highest number in the save; call it before memories are deleted."""
    for sql in _NOTES:
        db.execute(sql)
