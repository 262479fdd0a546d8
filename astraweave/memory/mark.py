"""How much of a save was acknowledged, in a small file beside it, so that a torn log is noticed.

SQLite takes a damaged log for a shorter one, without a word. Each durable commit counts itself in
the save; the mark beside it says how far that had come. It stands there as long as there is a log,
and goes with it when the save is closed. Refuses to compare a save with a mark that is not its own:
a copy and a backup have a stamp of their own, and so has each log.
"""

import errno
import os
import stat
import struct
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import apsw

from astraweave.errors import SaveError, StoreError
from astraweave.memory.codec import seal, unseal
from astraweave.memory.locks import held
from astraweave.memory.log import log_of

MARK_V1 = b"AWM1"
MARKED_FROM = 6
"""The schema version from which on saves count."""
CHANGES = "durable changes"
COUNTED_TO = 1 << 53
"""No count comes so far: the next number could not be given."""
NEW_STAMP = "UPDATE acknowledged SET stamp = randomblob(8)"
_BODY = struct.Struct("<8sq8sqq")
_BYTES = 8 + _BODY.size
_WAIT_S = 5.0
_STATE = (
    "SELECT stamp, count, coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'episodes'), 0) "
    "FROM acknowledged"
)


class State(NamedTuple):
    """How far a save has come: durable commits, and episodes ever stored, of one stamp."""

    stamp: bytes
    changes: int
    episodes: int


class Noted(NamedTuple):
    """A mark: the state that was acknowledged, and the one the save had before its log began."""

    since: State
    now: State


class Lost(NamedTuple):
    """What was acknowledged and is not there."""

    acknowledged: State
    found: State

    @property
    def changes(self) -> int:
        """How many durable changes are missing."""
        return self.acknowledged.changes - self.found.changes

    @property
    def line(self) -> str:
        """One line for people."""
        had, has = self.acknowledged, self.found
        return (
            "the log of the last session was damaged: "
            f"{had.changes:,} changes were acknowledged and {has.changes:,} are there, "
            f"{self.changes:,} are lost; of {had.episodes:,} episodes "
            f"{max(0, had.episodes - has.episodes):,} are lost"
        )


def mark_of(save: Path) -> Path:
    """Where the mark of a save is."""
    return save.with_name(f"{save.name}-mark")


def state_of(db: apsw.Connection) -> State:
    """How far the save has come that `db` reads.

    Raises:
        SaveError: a count is gone, or no number that counting comes to.
    """
    rows: list[Any] = db.execute(_STATE).fetchall()
    if not rows:
        raise _miscounted(CHANGES, None)
    (stamp, changes, episodes) = rows[0]
    for name, count in ((CHANGES, changes), ("episodes", episodes)):
        if not is_count(count):
            raise _miscounted(name, count)
    return State(bytes(stamp), changes, episodes)


def is_count(value: object) -> bool:
    """Whether counting comes to this number, and can go on from there."""
    return isinstance(value, int) and 0 <= value < COUNTED_TO


def check_counts(db: apsw.Connection) -> None:
    """Make sure that every number which a save counts on from can be.

    Raises:
        SaveError: one is gone, or no number that counting comes to.
    """
    state_of(db)
    rows: list[Any] = db.execute("SELECT name, seq FROM sqlite_sequence").fetchall()
    for name, count in rows:
        if not is_count(count):
            raise _miscounted(name, count)


def _miscounted(name: str, count: object) -> SaveError:
    return SaveError(
        what=f"the save's count of {name} is wrong",
        got="nothing" if count is None else count,
        where="save",
        fix="close it; `astraweave save repair` makes the count again",
    )


def read_mark(save: Path) -> Noted | None:
    """The mark beside a save; None without one.

    Raises:
        SaveError: it is damaged, or cannot be read.
    """
    file = mark_of(save)
    try:
        # Opening a pipe would wait for whoever writes into it, for ever.
        with open(file, "rb", opener=_at_once) as stream:
            return _decoded(stream.read(_BYTES + 1))
    except FileNotFoundError:
        return None
    except OSError as error:
        what = "the mark beside the save cannot be read"
        fix = "move it away, and look whether what came last is there"
        raise SaveError(what=what, got=error.strerror, where=str(file), fix=fix) from error


def missing(noted: Noted | None, db: apsw.Connection) -> Lost | None:
    """What was acknowledged and is not there; None when nothing is missing, or nothing is known.

    Args:
        noted: the mark, read first: another process may go on meanwhile, and then the save is
            further than it.
        db: a connection to its save.
    """
    if noted is None:
        return None
    found = state_of(db)
    if _ours(noted, found) and found.changes < noted.now.changes:
        return Lost(noted.now, found)
    return None


def doubt(save: Path, noted: Noted | None, db: apsw.Connection) -> str | None:
    """Why it cannot be told whether the log is whole; None when it can, or when there is none.

    Args:
        save: the save.
        noted: its mark, as `read_mark` gave it before `db` was asked.
        db: a connection to it.
    """
    log = log_of(save)
    if not log.exists() or not log.stat().st_size:
        return None
    if noted is None:
        return "there is a log and no mark beside the save: it cannot be told if all is there"
    if _ours(noted, state_of(db)):
        return None
    return (
        "there is a log, and the mark beside the save is that of another one: it cannot be told if "
        "all is there"
    )


