"""An episode and a memory as rows: how they are written and read back.

Preparing (encoding) needs no database and is done before a transaction begins; inserting
does nothing else. Refuses NaN and infinity, which SQLite and JSON would turn into null.
"""

import math
from collections.abc import Sequence
from enum import Enum
from functools import partial
from operator import attrgetter
from typing import Any, NamedTuple

import apsw
import msgspec

from astraweave.errors import SaveError, StoreError
from astraweave.memory.associations import insert_association, joined_links
from astraweave.memory.codec import Row, check_row, crc_of, decode_log, encode_log
from astraweave.memory.numbering import INSERT_MEMORY, note_newest
from astraweave.memory.packing import DictionaryOf, is_packed, stored_dictionary, unpack
from astraweave.memory.tombstones import ANY_FORGOTTEN, refuse_forgotten
from astraweave.memory.used import sound_uses
from astraweave.model.columns import EpisodeLog
from astraweave.model.episode import EpisodeCategory, EpisodeOutcome
from astraweave.model.memory import (
    Association,
    EmotionalContext,
    Memory,
    MemorySource,
    MemoryType,
    SpatialTemporalContext,
    memory_of,
)

_encode = msgspec.json.Encoder().encode
_decode_outcome = msgspec.json.Decoder(EpisodeOutcome).decode
_decode_tags = msgspec.json.Decoder(tuple[str, ...]).decode

# An episode that comes back after it was pruned keeps the row of statistics it had.
INSERT_EPISODE = (
    "INSERT INTO episodes (id, player, companion, category, start_time, end_time, policy_version, "
    "seed, truncated, outcome, tags, crc, recovered, learned) VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,"
    "?10,?11,?12,?13, EXISTS (SELECT 1 FROM statistics "
    "WHERE player = ?2 AND companion = ?3 AND episode = ?1))"
)
# No id, and so an error, where anybody was forgotten: who that was is asked then, and seldom.
_INSERT_WHERE_NOBODY = INSERT_EPISODE.replace("(?1", f"(iif({ANY_FORGOTTEN}, NULL, ?1)", 1)
INSERT_OBSERVATIONS = "INSERT INTO observations (episode, columns) VALUES (?, ?)"
INSERT_TAG = "INSERT OR IGNORE INTO tags (memory, tag) VALUES (?, ?)"
DELETE_CHECKPOINTS = "DELETE FROM checkpoints WHERE episode = ?"
# At once, and not in the commit: a slice must know how long it takes.
_FLUSH_WORDS = "INSERT INTO memory_words (memory_words) VALUES ('flush')"
SELECT_EPISODE = (
    "SELECT e.seq, e.id, e.player, e.companion, e.category, e.start_time, e.end_time, "
    "e.policy_version, e.seed, e.truncated, e.outcome, e.tags, e.crc, o.columns "
    "FROM episodes e LEFT JOIN observations o ON o.episode = e.seq "
)
SELECT_MEMORY = (
    "SELECT seq, id, type, text, importance, created_at, player, companion, rest, memories.crc, "
    "count, last, uses.crc FROM memories LEFT JOIN uses ON memory = seq "
)


class _Rest(msgspec.Struct, frozen=True, omit_defaults=True):
    """The fields of `Memory` that no query reads."""

    data: Any = None
    emotion: EmotionalContext | None = None
    context: SpatialTemporalContext = SpatialTemporalContext()
    last_accessed: float = 0.0
    access_count: int = 0
    confidence: float = 1.0
    source: MemorySource = MemorySource.DIRECT_EXPERIENCE
    tags: tuple[str, ...] = ()
    associations: tuple[Association, ...] = ()
    embedding: tuple[float, ...] | None = None


_rest_of = attrgetter(*_Rest.__struct_fields__)
_decode_rest = msgspec.json.Decoder(_Rest).decode
_TYPES = {kind.value: kind for kind in MemoryType}


class MemoryRows(NamedTuple):
    """A memory, ready to insert."""

    row: Row
    tags: tuple[str, ...]
    associations: tuple[Association, ...]
    memory: Memory


class EpisodeRows(NamedTuple):
    """An episode and its memory, ready to insert."""

    row: Row
    columns: bytes
    memory: MemoryRows


