"""What leaves a save: memories too weak to keep, episodes beyond a policy, what a player forbids.

*Fading* (decay, retention) takes memories and observations and keeps what was learned, with a
digest of the episode. *Forgetting* takes everything that the memory or episode left behind,
statistics included. Refuses to let an episode fade before it was learned from.
"""

import math
import time
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import apsw
import msgspec

from astraweave.errors import SaveError, StoreError
from astraweave.memory.codec import Row, check_row, row_crc
from astraweave.memory.derived import delete_derived
from astraweave.memory.forgetting import FORGOTTEN_BELOW, HALF_LIFE_DAYS, is_forgotten, strength
from astraweave.memory.rows import SELECT_MEMORY, delete_memories, read_memory
from astraweave.memory.slices import SLICE_S, Query, Seconds, within
from astraweave.memory.used import uses_in
from astraweave.model.derived import reflection_id
from astraweave.model.episode import Episode, EpisodeCategory, EpisodeOutcome
from astraweave.model.learned import pair_key
from astraweave.model.memory import MemoryType

DAY_S = 86_400.0
SLICE = 16
"""Memories weighed in one transaction at most."""

_OLD = (
    f"{SELECT_MEMORY}WHERE type = ?1 AND created_at < ?2 AND (created_at, seq) > (?3, ?4) "
    "AND NOT EXISTS (SELECT 1 FROM episodes e WHERE e.id = memories.id AND e.learned = 0) "
    "ORDER BY created_at, seq LIMIT ?5"
)
_HEADER = (
    "SELECT id, category, start_time, end_time, player, companion, policy_version, seed, "
    "truncated, outcome, tags FROM episodes WHERE id = ?"
)


_EPISODES = (
    "SELECT e.id, coalesce(e.end_time, e.start_time), length(o.columns), e.learned "
    "FROM episodes e LEFT JOIN observations o ON o.episode = e.seq "
    "WHERE ?1 IS NULL OR e.category = ?1 ORDER BY e.seq DESC"
)


class Limit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much of the episodes is kept; None is without limit. Bytes are those of observations."""

    days: float | None = None
    episodes: int | None = None
    bytes: int | None = None


class Retention(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much is kept of all episodes of a save, and of each category.

    Evicted episodes keep a digest (`MemoryStore.digests`), their statistics, and their memory
    until it decays.
    """

    every: Limit = Limit()
    categories: dict[EpisodeCategory, Limit] = {}


class Cursor(NamedTuple):
    """How far one round of decay has come: memories of a type, older first."""

    type_index: int = 0
    created_at: float = -1.0
    seq: int = 0


def decay_some(
    db: apsw.Connection,
    now: float,
    cursor: Cursor,
    slice_s: float = SLICE_S,
    clock: Seconds = time.perf_counter,
) -> tuple[Cursor | None, list[str]]:
    """Forget the next memories that are too weak; where to go on, and the ids of the forgotten.

    None in the first place: the round is over.
    """
    types = [kind for kind in MemoryType if FORGOTTEN_BELOW[kind] > 0.0]
    if cursor.type_index >= len(types):
        return None, []
    kind = types[cursor.type_index]
    before = now - safe_days(kind) * DAY_S
    rows: list[Any] = db.execute(
        _OLD, (kind.value, before, cursor.created_at, cursor.seq, SLICE)
    ).fetchall()
    weak, at, taken = [], cursor, 0
    for row in within(rows, slice_s, clock):
        if _is_weak(row, now):
            fade(db, row[1])
            weak.append(row[1])
        at, taken = Cursor(cursor.type_index, row[5], row[0]), taken + 1
    return (Cursor(cursor.type_index + 1) if taken == len(rows) < SLICE else at), weak


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


def fade(db: apsw.Connection, memory_id: str) -> None:
    """Delete a memory and the observations of its episode; a digest and what was learned stay."""
    evict(db, memory_id)
    delete_memories(db, "id = ?", (memory_id,))
    db.execute("DELETE FROM associations WHERE target = ?", (memory_id,))


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


def beyond(query: Query, policy: Retention, now: float) -> list[str]:
    """Ids of the learned episodes that a policy no longer keeps; reads only.

    Raises:
        StoreError: a limit below 0, or not finite.
    """
    found: dict[str, None] = {}
    limits: list[tuple[str | None, Limit]] = [(None, policy.every)]
    limits += [(category.value, limit) for category, limit in policy.categories.items()]
    for category, limit in limits:
        _check(limit)
        rows = query(_EPISODES, (category,))
        found.update(dict.fromkeys(_beyond(rows, limit, now)))
    return list(found)


def _check(limit: Limit) -> None:
    for name, value in msgspec.structs.asdict(limit).items():
        if value is not None and not (math.isfinite(value) and value >= 0):
            raise StoreError(
                what=f"{name} must be 0 or more", got=value, where="retain", fix="correct the limit"
            )


def _beyond(rows: Sequence[Any], limit: Limit, now: float) -> Iterable[str]:
    held = 0
    for count, (episode, at, size, learned) in enumerate(rows, start=1):
        held += size or 0
        over = (
            (limit.days is not None and at < now - limit.days * DAY_S)
            or (limit.episodes is not None and count > limit.episodes)
            or (limit.bytes is not None and held > limit.bytes)
        )
        if over and learned:
            yield episode


def forget(db: apsw.Connection, name: str) -> bool:
    """Delete a memory or an episode with all it left behind; whether there was one.

    An episode's row of statistics goes too, and the state that was folded from it: the next step of
    learning folds the rows that are left, which is what it would have done without the episode.
    """
    pairs: list[Any] = db.execute(
        "SELECT player, companion FROM statistics WHERE episode = ?", (name,)
    ).fetchall()
    thought = reflection_id(name)
    db.execute("DELETE FROM associations WHERE target = ?", (thought,))
    gone = [
        delete_memories(db, "id IN (?, ?)", (name, thought)),
        _deleted(db, "DELETE FROM episodes WHERE id = ?", name),
        _deleted(db, "DELETE FROM digests WHERE episode = ?", name),
        _deleted(db, "DELETE FROM statistics WHERE episode = ?", name),
    ]
    for table, column in (("associations", "target"), ("checkpoints", "episode")):
        db.execute(f"DELETE FROM {table} WHERE {column} = ?", (name,))
    db.execute(
        "DELETE FROM quarantine WHERE key = ? "
        "AND source IN ('episodes', 'memories', 'statistics', 'digests')",
        (name,),
    )
    for player, companion in pairs:
        db.execute("DELETE FROM states WHERE player = ? AND companion = ?", (player, companion))
        delete_memories(db, "id = ?", (f"profile:{pair_key(player, companion)}",))
        delete_derived(db, player, companion)
    return any(gone)


def _deleted(db: apsw.Connection, sql: str, name: str) -> int:
    db.execute(sql, (name,))
    return int(db.changes())
