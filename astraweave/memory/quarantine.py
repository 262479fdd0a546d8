"""Damaged rows are set aside, counted and said; the others load. Nothing is deleted unseen."""

from typing import Any

import apsw

from astraweave.errors import SaveError
from astraweave.memory.numbering import note_newest

# {table: (column that tells one content from another, what its key is for people)}
TABLES: dict[str, tuple[str, str]] = {
    "episodes": ("crc", "id"),
    "memories": ("crc", "id"),
    "statistics": ("body", "episode"),
    "states": ("body", "player || '/' || companion"),
    "weight_sets": ("crc", "player || '/' || companion || ' version ' || version"),
    "proposals": ("crc", "player || '/' || companion || ' proposal ' || number"),
    "deployments": ("crc", "player || '/' || companion || ' version ' || version"),
    "ledger": ("crc", "player || '/' || companion || ' proposal ' || number"),
    "verdicts": ("body", "key"),
    "notes": ("body", "key"),
    "checkpoints": ("body", "episode || ' from ' || first"),
    "associations": ("crc", "memory || ' to ' || target"),
    "digests": ("crc", "episode"),
    "uses": ("crc", "memory"),
}
_ROWID = {"associations": "memory"}
_BODY = {
    "episodes": "(SELECT columns FROM observations WHERE episode = t.seq)",
    "memories": "t.rest",
    "proposals": "t.proposal || t.verdict",
    "associations": "t.relation",
    "uses": "t.count",
}
_TEXTS: dict[str, tuple[str, ...]] = {
    "episodes": ("id", "player", "companion", "category", "outcome", "tags"),
    "memories": ("id", "type", "text", "player", "companion", "rest"),
    "statistics": ("player", "companion", "episode"),
    "states": ("player", "companion"),
    "weight_sets": ("player", "companion", "body"),
    "proposals": ("player", "companion", "proposal", "verdict"),
    "deployments": ("player", "companion", "action", "body"),
    "ledger": ("player", "companion", "body"),
    "verdicts": ("key",),
    "notes": ("key",),
    "checkpoints": ("episode", "session"),
    "associations": ("target", "relation"),
    "digests": ("episode", "player", "companion", "body"),
    "sessions": ("token",),
}


def set_aside(
    db: apsw.Connection, table: str, rowid: int, mark: int | bytes | None, reason: str
) -> bool:
    """Move a row to the quarantine, unless its content is no longer the one that was read."""
    column, key = TABLES[table]
    body, number = _BODY.get(table, "t.body"), _ROWID.get(table, "rowid")
    # Bytes, not text: the damage may be in the encoding.
    found: list[Any] = db.execute(
        f"SELECT CAST({key} AS BLOB), CAST({body} AS BLOB) FROM {table} t "
        f"WHERE t.{number} = ? AND t.{column} IS ?",
        (rowid, mark),
    ).fetchall()
    if not found:
        return False
    name = bytes(found[0][0] or b"").decode(errors="replace")
    db.execute(
        "INSERT INTO quarantine (source, key, reason, body) VALUES (?,?,?,?)",
        (table, name, reason, found[0][1]),
    )
    if table == "memories":
        db.execute("DELETE FROM memory_words WHERE rowid = ?", (rowid,))
        note_newest(db)
    db.execute(f"DELETE FROM {table} WHERE {number} = ? AND {column} IS ?", (rowid, mark))
    return True


def set_aside_unreadable(db: apsw.Connection) -> list[str]:
    """Set aside every row with a text that is not UTF-8; one line for each.

    A full scan, for the one case in which a query cannot say which row it stumbled over.
    """
    found = []
    for table, columns in _TEXTS.items():
        casts = ", ".join(f"CAST({column} AS BLOB)" for column in columns)
        mark = TABLES[table][0] if table in TABLES else "token"
        number = _ROWID.get(table, "rowid")
        rows = db.execute(f"SELECT {number}, {casts} FROM {table}")
        bad: list[Any] = [row[0] for row in rows if not all(map(_is_text, row[1:]))]
        for rowid in bad:
            found.append(f"{table}: a text that is not UTF-8; set aside")
            if table not in TABLES:
                db.execute("DELETE FROM sessions WHERE rowid = ?", (rowid,))
                continue
            marks: list[Any] = db.execute(
                f"SELECT {mark} FROM {table} WHERE {number} = ?", (rowid,)
            ).fetchall()
            for (value,) in marks:
                set_aside(db, table, rowid, value, "text that is not UTF-8")
    return found


def _is_text(value: Any) -> bool:
    try:
        (value or b"").decode()
    except UnicodeDecodeError:
        return False
    return True


def reason_of(error: SaveError) -> str:
    """What an error of a codec says, without its place."""
    return error.what if error.got is None else f"{error.what}, got {error.got}"
