"""The part of a store that keeps players apart: consent, the audit, and forgetting a person.

Refuses to say that somebody is forgotten while his text may still stand in a file: what could not
be emptied is gone on with at every open until it is.
"""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

import apsw
import msgspec

from astraweave.errors import AstraweaveError, InputError, SaveError, StoreError
from astraweave.memory import audit as book
from astraweave.memory import (
    backup,
    consolidation,
    features,
    packing,
    salts,
    sensitive,
    tombstones,
    words,
)
from astraweave.memory.asking import Asking, WriteAudit
from astraweave.memory.beside import BACKUP, backups_of, half_made, put_aside, remove, whole_file
from astraweave.memory.connection import Link, another_link, translated
from astraweave.memory.consent import Consents
from astraweave.memory.erasing import Erased, erase, owned
from astraweave.memory.notes import Noting
from astraweave.memory.reader import Reader
from astraweave.memory.recovery import decode_part
from astraweave.memory.rolling import back_up, check_structure
from astraweave.memory.writer import Writer
from astraweave.model.arguments import publish
from astraweave.model.draft import Draft
from astraweave.model.memory import MemoryType
from astraweave.model.ports import Clock

LONG_S, COPY_S = 3_600.0, 120.0
"""How long an erasure may take, and how long it waits for a backup that is being made."""

_INDEX = frozenset({"vectors", "embeddings"})
"""Tables that are made from the memories."""


class PlayerHeld(msgspec.Struct, frozen=True, kw_only=True):
    """A player, and how many rows of each table are his; moments are seconds since 1970."""

    player_id: str
    companions: tuple[str, ...]
    episodes: int
    memories: int
    rows: dict[str, int]
    first: float | None
    last: float | None
    shared_with: tuple[str, ...]


