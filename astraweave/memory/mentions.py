"""Where memories name others: in what they are associated with, in related events, in their data.

What is forgotten is taken out there, too. Refuses to look into text: a sentence is the game's own.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import apsw
import msgspec

from astraweave.errors import SaveError
from astraweave.memory.codec import check_row, row_crc
from astraweave.memory.slices import Query, spans

NAMES_AT_ONCE = 20
"""For how many names one statement looks."""

_ROW = (
    "SELECT seq, id, type, text, importance, created_at, player, companion, rest, crc "
    "FROM memories WHERE seq = ?"
)


def naming(query: Query, names: Sequence[str]) -> list[int]:
    """Rows of the memories whose JSON holds one of these names as a string; only reads."""
    found: dict[int, None] = {}
    for some in _parts(names):
        wanted = [msgspec.json.encode(name).decode() for name in some]
        held = " OR ".join(["instr(rest, ?)"] * len(wanted))
        sql = f"SELECT seq FROM memories WHERE seq > ? AND seq <= ? AND ({held})"
        for span in spans(query, "memories"):
            found.update(dict.fromkeys(row[0] for row in query(sql, (*span, *wanted))))
    return list(found)


def take_out(db: apsw.Connection, number: int, names: frozenset[str]) -> bool:
    """Let the memory in row `number` name none of these; whether it did."""
    row: Any = db.execute(_ROW, (number,)).fetchone()
    if row is None:
        return False
    try:
        check_row(f"memory {row[1]}", row[9], *row[1:9])
        rest = msgspec.json.decode(row[8])
    except (SaveError, msgspec.MsgspecError, RecursionError):
        return False  # whoever reads it sets it aside
    links = rest.get("associations", [])
    rest["associations"] = [link for link in links if link["memory_id"] not in names]
    if "data" in rest:
        rest["data"] = _without(rest["data"], names)
    context = rest.get("context", {})
    if "related_events" in context:
        # A place or a person that is called like the forgotten is another matter.
        context["related_events"] = _without(context["related_events"], names)
    written = msgspec.json.encode({k: v for k, v in rest.items() if k != "associations" or v})
    columns = (*row[1:8], written.decode())
    db.execute(
        "UPDATE memories SET rest = ?, crc = ? WHERE seq = ?",
        (columns[-1], row_crc(*columns), number),
    )
    return True


def _without(value: Any, names: frozenset[str]) -> Any:
    """`value` without the entries that are one of these names, or are called so."""
    if isinstance(value, dict):
        kept = [(k, v) for k, v in value.items() if k not in names and not _is_one(v, names)]
        return {k: _without(v, names) for k, v in kept}
    if isinstance(value, list):
        return [_without(v, names) for v in value if not _is_one(v, names)]
    return None if _is_one(value, names) else value


def _is_one(value: Any, names: frozenset[str]) -> bool:
    return isinstance(value, str) and value in names


def _parts(names: Sequence[str]) -> Iterator[Sequence[str]]:
    for first in range(0, len(names), NAMES_AT_ONCE):
        yield names[first : first + NAMES_AT_ONCE]
