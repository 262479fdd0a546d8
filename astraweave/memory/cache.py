"""Memories that were written or read lately, in RAM: asking for them again touches no disk.

Refuses to answer for another process: as soon as one has changed the save, all of it is dropped.
"""

import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence

from msgspec import to_builtins
from msgspec.structs import replace

from astraweave.memory.connection import Link
from astraweave.model.memory import Memory

CAPACITY = 12_288
"""Memories; about 1.6 KB of RAM each."""


class HotCache:
    """Id → memory, those used longest ago pushed out.

    `hits` and `misses` count questions, `changes` what was put in or dropped.
    """

    def __init__(self, capacity: int = CAPACITY) -> None:
        """Start empty."""
        self.hits = 0
        self.misses = 0
        self.changes = 0
        self._capacity = capacity
        self._kept: OrderedDict[str, Memory] = OrderedDict()
        self._guard = threading.Lock()

    def get(self, memory_id: str) -> Memory | None:
        """A memory of the caller's own; None when it is not here."""
        with self._guard:
            found = self._kept.get(memory_id)
            if found is None:
                self.misses += 1
                return None
            self.hits += 1
            self._kept.move_to_end(memory_id)
        return own(found)

    def put(self, memory: Memory) -> None:
        """Keep a memory that nobody changes any more."""
        with self._guard:
            self.changes += 1
            self._keep(memory)

    def add(self, memories: Iterable[Memory], changes: int) -> None:
        """Keep what was read from disk, unless anything changed since `changes` was noted."""
        with self._guard:
            if self.changes == changes:
                for memory in memories:
                    self._keep(memory)

    def fill(self, memories: Iterable[Memory], changes: int) -> bool:
        """Keep, as `add` does, what is not here, to be pushed out first; whether there is room."""
        with self._guard:
            if self.changes == changes:
                for memory in memories:
                    if len(self._kept) < self._capacity and memory.id not in self._kept:
                        self._kept[memory.id] = memory
                        self._kept.move_to_end(memory.id, last=False)
            return len(self._kept) < self._capacity

    def swap(self, memory: Memory, other: Memory) -> None:
        """Keep `other` in the place of `memory`, unless that was replaced meanwhile."""
        with self._guard:
            if self._kept.get(memory.id) is memory:
                self.changes += 1
                self._kept[memory.id] = other

    def _keep(self, memory: Memory) -> None:
        self._kept[memory.id] = memory
        self._kept.move_to_end(memory.id)
        if len(self._kept) > self._capacity:
            self._kept.popitem(last=False)

    def found(self, ids: Sequence[str | None], now: float) -> list[Memory | None]:
        """Those of `ids` that are here, the caller's own, each counted as used at `now`.

        None for each that is not here, or has no id yet.
        """
        found: list[Memory | None] = []
        kept = self._kept
        with self._guard:
            for memory_id in ids:
                memory = None if memory_id is None else kept.get(memory_id)
                found.append(memory and own(memory))
                if memory is not None:
                    kept[memory.id] = replace(
                        memory,
                        access_count=memory.access_count + 1,
                        last_accessed=max(memory.last_accessed, now),
                    )
            misses = found.count(None)
            self.misses += misses
            self.hits += len(found) - misses
        return found

    def drop(self, memory_id: str) -> None:
        """Forget one."""
        with self._guard:
            self.changes += 1
            self._kept.pop(memory_id, None)

    def clear(self) -> None:
        """Forget all."""
        with self._guard:
            self.changes += 1
            self._kept.clear()

    def figures(self) -> dict[str, int]:
        """How often a question was answered from here, and how often not."""
        return {"cache_hits": self.hits, "cache_misses": self.misses}


def used(memory: Memory, now: float) -> Memory:
    """A copy of `memory` as it is after somebody asked for it at `now`, seconds since 1970."""
    return replace(
        memory,
        data=to_builtins(memory.data),
        access_count=memory.access_count + 1,
        last_accessed=max(memory.last_accessed, now),
    )


def own(memory: Memory) -> Memory:
    """`memory`, with a copy of what can be changed in it."""
    if isinstance(memory.data, (dict, list)):
        return replace(memory, data=to_builtins(memory.data))
    return memory


class Foreign:
    """Tells whether another process has changed the save, without waiting and without a disk.

    SQLite counts for a connection the commits of all others. The writer's is the one connection
    of this process that commits, so what it sees change is somebody else's.
    """

    def __init__(self, writes: Link) -> None:
        """Start from what the save is now; `writes` is the writer's."""
        self._writes = writes
        self._seen = self._version()

    def changed(self) -> bool:
        """Whether one has since this was asked last.

        While our own writer works the answer is no; whoever asks again after it hears the truth.
        """
        if not self._writes.lock.acquire(blocking=False):
            return False
        try:
            before, self._seen = self._seen, self._version()
            return self._seen != before
        finally:
            self._writes.lock.release()

    def _version(self) -> int:
        return int(self._writes.db.pragma("data_version"))
