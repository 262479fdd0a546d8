"""What learning knows: statistics, weights, proposals with their verdicts, deployments, notes.

`commit_learning` writes all that one step of learning changed, or nothing of it. Refuses a
version that is taken by other weights, an episode that was learned already, and a state computed
from one that has been replaced: another process has learned meanwhile, and nothing of either may
be lost nor counted twice.
"""

from typing import Any

import apsw
import msgspec

from astraweave.errors import SaveError, StoreError
from astraweave.memory import audit
from astraweave.memory.codec import T, check_key, check_row, decoded, row_crc, seal, unseal
from astraweave.memory.derived import write_derived
from astraweave.memory.ledger import insert_spent, spent_by
from astraweave.memory.reader import Reader
from astraweave.memory.tombstones import refuse_stale
from astraweave.model.learned import LearningCommit
from astraweave.model.verdict import Deployment, Verdict
from astraweave.model.weights import Proposal, WeightSet

ROW_V1, STATE_V1, NOTE_V1 = b"AWR1", b"AWS1", b"AWN1"
_encode = msgspec.json.Encoder().encode

# In the order of learning, which a replay follows.
_INSERT_ROW = """INSERT INTO statistics (player, companion, episode, position, body)
VALUES (?1, ?2, ?3, (SELECT coalesce(max(position), 0) + 1 FROM statistics
    WHERE player = ?1 AND companion = ?2), ?4)"""
_LEARNED = "UPDATE episodes SET learned = 1 WHERE id = ? AND player = ? AND companion = ?"
_UPSERT_STATE = (
    "INSERT INTO states (player, companion, body) VALUES (?,?,?) "
    "ON CONFLICT DO UPDATE SET body = excluded.body"
)
_UPSERT_NOTE = (
    "INSERT INTO notes (key, body) VALUES (?,?) ON CONFLICT DO UPDATE SET body = excluded.body"
)


def commit_learning(db: apsw.Connection, commit: LearningCommit) -> None:
    """Write one step of learning; runs inside a transaction.

    Raises:
        StoreError: a version is taken, an episode learned already, the state replaced since it
            was read, a value NaN or out of range.
    """
    player, companion = commit.player_id, commit.companion_id
    refuse_stale(db, player, tuple(commit.rows))
    if commit.guarded:
        _check_unchanged(db, commit)
    if commit.state is not None:
        body = seal(STATE_V1, commit.state, _pair(player, companion))
        db.execute(_UPSERT_STATE, (player, companion, body))
    for key, note in commit.notes.items():
        put_note(db, key, note)
    for episode, row in commit.rows.items():
        _insert_row(db, player, companion, episode, row)
    if commit.weights is not None:
        _insert_weights(db, player, companion, commit.weights)
    if commit.proposal is not None:
        _insert_proposal(db, player, companion, commit)
    if commit.deployment is not None:
        given = commit.deployment
        body_text = checked_json(given, "deployment")
        row_values = (player, companion, given.version, given.action, body_text)
        db.execute(
            "INSERT INTO deployments (player, companion, version, action, body, crc) "
            "VALUES (?,?,?,?,?,?)",
            (*row_values, row_crc(*row_values)),
        )
        told = {"version": given.version, "canary": given.canary}
        at = given.deployed_at
        audit.append(db, given.action[:40], at, player=player, by=companion, detail=told)
    write_derived(db, commit)


def _check_unchanged(db: apsw.Connection, commit: LearningCommit) -> None:
    pair = (commit.player_id, commit.companion_id)
    sql = "SELECT body FROM states WHERE player = ? AND companion = ?"
    found: Any = db.execute(sql, pair).fetchone()
    read = None if commit.read is None else seal(STATE_V1, commit.read, _pair(*pair))
    if (None if found is None else found[0]) != read:
        raise StoreError(
            what=f"what is learned of {_pair(*pair)} has changed since it was read",
            where="commit",
            fix="another process has learned meanwhile: read again, then learn",
        )


