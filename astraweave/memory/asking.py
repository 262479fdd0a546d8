"""Asking on behalf of a companion, who is given what is his own and nothing else.

His own is what he remembers of the player he plays with. Memories of another player, or what other
companions know, are given when that player consented to it, and each time it is written into the
audit; what is refused is, too. Refuses links that lead out of what was given.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import apsw
import msgspec

from astraweave.errors import ConsentError
from astraweave.memory.jobs import Job
from astraweave.memory.retrieval import Hit
from astraweave.model.memory import Memory, MemoryType

if TYPE_CHECKING:
    from astraweave.memory.privacy import Private
    from astraweave.memory.working import WorkingMemory


class WriteAudit(Job):
    """Add a row to the audit, in line with everything else."""

    kind = "audit"
    precious = True

    def __init__(self, work: Callable[[apsw.Connection], None]) -> None:
        """`work` adds the row."""
        super().__init__("a row of the audit")
        self._work = work

    def apply(self, db: apsw.Connection) -> str:
        """One row."""
        self._work(db)
        return "audited"


class Asking:
    """What a companion may know, as `MemoryStore` would give it; see `MemoryStore.asking`.

    `of` in each question names the player whose memories are asked for: of another player, or of
    his own player what every companion knows. That takes the consent of that player.
    """

    def __init__(self, store: "Private", player_id: str, companion_id: str) -> None:
        """Use `MemoryStore.asking`."""
        self._store = store
        self.player_id, self.companion_id = player_id, companion_id

    def retrieve(self, text: str = "", *, of: str | None = None, **named: Any) -> tuple[Hit, ...]:
        """As `MemoryStore.retrieve`, which takes the same arguments but whose memories they are.

        Raises:
            ConsentError: the player `of` has not consented.
        """
        self._admit(of)
        mine = self.companion_id if of is None else None
        hits = self._store.retrieve(
            text, player_id=of or self.player_id, companion_id=mine, **named
        )
        found = tuple(
            msgspec.structs.replace(hit, memory=self._cut(hit.memory, of)) for hit in hits
        )
        self._given(of, len(found))
        return found

    def memory(self, memory_id: str) -> Memory | None:
        """A memory; None when there is none, or it may not be given."""
        found = self._store.memory(memory_id)
        if found is None:
            return None
        own = (found.player_id, found.companion_id) == (self.player_id, self.companion_id)
        of = None if own else found.player_id
        if of is not None and not self._store.consent.allows(of, self.companion_id):
            self._audit("refused", of, 0)
            return None
        self._given(of, 1)
        return self._cut(found, of)

    def recent(self, n: int, *, of: str | None = None) -> tuple[str, ...]:
        """Ids of the newest n memories, newest first."""
        return self._ids(of, limit=n)

    def by_type(
        self, memory_type: MemoryType, limit: int | None = None, *, of: str | None = None
    ) -> tuple[str, ...]:
        """Ids of the memories of a type, newest first."""
        return self._ids(of, memory_type=memory_type, limit=limit)

    def by_tag(
        self, tag: str, limit: int | None = None, *, of: str | None = None
    ) -> tuple[str, ...]:
        """Ids of the memories with a tag, newest first."""
        return self._ids(of, tag=tag, limit=limit)

    def count(self, *, of: str | None = None) -> int:
        """How many memories there are."""
        return len(self._ids(of, limit=None))

    def working(self) -> "WorkingMemory":
        """What is in mind about his own player just now."""
        return self._store.working(self.player_id)

    def _ids(self, of: str | None, **asked: Any) -> tuple[str, ...]:
        self._admit(of)
        mine = self.companion_id if of is None else None
        found = self._store.ids_of(of or self.player_id, mine, **asked)
        self._given(of, len(found))
        return found

    def _admit(self, of: str | None) -> None:
        if of is None or self._store.consent.allows(of, self.companion_id):
            return
        self._audit("refused", of, 0)
        raise ConsentError(
            what=f"{of!r} has not consented that {self.companion_id!r} is given these memories",
            where="asking",
            fix="ask the player, then call store.consent.give(player, companion)",
        )

    def _given(self, of: str | None, count: int) -> None:
        if of is not None:
            self._audit("read", of, count)

    def _audit(self, action: str, of: str, count: int) -> None:
        self._store.post_audit(action, player=of, by=self.companion_id, detail={"memories": count})

    def _cut(self, memory: Memory, of: str | None) -> Memory:
        """Without links to memories that were not asked for."""
        targets = [link.memory_id for link in memory.associations]
        companion = self.companion_id if of is None else None
        foreign = self._store.foreign_ids(targets, of or self.player_id, companion)
        if not foreign:
            return memory
        kept = tuple(link for link in memory.associations if link.memory_id not in foreign)
        return msgspec.structs.replace(memory, associations=kept)
