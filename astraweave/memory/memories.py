"""The life of a memory: encode, and ask for it again. What `MemoryStore` does with memories.

Refuses a memory with a field out of range where it is given, not when it is written.
"""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from math import inf
from typing import Any

from astraweave.errors import AstraweaveError, StoreError
from astraweave.memory.cache import Foreign, HotCache
from astraweave.memory.connection import Link
from astraweave.memory.indexing import index_again, index_some
from astraweave.memory.jobs import WriteMemory
from astraweave.memory.reader import Reader
from astraweave.memory.retrieval import Retrieval
from astraweave.memory.screen import Screen
from astraweave.memory.uses import Uses
from astraweave.memory.working import WorkingMemory
from astraweave.memory.writer import Writer
from astraweave.model.arguments import publish
from astraweave.model.memory import (
    EmotionalContext,
    Memory,
    MemorySource,
    MemoryType,
    SpatialTemporalContext,
)
from astraweave.model.ports import Clock


def wall_clock() -> float:
    """Seconds since 1970 by the clock of the system."""
    return datetime.now(UTC).timestamp()


def memory_type_of(name: MemoryType | str, where: str) -> MemoryType:
    """One of the seven types.

    Raises:
        StoreError: it is none.
    """
    try:
        return MemoryType(name)
    except (ValueError, RecursionError):
        fix = f"give one of {', '.join(MemoryType)}"
        raise StoreError(what="not a type of memory", got=name, where=where, fix=fix) from None


def _check_kinds(now: float, **texts: str) -> None:
    """What a memory's id is made of, when each is of its type."""
    wrong: dict[str, Any] = {name: value for name, value in texts.items() if type(value) is not str}
    if type(now) not in {int, float}:
        wrong["now"] = now
    for name, value in wrong.items():
        kind = "seconds since 1970" if name == "now" else "a text"
        what = f"{name} must be {kind}"
        raise StoreError(what=what, got=value, where="remember", fix="correct the field")


INDEXED_AT_ONCE = 128
"""Memories indexed in one transaction while a question waits for them: about 10 ms."""


