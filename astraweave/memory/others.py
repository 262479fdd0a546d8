"""Rows of everybody else, without a name that was forgotten: episodes and what was learned.

Only rows that may hold it are decoded, and a row keeps its number. What was learned of a row of
statistics that held it is computed anew from its episode. Refuses to change a word of the game's:
names of tactics are keys, and keys stay.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import apsw
import msgspec

from astraweave.errors import SaveError
from astraweave.memory.codec import row_crc, seal, unseal
from astraweave.memory.fading import digest_row, read_digest
from astraweave.memory.learned import NOTE_V1, ROW_V1, STATE_V1
from astraweave.memory.others_memories import clean_memories
from astraweave.memory.packing import stored_dictionary
from astraweave.memory.recovery import decode_part, encode_part
from astraweave.memory.rows import SELECT_EPISODE, episode_rows, read_episode
from astraweave.memory.scrubbing import Scrub
from astraweave.model.episode import Episode

_JSON = {
    "weight_sets": ("player", "companion", "version", "body"),
    "proposals": ("player", "companion", "number", "approved", "proposal", "verdict"),
    "deployments": ("player", "companion", "version", "action", "body"),
    "ledger": ("player", "companion", "number", "body"),
}
_TEXTS = frozenset(("body", "proposal", "verdict"))
_DIGEST = "SELECT episode, player, companion, start_time, body, crc, rowid FROM digests"


def clean_others(db: apsw.Connection, scrub: Scrub) -> int:
    """Take a name out of every row that is left; returns how many changed. In a transaction."""
    _rename(db, scrub)
    return (
        clean_memories(db, scrub)
        + sum(_episode(db, scrub, row) for row in _episodes(db, scrub))
        + _digests(db, scrub)
        + _statistics(db, scrub)
        + _states(db, scrub)
        + sum(_json(db, scrub, table, columns) for table, columns in _JSON.items())
        + _notes(db, scrub)
        + _checkpoints(db, scrub)
    )


_KEYS = (
    "SELECT id FROM memories UNION SELECT id FROM episodes UNION SELECT episode FROM digests "
    "UNION SELECT episode FROM statistics UNION SELECT episode FROM checkpoints"
)


def _rename(db: apsw.Connection, scrub: Scrub) -> None:
    """Give a new id to what is named after the player; all that refers to it follows."""
    keys: list[Any] = db.execute(_KEYS).fetchall()
    taken = {key for (key,) in keys}
    for key in sorted(taken):
        clean, number = scrub.key(key), 1
        if clean == key or key in scrub.gone:
            continue
        name = clean[:190]
        while name in taken:
            number += 1
            name = f"{clean[:190]}-{number}"
        taken.add(name)
        scrub.ids[key] = name


def _episodes(db: apsw.Connection, scrub: Scrub) -> Iterator[Any]:
    numbers: list[Any] = db.execute("SELECT seq FROM episodes ORDER BY seq").fetchall()
    for (number,) in numbers:
        rows: list[Any] = db.execute(SELECT_EPISODE + "WHERE e.seq = ?", (number,)).fetchall()
        yield from rows


def _episode(db: apsw.Connection, scrub: Scrub, row: Sequence[Any]) -> int:
    try:
        log = read_episode(row, partial(stored_dictionary, db))
    except SaveError:
        db.execute("DELETE FROM episodes WHERE seq = ?", (row[0],))
        return 1
    clean = replace(
        log,
        id=scrub.ids.get(log.id, log.id),
        tags=tuple(scrub.any(log.tags)),
        names=tuple([scrub.text(name) for name in log.names]),
        fact_names=tuple([scrub.text(name) for name in log.fact_names]),
        extra={at: scrub.fields(values) for at, values in log.extra.items()},
    )
    texts = ("id", "tags", "names", "fact_names", "extra")
    if all(getattr(clean, name) == getattr(log, name) for name in texts):
        return 0
    made = episode_rows(clean)
    values = (made.row[0], made.row[10], made.row[11], row[0])
    db.execute("UPDATE episodes SET id = ?, tags = ?, crc = ? WHERE seq = ?", values)
    db.execute("UPDATE observations SET columns = ? WHERE episode = ?", (made.columns, row[0]))
    return 1


def _digests(db: apsw.Connection, scrub: Scrub) -> int:
    changed = 0
    rows: list[Any] = db.execute(_DIGEST).fetchall()
    for row in rows:
        sound = row_crc(*row[:5]) == row[5]
        if sound and row[0] not in scrub.ids and not scrub.may_hold(f"{row[0]}\n{row[4]}"):
            continue
        db.execute("DELETE FROM digests WHERE rowid = ?", (row[6],))
        changed += 1
        if not sound:
            continue
        digest = read_digest(row)
        plain = msgspec.to_builtins(digest)
        made = {**plain, "tags": scrub.any(plain.get("tags", []))}
        made["id"] = scrub.ids.get(digest.id, digest.id)
        db.execute(
            "INSERT INTO digests VALUES (?,?,?,?,?,?)", digest_row(msgspec.convert(made, Episode))
        )
    return changed


def _statistics(db: apsw.Connection, scrub: Scrub) -> int:
    """Rows of episodes with another id are sealed anew; what holds the name is learned anew."""
    changed = 0
    rows: list[Any] = db.execute(
        "SELECT seq, player, companion, episode FROM statistics"
    ).fetchall()
    for number, player, companion, episode in rows:
        blob: Any = db.execute("SELECT body FROM statistics WHERE seq = ?", (number,)).get
        name = scrub.ids.get(episode, episode)
        body = _opened(ROW_V1, blob, f"{player}/{companion}/{episode}")
        if name == episode and body is not None and not scrub.marked_by(body):
            continue
        changed += 1
        if body is not None and not scrub.marked_by(body):
            sealed = seal(ROW_V1, body, f"{player}/{companion}/{name}")
            values = (name, sealed, number)
            db.execute("UPDATE statistics SET episode = ?, body = ? WHERE seq = ?", values)
            continue
        db.execute("DELETE FROM statistics WHERE seq = ?", (number,))
        db.execute("DELETE FROM states WHERE player = ? AND companion = ?", (player, companion))
        db.execute("UPDATE episodes SET learned = 0 WHERE id = ?", (name,))
    return changed


def _states(db: apsw.Connection, scrub: Scrub) -> int:
    """What holds the name is folded again from its rows."""
    changed = 0
    rows: list[Any] = db.execute("SELECT player, companion, body FROM states").fetchall()
    for player, companion, blob in rows:
        body = _opened(STATE_V1, blob, f"{player}/{companion}")
        if body is None or scrub.marked_by(body):
            db.execute("DELETE FROM states WHERE player = ? AND companion = ?", (player, companion))
            changed += 1
    return changed


def _json(db: apsw.Connection, scrub: Scrub, table: str, columns: Sequence[str]) -> int:
    changed = 0
    sql = f"SELECT rowid, crc, {', '.join(columns)} FROM {table}"
    rows: list[Any] = db.execute(sql).fetchall()
    for number, crc, *values in rows:
        if crc != row_crc(*values):
            db.execute(f"DELETE FROM {table} WHERE rowid = ?", (number,))
            changed += 1
            continue
        if not any(
            scrub.may_hold(value)
            for name, value in zip(columns, values, strict=True)
            if name in _TEXTS
        ):
            continue
        kept = {key: value for key, value in zip(columns, values, strict=True) if key == "action"}
        made = [
            _rewritten(value, scrub, kept) if name in _TEXTS else value
            for name, value in zip(columns, values, strict=True)
        ]
        if made != values:
            sets = ", ".join(f"{name} = ?" for name in columns)
            db.execute(
                f"UPDATE {table} SET {sets}, crc = ? WHERE rowid = ?",
                (*made, row_crc(*made), number),
            )
            changed += 1
    return changed


def _opened(kind: bytes, blob: bytes, key: str) -> bytes | None:
    """A sealed body; None when it is damaged, and so perhaps of somebody else than its row says."""
    try:
        return unseal(kind, blob, key)
    except SaveError:
        return None


def _rewritten(text: str, scrub: Scrub, kept: Mapping[str, Any] | None = None) -> str:
    """JSON without the name; fields of `kept` have the values that they have there.

    Raises:
        msgspec.MsgspecError: it is none.
    """
    plain = msgspec.json.decode(text)
    clean = scrub.values(plain)
    if kept:
        clean |= kept
    return text if clean == plain else msgspec.json.encode(clean).decode()


def _notes(db: apsw.Connection, scrub: Scrub) -> int:
    """Settings of the host: JSON is kept without the name, anything else that holds it goes."""
    changed = 0
    rows: list[Any] = db.execute("SELECT key, body FROM notes").fetchall()
    for key, blob in rows:
        body = _opened(NOTE_V1, blob, f"note {key}")
        named = scrub.key(key) != key
        if body is not None and not named and not scrub.may_hold_bytes(body):
            continue
        made = None if body is None or named else _note_without(body, scrub)
        if body is not None and made == body:
            continue  # inside another word
        db.execute("DELETE FROM notes WHERE key = ?", (key,))
        changed += 1
        if made is not None:
            sealed = seal(NOTE_V1, made, f"note {key}")
            db.execute("INSERT INTO notes (key, body) VALUES (?,?)", (key, sealed))
    return changed


def _note_without(body: bytes, scrub: Scrub) -> bytes | None:
    try:
        return _rewritten(body.decode(), scrub).encode()
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None  # no JSON: what it is only the host knows


def _checkpoints(db: apsw.Connection, scrub: Scrub) -> int:
    changed = 0
    keys: list[Any] = db.execute("SELECT rowid, episode, first, body FROM checkpoints").fetchall()
    for rowid, episode, first, blob in keys:
        if episode not in scrub.ids and not scrub.may_hold_bytes(blob[8:]):
            continue
        part = decode_part(blob, episode, first)
        part.id = scrub.ids.get(episode, episode)
        part.tags = scrub.any(part.tags)
        part.seen = [
            (entry[0], scrub.text(entry[1]), *_cleaned(entry[2], entry[3], scrub), entry[4])
            if len(entry) == 5
            else entry
            for entry in part.seen
        ]
        values = (part.id, encode_part(part), rowid)
        db.execute("UPDATE checkpoints SET episode = ?, body = ? WHERE rowid = ?", values)
        changed += 1
    return changed


def _cleaned(target: str | None, parameters: Any, scrub: Scrub) -> tuple[str | None, Any]:
    return (None if target is None else scrub.text(target)), scrub.any(parameters)
