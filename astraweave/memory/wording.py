"""Which of a player's memories hold a word, and which hold most of several.

Told by arrays in RAM (`Listed`), and by FTS5 while these are not made (`Indexed`), for the words of
one question each. What a user types is quoted there, so it can hold no operator. Refuses to look at
more than the newest 128 memories of a word.
"""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from astraweave.memory.features import hash_of
from astraweave.memory.indexing import player_prefix
from astraweave.memory.likeness import Likeness
from astraweave.memory.postings import worthiest
from astraweave.memory.reader import Reader

MOST_FOUND = 128

_MATCH = "SELECT rowid FROM memory_words WHERE memory_words MATCH ? ORDER BY rowid DESC LIMIT ?"

Places = npt.NDArray[np.int64]
Shares = npt.NDArray[np.float64]


class Coded:
    """Features of a question, code → share; as arrays codes uint32[q] and shares float64[q]."""

    __slots__ = ("by_code", "codes", "shares")

    def __init__(self, by_code: dict[int, float]) -> None:
        """Take what `features.coded_words` gives."""
        self.by_code = by_code
        self.codes = np.fromiter(by_code, np.uint32, len(by_code))
        self.shares: Shares = np.fromiter(by_code.values(), np.float64, len(by_code))


class Listed:
    """As the arrays tell it, which know pieces of words, too."""

    pieces = True

    def __init__(self, like: Likeness) -> None:
        """All memories are in the arrays."""
        self._like = like

    def about(self, words: Iterable[str]) -> dict[str, float]:
        """Word → about how many memories hold it, without those that none does.

        From 128 on by how close together the newest of them stand.
        """
        names = list(words)
        codes = np.array([hash_of(name) for name in names], np.uint32)
        held = self._like.postings.about(codes, self._like.numbers, MOST_FOUND).tolist()
        return {name: about for name, about in zip(names, held, strict=True) if about}

    def fewer(self, words: Iterable[str], than: int) -> bool:
        """Whether fewer memories than that hold any of these words."""
        codes = np.array([hash_of(word) for word in words], np.uint32)
        return len(self._like.postings.best(codes, np.ones(len(codes)), than, than)) < than

    def best(self, _: Iterable[str], coded: Coded, top: int) -> Places:
        """The `top` memories with the largest sums of shares, of equals the newest first."""
        return self._like.postings.best(coded.codes, coded.shares, MOST_FOUND, top)


class Indexed:
    """As the index of words in the save tells it."""

    pieces = False

    def __init__(self, like: Likeness, reader: Reader) -> None:
        """Of the memories of `like`."""
        self._like, self._reader = like, reader
        self._prefix = player_prefix(like.player_id)
        self._held: dict[str, Places] = {}

    def about(self, words: Iterable[str]) -> dict[str, float]:
        """As of `Listed`."""
        found = {}
        for word in words:
            asked = self._reader.query(_MATCH, (quoted(self._prefix + word), MOST_FOUND))
            places = self._held[word] = self._like.places_of([number for (number,) in asked])
            if len(places):
                found[word] = self._about(places)
        return found

    def _about(self, places: Places) -> float:
        count = len(places)
        if count < MOST_FOUND:
            return count
        newest, oldest = (int(self._like.numbers[places[at]]) for at in (0, -1))
        return max(count, count * newest / (newest - oldest + 1))

    def fewer(self, words: Iterable[str], than: int) -> bool:
        """As of `Listed`; these words were asked for."""
        return len({place for word in words for place in self._held[word].tolist()}) < than

    def best(self, words: Iterable[str], coded: Coded, top: int) -> Places:
        """As of `Listed`, by these words alone, which were asked for."""
        names = list(words)
        found = np.array([len(self._held[name]) for name in names], np.int64)
        places = np.empty((len(names), MOST_FOUND), np.int64)
        for row, name in zip(places, names, strict=True):
            row[: len(self._held[name])] = self._held[name]
        shares = np.array([coded.by_code[hash_of(name)] for name in names])
        return worthiest(places, found, shares, top)


def quoted(word: str) -> str:
    """`word` as one string of FTS5's query language, whatever it holds."""
    return '"' + word.replace('"', '""').replace("\0", "") + '"'