@publish
class Memories:
    """The part of a store that remembers."""

    def __init__(self, link: Link, writer: Writer, reader: Reader, clock: Clock) -> None:
        """`link` is the writer's."""
        self._link = link
        self._writer, self._reader = writer, reader
        self._clock = clock
        self._cache = HotCache()
        self._foreign = Foreign(link)
        self._retrieval = Retrieval(reader, self._index)
        self._uses = Uses()
        self._screen = Screen(writer.counts, writer.report)
        self._minds: dict[str, WorkingMemory] = {}

    def keep_sensitive(self, *names: str) -> None:
        """Store from now on what these patterns of `docs/privacy.md` find; by default none is.

        Raises:
            StoreError: there is no such pattern.
        """
        self._screen.keep(names)

    def working(self, player_id: str = "player") -> WorkingMemory:
        """What is in mind about a player just now; in RAM, empty at every start."""
        return self._minds.setdefault(player_id, WorkingMemory(self._clock))

    def encode(self, memory: Memory) -> bool:
        """Store a memory, in place of an older one with its id; False when it was dropped.

        Raises:
            StoreError: a field is of the wrong type, out of range or not finite.
        """
        replaced = partial(self._retrieval.stale, deleted=True)
        job = WriteMemory(memory, self._cache, self._screen, replaced)
        # First, so that the writer, who drops what it refuses, comes after.
        self._cache.put(job.memory)
        try:
            kept = self._writer.post(job)
        except AstraweaveError:
            self._cache.drop(memory.id)
            raise
        self._retrieval.stale(links=bool(memory.associations))
        if not kept:
            self._cache.drop(memory.id)
        return kept

    def remember(  # noqa: PLR0913  # a memory has that many fields
        self,
        text: str,
        *,
        memory_type: MemoryType | str = MemoryType.EPISODIC,
        player_id: str = "player",
        companion_id: str = "companion",
        tags: Sequence[str] = (),
        place: str | None = None,
        participants: Sequence[str] = (),
        facts: Mapping[str, float] | None = None,
        importance: float = 0.5,
        confidence: float = 1.0,
        source: MemorySource = MemorySource.DIRECT_EXPERIENCE,
        emotion: EmotionalContext | None = None,
        now: float | None = None,
    ) -> Memory:
        """Encode what happened, in words; never waits for the disk.

        The same words about the same player at the same moment are one memory, however often
        they are given.

        Args:
            text: what happened, in any language.
            memory_type: one of the seven; it decides how fast the memory decays.
            player_id, companion_id: whose memory; no other player's questions find it.
            tags, place, participants: what `retrieve` can ask for by name.
            facts: numbers of the situation; `retrieve(facts=…)` finds similar ones.
            importance, confidence: [0, 1].
            source: how it came to be known.
            emotion: how it felt.
            now: seconds since 1970; None asks the store's clock.

        Returns:
            The memory, with the id it was given.

        Raises:
            StoreError: a field is wrong, or the memory was dropped because too much waits for
                the disk.
        """
        at = self._clock() if now is None else now
        kind = memory_type_of(memory_type, "remember")
        _check_kinds(at, text=text, player_id=player_id, companion_id=companion_id)
        given = "\0".join((kind, player_id, companion_id, repr(at), text))
        memory = Memory(
            id=f"{kind}-{hashlib.sha256(given.encode(errors='replace')).hexdigest()[:16]}",
            memory_type=kind,
            text=text,
            created_at=at,
            last_accessed=at,
            player_id=player_id,
            companion_id=companion_id,
            data=None if facts is None else {"facts": dict(facts)},
            emotion=emotion,
            context=SpatialTemporalContext(location=place, participants=tuple(participants)),
            importance=importance,
            confidence=confidence,
            source=source,
            tags=tuple(tags),
        )
        if not self.encode(memory):
            raise StoreError(
                what="the memory was dropped: too many wait for the disk",
                got=memory.id,
                where="remember",
                fix="remember less often, or open the store with a larger queue_limit",
            )
        return memory

    def memory(self, memory_id: str) -> Memory | None:
        """A memory; None when there is none, or it is damaged (see `problems`).

        What was written or read lately is answered from RAM, without waiting for the writer.
        """
        self._notice()
        found = self._cache.get(memory_id)
        if found is not None:
            return found
        self._write_uses()
        reader, changes = self._ask(everything=True), self._cache.changes
        found = reader.memory(memory_id)
        if found is None:
            return None
        self._cache.add([(None, found)], changes)
        return found

    def by_type(
        self, memory_type: MemoryType, limit: int | None = None, *, player_id: str | None = None
    ) -> tuple[str, ...]:
        """Ids of the memories of a type, newest first."""
        return self._ask().memory_ids(memory_type=memory_type, player_id=player_id, limit=limit)

    def by_tag(
        self, tag: str, limit: int | None = None, *, player_id: str | None = None
    ) -> tuple[str, ...]:
        """Ids of the memories with a tag, newest first."""
        return self._ask().memory_ids(tag=tag, player_id=player_id, limit=limit)

    def recent(self, n: int, *, player_id: str | None = None) -> tuple[str, ...]:
        """Ids of the newest n memories, newest first."""
        return self._ask().memory_ids(player_id=player_id, limit=n)

    def count(self, *, player_id: str | None = None) -> int:
        """How many memories there are."""
        return self._ask().count(player_id)

    def _notice(self) -> None:
        """Drop what another process has made untrue."""
        if self._foreign.changed():
            self._changed()

    def _changed(self) -> None:
        """Forget what is in RAM: memories or links were changed otherwise than by `encode`."""
        self._cache.clear()
        self._retrieval.stale(links=True, deleted=True)

    def _index(
        self, again: Sequence[int], at_once: int = INDEXED_AT_ONCE, slice_s: float = inf
    ) -> None:
        """Index what is new, a transaction `at_once` or `slice_s`, and `again` what is damaged."""
        if again:
            work = partial(index_again, numbers=tuple(again))
            self._writer.call(work, durable=False, derived=True)
        left = "SELECT max(seq) > coalesce((SELECT max(memory) FROM vectors), 0) FROM memories"
        while self._reader.value(left):
            work = partial(index_some, limit=at_once, slice_s=slice_s)
            self._writer.call(work, durable=False, derived=True)

    def _write_uses(self) -> None:
        job = self._uses.job()
        if job is not None:
            self._writer.post(job)

    def _ask(self, *, everything: bool = False) -> Reader:
        """The reader, when it can see all that was given; a store says here when it is closed.

        Without `everything`, but how often memories were used.
        """
        self._writer.settle(everything=everything)
        return self._reader
