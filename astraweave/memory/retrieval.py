"""Give back the few memories that matter now, and say why.

Relevance first: the nearest by context vector and those with the words are scored exactly, the
best 50 stay; then recency, importance and association add up to .2 each. Everything else only
filters. Refuses to let one player's question see another player's memory.
"""

import threading
from collections.abc import Callable, Sequence
from itertools import compress

import msgspec
import numpy as np
import numpy.typing as npt

from astraweave.memory.embeddings import AskedByVector, Vectors
from astraweave.memory.features import Situation, hash_of, names_of, shown
from astraweave.memory.lexicon import Found as Words
from astraweave.memory.lexicon import Lexicon
from astraweave.memory.likeness import TYPES, Likeness
from astraweave.memory.ranking import Found, ranked
from astraweave.memory.reader import Reader
from astraweave.memory.words import FILLERS, words_of
from astraweave.model.memory import Memory, MemoryType

NEAREST, WORDED, BEST = 64, 128, 50
"""How many are scored exactly of those found by likeness and by words; how many of these get
boosts."""

HOP = 0.5
"""A memory that is reached through a link is as relevant as half of where the link begins."""


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    """A memory that was found. `score` is the sum of the values of `why`.

    `why` names the terms: "relevance" in [0, 1] (1 is the most relevant found), "recency",
    "importance" and "association", each in [0, .2]. Who asks by a vector gets its share of the
    relevance as "embedding" beside it. `matched` says what the relevance is made of, the largest
    share first: words, "tag:…", "who:…", "at:…", names of numbers, and "embedding" last.
    """

    memory: Memory
    score: float
    why: dict[str, float]
    matched: tuple[str, ...]


class Filters(msgspec.Struct, frozen=True, kw_only=True):
    """What a memory must be to be found at all; times are seconds since 1970, `until` exclusive."""

    types: tuple[MemoryType, ...] = ()
    tags: tuple[str, ...] = ()
    participants: tuple[str, ...] = ()
    companion: str | None = None
    place: str | None = None
    since: float | None = None
    until: float | None = None


ALL, UNSAID = Filters(), Words()


