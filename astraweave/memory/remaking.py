"""What a repair makes again from other rows of the same save: it stands in the file twice.

Tags and the memories of episodes, digests, links, what proposals cost, and who was forgotten.
Refuses to make up what no row tells.
"""

from contextlib import suppress
from functools import partial
from typing import Any

import apsw

from astraweave.errors import SaveError
from astraweave.memory.codec import check_row
from astraweave.memory.fading import evict
from astraweave.memory.ledger import fill_ledger
from astraweave.memory.numbering import note_newest
from astraweave.memory.packing import stored_dictionary
from astraweave.memory.relinking import index_all, links_left, relink
from astraweave.memory.rows import SELECT_EPISODE, insert_memory, memory_rows, read_episode
from astraweave.memory.salvage import Salvage
from astraweave.memory.tombstones import FOREVER
from astraweave.memory.witness import Witness
from astraweave.model.memory import memory_of

_LEARN_AGAIN = (
    "UPDATE episodes AS e SET learned = 0 WHERE learned = 1 AND NOT EXISTS (SELECT 1 FROM states s "
    "WHERE s.player = e.player AND s.companion = e.companion) AND NOT EXISTS (SELECT 1 FROM "
    "statistics r WHERE r.player = e.player AND r.companion = e.companion AND r.episode = e.id)"
)
"""A state counts an episode whose row is lost; without one it is learned from anew."""


def make_again(db: apsw.Connection, salvage: Salvage) -> dict[str, int]:
    """Make what can be made, in a transaction; how many rows of each table."""
    # A number must never be given twice, nor one that was linked by a memory that was not.
    newest = max([salvage.linked, *salvage.numbers["memories"]])
    note_newest(db)
    db.execute("UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = 'memories'", (newest,))
    again = {"memories": _memories_again(db, salvage)}
    for name in salvage.tables:
        _drop_strays(db, name)
    again["tags"] = _tags_again(db)
    again["digests"] = _digests_again(db)
    again["ledger"] = _ledger_again(db)
    db.execute(_LEARN_AGAIN)
    sure = not salvage.places.get("vectors")
    linked = index_all(db, salvage.linked, sure=sure)
    again["associations"] = relink(db, links_left(db, salvage), linked, sure=sure)
    return again


def forgotten_again(db: apsw.Connection, salvage: Salvage) -> int:
    """Players who were forgotten, of whom only an index tells: refused for ever; how many."""
    if "tombstones" not in salvage.tables:
        return 0
    read = {row.number for row in salvage.rows["tombstones"]}
    made = 0
    for (hashed, *_), number in Witness(salvage, "tombstones", read).entries():
        with suppress(apsw.ConstraintError):
            db.execute("INSERT INTO tombstones VALUES (?, ?, ?)", (number, hashed, FOREVER))
            made += 1
    return made


def _drop_strays(db: apsw.Connection, name: str) -> None:
    """Delete rows that refer to nothing."""
    keys = db.execute(
        'SELECT "from", "table", coalesce("to", "from") FROM pragma_foreign_key_list(?)', (name,)
    ).fetchall()
    for column, parent, of in keys:
        db.execute(f"DELETE FROM {name} WHERE {column} NOT IN (SELECT {of} FROM {parent})")


def _tags_again(db: apsw.Connection) -> int:
    """Tags, from the memories that have them; a memory that makes no sense has none."""
    before = db.total_changes()
    db.execute(
        "INSERT OR IGNORE INTO tags SELECT m.seq, t.value FROM memories m, "
        "json_each(CASE WHEN json_valid(m.rest) THEN m.rest ELSE '{}' END, '$.tags') t "
        "WHERE t.type = 'text'"
    )
    return int(db.total_changes() - before)


def _memories_again(db: apsw.Connection, salvage: Salvage) -> int:
    """The memory of each episode that has none, under its number, which its links refer to."""
    made = 0
    lost: list[Any] = db.execute(
        f"{SELECT_EPISODE}WHERE e.id NOT IN (SELECT id FROM memories) AND o.columns IS NOT NULL"
    ).fetchall()
    for row in lost:
        with suppress(SaveError, apsw.ConstraintError):  # damaged: whoever reads it sets it aside
            log = read_episode(row, partial(stored_dictionary, db))
            insert_memory(db, memory_rows(memory_of(log)))
            made += 1
            new, old = db.last_insert_rowid(), salvage.memories.get(row[1])
            db.execute("DELETE FROM tags WHERE memory = ?", (new,))
            db.execute("UPDATE OR IGNORE memories SET seq = ?2 WHERE seq = ?1", (new, old or new))
    return made


def _ledger_again(db: apsw.Connection) -> int:
    """What proposals cost, from their verdicts."""
    before = db.total_changes()
    fill_ledger(db)
    return int(db.total_changes() - before)


def _digests_again(db: apsw.Connection) -> int:
    """Of episodes that lost their observations, what is left of those that were evicted."""
    made = 0
    bare: list[Any] = db.execute(f"{SELECT_EPISODE}WHERE o.columns IS NULL").fetchall()
    for row in bare:
        with suppress(SaveError):  # damaged: whoever reads it sets it aside
            check_row(f"episode {row[1]}", row[12], *row[1:12])
            made += evict(db, row[1])
    return made
