"""Asking a store for the memories that matter now: `retrieve`, with everything it can be asked by.

Refuses a type of memory that there is not.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

import numpy as np
import numpy.typing as npt

from astraweave.errors import StoreError
from astraweave.memory import lexicon, ranking
from astraweave.memory.cache import CAPACITY
from astraweave.memory.directions import direction
from astraweave.memory.features import Situation, situation_of
from astraweave.memory.memories import Memories, memory_type_of
from astraweave.memory.preparing import (
    AFTER_S,
    AT_ONCE,
    FEWEST_BYTES,
    MOST,
    READ_AT_ONCE,
    Preparing,
)
from astraweave.memory.reader import Reader
from astraweave.memory.retrieval import Filters, Hit
from astraweave.model.arguments import publish
from astraweave.model.memory import Memory, MemoryType

_NEWEST = "SELECT player FROM vectors ORDER BY memory DESC LIMIT 1"
_SIZE = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
_ANY = "SELECT memory FROM vectors WHERE player = ? LIMIT 1"
_NUMBERS = "SELECT memory FROM vectors WHERE player = ? ORDER BY memory DESC LIMIT ?"
_COUNT = "SELECT count(*) FROM (SELECT 1 FROM vectors WHERE player = ? LIMIT ?)"


@publish
class Recalling(Memories):
    """The part of a store that finds."""

    _preparing: Preparing | None = None

    def prepare(self, player_id: str | None = None) -> None:
        """Have a thread load what questions about a player search, so that the first finds it.

        Then it reads his newest memories, which are what questions find; 12,288 at most, 16 MB.
        Returns at once; a question that comes before its end loads the rest itself.

        Args:
            player_id: whose; None is who was remembered last, where that is worth a thread and
                takes no more than 300 MB of RAM: in a save of a megabyte or more, of up to
                250,000 memories. `open_memory` asks for that.

        Raises:
            StoreError: half a character in his name, or the store is closed.
        """
        self._stop_preparing()
        reader = self._ask()
        if player_id is not None:
            reader.value(_ANY, (player_id[:],))  # what is no text, or none that can be asked
        elif self._link.file is None or reader.value(_SIZE) < FEWEST_BYTES:
            return
        after_s = AFTER_S if player_id is None else 0.0
        self._preparing = Preparing(self._slices(player_id), self._writer.report, after_s)

    def _stop_preparing(self) -> None:
        if self._preparing is not None:
            self._preparing.stop()
            self._preparing = None  # it knows whom it was for

    def _slices(self, player_id: str | None) -> Iterator[bool]:
        """One slice of the work each; at its end all is ready."""
        if player_id is None:
            player_id = self._ask().value(_NEWEST)
            if player_id is None or self._ask().value(_COUNT, (player_id, MOST + 1)) > MOST:
                return
        for _ in chain(ranking.warm(), lexicon.warm()):
            yield True
        more = True
        while more:
            noted = self._retrieval.noted()
            self._ask()
            more = self._retrieval.prepare(player_id, AT_ONCE, noted)
            yield more
        while self._retrieval.prepare_words(player_id, AT_ONCE):
            yield True
        yield from self._read_newest(player_id)

    def _read_newest(self, player_id: str) -> Iterator[bool]:
        """Into the cache, as far as it has room."""
        rows = self._ask().query(_NUMBERS, (player_id, CAPACITY))
        for first in range(0, len(rows), READ_AT_ONCE):
            changes = self._cache.changes
            reader = self._ask(everything=True)  # how often they were used, too
            read = reader.numbered([row[0] for row in rows[first : first + READ_AT_ONCE]])
            more = self._cache.fill(read.items(), changes)
            yield more
            if not more:
                return

    def retrieve(  # noqa: PLR0913  # each is a way of finding
        self,
        text: str = "",
        *,
        like: Situation | Memory | None = None,
        player_id: str = "player",
        companion_id: str | None = None,
        memory_type: MemoryType | str | Iterable[MemoryType | str] = (),
        tags: Iterable[str] = (),
        participants: Iterable[str] = (),
        place: str | None = None,
        since: float | None = None,
        until: float | None = None,
        limit: int = 10,
        hops: int = 0,
        embedding: Sequence[float] | None = None,
        now: float | None = None,
    ) -> tuple[Hit, ...]:
        """The memories of a player that matter most, best first; what is found counts as used.

        `text` and `like` say what to look for; all else says what a memory must be to be found.
        Without either, the newest.

        Args:
            text: any words; what is mistyped or inflected is still found.
            like: a situation to find similar ones of.
            player_id: whose memories; no other player's are ever found.
            companion_id: only what this companion remembers; None for all of the player's.
            memory_type: one of the seven, or several.
            tags, participants: it must have all of these.
            place: it must have happened there.
            since, until: seconds since 1970, `until` exclusive.
            limit: at most so many, 50 at most without hops.
            hops: also what is linked to what was found, over so many associations.
            embedding: a vector of the game's own model; memories with one of that length
                (`Memory.embedding`) are compared by cosine. None takes that of `like`.
            now: seconds since 1970, for recency; None asks the store's clock.

        Raises:
            StoreError: no such type, an embedding that points nowhere, or the store is closed.
        """
        kinds = (memory_type,) if isinstance(memory_type, str) else tuple(memory_type)
        filters = Filters(
            types=tuple([memory_type_of(kind, "retrieve") for kind in kinds]),
            tags=tuple(tags),
            participants=tuple(participants),
            companion=companion_id,
            place=place,
            since=since,
            until=until,
        )
        given = like.embedding if embedding is None and isinstance(like, Memory) else embedding
        at = self._clock() if now is None else now
        self._notice()
        changes = self._retrieval.changes
        reader = self._ask()
        found = self._retrieval.search(
            asked_of(text, like),
            filters,
            player_id=player_id,
            limit=limit,
            hops=hops,
            now=at,
            changes=changes,
            embedding=None if given is None else direction_of(given, strict=embedding is not None),
        )
        memories = self._numbered(reader, [row[0] for row in found], at)
        if self._uses.add(memories, at):
            self._write_uses()
        return tuple(
            Hit(memory=memories[number], score=score, why=why, matched=matched)
            for number, score, why, matched in found
            if number in memories
        )

    def _numbered(self, reader: Reader, numbers: Sequence[int], now: float) -> dict[int, Memory]:
        """Memories by the numbers of their rows, used at `now`; those used lately from RAM."""
        changes = self._cache.changes
        found = self._cache.found(numbers, now)
        if len(found) < len(numbers):
            left = [number for number in numbers if number not in found]
            read = reader.numbered(left)
            self._cache.add(read.items(), changes, now)
            found.update(read)
        return found


def direction_of(values: Sequence[float], *, strict: bool) -> npt.NDArray[np.float32] | None:
    """A question's vector at length one; None when it points nowhere and is not `strict`.

    Raises:
        StoreError: it points nowhere, `strict`.
    """
    try:
        found = direction(values)
    except (TypeError, ValueError, OverflowError):
        found = None
    if found is None and strict:
        raise StoreError(
            what="an embedding must hold finite numbers, one at least not 0",
            got=repr(values)[:60],
            where="retrieve",
            fix="give the vector that your model computed",
        )
    return found


def asked_of(text: str, like: Situation | Memory | None) -> Situation:
    """What is looked for: words, a situation, or both."""
    if like is None:
        return Situation(text)
    found = situation_of(like) if isinstance(like, Memory) else like
    if not text:
        return found
    return Situation(
        f"{text} {found.text}",
        place=found.place,
        participants=found.participants,
        tags=found.tags,
        facts=found.facts,
    )
