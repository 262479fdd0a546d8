"""Memories of everybody else, without a name that was forgotten.

Only rows that may hold it are decoded. A row keeps its number, and what is found by it is indexed
anew. Refuses to lose a link that leads elsewhere, or to mark anything as not yet consolidated.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import apsw
import msgspec

from astraweave.errors import SaveError
from astraweave.memory.associations import SELECT_ASSOCIATIONS, insert_association
from astraweave.memory.codec import row_crc
from astraweave.memory.indexing import index_again
from astraweave.memory.rows import SELECT_MEMORY, delete_memories, memory_rows, read_memory
from astraweave.memory.scrubbing import Scrub
from astraweave.model.memory import Association, Memory

SLICE = 256
_LINKED = "SELECT memory FROM associations WHERE target = ?"


def clean_memories(db: apsw.Connection, scrub: Scrub) -> int:
    """Take a name out of the memories that are left; returns how many changed."""
    rows: list[Any] = [row for key in scrub.gone for row in db.execute(_LINKED, (key,)).fetchall()]
    linked = {int(row[0]) for row in rows}
    db.executemany("DELETE FROM associations WHERE target = ?", [(key,) for key in scrub.gone])
    changed = sum(_memory(db, scrub, row) for row in _memories(db, scrub, linked))
    return changed + _links(db, scrub)


def _memories(db: apsw.Connection, scrub: Scrub, linked: set[int]) -> Iterator[Any]:
    last = 0
    sql = f"{SELECT_MEMORY}WHERE seq > ? ORDER BY seq LIMIT ?"
    while some := _fetched(db, sql, last):
        last = some[-1][0]
        for row in some:
            # A damaged row may be anybody's: its player may be what is damaged.
            sound = row_crc(*row[1:9]) == row[9]
            if not sound or row[0] in linked or scrub.may_hold(f"{row[1]}\n{row[3]}\n{row[8]}"):
                yield row


def _fetched(db: apsw.Connection, sql: str, last: int) -> list[Any]:
    return db.execute(sql, (last, SLICE)).fetchall()


def _memory(db: apsw.Connection, scrub: Scrub, row: Sequence[Any]) -> int:
    number = row[0]
    try:
        memory = read_memory(row, counted=(0, 0.0))
    except SaveError:
        return delete_memories(db, "seq = ?", (number,))
    clean = cleaned(memory, scrub)
    if clean == memory:
        return 0
    made = memory_rows(clean)
    db.execute(
        "UPDATE memories SET id = ?, text = ?, rest = ?, crc = ? WHERE seq = ?",
        (made.row[0], made.row[2], made.row[7], made.row[8], number),
    )
    db.execute("DELETE FROM tags WHERE memory = ?", (number,))
    db.executemany(
        "INSERT OR IGNORE INTO tags (memory, tag) VALUES (?, ?)", [(number, t) for t in made.tags]
    )
    was: list[Any] = db.execute("SELECT linked FROM vectors WHERE memory = ?", (number,)).fetchall()
    if was:  # else it is indexed in its turn
        db.execute("DELETE FROM contexts WHERE memory = ?", (number,))
        index_again(db, (number,))
        db.execute("UPDATE vectors SET linked = ? WHERE memory = ?", (was[0][0], number))
    return 1


def cleaned(memory: Memory, scrub: Scrub) -> Memory:
    """A memory without the name, and without links to what is gone."""
    plain = msgspec.to_builtins(memory)
    for key in ("player_id", "companion_id", "memory_type", "source"):
        plain.pop(key, None)
    made = scrub.fields(plain)
    made |= {key: scrub.fields(plain[key]) for key in ("context", "emotion") if key in plain}
    made["associations"] = [
        {**link, "memory_id": scrub.ids.get(link["memory_id"], link["memory_id"])}
        for link in plain.get("associations", ())
        if link["memory_id"] not in scrub.gone
    ]
    for link in made["associations"]:
        link["relation"] = scrub.text(link["relation"])
    context = made.get("context", {})
    events = plain.get("context", {}).get("related_events", ())
    if events:
        context["related_events"] = scrub.any([key for key in events if key not in scrub.gone])
    made["id"] = scrub.ids.get(memory.id, memory.id)
    made["memory_type"], made["source"] = memory.memory_type, memory.source
    made["player_id"], made["companion_id"] = memory.player_id, memory.companion_id
    return msgspec.convert(made, Memory)


def _links(db: apsw.Connection, scrub: Scrub) -> int:
    """Links to what has another id now, or whose kind holds the name."""
    relations: list[Any] = db.execute("SELECT DISTINCT relation FROM associations").fetchall()
    asked = [("target", key) for key in scrub.ids if key not in scrub.gone]
    asked += [("relation", name) for (name,) in relations if scrub.text(name) != name]
    changed = 0
    for column, value in asked:
        numbers: list[Any] = db.execute(
            f"SELECT DISTINCT memory FROM associations WHERE {column} = ?", (value,)
        ).fetchall()
        for (number,) in numbers:
            rows: list[Any] = db.execute(
                f"{SELECT_ASSOCIATIONS} WHERE memory = ?", (number,)
            ).fetchall()
            db.execute("DELETE FROM associations WHERE memory = ?", (number,))
            for _, target, relation, strength, _ in rows:
                name = scrub.ids.get(target, target)
                kind = scrub.text(relation)
                link = Association(memory_id=name, relation=kind, strength=strength)
                insert_association(db, number, link)
            changed += 1
    return changed
