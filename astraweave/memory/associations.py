"""Links between memories as rows: written, read, checked."""

from collections.abc import Sequence
from typing import Any

import apsw

from astraweave.memory.codec import check_row, row_crc
from astraweave.model.memory import Association

SELECT_ASSOCIATIONS = "SELECT memory, target, relation, strength, crc FROM associations"
_INSERT = (
    "INSERT OR REPLACE INTO associations (memory, target, relation, strength, crc) "
    "VALUES (?,?,?,?,?)"
)


def insert_association(db: apsw.Connection, number: int, link: Association) -> None:
    """Store a link of the memory in row `number`, in place of the one of its target and kind."""
    # As SQLite gives it back: a float, and no negative zero.
    row = (number, link.memory_id, link.relation, float(link.strength) + 0.0)
    db.execute(_INSERT, (*row, row_crc(*row)))


def read_association(found: Sequence[Any]) -> Association:
    """The link in a row of `SELECT_ASSOCIATIONS`.

    Raises:
        SaveError: a wrong CRC.
    """
    check_row(f"link of memory {found[0]}", found[4], *found[:4])
    return Association(memory_id=found[1], relation=found[2], strength=found[3])


def joined_links(
    first: Sequence[Association], stored: Sequence[Association]
) -> tuple[Association, ...]:
    """Links as they are now: those given at first in their order, then the others, by strength."""
    if not first and not stored:
        return ()
    now = {(link.memory_id, link.relation): link for link in stored}
    given = dict.fromkeys((link.memory_id, link.relation) for link in first)
    others = [link for key, link in now.items() if key not in given]
    others.sort(key=lambda link: (-link.strength, link.memory_id, link.relation))
    return (*[now[key] for key in given if key in now], *others)


def check_associations(db: apsw.Connection) -> None:
    """Give the links of an older save their checksums."""
    rows: list[Any] = db.execute(
        "SELECT memory, target, relation, strength FROM associations"
    ).fetchall()
    db.executemany(
        "UPDATE associations SET crc = ? WHERE memory = ? AND target = ? AND relation = ?",
        [(row_crc(*row), *row[:3]) for row in rows],
    )