class Retrieval:
    """Searches over a save; one array set a player, made with the first question."""

    def __init__(self, reader: Reader, index: Callable[[Sequence[int]], None]) -> None:
        """`index` indexes what is new, and anew what is damaged."""
        self._reader = reader
        self._index = index
        self._players: dict[str, Likeness] = {}
        self._embedded = Vectors(reader, index)
        self._lexicon = Lexicon(reader)
        # {player: how many changes there had been when the arrays were made}
        self._fresh: dict[str, int] = {}
        # {player: how many of these had told of links, and of deletions}
        self._seen: dict[str, tuple[int, int]] = {}
        self._guard, self._counting = threading.RLock(), threading.Lock()
        self.changes = 0
        self._link_changes = self._deletions = 0

    def stale(self, *, links: bool = False, deleted: bool = False) -> None:
        """Memories were given since the last question, or `deleted`; `links`: associations too.

        Call it after the writer was given the work, or a question between would miss it for good.
        """
        with self._counting:
            self.changes += 1
            self._link_changes += links
            self._deletions += deleted
        if deleted:
            self._lexicon.drop()  # what is gone is not to be known

    def drop(self) -> None:
        """Let go of all arrays: rows they were made from have changed, or are not to be known."""
        with self._guard:
            self._players, self._fresh, self._seen = {}, {}, {}
            self._embedded.drop()
            self._lexicon.drop()

    def noted(self) -> tuple[int, int]:
        """How many changes of links, and how many deletions, were told of."""
        return self._link_changes, self._deletions

    def prepare(self, player_id: str, most: int, noted: tuple[int, int]) -> bool:
        """Load `most` of what a player's first question searches; False when that was all.

        `noted` before the writer was waited for: what was deleted since is looked for then.
        """
        with self._guard:
            if player_id in self._fresh:
                return False  # it was asked already
            like = self._players.get(player_id)
            if like is None:
                like = self._players[player_id] = Likeness(player_id)
                self._seen[player_id] = (-1, noted[1])
            more = like.take(self._reader, most)
            like.postings.follow(like.features, most)
            if not more:
                like.refresh(self._reader, links=True, deleted=False)
                self._seen[player_id] = (noted[0], self._seen[player_id][1])
            return more

    def prepare_words(self, player_id: str, most: int) -> bool:
        """Read the next `most` words of a player's memories; False when that was all."""
        with self._guard:
            like = self._players.get(player_id)
            return like is not None and self._lexicon.read_ahead(like, most)

    def search(
        self,
        asked: Situation,
        filters: Filters,
        *,
        player_id: str,
        limit: int,
        hops: int,
        now: float,
        changes: int,
        embedding: npt.NDArray[np.float32] | None = None,
    ) -> list[tuple[int, float, dict[str, float], tuple[str, ...]]]:
        """(row number, score, why, matched) of the best memories, best first.

        Equal scores: the newer memory first. `changes` were noted before the writer was waited
        for: the reader sees all of them. `embedding` float32[n] is of length one.
        """
        with self._guard:
            like = self._likeness(player_id, changes)
            if not like.size or limit < 1:
                return []
            query = _Query(asked, self._told(like, asked.text))
            keep = None if filters == ALL else self._kept(like, filters)
            vectors = None
            if embedding is not None:
                vectors = self._embedded.asked(player_id, embedding, changes)
            found = self._relevant(like, query, keep, vectors)
            if not len(found.places):
                return []
            if hops:
                found = _hopped(like, found, keep, hops)
            numbers, scores, reasons, holds = ranked(like, found, query.codes, now, limit)
            matched = query.matched(holds, reasons)
            return list(zip(numbers, scores, reasons, matched, strict=True))

    def _told(self, like: Likeness, text: str) -> Words:
        """What there is of the words of a question."""
        words = [word for word in words_of(text) if word not in FILLERS] if text else ()
        return self._lexicon.find(like, words, WORDED) if words else UNSAID

    def _likeness(self, player_id: str, changes: int) -> Likeness:
        like = self._players.get(player_id)
        if like is None:
            like = self._players[player_id] = Likeness(player_id)
        if self._fresh.get(player_id) == changes:
            return like
        self._index(())
        links, deletions = self._seen.get(player_id, (-1, -1))
        seen = self._seen[player_id] = (self._link_changes, self._deletions)
        like.refresh(self._reader, links=seen[0] != links, deleted=seen[1] != deletions)
        if like.damaged:
            self._index(like.damaged)
            like = self._players[player_id] = Likeness(player_id)
            like.refresh(self._reader, links=True, deleted=False)
        self._fresh[player_id] = changes
        return like

    def _kept(self, like: Likeness, filters: Filters) -> npt.NDArray[np.bool_] | None:
        """Which memories may be found, bool[n]; None for all."""
        masks = []
        if filters.types:
            asked = np.array([kind in filters.types for kind in TYPES])
            masks.append(asked.take(like.types))
        if filters.companion is not None:
            masks.append(like.of_companion(filters.companion))
        if filters.since is not None:
            masks.append(like.created_at >= filters.since)
        if filters.until is not None:
            masks.append(like.created_at < filters.until)
        named = [("SELECT memory FROM tags WHERE tag = ?", (tag,)) for tag in filters.tags]
        context = "SELECT memory FROM contexts WHERE kind = ? AND value = ?"
        values: list[tuple[str, ...]] = [
            ("participant", who.casefold()) for who in filters.participants
        ]
        if filters.place is not None:
            values.append(("place", filters.place.casefold()))
        for sql, given in [*named, *[(context, value) for value in values]]:
            mask = np.zeros(like.size, np.bool_)
            mask[like.places_of([row[0] for row in self._reader.query(sql, given)])] = True
            masks.append(mask)
        return np.logical_and.reduce(masks) if masks else None

    def _relevant(
        self,
        like: Likeness,
        query: "_Query",
        keep: npt.NDArray[np.bool_] | None,
        vectors: AskedByVector | None,
    ) -> Found:
        """The most relevant, the largest first."""
        if not len(query.hashes) and vectors is None:
            # Nothing is asked but what it must be: the newest.
            places = np.arange(like.size) if keep is None else np.flatnonzero(keep)
            newest = np.lexsort((like.numbers[places], like.created_at[places]))[::-1][:BEST]
            return Found(places[newest], np.ones(len(newest)))
        worded = query.found
        # Features of words alone, and all memories were found that have much of them.
        known = query.hashes is worded.coded.codes and worded.complete and keep is None
        nearest = 0 if known else NEAREST
        best = like.relevant(query.hashes, query.weights, worded.places, keep, nearest, BEST)
        found = Found(*best)
        if vectors is None:
            return found
        places = np.union1d(found.places, vectors.nearest(like, keep, NEAREST))
        cosines = vectors.cosines(like, places)
        worth = like.scored(places, query.hashes, query.weights) + cosines
        order = np.lexsort((-places, -worth))[:BEST]
        if len(order):
            most = worth[order[0]] or 1.0
            worth, cosines = worth / most, cosines / most
        return Found(places[order], worth[order], cosines[order])


