"""How learning stands, as notes in the save: who waits to be learned from, what went wrong last.

A step that was asked for and not done, because the game was closed or killed first, is found by the
next start. Refuses to wait for the disk: the notes are written after what they are about, soon.
"""

from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING

from astraweave.errors import StoreError
from astraweave.learning.ledger import queue_note, trouble_note

if TYPE_CHECKING:
    from astraweave.memory import MemoryStore

Pair = tuple[str, str]
WAITS = b"1"
LONGEST = 1000
"""Characters of an error that are kept."""


class Standing:
    """Writes the notes of one save. From any thread."""

    def __init__(self, store: "MemoryStore") -> None:
        """Nothing waits that this has heard of."""
        self._store = store
        self._waiting: set[Pair] = set()

    def waits(self, pairs: Iterable[Pair]) -> None:
        """These pairs are to be learned from."""
        for pair in pairs:
            if pair not in self._waiting:
                self._waiting.add(pair)
                self._note(queue_note(*pair), WAITS)

    def settled(self, pairs: Iterable[Pair]) -> None:
        """Nothing waits of these pairs."""
        for pair in pairs:
            self._waiting.discard(pair)
            self._note(queue_note(*pair), b"")

    def well(self, pairs: Iterable[Pair]) -> None:
        """What went wrong before is over; reads the save."""
        for pair in pairs:
            if trouble_of(self._store, *pair) is not None:
                self._note(trouble_note(*pair), b"")

    def failed(self, pairs: Iterable[Pair], line: str) -> None:
        """It was tried in vain, and still waits."""
        self._store.report(f"learning failed: {line}")
        for pair in pairs:
            self._note(trouble_note(*pair), line[:LONGEST].encode())

    def _note(self, key: str, body: bytes) -> None:
        with suppress(StoreError):  # the save is closed: so says the step itself
            self._store.note_soon(key, body)


def left_waiting(store: "MemoryStore") -> tuple[Pair, ...]:
    """Pairs that an earlier start was asked to learn from, and did not."""
    return tuple(pair for pair in store.pairs() if store.note(queue_note(*pair)) == WAITS)


def trouble_of(store: "MemoryStore", player_id: str, companion_id: str) -> str | None:
    """Why the last step off the frame failed; None when it did not."""
    found = store.note(trouble_note(player_id, companion_id))
    return found.decode("utf-8", "replace") if found else None


def trouble_notes(
    store: "MemoryStore", player_id: str, companion_id: str, trouble: str | None
) -> dict[str, bytes]:
    """What a step writes of its own trouble, or that it had none; nothing where that stands."""
    told = (trouble or "")[:LONGEST]
    if (trouble_of(store, player_id, companion_id) or "") == told:
        return {}
    return {trouble_note(player_id, companion_id): told.encode()}
