"""What fades: memories too weak to keep, and episodes beyond a policy.

Takes memories and observations and keeps what was learned, with a digest of the episode. Refuses to
let an episode fade before it was learned from.
"""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import apsw
import msgspec

from astraweave.errors import SaveError
from astraweave.memory.codec import Row, check_row, row_crc
from astraweave.memory.forgetting import FORGOTTEN_BELOW, HALF_LIFE_DAYS, is_forgotten, strength
from astraweave.memory.rows import SELECT_MEMORY, delete_memories, read_memory
from astraweave.memory.slices import Query
from astraweave.memory.used import uses_in
from astraweave.model.episode import Episode, EpisodeCategory, EpisodeOutcome
from astraweave.model.memory import MemoryType

DAY_S = 86_400.0
WEIGHED = 64
"""Memories weighed at once, outside any transaction."""

_LEARNED = "NOT EXISTS (SELECT 1 FROM episodes e WHERE e.id = memories.id AND e.learned = 0) "
_ONE = f"{SELECT_MEMORY}WHERE id = ? AND {_LEARNED}"
_OLD = (
    f"{SELECT_MEMORY}WHERE type = ?1 AND created_at < ?2 AND (created_at, seq) > (?3, ?4) "
    f"AND {_LEARNED}ORDER BY created_at, seq LIMIT ?5"
)
_HEADER = (
    "SELECT id, category, start_time, end_time, player, companion, policy_version, seed, "
    "truncated, outcome, tags FROM episodes WHERE id = ?"
)


class Cursor(NamedTuple):
    """How far one round of decay has come: memories of a type, older first."""

    type_index: int = 0
    created_at: float = -1.0
    seq: int = 0


def weak_some(query: Query, now: float, cursor: Cursor) -> tuple[Cursor | None, list[str]]:
    """Ids of the next memories that are too weak, and where to go on; only reads.

    None in the first place: the round is over.
    """
    types = [kind for kind in MemoryType if FORGOTTEN_BELOW[kind] > 0.0]
    if cursor.type_index >= len(types):
        return None, []
    kind = types[cursor.type_index]
    before = now - safe_days(kind) * DAY_S
    rows = query(_OLD, (kind.value, before, cursor.created_at, cursor.seq, WEIGHED))
    weak = [row[1] for row in rows if _is_weak(row, now)]
    if len(rows) < WEIGHED:
        return Cursor(cursor.type_index + 1), weak
    return Cursor(cursor.type_index, rows[-1][5], rows[-1][0]), weak


def safe_days(kind: MemoryType) -> float:
    """The age below which no memory of a type is forgotten, however unimportant."""
    return HALF_LIFE_DAYS[kind] * math.log(0.75 / FORGOTTEN_BELOW[kind]) / 0.693


def _is_weak(row: Sequence[Any], now: float) -> bool:
    try:
        memory = read_memory(row)
        uses_in(row[0], row[10:])
    except SaveError:
        return False  # whoever reads it sets it aside
    left = strength(
        memory_type=memory.memory_type,
        age_days=(now - memory.created_at) / DAY_S,
        importance=memory.importance,
        access_count=memory.access_count,
    )
    return is_forgotten(memory.memory_type, left)


def fade(db: apsw.Connection, memory_id: str, now: float) -> bool:
    """Delete a memory and the observations of its episode; a digest and what was learned stay.

    False, and nothing is done, when it is not as weak any more as it was: written anew, or used.
    """
    rows: list[Any] = db.execute(_ONE, (memory_id,)).fetchall()
    if not rows or not _is_weak(rows[0], now):
        return False
    evict(db, memory_id)
    delete_memories(db, "id = ?", (memory_id,))
    db.execute("DELETE FROM associations WHERE target = ?", (memory_id,))
    return True


def evict(db: apsw.Connection, episode_id: str) -> bool:
    """Put a digest in the place of an episode; False when there is none, or it is damaged."""
    row: Any = db.execute(_HEADER, (episode_id,)).fetchone()
    if row is None:
        return False
    try:
        digest = _digest(row)
    except (msgspec.MsgspecError, ValueError):
        return False  # whoever reads it sets it aside
    db.execute("INSERT OR REPLACE INTO digests VALUES (?,?,?,?,?,?)", digest_row(digest))
    db.execute("DELETE FROM episodes WHERE id = ?", (episode_id,))
    return True


def _digest(row: Sequence[Any]) -> Episode:
    return Episode(
        id=row[0],
        category=EpisodeCategory(row[1]),
        start_time=row[2],
        end_time=row[3],
        player_id=row[4],
        companion_id=row[5],
        policy_version=row[6],
        seed=row[7],
        truncated=bool(row[8]),
        outcome=None if row[9] is None else msgspec.json.decode(row[9], type=EpisodeOutcome),
        tags=msgspec.json.decode(row[10], type=tuple[str, ...]),
    )


def digest_row(digest: Episode) -> Row:
    """A digest as a row; see `read_digest`."""
    values = (
        digest.id,
        digest.player_id,
        digest.companion_id,
        digest.start_time,
        msgspec.json.encode(digest).decode(),
    )
    return (*values, row_crc(*values))


def read_digest(row: Sequence[Any]) -> Episode:
    """The digest in a row (episode, player, companion, start_time, body, crc).

    Raises:
        SaveError: a wrong CRC or shape.
    """
    check_row(f"digest {row[0]}", row[5], *row[:5])
    try:
        return msgspec.json.decode(row[4], type=Episode)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise SaveError(what="wrong values", got=str(error), where=f"digest {row[0]}") from error
