"""The pieces of work a writer does: encode first, then nothing but statements.

Each refuses by raising; the writer then leaves this piece out and keeps the others.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import apsw

from astraweave.errors import StoreError
from astraweave.memory.cache import HotCache
from astraweave.memory.recovery import INSERT_CHECKPOINT, INSERT_SESSION, encode_part
from astraweave.memory.rows import (
    DELETE_CHECKPOINTS,
    EpisodeRows,
    MemoryRows,
    Stored,
    checked_memory,
    episode_rows,
    insert_episode,
    memory_rows,
    replace_memory,
)
from astraweave.memory.screen import Screen
from astraweave.memory.session import Session
from astraweave.memory.tombstones import refuse_forgotten
from astraweave.model.columns import EpisodeLog
from astraweave.model.draft import Draft
from astraweave.model.memory import Memory
from astraweave.model.names import check_who, names_one


class Job(ABC):
    """One piece of work.

    `precious` work is kept beyond the bound of the queue; `awaited` work by every later question,
    unless it is `watched`: who gave it waits for it, and nobody else need.
    What is `derived` is made from what is stored, and can be made again: also a save that can only
    be read takes it, in its private copy.
    """

    kind = "work"
    precious = False
    frees = False
    """Makes room: done before all else while the disk is full."""
    awaited = True
    watched = False
    derived = False
    finished = False
    error: Exception | None = None

    def __init__(self, name: str) -> None:
        """`name` is what people call it when it is refused."""
        self._name = name

    @property
    def name(self) -> str:
        """What people call it."""
        return self._name

    def prepare(self) -> None:  # noqa: B027  # many have nothing to encode
        """Encode, off the frame and outside the transaction; does nothing twice."""

    @abstractmethod
    def apply(self, db: apsw.Connection) -> str:
        """Write, inside the transaction; returns under which name to count it."""

    def settled(self) -> None:  # noqa: B027  # few have anybody to tell
        """Called once it is committed, or refused (`error`)."""


class WriteEpisode(Job):
    """Store an episode with its memory, and drop its checkpoints."""

    kind = "episodes"
    precious = True

    def __init__(self, episode: EpisodeLog | Draft, cache: HotCache, screen: Screen) -> None:
        """Take a finished episode; nobody may change it any more."""
        self._episode = episode
        self._cache, self._screen = cache, screen
        self._rows: EpisodeRows | None = None
        self._stored: Stored | None = None

    @property
    def name(self) -> str:
        """Put together when somebody asks."""
        return f"episode {self._episode.id!r}"

    def prepare(self) -> None:
        """Columns, without what is sensitive, then bytes."""
        episode = self._episode
        log = episode if isinstance(episode, EpisodeLog) else episode.log()
        if not (names_one(log.player_id) and names_one(log.companion_id)):
            check_who(self.name, player_id=log.player_id, companion_id=log.companion_id)
        self._rows = episode_rows(self._screen.episode(log))

    def apply(self, db: apsw.Connection) -> str:
        """One episode is one transaction, or part of one."""
        assert self._rows is not None
        self._stored = insert_episode(db, self._rows)
        return "repeated" if self._stored is Stored.REPEATED else "written"

    def settled(self) -> None:
        """What was just written is read without a disk."""
        if self._rows is not None and self._stored is Stored.WHOLE and self.error is None:
            self._cache.put(self._rows.memory.memory)


class WriteCheckpoint(Job):
    """Keep a part of an open episode, for the case that its end never comes."""

    kind = "checkpoints"

    def __init__(self, part: Draft, session: Session, screen: Screen) -> None:
        """`session` is whose death would make the part worth reading."""
        super().__init__(f"checkpoint of {part.id!r} from {part.first}")
        self._part = part
        self._session, self._screen = session, screen
        self._body = b""

    def prepare(self) -> None:
        """Take the lock before the first row that refers to it."""
        self._session.begin()
        self._body = encode_part(self._screen.part(self._part))

    def apply(self, db: apsw.Connection) -> str:
        """A part that begins where an earlier one began takes its place."""
        part = self._part
        refuse_forgotten(db, part.player_id, part.start_time, f"episode {part.id!r}")
        db.execute(INSERT_SESSION, (self._session.token,))
        db.execute(INSERT_CHECKPOINT, (part.id, part.first, self._session.token, self._body))
        return "checkpoints"


class DropCheckpoints(Job):
    """Forget an open episode that was aborted."""

    kind = "aborts"
    precious = True

    def __init__(self, episode_id: str) -> None:
        """Name the episode."""
        super().__init__(f"abort of {episode_id!r}")
        self._id = episode_id

    def apply(self, db: apsw.Connection) -> str:
        """No trace stays."""
        db.execute(DELETE_CHECKPOINTS, (self._id,))
        return "aborted"


class WriteMemory(Job):
    """Store a memory, in place of an older one with its id."""

    kind = "memories"

    def __init__(
        self, memory: Memory, cache: HotCache, screen: Screen, replaced: Callable[[], None]
    ) -> None:
        """Check it now, so that the caller hears of what is wrong.

        `replaced` is called when there was an older one.
        """
        super().__init__(f"memory {memory.id!r}")
        self.memory = checked_memory(memory)
        who = {"player_id": memory.player_id, "companion_id": memory.companion_id}
        check_who(f"encode: {memory.id}", **who)
        self._cache, self._screen = cache, screen
        self._tell_replaced, self._replaced = replaced, False
        self._rows: MemoryRows | None = None

    def prepare(self) -> None:
        """To bytes, without what is sensitive; RAM then holds what the disk does."""
        clean = self._screen.memory(self.memory)
        if clean is not self.memory:
            self._cache.swap(self.memory, clean)
        self._rows = memory_rows(clean)

    def apply(self, db: apsw.Connection) -> str:
        """With tags and associations."""
        assert self._rows is not None
        self._replaced = replace_memory(db, self._rows)
        return "memories"

    def settled(self) -> None:
        """What could not be stored is not remembered either."""
        if self.error is not None:
            self._cache.drop(self.memory.id)
        elif self._replaced:
            self._tell_replaced()


class Call(Job):
    """Any work whose result somebody waits for; in a transaction of its own."""

    kind = "calls"
    precious = True

    def __init__(
        self,
        work: Callable[[apsw.Connection], Any],
        *,
        durable: bool = True,
        derived: bool = False,
        frees: bool = False,
    ) -> None:
        """`work` gets the connection inside a transaction."""
        super().__init__("call")
        self.durable = durable
        self.derived, self.frees = derived, frees
        self._work = work
        self.result: Any = None
        self.cancelled = False

    def apply(self, db: apsw.Connection) -> str:
        """Do it, unless nobody waits any more."""
        if self.cancelled:
            raise StoreError(what="nobody waits for this work any more")
        self.result = self._work(db)
        return "calls"
