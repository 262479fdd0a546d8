"""From lines to a save: checked, stored in batches, and each line's fate told in its order.

The save is opened for the first good one, so a file of nothing but errors leaves nothing behind.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from astraweave.errors import EpisodeError
from astraweave.model.episode import Episode
from astraweave.model.lines import Line, place

if TYPE_CHECKING:
    from astraweave.memory import MemoryStore
    from astraweave.memory.exchange.taking import Answer

KEPT = 1_000
BATCH, BATCH_OBSERVATIONS = 256, 20_000
"""Written in one transaction: so many lines, or lines with so many observations together."""


class BadLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line or row that was not stored: its number from 1, the byte it begins at, and why."""

    line: int
    byte: int | None
    reason: str


class Taken(msgspec.Struct, kw_only=True):
    """What became of the lines. `bad` holds the first `KEPT` of `bad_lines`."""

    read: int = 0
    ingested: int = 0
    duplicates: int = 0
    observations: int = 0
    bad_lines: int = 0
    bad: list[BadLine] = []


class Intake:
    """Takes one line after the other; `finish` when there are no more."""

    def __init__(
        self,
        name: str,
        store: "Callable[[], MemoryStore]",
        check: Callable[[Any], None],
        refused: Callable[[int, str], None],
    ) -> None:
        """Store nothing yet.

        Args:
            name: of the file, for messages.
            store: the save, opened when it is first needed.
            check: raises `EpisodeError` for what the game does not declare.
            refused: told of each bad line: how many there were so far, and why.
        """
        self.taken = Taken()
        self._name = name
        self._store = store
        self._check = check
        self._refused = refused
        self._batch: list[Line[Any]] = []
        self._observations = 0

    def take(self, line: Line[Any]) -> None:
        """One line."""
        found = line.found
        self.taken.read += 1
        if not isinstance(found, EpisodeError):
            try:
                self._check(found)
            except EpisodeError as error:
                found = error
        if isinstance(found, Episode):
            self._observations += len(found.observations)
        self._batch.append(line._replace(found=found))
        if len(self._batch) >= BATCH or self._observations >= BATCH_OBSERVATIONS:
            self.write()

    def write(self) -> None:
        """Store what was taken so far."""
        batch, self._batch, self._observations = self._batch, [], 0
        given = [line.found for line in batch]
        answers: list[Answer] = [found for found in given if isinstance(found, EpisodeError)]
        if len(answers) < len(given):
            answers = self._store().take(given)
        for line, answer in zip(batch, answers, strict=True):
            if isinstance(answer, EpisodeError):
                self._refuse(line, answer)
            elif answer:
                self.taken.ingested += 1
                if isinstance(line.found, Episode):
                    self.taken.observations += len(line.found.observations)
            else:
                self.taken.duplicates += 1

    def finish(self) -> Taken:
        """Store the rest; what became of all of them, once it would survive a power cut."""
        self.write()
        if self.taken.ingested:
            self._store().flush()
        return self.taken

    def _refuse(self, line: Line[Any], error: EpisodeError) -> None:
        where, here = error.where or "", place(self._name, line.number, line.byte)
        at = where if where.startswith(f"{self._name}:") else f"{here}: {where}" if where else here
        reason = str(EpisodeError(what=error.what, got=error.got, where=at, fix=error.fix))
        taken = self.taken
        taken.bad_lines += 1
        if len(taken.bad) < KEPT:
            taken.bad.append(BadLine(line=line.number, byte=line.byte, reason=reason))
        self._refused(taken.bad_lines, reason)
