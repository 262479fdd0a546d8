"""Full text: which of a player's memories hold the words of a question, and how rare each is.

What a user types is cut into words and each is quoted, so it can hold no operator of FTS5.
Refuses to read more than the newest 128 memories of a word.
"""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from astraweave.memory.indexing import player_prefix
from astraweave.memory.reader import Reader
from astraweave.memory.words import nearest_words

MOST_FOUND, MOST_WORDS, MOST_MEANT = 128, 24, 4
MEANT = 0.7
"""Weight of a word that was perhaps meant, when what was written is in no memory."""

_MATCH = "SELECT rowid FROM memory_words WHERE memory_words MATCH ? ORDER BY rowid DESC LIMIT ?"
_VOCABULARY = (
    "CREATE VIRTUAL TABLE IF NOT EXISTS temp.vocabulary USING fts5vocab(main, memory_words, row)"
)
_TERMS = "SELECT term FROM temp.vocabulary WHERE term >= ? AND term < ?"


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
        self.numbers: npt.NDArray[np.int64] = np.empty(0, np.int64)


def find(reader: Reader, player_id: str, words: Sequence[str], memories: int, top: int) -> Found:
    """Look each word up.

    Args:
        reader: of the save.
        player_id: whose memories.
        words: from `words.words_of`.
        memories: how many the player has.
        top: how many to give back.
    """
    found = Found()
    if not words:
        return found
    prefix = player_prefix(player_id)
    sums: dict[int, float] = {}
    for word in list(dict.fromkeys(words))[:MOST_WORDS]:
        holders = _look_up(reader, prefix + word)
        meant = {word: holders} if holders else _meant(reader, prefix, word)
        if not meant:
            found.unknown.append(word)
        for other, numbers in meant.items():
            rarity = math.log1p(memories / _holders(numbers))
            worth = rarity * rarity * (1.0 if holders else MEANT)
            found.weights[other] = max(worth, found.weights.get(other, 0.0))
            for number in numbers:
                sums[number] = sums.get(number, 0.0) + worth
    best = sorted(sums, key=lambda number: (-sums[number], -number))[:top]
    found.numbers = np.array(best, np.int64)
    return found


def quoted(word: str) -> str:
    """`word` as one string of FTS5's query language, whatever it holds."""
    return '"' + word.replace('"', '""').replace("\0", "") + '"'


def _look_up(reader: Reader, token: str) -> list[int]:
    return [row[0] for row in reader.query(_MATCH, (quoted(token), MOST_FOUND))]


def _holders(numbers: list[int]) -> float:
    """About how many memories hold a word, by how close together the newest of them stand."""
    if len(numbers) < MOST_FOUND:
        return len(numbers)
    return max(MOST_FOUND, MOST_FOUND * numbers[0] / (numbers[0] - numbers[-1] + 1))


def _meant(reader: Reader, prefix: str, word: str) -> dict[str, list[int]]:
    """Words of the player's memories that this one may be meant to be, with their holders."""
    if len(word) < 4:
        return {}
    first = prefix + word[0]
    reader.query(_VOCABULARY)
    terms = reader.query(_TERMS, (first, first + "\U0010ffff"))
    known = [term[len(prefix) :] for (term,) in terms]
    return {
        other: _look_up(reader, prefix + other) for other in nearest_words(word, known)[:MOST_MEANT]
    }
