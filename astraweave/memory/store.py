"""A companion's memory on disk: one file, readable while it is written, safe to pull the plug on.

    with open_memory("slot1.db") as store:
        store.write(log)                     # at once; a thread does the work
        store.recent(10)                     # sees what was written

Refuses any file that is not a save of ours, and leaves it untouched.
"""

import atexit
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import partial
from os import PathLike, fspath
from types import TracebackType
from typing import Any, Self

from astraweave.errors import AstraweaveError, StoreError
from astraweave.memory import backup
from astraweave.memory.connection import MEMORY, Link, another_link, translated
from astraweave.memory.gatebook import GateBook
from astraweave.memory.jobs import (
    Call,
    DropCheckpoints,
    WriteCheckpoint,
    WriteEpisode,
)
from astraweave.memory.keeper import AFTER, Keeper
from astraweave.memory.knowing import Knowing
from astraweave.memory.learned import LearnedReader, commit_learning, put_note
from astraweave.memory.memories import wall_clock
from astraweave.memory.opening import open_save
from astraweave.memory.privacy import Private
from astraweave.memory.quarantine import set_aside, set_aside_unreadable
from astraweave.memory.reader import BadRow, Reader
from astraweave.memory.recovery import END_SESSION, Recovery
from astraweave.memory.rolling import KEPT
from astraweave.memory.session import Session
from astraweave.memory.starting import start
from astraweave.memory.watch import AFTER_S, Watch
from astraweave.memory.writer import QUEUE_LIMIT, Writer
from astraweave.model.arguments import check, public, publish
from astraweave.model.columns import EpisodeLog
from astraweave.model.draft import Draft
from astraweave.model.learned import LearningCommit
from astraweave.model.ports import Clock


@public
def open_memory(
    path: str | PathLike[str] = MEMORY,
    *,
    recover: bool = True,
    mend: bool = True,
    queue_limit: int = QUEUE_LIMIT,
    clock: Clock = wall_clock,
    backups: int = KEPT,
    backup_after: int = AFTER,
    check_after_s: float | None = AFTER_S,
) -> "MemoryStore":
    """Open the save at `path`, or make it; ":memory:" keeps nothing.

    Args:
        path: a file in a folder that exists.
        recover: store what a crash left open (`MemoryStore.recovered`); a second process that
            only reads or learns leaves that to the game.
        mend: move damaged rows to the quarantine; a program that only looks says them instead.
        queue_limit: how many checkpoints and memories may wait for the disk.
        clock: seconds since 1970, for memories that are given no moment of their own.
        backups: how many backups stay beside the save; 0 makes none. Only who recovers makes any.
        backup_after: episodes after which the next is made, by a thread, in play or at a start.
        check_after_s: seconds after which a thread looks through the structure of the save, once;
            damage is a line in `problems`. None skips it, and so does who does not recover.

    An older save is migrated on a copy; the old file stays as its newest backup. One of a newer
    program can be read, and refuses every write (`MemoryStore.read_only`).

    Raises:
        SaveError: the file is not a save, damaged, or not accessible.
        StoreError: it is older, and another program has it open.
    """
    store = MemoryStore(
        fspath(path), recover=recover, mend=mend, queue_limit=queue_limit, clock=clock
    )
    try:
        if recover:
            store.keep_backups(backups, after=backup_after)
            store.watch(check_after_s)
            store.prepare()
    except AstraweaveError:
        store.close()
        raise
    return store


