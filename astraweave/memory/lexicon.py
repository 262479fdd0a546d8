"""Full text: which of a player's memories hold the words of a question, and how rare each is.

What a user types is cut into words and each is quoted, so it can hold no operator of FTS5.
Refuses to read more than the newest 128 memories of a word, or to believe what it kept after a
change.
"""

import math
from collections.abc import Sequence
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from astraweave.memory.indexing import player_prefix
from astraweave.memory.reader import Reader
from astraweave.memory.words import nearest_words

MOST_FOUND, MOST_WORDS, MOST_MEANT = 128, 24, 4
MOST_KEPT, MOST_LETTERS = 4_096, 32
"""Words whose memories are kept (a kilobyte each at most), and beginnings whose words are."""
MEANT = 0.7
"""Weight of a word that was perhaps meant, when what was written is in no memory."""

_MATCH = "SELECT rowid FROM memory_words WHERE memory_words MATCH ? ORDER BY rowid DESC LIMIT ?"
_VOCABULARY = (
    "CREATE VIRTUAL TABLE IF NOT EXISTS temp.vocabulary USING fts5vocab(main, memory_words, row)"
)
_TERMS = "SELECT term FROM temp.vocabulary WHERE term >= ? AND term < ?"


Numbers = npt.NDArray[np.int64]
T = TypeVar("T")


class Found:
    """What the words of a question are worth, and memories that hold them.

    weights: word → how much it tells; words that were meant stand for those that nobody wrote.
    unknown: words of the question that no memory holds, nor one alike.
    numbers: int64[k], rows of the memories that hold the rarest words.
    """

    __slots__ = ("numbers", "unknown", "weights")

    def __init__(self) -> None:
        """Nothing found yet."""
        self.weights: dict[str, float] = {}
        self.unknown: list[str] = []
        self.numbers: Numbers = np.empty(0, np.int64)


def quoted(word: str) -> str:
    """`word` as one string of FTS5's query language, whatever it holds."""
    return '"' + word.replace('"', '""').replace("\0", "") + '"'


class Lexicon:
    """Which memories hold which words, looked up in the save, and kept until it changes."""

    def __init__(self, reader: Reader) -> None:
        """Start with nothing kept."""
        self._reader = reader
        self._changes = -1
        # {player's five letters + word: rows of the newest memories that hold it, newest first}
        self._holders: dict[str, Numbers] = {}
        # {player's five letters + word that nobody wrote: words that it may be meant to be}
        self._meant: dict[str, list[str]] = {}
        # {player's five letters + letter: all words that begin with it}
        self._known: dict[str, list[str]] = {}

    def drop(self) -> None:
        """Keep nothing any more."""
        self._holders, self._meant, self._known = {}, {}, {}

    def find(
        self, player_id: str, words: Sequence[str], memories: int, top: int, changes: int
    ) -> Found:
        """Look each word up.

        Args:
            player_id: whose memories.
            words: from `words.words_of`.
            memories: how many the player has.
            top: how many to give back.
            changes: how many there had been; what was kept before others is not believed.
        """
        found = Found()
        if not words:
            return found
        if changes != self._changes:
            self.drop()
            self._changes = changes
        prefix = player_prefix(player_id)
        rows: list[Numbers] = []
        worths: list[float] = []
        for word in list(dict.fromkeys(words))[:MOST_WORDS]:
            numbers = self._held(prefix + word)
            asked = len(numbers) > 0
            meant = {word: numbers} if asked else self._nearest(prefix, word)
            if not meant:
                found.unknown.append(word)
            for other, holders in meant.items():
                rarity = math.log1p(memories / _about(holders))
                worth = rarity * rarity * (1.0 if asked else MEANT)
                found.weights[other] = max(worth, found.weights.get(other, 0.0))
                rows.append(holders)
                worths.append(worth)
        if rows:
            found.numbers = _best(rows, worths, top)
        return found

    def _held(self, token: str) -> Numbers:
        kept = self._holders.get(token)
        if kept is None:
            rows = self._reader.query(_MATCH, (quoted(token), MOST_FOUND))
            kept = _keep(self._holders, token, np.array([row[0] for row in rows], np.int64))
        return kept

    def _nearest(self, prefix: str, word: str) -> dict[str, Numbers]:
        """Words of the player's memories that this one may be meant to be, with their holders."""
        if len(word) < 4:
            return {}
        meant = self._meant.get(prefix + word)
        if meant is None:
            near = nearest_words(word, self._beginning(prefix, word[0]))[:MOST_MEANT]
            meant = _keep(self._meant, prefix + word, near)
        return {other: self._held(prefix + other) for other in meant}

    def _beginning(self, prefix: str, letter: str) -> list[str]:
        """The words of a player that begin with a letter."""
        first = prefix + letter
        known = self._known.get(first)
        if known is None:
            self._reader.query(_VOCABULARY)
            terms = self._reader.query(_TERMS, (first, first + "\U0010ffff"))
            known = [term[len(prefix) :] for (term,) in terms]
            if len(known) <= MOST_KEPT:
                _keep(self._known, first, known, MOST_LETTERS)
        return known


def _keep(among: dict[str, T], key: str, value: T, most: int = MOST_KEPT) -> T:
    """`value`, kept; what was kept first goes."""
    if len(among) >= most:
        del among[next(iter(among))]
    among[key] = value
    return value


def _about(numbers: Numbers) -> float:
    """About how many memories hold a word, by how close together the newest of them stand."""
    if len(numbers) < MOST_FOUND:
        return len(numbers)
    newest, oldest = int(numbers[0]), int(numbers[-1])
    return max(MOST_FOUND, MOST_FOUND * newest / (newest - oldest + 1))


def _best(rows: list[Numbers], worths: list[float], top: int) -> Numbers:
    """The `top` rows with the largest sums of worths, largest first, of equals the newest."""
    each = np.repeat(worths, [len(numbers) for numbers in rows])
    numbers, which = np.unique(np.concatenate(rows), return_inverse=True)
    sums = np.bincount(which, each)
    best: Numbers = numbers[np.lexsort((-numbers, -sums))[:top]]
    return best
