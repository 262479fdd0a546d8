"""Full text: which of a player's memories hold the words of a question, and how rare each is.

Told by arrays in RAM, and by FTS5 while these are not made. What a user types is cut into words
and each is quoted there, so it can hold no operator. Refuses to look at more than the newest 128
memories of a word.
"""

import math
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from astraweave.memory.features import hash_of
from astraweave.memory.indexing import player_prefix
from astraweave.memory.likeness import Likeness
from astraweave.memory.postings import Postings, worthiest
from astraweave.memory.reader import Reader
from astraweave.memory.spelling import Spelling
from astraweave.memory.vocabulary import Vocabulary

MOST_FOUND, MOST_WORDS, MOST_MEANT = 128, 24, 4
MEANT = 0.7
"""Weight of a word that was perhaps meant, when what was written is in no memory."""
FOLLOWED_AT_ONCE = 512
"""Memories that one question takes up into the arrays, 1 ms; FTS5 tells of words until all are."""

_MATCH = "SELECT rowid FROM memory_words WHERE memory_words MATCH ? ORDER BY rowid DESC LIMIT ?"

Places = npt.NDArray[np.int64]


class Found:
    """What the words of a question are worth, and memories that hold them.

    weights: word → how much it tells; words that were meant stand for those that nobody wrote.
    unknown: words of the question that no memory holds, nor one alike.
    places: int64[k], of the memories that hold the rarest words.
    """

    __slots__ = ("places", "unknown", "weights")

    def __init__(self) -> None:
        """Nothing found yet."""
        self.weights: dict[str, float] = {}
        self.unknown: list[str] = []
        self.places: Places = np.empty(0, np.int64)


def quoted(word: str) -> str:
    """`word` as one string of FTS5's query language, whatever it holds."""
    return '"' + word.replace('"', '""').replace("\0", "") + '"'


class Lexicon:
    """Which memories hold which words, and which words there are."""

    def __init__(self, reader: Reader) -> None:
        """Start with nothing kept."""
        self._reader = reader
        self._vocabularies: dict[str, Vocabulary] = {}

    def drop(self) -> None:
        """Keep no word any more."""
        self._vocabularies = {}

    def read_ahead(self, like: Likeness, most: int) -> bool:
        """Read the next `most` words of a player before anybody asks; False when that was all."""
        return self._vocabulary(like).read_ahead(like.newest, most)

    def find(self, like: Likeness, words: Sequence[str], top: int) -> Found:
        """Look each word up.

        Args:
            like: the memories, all that there are.
            words: from `words.words_of`.
            top: how many memories to give back.
        """
        found = Found()
        words = list(dict.fromkeys(words))[:MOST_WORDS]
        if not words or not like.size:
            found.unknown += words
            return found
        held = _Held(len(words) * (1 + 2 * MOST_MEANT))
        self._look_up(like, words, held)
        unknown = [word for word in words if word not in held.rows]
        meant = self._meant(like, unknown, held) if unknown else {}
        rows: list[int] = []
        worths: list[float] = []
        for word in words:
            others = meant.get(word, (word,))
            if not others:
                found.unknown.append(word)
            for other in others:
                row = held.rows[other]
                rarity = math.log1p(like.size / held.about(row, like))
                worth = rarity * rarity * (MEANT if word in meant else 1.0)
                found.weights[other] = max(worth, found.weights.get(other, 0.0))
                rows.append(row)
                worths.append(worth)
        if rows:
            found.places = worthiest(held.places, held.found, rows, worths, top)
        return found

    def _look_up(self, like: Likeness, words: Sequence[str], held: "_Held") -> None:
        span = held.span(len(words))
        if like.postings.follow(like.features, FOLLOWED_AT_ONCE):
            codes = np.array([hash_of(word) for word in words], np.uint32)
            like.postings.newest(codes, held.places[span], held.found[span])
        else:
            prefix = player_prefix(like.player_id)
            for row, word in enumerate(words, span.start):
                asked = self._reader.query(_MATCH, (quoted(prefix + word), MOST_FOUND))
                places = like.places_of([number for (number,) in asked])
                held.found[row] = len(places)
                held.places[row, : len(places)] = places
        held.add(words, span)

    def _meant(self, like: Likeness, unknown: list[str], held: "_Held") -> dict[str, list[str]]:
        """Words that each of `unknown` may be meant to be; who holds them is put into `held`."""
        vocabulary = self._vocabulary(like)
        for _ in range(2):
            meant = {word: vocabulary.nearest(word, like.newest)[:MOST_MEANT] for word in unknown}
            others = {other for some in meant.values() for other in some} - held.rows.keys()
            if not others:
                break
            self._look_up(like, list(others), held)
            if others <= held.rows.keys():
                break
            vocabulary.forget()  # it has words that nobody holds: they have gone since
        return {word: [one for one in some if one in held.rows] for word, some in meant.items()}

    def _vocabulary(self, like: Likeness) -> Vocabulary:
        found = self._vocabularies.get(like.player_id)
        if found is None:
            found = self._vocabularies[like.player_id] = Vocabulary(self._reader, like.player_id)
        return found


class _Held:
    """Who holds which words: a row of places each, newest first.

    rows: word → its row, of words that some memory holds.
    places: int64[q, 128]; found: int64[q], how many of them.
    """

    __slots__ = ("_used", "found", "places", "rows")

    def __init__(self, words: int) -> None:
        """Room for so many."""
        self.rows: dict[str, int] = {}
        self.places = np.empty((words, MOST_FOUND), np.int64)
        self.found = np.empty(words, np.int64)
        self._used = 0

    def span(self, words: int) -> slice:
        """The next rows."""
        first, self._used = self._used, self._used + words
        return slice(first, self._used)

    def add(self, words: Sequence[str], span: slice) -> None:
        """Name rows that have been filled."""
        for row, (word, found) in enumerate(
            zip(words, self.found[span].tolist(), strict=True), span.start
        ):
            if found:
                self.rows[word] = row

    def about(self, row: int, like: Likeness) -> float:
        """About how many memories hold a word, by how close together the newest of them stand."""
        found = int(self.found[row])
        if found < MOST_FOUND:
            return found
        newest, oldest = (int(like.numbers[self.places[row, at]]) for at in (0, -1))
        return max(MOST_FOUND, MOST_FOUND * newest / (newest - oldest + 1))


def warm() -> Iterator[None]:
    """Load all that is compiled for words, with one memory of one word; a step each."""
    code, postings = np.zeros(1, np.uint32), Postings()
    features = code, np.zeros(1, np.uint8), np.arange(2)
    postings.follow(features, 1)
    yield
    held = _Held(1)
    postings.newest(code, held.places, held.found)
    yield
    worthiest(held.places, held.found, [0], [1.0], 1)
    yield
    Spelling(["word"]).nearest("sword")
    yield
