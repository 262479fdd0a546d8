"""Everything that a save holds about one player, as lines of JSON that a person can read.

One line a thing, each with its "record": what kind it is. Refuses to leave anything out: what no
program can read any more is written as it stands, in base64.
"""

import base64
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import msgspec

from astraweave.errors import SaveError, UsageError
from astraweave.learning.ledger import (
    controls_note,
    frozen_note,
    queue_note,
    resets_note,
    trouble_note,
)
from astraweave.learning.statistics import EpisodeRow, LearnerState
from astraweave.learning.traits import trait_rows
from astraweave.memory.exchange import Destination, Selection, check_lines, check_name
from astraweave.model.actions import nearest
from astraweave.model.columns import episode_of

if TYPE_CHECKING:
    from astraweave.memory import MemoryStore

_NOTES = (frozen_note, controls_note, resets_note, queue_note, trouble_note)
Record = tuple[str, Any]


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """What was written about a player: how many records of each kind, and how many are damaged."""

    player_id: str
    file: str | None
    records: dict[str, int]
    damaged: int


def check_known(store: "MemoryStore", player_id: str) -> None:
    """Make sure that the save holds anything about a player.

    Raises:
        UsageError: it does not.
    """
    names = tuple(held.player_id for held in store.players())
    if player_id not in names:
        what = f"the save knows no player {player_id!r}"
        raise UsageError(what=what, where=store.path, fix=nearest(player_id, names))


def write_held(
    store: "MemoryStore", player_id: str, to: Path | BinaryIO, *, overwrite: bool = False
) -> Held:
    """Write everything about a player to `to`, whole or not at all; the audit says that it was.

    Args:
        store: an open save.
        player_id: who.
        to: a file, or a stream.
        overwrite: the file may be there; never a save.

    Raises:
        UsageError: the save knows no such player.
        InputError: the file cannot be written, or is there, or its name ends like another format.
    """
    if isinstance(to, Path):
        check_name(to)
        check_lines(to, "what is held about a player")
    check_known(store, player_id)
    counts: Counter[str] = Counter()
    damaged: list[int] = []
    destination = Destination(to, overwrite=overwrite)
    with destination.whole():
        stream = destination.stream("player.jsonl")
        for kind, value in held_about(store, player_id, damaged.append):
            counts[kind] += 1
            line = {"record": kind, **_plain(value)}
            stream.write(msgspec.json.encode(line) + b"\n")
    store.record("export", (player_id,), {"records": counts.total()})
    files = [str(file) for file in destination.files]
    return Held(
        player_id=player_id,
        file=files[0] if files else None,
        records=dict(sorted(counts.items())),
        damaged=sum(damaged),
    )


def held_about(
    store: "MemoryStore", player_id: str, damaged: Callable[[int], None]
) -> Iterator[Record]:
    """(kind, value) of everything; `damaged` is told how many rows could not be read."""
    (held,) = (found for found in store.players() if found.player_id == player_id)
    yield "player", held
    only = Selection(player_id=player_id)
    with store.snapshot() as snapshot:
        for log in snapshot.episodes(only):
            yield "episode", episode_of(log)
        for memory in snapshot.memories(only):
            yield "memory", memory
        damaged(snapshot.damaged)
    for part in store.left_open(player_id):
        yield "open episode", episode_of(part.log())
    for digest in store.digests(player_id):
        yield "digest", digest
    for companion in held.companions:
        yield from _learned(store, player_id, companion)
    for said in store.consent.history(player_id):
        yield "consent", said
    for entry in store.audit(player_id):
        yield "audit", entry


def _learned(store: "MemoryStore", player_id: str, companion_id: str) -> Iterator[Record]:
    pair = (player_id, companion_id)
    named = {"player_id": player_id, "companion_id": companion_id}
    try:
        yield from (("trait", row) for row in trait_rows(store, *pair))
    except SaveError as error:
        yield "trait", {**named, "damaged": str(error)}
    for episode, body in store.rows(*pair):
        yield "statistics", {**named, "episode": episode, **_read(EpisodeRow.decoded, body)}
    state = store.state(*pair)
    if state is not None:
        yield "learned", {**named, **_read(LearnerState.decoded, state)}
    yield from _decided(store, pair, named)
    for key in (note(*pair) for note in _NOTES):
        kept = store.note(key)
        if kept is not None:
            yield "note", {**named, "key": key, **_read(msgspec.json.decode, kept)}


def _decided(
    store: "MemoryStore", pair: tuple[str, str], named: dict[str, str]
) -> Iterator[Record]:
    """Weights, what the sandbox said of them, and what it cost."""
    for version in range(1, store.next_version(*pair)):
        weights = store.weight_set(*pair, version)
        if weights is not None:
            yield "weights", {**named, **_plain(weights)}
    for proposal, verdict in store.verdicts(*pair):
        yield "verdict", {**named, "proposal": proposal, "verdict": verdict}
    for deployment in store.deployments(*pair):
        yield "deployment", deployment
    for spent in store.book.spent(*pair):
        yield "ledger", {**named, **_plain(spent)}


def _plain(value: Any) -> dict[str, Any]:
    """A value as the fields of a record."""
    if isinstance(value, dict):
        return value
    return dict(msgspec.to_builtins(value))


def _read(decode: Callable[[bytes], Any], body: bytes) -> dict[str, Any]:
    """A body as its reader understands it, else as it stands."""
    try:
        return {"value": msgspec.to_builtins(decode(body))}
    except (SaveError, msgspec.MsgspecError, ValueError):
        return {"base64": base64.b64encode(body).decode()}