def _insert_row(db: apsw.Connection, player: str, companion: str, episode: str, row: bytes) -> None:
    body = seal(ROW_V1, row, f"{_pair(player, companion)}/{episode}")
    try:
        db.execute(_INSERT_ROW, (player, companion, episode, body))
    except apsw.ConstraintError as error:
        # Counting an episode twice would be worse than repeating a step.
        raise StoreError(
            what=f"episode {episode!r} was learned already",
            where="commit",
            fix="another process has learned meanwhile: read again, then learn",
        ) from error
    db.execute(_LEARNED, (episode, player, companion))


def _insert_weights(db: apsw.Connection, player: str, companion: str, given: WeightSet) -> None:
    row = (player, companion, given.version, checked_json(given, "weights"))
    crc = row_crc(*row)
    found = db.execute(
        "SELECT crc FROM weight_sets WHERE player = ? AND companion = ? AND version = ?", row[:3]
    ).fetchone()
    if found is None:
        db.execute(
            "INSERT INTO weight_sets (player, companion, version, body, crc) VALUES (?,?,?,?,?)",
            (*row, crc),
        )
    elif found[0] != crc:
        raise StoreError(
            what=f"version {given.version} of the weights of {_pair(player, companion)} is taken",
            where="commit",
            fix="another process has learned meanwhile: read again, then learn",
        )


def _insert_proposal(
    db: apsw.Connection, player: str, companion: str, commit: LearningCommit
) -> None:
    if commit.proposal is None or commit.verdict is None:
        raise StoreError(
            what="a proposal is stored with its verdict",
            where="commit",
            fix="give both",
        )
    row = (
        player,
        companion,
        commit.proposal.number,
        int(commit.verdict.approved),
        checked_json(commit.proposal, "proposal"),
        checked_json(commit.verdict, "verdict"),
    )
    db.execute(
        "INSERT INTO proposals (player, companion, number, approved, proposal, verdict, crc) "
        "VALUES (?,?,?,?,?,?,?)",
        (*row, row_crc(*row)),
    )
    spent = msgspec.structs.replace(spent_by(commit.verdict), number=commit.proposal.number)
    insert_spent(db, player, companion, spent)


def put_note(db: apsw.Connection, key: str, body: Any) -> None:
    """Store a note in place of an older one.

    Raises:
        StoreError: its body is no bytes.
    """
    if not isinstance(body, bytes):
        fix = "encode it first"
        raise StoreError(what="a note must be bytes", got=body, where="put_note", fix=fix)
    db.execute(_UPSERT_NOTE, (key, seal(NOTE_V1, body, f"note {key}")))


def checked_json(value: msgspec.Struct, name: str) -> str:
    """JSON that gives back an equal value; JSON has no NaN, so this is not a matter of course.

    Raises:
        StoreError: it would not.
    """
    try:
        text = _encode(value)
        if msgspec.json.decode(text, type=type(value)) == value:
            return text.decode()
        error = "a value that JSON does not keep"
    except (msgspec.MsgspecError, ValueError, TypeError) as caught:
        error = str(caught)
    raise StoreError(
        what=f"the {name} cannot be stored", got=error, where="commit", fix="correct the value"
    )