def _ours(noted: Noted, found: State) -> bool:
    return found.stamp == noted.now.stamp or found[:2] == noted.since[:2]


class Mark:
    """The mark of a save that this process writes; it belongs to the writer."""

    def __init__(self, save: Path | None) -> None:
        """Write nothing yet; None is a save in memory, of which nothing can be torn."""
        self._save = save
        self._since: State | None = None
        self._now: State | None = None
        self.kept = False
        """Not to be removed: what it says was lost is still to be written down."""

    def count(self, db: apsw.Connection) -> None:
        """Count a durable commit, at the end of its transaction."""
        before = state_of(db)
        if self._save is None or (self._now is not None and before.stamp == self._now.stamp):
            stamp = before.stamp
        else:
            stamp = self._begun(self._save, before)
        db.execute("UPDATE acknowledged SET count = count + 1, stamp = ?", (stamp,))
        self._now = State(stamp, before.changes + 1, before.episodes)

    def begin(self, db: apsw.Connection) -> bool:
        """Make ready to say how far the save had come before a log; whether there is need to.

        Else a process that never asks for a durable commit leaves a log without a mark.
        """
        if self._save is None or self._now is not None:
            return False
        self._now = before = state_of(db)
        self._begun(self._save, before)
        return True

    def _begun(self, save: Path, before: State) -> bytes:
        """The stamp to go on with: that of the mark there is, else one of a new log."""
        with suppress(SaveError):
            noted = read_mark(save)
            if noted is not None and noted.now.stamp == before.stamp:
                self._since = noted.since
                return before.stamp
        self._since = before
        return os.urandom(8)

    def write(self) -> None:
        """Say that the commit which was counted last is durable.

        The first time waits for the disk: a power cut must not leave an empty mark.

        Raises:
            StoreError: the mark cannot be written. What was committed is durable all the same.
        """
        if self._save is None or self._since is None or self._now is None:
            return
        mine = Noted(self._since, self._now)
        try:
            with held(mark_of(self._save), _WAIT_S) as handle:
                other = _found(handle)
                noted = mine if other is None else _later(mine, other)
                os.lseek(handle, 0, os.SEEK_SET)
                os.write(handle, _encoded(noted))
                if other is None:
                    os.fsync(handle)
        except OSError as error:
            raise StoreError(
                what="the mark cannot be written; damage to the log would not be noticed",
                got=error.strerror,
                where=str(mark_of(self._save)),
                fix="check the folder and free space",
            ) from error

    def leave(self) -> None:
        """Remove the mark when there is no log any more: everything stands in the file."""
        if self._save is None or self.kept or not mark_of(self._save).exists():
            return
        with suppress(OSError, StoreError), held(mark_of(self._save), _WAIT_S):
            if not log_of(self._save).exists():
                mark_of(self._save).unlink()


def settle(db: apsw.Connection, lost: Lost) -> None:
    """Write a loss down in the save, inside a transaction; the mark is no longer its own then."""
    db.execute(
        "INSERT INTO quarantine (source, key, reason, body) VALUES ('log', ?, ?, NULL)",
        (f"{lost.found.changes} of {lost.acknowledged.changes}", lost.line),
    )
    db.execute(NEW_STAMP)


def _encoded(noted: Noted) -> bytes:
    since, now = noted
    body = _BODY.pack(since.stamp, since.changes, now.stamp, now.changes, now.episodes)
    return seal(MARK_V1, body, "mark")


def _at_once(file: str, flags: int) -> int:
    handle = os.open(file, flags | getattr(os, "O_NONBLOCK", 0))
    if stat.S_ISREG(os.fstat(handle).st_mode):
        return handle
    os.close(handle)
    raise OSError(errno.EINVAL, "not a plain file")


def _decoded(data: bytes) -> Noted:
    """A mark; an empty one is damaged, too: a power cut leaves such."""
    try:
        since, since_count, stamp, count, episodes = _BODY.unpack(unseal(MARK_V1, data, "mark"))
    except (struct.error, SaveError) as error:
        fix = "look whether what came last is there; the next durable commit writes the mark anew"
        what = "the mark is damaged, so whether the log lost anything cannot be told"
        raise SaveError(what=what, where="save", fix=fix) from error
    return Noted(State(since, since_count, 0), State(stamp, count, episodes))


def _found(handle: int) -> Noted | None:
    with suppress(SaveError):
        return _decoded(os.read(handle, _BYTES + 1))
    os.ftruncate(handle, 0)
    return None


def _later(mine: Noted, other: Noted) -> Noted:
    """The later of two marks, with the state before the log began; whoever wrote them."""
    if mine.now.stamp == other.now.stamp:
        return mine if mine.now.changes >= other.now.changes else other
    if mine.since.stamp == other.now.stamp:
        return Noted(other.since, mine.now)
    if other.since.stamp == mine.now.stamp:
        return Noted(mine.since, other.now)
    return mine
