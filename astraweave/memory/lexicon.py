"""Full text: what the words of a question are worth, which are meant, and who holds them.

Refuses to look at more than 24 different words of a question.
"""

import math
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from astraweave.memory.features import coded_words
from astraweave.memory.likeness import Likeness
from astraweave.memory.postings import Postings, worthiest
from astraweave.memory.reader import Reader
from astraweave.memory.spelling import Spelling
from astraweave.memory.vocabulary import Vocabulary
from astraweave.memory.wording import Coded, Indexed, Listed, Places

MOST_WORDS, MOST_MEANT = 24, 4
FEW = 10
"""Below how many memories that hold the words the search is widened: to pieces of all of them."""
MEANT = 0.7
"""Weight of a word that was perhaps meant, when what was written is in no memory."""
FOLLOWED_AT_ONCE = 512
"""Memories that one question takes up into the arrays, 1 ms; FTS5 tells of words until all are."""

NOTHING, NOWHERE = Coded({}), np.empty(0, np.int64)


class Found:
    """What the words of a question are worth, and memories that hold them.

    weights: word → how much it tells; words that were meant stand for those that nobody wrote.
    coded: the shares of these words, of those that no memory holds, nor one alike, and of pieces of
    these; of all words where few memories hold them.
    places: int64[k], of the memories that hold most of it.
    complete: whether all of `coded` led to memories; pieces do only in arrays.
    """

    __slots__ = ("coded", "complete", "places", "weights")

    def __init__(self) -> None:
        """Nothing found yet."""
        self.weights: dict[str, float] = {}
        self.coded = NOTHING
        self.places: Places = NOWHERE
        self.complete = False


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
        found, words = Found(), list(dict.fromkeys(words))[:MOST_WORDS]
        ready = like.postings.follow(like.features, FOLLOWED_AT_ONCE)
        holders = Listed(like) if ready else Indexed(like, self._reader)
        held = holders.about(words)
        unknown = [word for word in words if word not in held]
        meant = self._meant(like, unknown, held, holders) if unknown else {}
        weights = found.weights
        for word in words:
            for other in meant.get(word, (word,)):
                rarity = math.log1p(like.size / held[other])
                worth = rarity * rarity * (MEANT if word in meant else 1.0)
                weights[other] = max(worth, weights.get(other, 0.0))
        lost = [word for word in unknown if not meant[word]]
        most = max(weights.values(), default=1.0)
        every = {**dict.fromkeys(lost, most), **weights}
        few = max(held.values(), default=0) < FEW and holders.fewer(weights, FEW)
        pieced: Iterable[str] = every if few else lost
        found.coded = Coded(coded_words(every, pieced))
        found.complete = holders.pieces or not pieced
        found.places = holders.best(weights, found.coded, top)
        return found

    def _meant(
        self, like: Likeness, unknown: list[str], held: dict[str, float], holders: Listed | Indexed
    ) -> dict[str, list[str]]:
        """Words that each of `unknown` may be meant to be; `held` is told how many hold them."""
        vocabulary = self._vocabulary(like)
        for _ in range(2):
            meant = {word: vocabulary.nearest(word, like.newest)[:MOST_MEANT] for word in unknown}
            others = {other for some in meant.values() for other in some} - held.keys()
            if not others:
                break
            held.update(holders.about(others))
            if others <= held.keys():
                break
            vocabulary.forget()  # it has words that nobody holds: they have gone since
        return {word: [one for one in some if one in held] for word, some in meant.items()}

    def _vocabulary(self, like: Likeness) -> Vocabulary:
        found = self._vocabularies.get(like.player_id)
        if found is None:
            found = self._vocabularies[like.player_id] = Vocabulary(self._reader, like.player_id)
        return found


def warm() -> Iterator[None]:
    """Load all that is compiled for words, with one memory of one word; a step each."""
    code, postings = np.zeros(1, np.uint32), Postings()
    features = code, np.zeros(1, np.uint8), np.arange(2)
    postings.follow(features, 1)
    yield
    postings.about(code, np.ones(1, np.int64), 1)
    yield
    postings.best(code, np.ones(1), 1, 1)
    yield
    worthiest(np.zeros((1, 1), np.int64), np.ones(1, np.int64), np.ones(1), 1)
    yield
    Spelling(["word"]).nearest("sword")
    yield