class _Query:
    """A situation as features: their hashes, how much each weighs, and which of them have names.

    Rare words weigh more. `hashes` are all different, in any order.
    """

    def __init__(self, asked: Situation, found: Words) -> None:
        """`found` is what there is of the words of `asked`."""
        self.found = found
        typed, numbers = names_of(asked)
        names, weights = [*found.weights, *typed, *numbers], found.coded.by_code
        codes = list(map(hash_of, names))
        self.hashes, self.weights = found.coded.codes, found.coded.shares
        if typed or numbers:
            given = (*typed.values(), *numbers.values())
            weights = {**weights, **dict(zip(codes[len(found.weights) :], given, strict=True))}
            self.hashes = np.fromiter(weights, np.uint32, len(weights))
            self.weights = np.fromiter(weights.values(), np.float64, len(weights))
        heavy = sorted(zip([-weights[code] for code in codes], names, codes, strict=True))
        # A number lights several bins.
        self._names = [shown(name) for _, name, _ in heavy]
        self.codes = np.fromiter([code for _, _, code in heavy], np.uint32, len(names))

    def matched(self, holds: list[bytes], reasons: list[dict[str, float]]) -> list[tuple[str, ...]]:
        """Names of what each memory has in common with the question, what weighs most first."""
        kinds = {has: tuple(dict.fromkeys(compress(self._names, has))) for has in {*holds}}
        told = [kinds[has] for has in holds]
        if "embedding" not in reasons[0]:
            return told
        return [
            (*names, "embedding") if why["embedding"] > 0.0 else names
            for names, why in zip(told, reasons, strict=True)
        ]


def _hopped(like: Likeness, found: Found, keep: npt.NDArray[np.bool_] | None, hops: int) -> Found:
    """With what is linked to what was found, through `hops` links at most."""
    known = dict(zip(found.places.tolist(), found.relevance.tolist(), strict=True))
    edge = dict(known)
    for _ in range(hops):
        reached: dict[int, float] = {}
        for place, worth in edge.items():
            ends, strengths = like.links.of(place)
            for end, strength in zip(ends.tolist(), strengths.tolist(), strict=True):
                share = HOP * worth * strength
                if share > max(known.get(end, 0.0), reached.get(end, 0.0)) and (
                    keep is None or keep[end]
                ):
                    reached[end] = share
        if not reached:
            break
        known.update(reached)
        edge = reached
    return Found(np.array(list(known), np.int64), np.array(list(known.values())), found.shares)