class LearnedReader:
    """Questions about what was learned; damaged rows are set aside and left out."""

    def __init__(self, reader: Reader) -> None:
        """Ask through `reader`."""
        self._reader = reader

    def rows(self, player_id: str, companion_id: str) -> list[tuple[str, bytes]]:
        """(episode, its row of statistics), in the order they were learned."""
        found = self._reader.query(
            "SELECT episode, body, seq FROM statistics "
            "WHERE player = ? AND companion = ? ORDER BY position, seq",
            (player_id, companion_id),
        )
        prefix = f"{_pair(player_id, companion_id)}/"
        rows = []
        for episode, body, rowid in found:
            try:
                rows.append((episode, unseal(ROW_V1, body, prefix + episode)))
            except SaveError as error:
                self._reader.bad("statistics", rowid, body, error)
        return rows

    def state(self, player_id: str, companion_id: str) -> bytes | None:
        """The learner's own statistics; None when there are none, or they are damaged."""
        key = _pair(player_id, companion_id)
        return self._blob(
            "states", STATE_V1, key, "player = ? AND companion = ?", (player_id, companion_id)
        )

    def note(self, key: str) -> bytes | None:
        """A note; None when there is none, or it is damaged."""
        return self._blob("notes", NOTE_V1, f"note {key}", "key = ?", (key,))

    def _blob(
        self, table: str, kind: bytes, key: str, where: str, values: tuple[str, ...]
    ) -> bytes | None:
        sql = f"SELECT rowid, body FROM {table} WHERE {where}"
        for rowid, body in self._reader.query(sql, values):
            try:
                return unseal(kind, body, key)
            except SaveError as error:
                self._reader.bad(table, rowid, body, error)
        return None

    def weight_set(self, player_id: str, companion_id: str, version: int) -> WeightSet | None:
        """One version of the weights; None when there is none, or it is damaged."""
        found = self._reader.query(
            "SELECT rowid, crc, player, companion, version, body FROM weight_sets "
            "WHERE player = ? AND companion = ? AND version = ?",
            (player_id, companion_id, version),
        )
        kept = self._decoded("weight_sets", found, WeightSet, player_id, companion_id, version)
        return kept[0] if kept else None

    def next_version(self, player_id: str, companion_id: str) -> int:
        """The version after the newest that was stored, from 1 on."""
        newest = self._reader.value(
            "SELECT max(version) FROM weight_sets WHERE player = ? AND companion = ?",
            (player_id, companion_id),
        )
        return 1 if newest is None else int(newest) + 1

    def deployments(self, player_id: str, companion_id: str) -> tuple[Deployment, ...]:
        """Everything that was ever deployed, oldest first."""
        return self._deployments(player_id, companion_id, "ORDER BY seq")

    def deployed(self, player_id: str, companion_id: str) -> tuple[WeightSet, Deployment] | None:
        """What is in use; None for the designer's weights, also when its row is damaged.

        A damaged row never brings back an older one: that may have been rolled back.
        """
        newest = self._deployments(player_id, companion_id, "ORDER BY seq DESC LIMIT 1")
        if not newest:
            return None
        version = newest[0].version
        weights = self.weight_set(player_id, companion_id, version)
        if weights is None and version == 0:
            weights = WeightSet(version=0, weights={}, origin="designer")
        return None if weights is None else (weights, newest[0])

    def _deployments(self, player: str, companion: str, order: str) -> tuple[Deployment, ...]:
        found = self._reader.query(
            "SELECT rowid, crc, player, companion, version, action, body FROM deployments "
            f"WHERE player = ? AND companion = ? {order}",
            (player, companion),
        )
        return self._decoded("deployments", found, Deployment, player, companion)

    def verdicts(self, player_id: str, companion_id: str) -> tuple[tuple[Proposal, Verdict], ...]:
        """Every proposal with what the sandbox said of it, oldest first."""
        found = self._reader.query(
            "SELECT rowid, crc, player, companion, number, approved, proposal, verdict "
            "FROM proposals WHERE player = ? AND companion = ? ORDER BY seq",
            (player_id, companion_id),
        )
        pairs = []
        for row in found:
            try:
                check_row(f"proposal {row[4]}", row[1], *row[2:])
                pairs.append((decoded(row[6], Proposal), decoded(row[7], Verdict)))
            except SaveError as error:
                self._reader.bad("proposals", row[0], row[1], error)
                continue
            check_key(row[2:4], player_id, companion_id)
        return tuple(pairs)

    def _decoded(
        self, table: str, found: list[Any], kind: type[T], *asked: str | int
    ) -> tuple[T, ...]:
        """The values in the last column of rows (rowid, crc, columns that the CRC covers…).

        `asked`: what the first of these columns must be.
        """
        values = []
        for row in found:
            try:
                check_row(f"{table} {row[2]}/{row[3]} version {row[4]}", row[1], *row[2:])
                values.append(decoded(row[-1], kind))
            except SaveError as error:
                self._reader.bad(table, row[0], row[1], error)
                continue
            check_key(row[2 : 2 + len(asked)], *asked)
        return tuple(values)


def _pair(player: str, companion: str) -> str:
    return f"{player}/{companion}"
