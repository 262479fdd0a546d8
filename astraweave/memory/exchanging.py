"""The part of a store that gives out what it holds, and takes in what others wrote."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from astraweave.memory.connection import translated
from astraweave.memory.exchange.snapshot import Snapshot, snapshot_of
from astraweave.memory.exchange.taking import (
    Answer,
    Item,
    answers_to,
    prepared,
)
from astraweave.memory.life import Living
from astraweave.model.arguments import publish

if TYPE_CHECKING:
    from astraweave.errors import EpisodeError


@publish
class Exchanging(Living):
    """The part of a store that data goes into and out of in bulk."""

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """Everything given so far, as it is now, to be read row by row.

        Raises:
            StoreError: the store is closed.
        """
        self._write_uses()
        self._ask()
        with snapshot_of(self._link) as found:
            yield found

    def take(self, given: "Sequence[Item | EpisodeError]") -> list[Answer]:
        """Store what another program wrote, all in one transaction; wait for it, in their order.

        True where it was stored, False where it was there already, or why it was not. What a
        memory went through since (uses, links) makes it no other memory.

        Raises:
            StoreError: the disk did not take it.
        """
        works = [prepared(each, self._screen) for each in given]
        # Looked at first: what brings nothing new must not write to the save.
        link = self._ask().link
        with translated(link.where), link.lock:
            answers = answers_to(link.db, works, store=False)
        if not any(answer is True for answer in answers):
            return answers
        work = partial(answers_to, works=works, store=True)
        stored: list[Answer] = self._writer.call(work, durable=False)
        self._changed()
        return stored