@publish
class MemoryStore(Knowing, Private):
    """An open save. Every method may be called from any thread; close it, or use `with`.

    `write`, `checkpoint`, `discard` and `encode` never wait; a question asked after them sees
    what they were given. `commit`, `put_note`, `prune` and `flush` return when the disk has it.
    """

    def __init__(
        self, path: str, *, recover: bool, mend: bool, queue_limit: int, clock: Clock
    ) -> None:
        """Use `open_memory`."""
        self.path = path
        link = open_save(path)
        # What is only read keeps its damaged rows, and what was left open.
        self._mend = mend = mend and link.refusal is None
        recover = recover and link.refusal is None
        self._link: Link = link
        self._session = Session(link.file)
        try:
            begun = start(link, recovering=recover, mend=mend)
            self.recovered: Recovery | None = begun.recovered
            self._read_link = another_link(link)
        except BaseException:
            link.abandon()
            raise
        self._writer = Writer(link, queue_limit)
        self._writer.mark.kept = begun.pending
        self._writer.problems.extend([self.read_only] if self.read_only else [])
        self._writer.problems.extend(begun.problems)
        self._writer.counts["quarantined"] += begun.set_aside
        self._watch = Watch(link, self._writer.report, self._writer.counts, None)
        self._reader = Reader(self._read_link, self._set_aside, self._set_aside_unreadable)
        super().__init__(self._link, self._writer, self._reader, clock)
        self._learned = LearnedReader(self._reader)
        self._book = GateBook(self._reader, self._writer)
        self._keeper = Keeper(link, self._writer.report, keep=0)
        self._closed = False
        # A host that forgets to close keeps what it gave: the thread alone would be cut off.
        atexit.register(self.close)

    def __enter__(self) -> Self:
        """The store itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close it."""
        self.close()

    @property
    def book(self) -> GateBook:
        """What the gate spent and said; see `GateBook`."""
        self._ask()
        return self._book

    @property
    def read_only(self) -> str | None:
        """Why every write is refused, in one line; None for a save that can be written."""
        return None if self._link.refusal is None else str(self._link.refusal)

    @property
    def problems(self) -> tuple[str, ...]:
        """The last lines about what was refused or set aside, oldest first."""
        return tuple(self._writer.problems)

    def write(self, episode: EpisodeLog | Draft) -> None:
        """Store a finished episode with its memory; whoever gives it changes it no more.

        An episode that is stored already is left alone; another one with its id is refused,
        and the next `flush` raises.

        Raises:
            StoreError: the writer has stopped, or the store is closed.
        """
        self._writer.post(WriteEpisode(episode, self._cache, self._screen))
        self._retrieval.stale()
        self._keeper.noticed()

    def checkpoint(self, part: Draft) -> bool:
        """Keep a part of an open episode until `write` or `discard`; False when it was dropped.

        Send an empty part when an episode begins: then a crash is noticed from there on.

        Raises:
            StoreError: the writer has stopped, or the store is closed.
        """
        return self._writer.post(WriteCheckpoint(part, self._session, self._screen))

    def discard(self, episode_id: str) -> None:
        """Forget the parts of an open episode that was aborted."""
        self._writer.post(DropCheckpoints(episode_id))

    def flush(self, timeout_s: float = 30.0) -> None:
        """Return when everything given so far would survive a power cut.

        Raises:
            StoreError: it would not (disk full, locked), or something was refused or dropped.
        """
        self._write_uses()
        self._writer.flush(timeout_s)

    def close(self) -> None:
        """Flush, and let go of the file; closing again does nothing.

        Raises:
            StoreError: see `flush`; the store is closed all the same.
        """
        if self._closed:
            return
        self._stop_preparing()
        self._closed = True
        atexit.unregister(self.close)
        try:
            self._write_uses()
            self._writer.flush()
        finally:
            self._writer.stop()
            self._keeper.stop()
            self._watch.stop()
            self._keep_head()
            self._leave()

    def _leave(self) -> None:
        """End the session, unless an episode is still open: then the next start finds it."""
        try:
            if self._session.begun:
                with translated(self.path), self._link.transaction() as db:
                    db.execute(END_SESSION, (self._session.token,))
        finally:
            self._read_link.db.close()
            self._link.db.close()
            self._session.end()
            self._writer.mark.leave()

    def episode(self, episode_id: str) -> EpisodeLog | None:
        """An episode; None when there is none, or it is damaged (see `problems`)."""
        return self._ask().episode(episode_id)

    def episodes(self, ids: Iterable[str]) -> Iterator[EpisodeLog]:
        """Episodes in the order of `ids`, without those that are not there or damaged."""
        check(MemoryStore.episodes, ids=ids)  # a generator looks at it too late
        return self._ask().episodes(ids)

    def episode_ids(
        self, player_id: str | None = None, companion_id: str | None = None
    ) -> tuple[str, ...]:
        """Ids of episodes, oldest first, in the order they were written."""
        return self._ask().episode_ids(player_id, companion_id)

    def episodes_ever(self) -> int:
        """How many episodes were ever stored, those since pruned too: for ids that never recur."""
        return self._ask().episodes_ever()

    def unlearned(self, player_id: str, companion_id: str) -> tuple[str, ...]:
        """Ids of episodes that no commit gave a row of statistics, by start, then id."""
        return self._ask().unlearned(player_id, companion_id)

    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Every (player, companion) of this save, sorted."""
        return self._ask().pairs()

    def commit(self, commit: LearningCommit) -> None:
        """Write one step of learning, all or nothing; returns when it is durable.

        Raises:
            StoreError: a value is wrong, the disk did not take it, or another process has
                learned the same episodes or taken the version meanwhile.
        """
        self._writer.call(partial(commit_learning, commit=commit))
        if commit.memories:
            self._changed()

    def put_note(self, key: str, body: bytes) -> None:
        """Store a small setting; returns when it is durable."""
        self._writer.call(partial(put_note, key=key, body=body))

    def keep_backups(self, count: int, *, after: int = AFTER) -> None:
        """From now on keep `count` backups beside the save, 0 for none; the oldest go.

        A thread makes one when the newest is `after` episodes old, at once and in play at most
        every ten minutes; what goes wrong is a line in `problems`.
        """
        self._keeper.stop()
        self._keeper = Keeper(self._link, self._writer.report, keep=count, after=after)
        self._keeper.opened()

    def watch(self, after_s: float | None = 0.0) -> None:
        """Have a thread look through the save's structure in so many seconds; None stops it."""
        self._watch.stop()
        self._watch = Watch(self._link, self._writer.report, self._writer.counts, after_s)

    def _finish(self) -> tuple[bool, tuple[str, ...]]:
        self._watch.stop()  # as long as it reads, the log cannot be emptied
        self._stop_preparing()
        return super()._finish()

    def copy_to(self, path: str | PathLike[str]) -> None:
        """Copy everything given so far to another save file, which appears whole or not at all.

        Raises:
            SaveError: there is something at `path` that is not a closed save of ours.
        """
        self._writer.flush()
        backup.copy_to(self._link, fspath(path))

    def health(self) -> dict[str, Any]:
        """State of the file for people: checks every checksum, so it takes a while."""
        self.digests()
        found = backup.inspect(self._ask(), self._learned, self.book, self._link)
        self._writer.settle()
        return self.figures() | found | {"problems": list(self.problems)}

    def figures(self) -> dict[str, int]:
        """Counts since the save was opened.

        queued now; written, repeated (there already), checkpoints, memories, aborted, calls,
        commits; dropped_… for want of room; refused as wrong; quarantined as damaged.
        """
        counts = {**self._writer.counts, **self._cache.figures()}
        return {"queued": self._writer.queued, **dict(sorted(counts.items()))}

    def _ask(self, *, everything: bool = False) -> Reader:
        """The reader, when it can see all that was given."""
        if self._closed:
            raise StoreError(what="the store is closed", where=self.path, fix="open it again")
        return super()._ask(everything=everything)

    def _set_aside(self, bad: BadRow) -> None:
        if not self._mend:
            self._writer.report(bad.line.removesuffix("; set aside") + "; left where it is")
            return
        self._writer.report(bad.line)
        self._writer.counts["quarantined"] += 1
        if bad.table in ("memories", "associations"):
            self._changed()
        work = partial(
            set_aside, table=bad.table, rowid=bad.rowid, mark=bad.mark, reason=bad.reason
        )
        with suppress(StoreError):  # the writer has stopped: the row stays, and was reported
            self._writer.post(Call(work))

    def _set_aside_unreadable(self) -> None:
        if not self._mend:
            return
        for line in self._writer.call(set_aside_unreadable):
            self._writer.report(line)
            self._writer.counts["quarantined"] += 1
