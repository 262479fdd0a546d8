"""Memories that were written or read lately, in RAM: asking for them again touches no disk.

Refuses to answer for another process: as soon as one has changed the save, all of it is dropped.
"""

import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence

import apsw
from msgspec import msgpack, to_builtins
from msgspec.structs import replace

from astraweave.errors import StoreError
from astraweave.memory.connection import Link
from astraweave.model.memory import Memory

CAPACITY = 12_288
"""Memories; about 1.3 KB of RAM each."""


class _Kept:
    """A memory, and beside it how often and when it was used: counting copies nothing.

    What can be changed in one that was read stands beside it, too, as the bytes each copy is made
    of: together in RAM, and a third of what the objects take.
    """

    __slots__ = ("count", "last", "memory", "number", "packed")

    def __init__(self, memory: Memory) -> None:
        self.number: int | None = None
        self.packed: bytes | None = None
        self.memory = memory
        self.count, self.last = memory.access_count, memory.last_accessed

    def take(self, memory: Memory) -> None:
        """Be of `memory` from now on."""
        self.memory, self.packed = memory, None
        self.count, self.last = memory.access_count, memory.last_accessed

    def pack(self) -> None:
        """Keep what can be changed as bytes; with a number of more than 64 bits, as a copy."""
        data = self.memory.data
        if isinstance(data, (dict, list)):
            try:
                self.packed, data = msgpack.encode(data), None
            except OverflowError:
                data = to_builtins(data)
            self.memory = replace(self.memory, data=data)

    def use(self, now: float) -> None:
        """Count a use."""
        self.count += 1
        self.last = max(self.last, now)

    def own(self) -> Memory:
        """As it is now, with a copy of what can be changed in it."""
        memory = self.memory
        data = memory.data
        if self.packed is not None:
            data = msgpack.decode(self.packed)
        elif isinstance(data, (dict, list)):
            data = to_builtins(data)
        return replace(memory, data=data, access_count=self.count, last_accessed=self.last)


class HotCache:
    """Id → memory, those used longest ago pushed out; and row number → memory, where it is known.

    `hits` and `misses` count questions, `changes` what was put in or dropped.
    """

    def __init__(self, capacity: int = CAPACITY) -> None:
        """Start empty."""
        self.hits = 0
        self.misses = 0
        self.changes = 0
        self._capacity = capacity
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._numbered: dict[int, _Kept] = {}
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
            return found.own()

    def put(self, memory: Memory) -> None:
        """Keep a memory that nobody changes any more."""
        with self._guard:
            self.changes += 1
            self._keep(memory)

    def add(
        self,
        memories: Iterable[tuple[int | None, Memory]],
        changes: int,
        used_at: float | None = None,
    ) -> None:
        """Keep what was read from disk, unless anything changed since `changes` was noted.

        With the number of its row, where that is known; once more used at `used_at`, if it was.
        """
        with self._guard:
            if self.changes == changes:
                for number, memory in memories:
                    kept = self._keep(memory)
                    kept.pack()
                    if used_at is not None:
                        kept.use(used_at)
                    if number is not None:
                        self._number(number, kept)

    def fill(self, memories: Iterable[tuple[int, Memory]], changes: int) -> bool:
        """Keep, as `add` does, what is not here, to be pushed out first; whether there is room."""
        with self._guard:
            if self.changes == changes:
                for number, memory in memories:
                    kept = self._kept.get(memory.id)
                    if kept is None and len(self._kept) < self._capacity:
                        kept = self._kept[memory.id] = _Kept(memory)
                        kept.pack()
                        self._kept.move_to_end(memory.id, last=False)
                    if kept is not None:
                        self._number(number, kept)
            return len(self._kept) < self._capacity

    def swap(self, memory: Memory, other: Memory) -> None:
        """Keep `other` in the place of `memory`, unless that was replaced meanwhile."""
        with self._guard:
            kept = self._kept.get(memory.id)
            if kept is not None and kept.memory is memory:
                self.changes += 1
                kept.memory = other

    def _keep(self, memory: Memory) -> _Kept:
        kept = self._kept.get(memory.id)
        if kept is None:
            kept = self._kept[memory.id] = _Kept(memory)
            if len(self._kept) > self._capacity:
                self._unnumber(self._kept.popitem(last=False)[1])
        else:
            kept.take(memory)
            self._kept.move_to_end(memory.id)
        return kept

    def _number(self, number: int, kept: _Kept) -> None:
        for one in (kept, self._numbered.get(number)):
            if one is not None:
                self._unnumber(one)
        kept.number, self._numbered[number] = number, kept

    def _unnumber(self, kept: _Kept) -> None:
        if kept.number is not None:
            del self._numbered[kept.number]
            kept.number = None

    def found(self, numbers: Sequence[int], now: float) -> dict[int, Memory]:
        """Those in the rows `numbers` that are here, in that order, each counted as used at `now`.

        The caller's own; all of `numbers` are different.
        """
        found: dict[int, Memory] = {}
        kept = self._numbered
        with self._guard:
            for number in numbers:
                one = kept.get(number)
                if one is not None:
                    found[number] = one.own()
                    one.use(now)
            self.hits += len(found)
            self.misses += len(numbers) - len(found)
        return found

    def drop(self, memory_id: str) -> None:
        """Forget one."""
        with self._guard:
            self.changes += 1
            kept = self._kept.pop(memory_id, None)
            if kept is not None:
                self._unnumber(kept)

    def clear(self) -> None:
        """Forget all."""
        with self._guard:
            self.changes += 1
            self._kept.clear()
            self._numbered.clear()

    def figures(self) -> dict[str, int]:
        """How often a question was answered from here, and how often not."""
        return {"cache_hits": self.hits, "cache_misses": self.misses}


class Foreign:
    """Tells whether another process has changed the save, without waiting and without a disk.

    SQLite counts for a connection the commits of all others. The writer's is the one connection
    of this process that commits, so what it sees change is somebody else's.
    """

    def __init__(self, writes: Link) -> None:
        """Start from what the save is now; `writes` is the writer's."""
        self._writes = writes
        self._cursor = writes.db.cursor()
        self._seen = self._version()

    def changed(self) -> bool:
        """Whether one has since this was asked last.

        While our own writer works the answer is no; whoever asks again after it hears the truth.

        Raises:
            StoreError: the save was closed.
        """
        if not self._writes.lock.acquire(blocking=False):
            return False
        try:
            before, self._seen = self._seen, self._version()
            return self._seen != before
        finally:
            self._writes.lock.release()

    def _version(self) -> int:
        try:
            return int(self._cursor.execute("PRAGMA data_version").get)
        except (apsw.ConnectionClosedError, apsw.CursorClosedError):
            where, fix = self._writes.where, "open it again"
            raise StoreError(what="the store is closed", where=where, fix=fix) from None