def episode_rows(log: EpisodeLog, *, recovered: bool = False) -> EpisodeRows:
    """Encode an episode; about 60 µs for 150 observations.

    Raises:
        ValueError: a number that is not finite, columns that do not fit each other.
    """
    outcome = None if log.outcome is None else _encode(log.outcome).decode()
    # An outcome has no optional field: a null in its JSON was a NaN or an infinity.
    if (outcome and "null" in outcome) or (log.end_time is not None and math.isnan(log.end_time)):
        msg = f"episode {log.id!r}: outcome and times must be finite, got {outcome}"
        raise ValueError(msg)
    header: Row = (
        log.id,
        log.player_id,
        log.companion_id,
        str(log.category),
        _real(log.start_time),
        None if log.end_time is None else _real(log.end_time),
        log.policy_version,
        log.seed,
        int(log.truncated),
        outcome,
        _encode(log.tags).decode(),
    )
    row = (*header, crc_of(header), int(recovered))
    return EpisodeRows(row, encode_log(log), memory_rows(memory_of(log)))


class Stored(Enum):
    """What inserting an episode did: all of it, all but the memory it had, nothing."""

    WHOLE = "whole"
    REMEMBERED = "remembered"
    REPEATED = "repeated"


def insert_episode(db: apsw.Connection, rows: EpisodeRows) -> Stored:
    """Insert all rows of an episode and drop its checkpoints, unless it was there already.

    Raises:
        StoreError: another episode with this id is stored.
    """
    run, episode = db.cursor().execute, rows.row[:1]
    try:
        run(_INSERT_WHERE_NOBODY, rows.row)
    except apsw.ConstraintError:
        player, start_s = str(rows.row[1]), float(rows.row[4] or 0.0)
        refuse_forgotten(db, player, start_s, f"episode {rows.row[0]!r}")
        if _is_stored(db, rows):
            run(DELETE_CHECKPOINTS, episode)
            return Stored.REPEATED
        run(INSERT_EPISODE, rows.row)
    run(INSERT_OBSERVATIONS, (db.last_insert_rowid(), rows.columns))
    is_new = insert_memory(db, rows.memory)
    run(DELETE_CHECKPOINTS, episode)
    return Stored.WHOLE if is_new else Stored.REMEMBERED


def _is_stored(db: apsw.Connection, rows: EpisodeRows) -> bool:
    """Whether exactly this episode is stored; ingesting a file twice does no harm."""
    found: Any = db.execute(
        "SELECT e.crc, o.columns FROM episodes e JOIN observations o ON o.episode = e.seq "
        "WHERE e.id = ?",
        (rows.row[0],),
    ).fetchone()
    if found is None:
        return False
    if found[0] == rows.row[11]:
        blob = found[1]
        if is_packed(blob):
            blob = unpack(blob, str(rows.row[0]), partial(stored_dictionary, db))
        if blob == rows.columns:
            return True
    raise StoreError(
        what=f"another episode with the id {rows.row[0]!r} is stored already",
        where="write",
        fix="give each episode an id of its own",
    )


def memory_rows(memory: Memory) -> MemoryRows:
    """Encode a memory. Its numbers must be finite: see `checked_memory`."""
    rest = _encode(_Rest(*_rest_of(memory))).decode()
    row: Row = (
        memory.id,
        str(memory.memory_type),
        memory.text,
        _real(memory.importance),
        _real(memory.created_at),
        memory.player_id,
        memory.companion_id,
        rest,
    )
    return MemoryRows((*row, crc_of(row)), memory.tags, memory.associations, memory)


def insert_memory(db: apsw.Connection, rows: MemoryRows) -> bool:
    """Insert a memory with its tags and associations; False if there is one of its id."""
    db.execute(INSERT_MEMORY, rows.row)
    if not db.changes():
        return False
    seq = db.last_insert_rowid()
    if rows.tags:
        db.executemany(INSERT_TAG, [(seq, tag) for tag in rows.tags])
    for link in rows.associations:
        insert_association(db, seq, link)
    return True


def replace_memory(db: apsw.Connection, rows: MemoryRows) -> bool:
    """Insert a memory in place of an older one with its id; whether there was one.

    Raises:
        StoreError: the older one is another player's, or this one's player was forgotten.
    """
    player, name = rows.memory.player_id, f"memory {rows.memory.id!r}"
    refuse_forgotten(db, player, rows.memory.created_at, name)
    owner = db.execute("SELECT player FROM memories WHERE id = ?", (rows.row[0],)).fetchall()
    if owner and owner[0][0] != player:
        raise StoreError(
            what=f"{name} is another player's", where="encode", fix="give it an id of its own"
        )
    deleted = delete_memories(db, "id = ?", (rows.row[0],))
    insert_memory(db, rows)
    return deleted > 0


