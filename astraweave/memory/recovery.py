"""What a crash left open becomes truncated episodes, and is said in one line.

An open episode is kept in parts. When the session that wrote them is dead, the parts are put
together, stored with the tag "recovered" and dropped. Refuses to touch the parts of a session
that still runs, whoever's process that is; sets a part aside that is damaged.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import apsw
import msgspec

from astraweave.errors import AstraweaveError, SaveError
from astraweave.memory.codec import seal, unseal
from astraweave.memory.quarantine import reason_of, set_aside
from astraweave.memory.rows import DELETE_CHECKPOINTS, episode_rows, insert_episode
from astraweave.model.columns import NO_ROW
from astraweave.model.draft import CompanionRow, Draft, PlayerRow
from astraweave.model.episode import CompanionResponse, EpisodeCategory

INSERT_SESSION = "INSERT INTO sessions (token) VALUES (?) ON CONFLICT DO NOTHING"
# Not while an episode is open: then the next start finds it.
END_SESSION = (
    "DELETE FROM sessions WHERE token = ?1 "
    "AND NOT EXISTS (SELECT 1 FROM checkpoints WHERE session = ?1)"
)
INSERT_CHECKPOINT = (
    "INSERT INTO checkpoints (episode, first, session, body) VALUES (?,?,?,?) "
    "ON CONFLICT DO UPDATE SET session = excluded.session, body = excluded.body"
)
RECOVERED_TAG = "recovered"
PART_V1 = b"AWP1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """What was found of sessions that ended without closing.

    `episodes`: ids of the truncated episodes stored; `observations`: how many they hold;
    `lost_changes`: durable changes that a damaged log cost, as the mark beside the save tells.
    """

    episodes: tuple[str, ...]
    observations: int
    message: str
    lost_changes: int = 0


class _Part(msgspec.Struct, frozen=True, array_like=True):
    id: str
    category: EpisodeCategory
    start_time: float
    end_time: float
    player_id: str
    companion_id: str
    policy_version: int
    seed: int
    fact_names: tuple[str, ...]
    tags: tuple[str, ...]
    first: int
    first_row: int
    rows: tuple[tuple[float, ...], ...]
    seen: tuple[tuple[Any, ...], ...]


_PlayerRow = tuple[float, str, str | None, dict[str, Any] | None, int]
_CompanionRow = tuple[float, CompanionResponse, int]
_unpack = msgspec.msgpack.Decoder(_Part).decode


def _plain(value: Any) -> Any:
    """A mapping or sequence of the recorder's own as a plain one."""
    return dict(value) if isinstance(value, Mapping) else [float(number) for number in value]


_pack = msgspec.msgpack.Encoder(enc_hook=_plain).encode


def encode_part(part: Draft) -> bytes:
    """A part of an open episode as bytes, keyed by episode and first observation."""
    values = [getattr(part, name) for name in _Part.__struct_fields__]
    return seal(PART_V1, _pack(values), _key(part.id, part.first))


def decode_part(blob: bytes, episode: str, first: int) -> Draft:
    """The part that `encode_part` was given.

    Raises:
        SaveError: a wrong CRC, shape or number.
    """
    key = _key(episode, first)
    try:
        return _draft_of(_unpack(unseal(PART_V1, blob, key)), key)
    except (ValueError, msgspec.MsgspecError, RecursionError) as error:
        raise SaveError(what="a wrong part", got=str(error), where=f"save: {key}") from error


def _draft_of(part: _Part, key: str) -> Draft:
    rows = [list(row) for row in part.rows]
    if _key(part.id, part.first) != key:
        msg = "a part of something else"
        raise ValueError(msg)
    if any(len(row) != len(part.fact_names) or any(map(math.isinf, row)) for row in rows):
        msg = "a row of facts of another length, or infinite"
        raise ValueError(msg)
    fields = {name: getattr(part, name) for name in _Part.__struct_fields__}
    fields |= {"rows": rows, "seen": [_entry(values) for values in part.seen]}
    return Draft(**fields | {"tags": list(part.tags), "truncated": True})


def _entry(values: tuple[Any, ...]) -> PlayerRow | CompanionRow:
    kind: Any = _PlayerRow if len(values) == 5 else _CompanionRow
    entry: PlayerRow | CompanionRow = msgspec.convert(values, kind)
    if not 0.0 <= entry[0] < 2**32 / 1e3:
        msg = f"a moment outside the episode: {entry[0]}"
        raise ValueError(msg)
    return entry