@publish
class Private(Noting):
    """The part of a store that knows whose a memory is."""

    def __init__(self, link: Link, writer: Writer, reader: Reader, clock: Clock) -> None:
        """`link` is the writer's."""
        super().__init__(link, writer, reader, clock)
        self.consent = Consents(self._ask, self._call_audited, clock, writer.report)
        with translated(link.where), link.lock:
            left = link.db.execute("SELECT 1 FROM erasures LIMIT 1").fetchall()
            writable = not link.db.readonly("main")
        if left and writable:
            self._go_on()

    def asking(self, companion_id: str, *, player_id: str = "player") -> Asking:
        """The memories that a companion who plays with `player_id` may be given."""
        return Asking(self, player_id, companion_id)

    def players(self) -> tuple[PlayerHeld, ...]:
        """Everybody of whom anything is held, sorted by name."""
        reader = self._ask()
        with translated(self._link.where), self._link.lock:
            tables = owned(self._link.db)
        rows: dict[str, dict[str, int]] = {}
        for table in tables:
            for name, count in reader.query(f"SELECT player, count(*) FROM {table} GROUP BY 1"):
                rows.setdefault(name, {})[table] = count
        return tuple(self._held(reader, name, rows[name]) for name in sorted(rows))

    def _held(self, reader: Reader, player: str, rows: dict[str, int]) -> PlayerHeld:
        known = reader.query(
            "SELECT companion FROM episodes WHERE player = ?1 UNION SELECT companion FROM memories "
            "WHERE player = ?1 UNION SELECT companion FROM states WHERE player = ?1 ORDER BY 1",
            (player,),
        )
        span = reader.query(
            "SELECT min(at), max(at) FROM (SELECT created_at AS at FROM memories WHERE player = ?1 "
            "UNION ALL SELECT start_time FROM episodes WHERE player = ?1)",
            (player,),
        )[0]
        said = [word.to for word in self.consent.current(player) if word.given]
        return PlayerHeld(
            player_id=player,
            companions=tuple(row[0] for row in known),
            episodes=rows.get("episodes", 0),
            memories=rows.get("memories", 0),
            rows={
                table: count
                for table, count in rows.items()
                if table not in ("vectors", "embeddings")
            },
            first=span[0],
            last=span[1],
            shared_with=tuple(said),
        )

    def forget_player(self, player_id: str, now: float | None = None) -> Erased:
        """Forget a person: all that is held of him, and his name wherever it stands.

        Rows, words, likeness, what was learned, consent; his name in the memories and episodes of
        others; the write-ahead log, free pages, backups and copies that were put aside beside the
        save (a new backup is made); what is kept in RAM. What was computed from rows of others
        that held the name is computed anew by the next step of learning. A slow, salted hash of
        the name stays, by which data from before `now` is refused. Abort his open episodes first.

        Args:
            player_id: who.
            now: seconds since 1970; None asks the store's clock.

        Raises:
            InputError: the name is empty.
            StoreError: the disk did not take it; then nothing was forgotten.
        """
        if not player_id:
            fix = "`astraweave player list` shows who there is"
            raise InputError(what="whom to forget has no name", where="forget_player", fix=fix)
        at = self._clock() if now is None else now
        self._stop_preparing()  # it would take the name up again
        self._write_uses()
        self._writer.settle()
        done: Erased = self._writer.call(partial(erase, player=player_id, now=at), LONG_S)
        self._drop_from_ram(player_id)
        self._keep_head()
        finished, gone = self._finish()
        return msgspec.structs.replace(done, finished=finished, backups=gone)

    def was_forgotten(self, player_id: str) -> float | None:
        """Up to when data of this player is refused, seconds since 1970; None: it is not."""
        with translated(self._link.where), self._link.lock:
            return tombstones.forgotten_until(self._link.db, player_id)

    def readmit(self, player_id: str, now: float | None = None) -> bool:
        """Let old data of a forgotten player in again; False when he was not forgotten."""
        at = self._clock() if now is None else now

        def work(db: apsw.Connection) -> bool:
            lifted = tombstones.lift(db, player_id)
            if lifted:
                book.append(db, "readmission", at, player=player_id)
            return lifted

        return bool(self._call_audited(work))

    def audit(self, player_id: str | None = None) -> tuple[book.AuditEntry, ...]:
        """What was done with whose memories, oldest first; of one player, or of all."""
        reader = self._ask()
        known = reader.query(book.SELECT_SALTS)
        found = book.entries(reader.query(book.SELECT_AUDIT), known)
        return tuple(entry for entry in found if player_id in (None, entry.player))

    def accept_audit(self) -> None:
        """Take the audit for whole as it is: after a backup was put back, that is shorter.

        Adds a row that says so, and how many rows were known; what was edited stays broken.
        """
        before = self.check_audit()
        told = {"rows": before.rows, "known": before.kept or 0}
        work = partial(book.accept, at=self._clock(), detail=told)
        self._writer.call(work)
        self._keep_head(lower=True)

    def left_open(self, player_id: str) -> tuple[Draft, ...]:
        """What is kept of a player's episodes that have not ended, part by part."""
        found = []
        rows = self._ask().query("SELECT episode, first, body FROM checkpoints ORDER BY 1, 2")
        for episode, first, body in rows:
            with suppress(SaveError):  # damaged: whoever recovers it says so
                found.append(decode_part(body, episode, first))
        return tuple(part for part in found if part.player_id == player_id)

    def check_audit(self) -> book.AuditCheck:
        """Whether the audit is whole and unchanged, by its chain and by the head kept beside."""
        reader = self._ask()
        ever = reader.value("SELECT seq FROM sqlite_sequence WHERE name = 'audit'")
        kept = None if self._link.file is None else book.read_head(self._link.file)
        salts = reader.query(book.SELECT_SALTS)
        return book.check(reader.query(book.SELECT_AUDIT), int(ever or 0), kept, salts)

    def record(self, action: str, players: Iterable[str], detail: book.Detail) -> None:
        """Write into the audit what was done outside of the store (an export); durable."""
        at = self._clock()

        def work(db: apsw.Connection) -> None:
            for player in players:
                book.append(db, action, at, player=player, detail=detail)

        self._call_audited(work)

    def post_audit(self, action: str, *, player: str, by: str, detail: book.Detail) -> None:
        """`record` without waiting.

        Raises:
            StoreError: it could not be taken, so nothing may be given.
        """
        work = partial(
            book.append, action=action, at=self._clock(), player=player, by=by, detail=detail
        )
        if not self._writer.post(WriteAudit(work)):
            raise StoreError(
                what="too much waits for the disk to write the audit",
                where=self._link.where,
                fix="ask again later",
            )

    def ids_of(
        self,
        player_id: str,
        companion_id: str | None,
        *,
        memory_type: MemoryType | None = None,
        tag: str | None = None,
        limit: int | None,
    ) -> tuple[str, ...]:
        """Ids of memories of a player, and of one companion, newest first."""
        return self._ask().memory_ids(
            memory_type=memory_type,
            tag=tag,
            player_id=player_id,
            companion_id=companion_id,
            limit=limit,
        )

    def foreign_ids(
        self, ids: Sequence[str], player_id: str, companion_id: str | None
    ) -> frozenset[str]:
        """Those of `ids` that are memories of somebody else."""
        if not ids:
            return frozenset()
        marks = ",".join("?" * len(ids))
        rows = self._ask().query(
            f"SELECT id FROM memories WHERE id IN ({marks}) "
            "AND NOT (player = ? AND coalesce(companion = ?, 1))",
            (*ids, player_id, companion_id),
        )
        return frozenset(row[0] for row in rows)

    def _call_audited(self, work: Any) -> Any:
        done = self._writer.call(work)
        self._keep_head()
        return done

    def _keep_head(self, *, lower: bool = False) -> None:
        """Write the newest row of the audit down beside the save, where that is possible."""
        if self._link.file is None:
            return
        try:
            with translated(self._link.where), self._link.lock:
                book.keep_head(self._link.db, self._link.file, lower=lower)
        except (OSError, AstraweaveError) as error:
            self._writer.report(f"the head of the audit cannot be kept beside the save: {error}")

    def _go_on(self) -> None:
        """Finish what a crash left; of a damaged save it may be no erasure, and backups stay."""
        try:
            with translated(self._link.where), self._link.lock:
                check_structure(self._link.db, self._link.where)
        except AstraweaveError as error:
            self._writer.report(f"an erasure is not finished: {error}")
        else:
            self._finish()

    def _finish(self) -> tuple[bool, tuple[str, ...]]:
        """Empty free pages, the log and old copies; whether it is done, and what went."""
        try:
            return self._emptied()
        except (AstraweaveError, OSError) as error:
            self._writer.report(f"an erasure is not finished, the next open goes on: {error}")
            return False, ()

    def _emptied(self) -> tuple[bool, tuple[str, ...]]:
        gone = self._drop_copies()  # first: the disk may be full
        backup.give_back(self._link)
        # Again: from here on a backup is of the save without him, but not one begun meanwhile.
        gone += self._drop_copies()
        if not _is_empty(self._link):
            self._writer.report(
                "an erasure is not finished: another program reads the save; open it again alone"
            )
            return False, gone
        self._writer.call(lambda db: db.execute("DELETE FROM erasures"))
        backup.empty_log(self._link)
        file = self._link.file
        if file is not None and any(f".{BACKUP}-" in name for name in gone):
            link = another_link(self._link)
            try:
                back_up(link.db, file)
            finally:
                link.db.close()
        return True, gone

    def _drop_copies(self) -> tuple[str, ...]:
        """Remove backups, what was put aside, and copies that a crash left half made."""
        file = self._link.file
        if file is None:
            return ()
        with whole_file(file, COPY_S):
            old = [found.file for found in backups_of(file)]
            old += put_aside(file)
            old += half_made(file)
            for path in old:
                remove(path)
        return tuple(str(path) for path in old)

    def _drop_from_ram(self, player_id: str) -> None:
        self._minds.pop(player_id, None)
        self._changed()
        self._retrieval.drop()
        self._screen.forget()
        self._reader.forget_dictionaries()
        for cache in (
            consolidation.telling,
            features.hash_of,
            features.piece_codes,
            packing.compressor,
            packing.decompressor,
            salts.slow_hash,
            sensitive.cached,
            words.stem,
        ):
            cache.cache_clear()
        self._writer.forget(player_id)


def _is_empty(link: Link) -> bool:
    """Whether nothing stands in the write-ahead log any more."""
    with translated(link.where), link.lock:
        rows: list[Any] = link.db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    return not rows or int(rows[0][0]) == 0