def delete_memories(db: apsw.Connection, where: str, values: Sequence[Any]) -> int:
    """Delete memories with the words they are found by, in a transaction; returns how many.

    `where` is a condition on `memories`, written by us, and `values` are its parameters.
    """
    db.execute(
        f"DELETE FROM memory_words WHERE rowid IN (SELECT seq FROM memories WHERE {where})", values
    )
    db.execute(_FLUSH_WORDS)
    note_newest(db)
    db.execute(f"DELETE FROM memories WHERE {where}", values)
    return int(db.changes())


def checked_memory(memory: Memory) -> Memory:
    """`memory`, when every field is of its type and in its range.

    Raises:
        StoreError: which field is wrong; NaN and infinity nowhere.
    """
    try:
        plain = msgspec.to_builtins(memory, builtin_types=(bytes,))
        _check_finite(plain)
        return msgspec.convert(plain, Memory)
    except (ValueError, TypeError, RecursionError, msgspec.ValidationError) as error:
        what, where = "the memory cannot be stored", f"encode: {memory.id}"
        raise StoreError(what=what, got=str(error), where=where, fix="correct it") from error


def read_episode(found: Sequence[Any], dictionary_of: DictionaryOf) -> EpisodeLog:
    """The episode in a row of `SELECT_EPISODE`; what was packed needs its dictionary.

    Raises:
        SaveError: a wrong CRC or shape.
    """
    _, key, player, companion, category, start, end, policy, seed, cut, outcome, tags, crc = found[
        :13
    ]
    check_row(f"episode {key}", crc, *found[1:12])
    if found[13] is None:
        raise SaveError(what="its observations are missing", where=f"save: episode {key}")
    blob = found[13]
    arrays = decode_log(unpack(blob, key, dictionary_of) if is_packed(blob) else blob, key)
    try:
        return EpisodeLog(
            id=key,
            category=EpisodeCategory(category),
            start_time=start,
            end_time=end,
            player_id=player,
            companion_id=companion,
            policy_version=policy,
            seed=seed,
            truncated=bool(cut),
            outcome=None if outcome is None else _decode_outcome(outcome),
            tags=_decode_tags(tags),
            **{name: getattr(arrays, name) for name in arrays.__struct_fields__},
        )
    except (ValueError, msgspec.MsgspecError, RecursionError) as error:
        where = f"save: episode {key}"
        raise SaveError(what="wrong values", got=str(error), where=where) from error


def read_memory(
    found: Sequence[Any],
    links: Sequence[Association] | None = None,
    counted: tuple[int, float] | None = None,
) -> Memory:
    """The memory in a row of `SELECT_MEMORY`; None: `links` as encoded, uses as in the row.

    Raises:
        SaveError: a wrong CRC or shape.
    """
    number, key, kind, text, importance, created_at, player, companion, rest, crc = found[:10]
    if crc_of(found[1:9]) != crc:
        raise SaveError(what="a wrong checksum", where=f"save: memory {key}")
    uses, last = sound_uses(number, found[10:13]) if counted is None else counted
    try:
        others = _decode_rest(rest)
        # Field by field: a dict of them costs more than all the rest of this.
        return Memory(
            id=key,
            memory_type=_TYPES[kind],
            text=text,
            created_at=created_at,
            player_id=player,
            companion_id=companion,
            data=others.data,
            emotion=others.emotion,
            context=others.context,
            last_accessed=max(others.last_accessed, last) if uses else others.last_accessed,
            access_count=others.access_count + uses,
            importance=importance,
            confidence=others.confidence,
            source=others.source,
            tags=others.tags,
            associations=(
                others.associations if links is None else joined_links(others.associations, links)
            ),
            embedding=others.embedding,
        )
    except (KeyError, ValueError, msgspec.MsgspecError, RecursionError) as error:
        raise SaveError(what="wrong values", got=str(error), where=f"save: memory {key}") from error


def _real(value: float) -> float:
    """A float as SQLite gives it back: it keeps no negative zero, and takes 5 for 5.0."""
    return float(value) + 0.0


def _check_finite(value: Any) -> None:
    if isinstance(value, str):
        value.encode()  # refuses half a character
    elif isinstance(value, bytes) or (isinstance(value, float) and not math.isfinite(value)):
        msg = f"bytes, or a number that is not finite: {value!r}"
        raise ValueError(msg)
    if isinstance(value, dict):
        value = (*value, *value.values())
    elif not isinstance(value, (list, tuple)):
        return
    for inner in value:
        _check_finite(inner)