def recover(
    db: apsw.Connection, is_live: Callable[[str], bool], report: Callable[[str], None]
) -> Recovery | None:
    """Store what dead sessions left, inside the caller's transaction; None if there was nothing.

    `is_live` tells of a session's token whether it still runs; `report` takes one line for
    each part set aside.
    """
    # Both: a session whose own row was damaged must not orphan its parts.
    sessions: list[Any] = db.execute(
        "SELECT token FROM sessions UNION SELECT session FROM checkpoints ORDER BY 1"
    ).fetchall()
    dead = [token for (token,) in sessions if not is_live(token)]
    if not dead:
        return None
    kept: list[Draft] = []
    lines: list[str] = []
    for token in dead:
        episodes: list[Any] = db.execute(
            "SELECT DISTINCT episode FROM checkpoints WHERE session = ? ORDER BY 1", (token,)
        ).fetchall()
        for (episode,) in episodes:
            lines += _recover_episode(db, episode, kept, report)
            db.execute(DELETE_CHECKPOINTS, (episode,))
        db.execute("DELETE FROM sessions WHERE token = ?", (token,))
    return Recovery(
        episodes=tuple(draft.id for draft in kept),
        observations=sum(len(draft.seen) for draft in kept),
        message="the last session ended without closing: " + _sentence(lines),
    )


def _recover_episode(
    db: apsw.Connection, episode: str, kept: list[Draft], report: Callable[[str], None]
) -> list[str]:
    """Store one episode; returns what to say of it. What makes none is set aside."""
    parts = _good_parts(db, episode, report)
    try:
        with db:  # a savepoint: a wrong episode must not cost the others
            line = _keep(db, parts, kept)
    except (ValueError, OverflowError, AstraweaveError, apsw.ConstraintError) as error:
        report(f"save: the parts of episode {episode} make no episode: {error}; set aside")
        for rowid, _, body in _parts_of(db, episode):
            set_aside(db, "checkpoints", rowid, body, str(error))
        return []
    return [line] if line else []


def _good_parts(db: apsw.Connection, episode: str, report: Callable[[str], None]) -> list[Draft]:
    parts = []
    for rowid, first, body in _parts_of(db, episode):
        try:
            parts.append(decode_part(body, episode, first))
        except SaveError as error:
            set_aside(db, "checkpoints", rowid, body, reason_of(error))
            report(f"{error}; set aside")
    return parts


def _parts_of(db: apsw.Connection, episode: str) -> list[Any]:
    return db.execute(
        "SELECT rowid, first, body FROM checkpoints WHERE episode = ? ORDER BY first", (episode,)
    ).fetchall()


def _keep(db: apsw.Connection, parts: list[Draft], kept: list[Draft]) -> str | None:
    """Store the episode these parts make; returns what to say of it, None if it was whole."""
    if not parts:
        return None
    draft, gap = joined(parts)
    moments = [draft.start_time, *(part.end_time or draft.start_time for part in parts)]
    every_s = max(1, math.ceil(max(b - a for a, b in pairwise(moments)) - 0.05))
    upto_s = int(max(0.0, moments[-1] - draft.start_time))
    name = f"{draft.category.value} episode {draft.id}"
    if not draft.seen:
        return f"{name} had just begun and is lost"
    if db.execute("SELECT 1 FROM episodes WHERE id = ?", (draft.id,)).fetchone():
        return None
    insert_episode(db, episode_rows(draft.log(), recovered=True))
    kept.append(draft)
    missing = f" ({gap} observations between are missing)" if gap else ""
    return (
        f"{name} kept up to {upto_s // 60:02d}:{upto_s % 60:02d}, at most {every_s} s lost{missing}"
    )


def joined(parts: list[Draft]) -> tuple[Draft, int]:
    """One draft from the parts of an episode, oldest first, and how many entries are missing.

    A part that overlaps the one before gives only what is new; a row of facts that no part
    holds becomes `NO_ROW`.
    """
    last = parts[-1]
    whole = _empty_like(last)
    at: dict[int, int] = {}
    for part in parts:
        for i, values in enumerate(part.rows):
            if at.setdefault(part.first_row + i, len(whole.rows)) == len(whole.rows):
                whole.rows.append(values)
    end = gap = 0
    for part in parts:
        gap += max(0, part.first - end)
        for entry in part.seen[max(0, end - part.first) :]:
            whole.seen.append((*entry[:-1], at.get(entry[-1], NO_ROW)))
        end = max(end, part.first + len(part.seen))
    return whole, gap


def _empty_like(last: Draft) -> Draft:
    """An empty draft with the header of the newest part."""
    header = {name: getattr(last, name) for name in Draft.__dataclass_fields__}
    tags = [*dict.fromkeys([*last.tags, RECOVERED_TAG])]
    return Draft(**header | {"seen": [], "rows": [], "first": 0, "first_row": 0, "tags": tags})


def _sentence(lines: list[str]) -> str:
    if not lines:
        return "no episode was open"
    more = f"; and {len(lines) - 3} more" if len(lines) > 3 else ""
    return "; ".join(lines[:3]) + more


def _key(episode: str, first: int) -> str:
    return f"checkpoint {episode} {first}"
