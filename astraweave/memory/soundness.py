"""Whether a row is what was written: its checksum, or that of its blob, says so.

Of rows as plain values, whatever file they were read from. Refuses to look inside: who reads a row
does that.
"""

from collections.abc import Mapping

from astraweave.errors import SaveError
from astraweave.memory.codec import LOG_V1, row_crc, unseal
from astraweave.memory.learned import NOTE_V1, ROW_V1, STATE_V1
from astraweave.memory.ledger import VERDICT_V1
from astraweave.memory.packing import DICTIONARY_V1, PACKED_V1
from astraweave.memory.pages import Value
from astraweave.memory.shapes import Found, Table

Named = Mapping[str, Value]
"""A row: column → value."""

_SEALED = {
    "statistics": (ROW_V1, "{player}/{companion}/{episode}"),
    "states": (STATE_V1, "{player}/{companion}"),
    "notes": (NOTE_V1, "note {key}"),
    "verdicts": (VERDICT_V1, "verdict {key}"),
    "dictionaries": (DICTIONARY_V1, "dictionary {number}"),
}
_NOT_COVERED = {
    "episodes": {"seq", "recovered", "learned"},
    "memories": {"seq"},
    "proposals": {"seq"},
    "deployments": {"seq"},
    "consents": {"seq"},
}


def named(table: Table, row: Found) -> dict[str, Value]:
    """A row as SQLite would give it."""
    values: list[Value] = [
        float(value) if isinstance(value, int) and float in column.types else value
        for value, column in zip(row.values, table.columns, strict=False)
    ]
    if table.number is not None:
        values[table.number] = row.number
    return {column.name: v for column, v in zip(table.columns, values, strict=False)}


def is_sound(table: str, row: Named) -> bool:
    """Whether checksums fit; what has none is taken as it is. Not of observations."""
    if table in _SEALED:
        kind, key = _SEALED[table]
        return _opens(kind, row["body"], key.format_map(row))
    crc = row.get("crc")
    if crc is None:  # of a version before there was one, too
        return True
    left_out = _NOT_COVERED.get(table, set()) | {"crc"}
    return crc == row_crc(*[value for name, value in row.items() if name not in left_out])


def is_log(blob: Value, episode: str) -> bool:
    """Whether these are the observations of an episode, packed or not."""
    return _opens(LOG_V1, blob, episode) or _opens(PACKED_V1, blob, episode)


def _opens(kind: bytes, blob: Value, key: str) -> bool:
    try:
        unseal(kind, blob, key)
    except SaveError:
        return False
    return True
