"""Full text: which of a player's memories hold the words of a question, and how rare each is.

Told by arrays in RAM, and by FTS5 while these are not made. What a user types is cut into words
and each is quoted there, so it can hold no operator. Refuses to look at more than the newest 128
memories of a word.
"""

import math
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from astraweave.memory.features import coded_words, hash_of
from astraweave.memory.indexing import player_prefix
from astraweave.memory.likeness import Likeness
from astraweave.memory.postings import Postings, worthiest
from astraweave.memory.reader import Reader
from astraweave.memory.spelling import Spelling
from astraweave.memory.vocabulary import Vocabulary

MOST_FOUND, MOST_WORDS, MOST_MEANT = 128, 24, 4
FEW = 10
"""Below how many memories that hold the words the search is widened: to pieces of all of them."""
MEANT = 0.7
"""Weight of a word that was perhaps meant, when what was written is in no memory."""
FOLLOWED_AT_ONCE = 512
"""Memories that one question takes up into the arrays, 1 ms; FTS5 tells of words until all are."""

_MATCH = "SELECT rowid FROM memory_words WHERE memory_words MATCH ? ORDER BY rowid DESC LIMIT ?"

Places = npt.NDArray[np.int64]
_NOWHERE, _NO_CODES, _NO_SHARES = np.empty(0, np.int64), np.empty(0, np.uint32), np.empty(0)


class Found:
    """What the words of a question are worth, and memories that hold them.

    weights: word → how much it tells; words that were meant stand for those that nobody wrote.
    coded: feature → its share: these words, those that no memory holds, nor one alike, and pieces
    of them; of all where few memories hold the others. As arrays, `codes` uint32[q] and `shares`
    float64[q].
    places: int64[k], of the memories that hold the rarest words.
    complete: whether all features led to memories; pieces do only in arrays.
    """

    __slots__ = ("coded", "codes", "complete", "places", "shares", "weights")

    def __init__(self) -> None:
        """Nothing found yet."""
        self.weights: dict[str, float] = {}
        self.coded: dict[int, float] = {}
        self.codes, self.shares = _NO_CODES, _NO_SHARES
        self.places: Places = _NOWHERE
        self.complete = False

    def code(self, coded: dict[int, float]) -> None:
        """Be of these features."""
        self.coded = coded
        self.codes = np.fromiter(coded, np.uint32, len(coded))
        self.shares = np.fromiter(coded.values(), np.float64, len(coded))


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
        held = _Held(len(words) * (1 + 2 * MOST_MEANT))
        ready = self._look_up(like, words, held)
        unknown = [word for word in words if word not in held.rows]
        meant = self._meant(like, unknown, held) if unknown else {}
        weights = found.weights
        for word in words:
            for other in meant.get(word, (word,)):
                worth = held.rarity(other, like) ** 2 * (MEANT if word in meant else 1.0)
                weights[other] = max(worth, weights.get(other, 0.0))
        lost = [word for word in unknown if not meant[word]]
        most = max(weights.values(), default=1.0)
        every = {**dict.fromkeys(lost, most), **weights}
        pieced = every if held.few() else lost
        found.code(coded_words(every, pieced))
        found.complete = ready or not pieced
        if ready:
            found.places = like.postings.best(found.codes, found.shares, MOST_FOUND, top)
        elif weights:
            rows = [held.rows[word][0] for word in weights]
            shares = np.array([found.coded[hash_of(word)] for word in weights])
            found.places = worthiest(held.places[rows], held.found[rows], shares, top)
        return found

    def _look_up(self, like: Likeness, words: Sequence[str], held: "_Held") -> bool:
        """Put into `held` who holds which of them; whether arrays told it."""
        span = held.span(len(words))
        ready = like.postings.follow(like.features, FOLLOWED_AT_ONCE)
        if ready:
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
        return ready

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

    rows: word → its row and how many are in it, of words that some memory holds.
    places: int64[q, 128]; found: int64[q], how many of them.
    """

    __slots__ = ("_used", "found", "places", "rows")

    def __init__(self, words: int) -> None:
        """Room for so many."""
        self.rows: dict[str, tuple[int, int]] = {}
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
                self.rows[word] = row, found

    def rarity(self, word: str, like: Likeness) -> float:
        """How much it tells that a memory holds a word: log(1 + memories by those that do)."""
        row, found = self.rows[word]
        if found == MOST_FOUND:
            # About so many, by how close together the newest of them stand.
            newest, oldest = (int(like.numbers[self.places[row, at]]) for at in (0, -1))
            return math.log1p(like.size / max(found, found * newest / (newest - oldest + 1)))
        return math.log1p(like.size / found)

    def few(self) -> bool:
        """Whether these words alone find too little."""
        if any(found >= FEW for _, found in self.rows.values()):
            return False
        rows = [self.places[row, :found].tolist() for row, found in self.rows.values()]
        return len({place for row in rows for place in row}) < FEW


def warm() -> Iterator[None]:
    """Load all that is compiled for words, with one memory of one word; a step each."""
    code, postings = np.zeros(1, np.uint32), Postings()
    features = code, np.zeros(1, np.uint8), np.arange(2)
    postings.follow(features, 1)
    yield
    held = _Held(1)
    postings.newest(code, held.places, held.found)
    yield
    postings.best(code, np.ones(1), 1, 1)
    yield
    worthiest(held.places, held.found, np.ones(1), 1)
    yield
    Spelling(["word"]).nearest("sword")
    yield
