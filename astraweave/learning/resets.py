"""Resets that are remembered: what a person dropped stays dropped, whoever folds the rows again.

A row of statistics says how many resets came before it (`EpisodeRow.resets`), a note of the pair
which tactics each of them dropped; so forgetting any episode moves no reset. Refuses to bring
evidence back where the note is lost: then each reset was one of every tactic.
"""

from collections.abc import Collection
from typing import TYPE_CHECKING

import msgspec

from astraweave.errors import SaveError
from astraweave.learning.ledger import resets_note
from astraweave.learning.statistics import EpisodeRow, KeptStyle, LearnerState, TacticSums
from astraweave.model.episode import Name

if TYPE_CHECKING:
    from astraweave.memory import MemoryStore

Reset = tuple[Name, ...]


def resets_of(store: "MemoryStore", player_id: str, companion_id: str) -> tuple[Reset, ...]:
    """The tactics of each reset, oldest first; none where the note is lost."""
    data = store.note(resets_note(player_id, companion_id))
    try:
        return () if data is None else msgspec.json.decode(data, type=tuple[Reset, ...])
    except msgspec.MsgspecError:
        return ()  # `Resets` takes what the rows count


def with_reset(
    store: "MemoryStore", player_id: str, companion_id: str, tactics: Reset
) -> dict[str, bytes]:
    """The note with one reset more, to be committed with what it changes."""
    told = resets_of(store, player_id, companion_id)
    counted = max((_count(body) for _, body in store.rows(player_id, companion_id)), default=0)
    lost: tuple[Reset, ...] = ((),) * (counted - len(told))
    data = msgspec.json.encode((*told, *lost, tactics))
    return {resets_note(player_id, companion_id): data}


def _count(row: bytes) -> int:
    try:
        return EpisodeRow.decoded(row).resets
    except SaveError:
        return 0  # such a row is left out of every replay


def drop(state: LearnerState, tactics: Collection[str]) -> None:
    """Take these tactics' evidence out, in place, also what is kept for a style's return."""

    def left(sums: dict[str, TacticSums]) -> dict[str, TacticSums]:
        return {name: each for name, each in sums.items() if name not in tactics}

    state.tactics = left(state.tactics)
    state.cells = {k: v for k, v in state.cells.items() if k.partition("|")[2] not in tactics}
    state.styles = {
        name: KeptStyle(left(kept.tactics), kept.contexts, kept.traits)
        for name, kept in state.styles.items()
    }


class Resets:
    """The resets in their places among the rows; ask `before` each row, then for those `left`."""

    def __init__(self, told: tuple[Reset, ...]) -> None:
        """None has happened yet."""
        self._told, self._done = told, 0
        self._seen: set[str] = set()

    def before(self, row: EpisodeRow) -> tuple[Reset, ...]:
        """Those between the row before and this one."""
        told = self._until(row.resets)
        self._seen.update(choice.tactic for choice in row.conduct.choices)
        return told

    def left(self) -> tuple[Reset, ...]:
        """Those after the last row."""
        return self._until(len(self._told))

    def _until(self, count: int) -> tuple[Reset, ...]:
        known = self._told[self._done : count]
        lost: tuple[Reset, ...] = ((),) * (count - max(self._done, len(self._told)))
        self._done = max(self._done, count)
        return tuple(tactics or tuple(self._seen) for tactics in (*known, *lost))
