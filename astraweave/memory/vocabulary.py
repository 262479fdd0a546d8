"""All words of a player's memories by their first letter, to find what a mistyped one means.

Read from the full-text index a letter at a time, or all of them before anybody asks, and kept up
with what is new. Refuses to keep more than 65,536 words.
"""

from collections.abc import Iterable
from itertools import chain, groupby
from operator import itemgetter

from astraweave.memory.indexing import player_prefix
from astraweave.memory.reader import Reader
from astraweave.memory.spelling import FEWEST_LETTERS, FEWEST_LIKE, Spelling

MOST_KEPT, MOST_LETTERS = 65_536, 4_096
"""Words, about .2 KB of RAM each, and letters that they begin with."""
MOST_ASKED = 4_096
"""Answers that are kept until a memory comes: most questions are asked in much the same words."""
MOST_NEW = 256
"""Memories whose words are read one by one; after more of them all words are read again."""

_MAKE = (
    "CREATE VIRTUAL TABLE IF NOT EXISTS temp.vocabulary USING fts5vocab(main, memory_words, row)"
)
_TERMS = "SELECT term FROM temp.vocabulary WHERE term > ? AND term < ? LIMIT ?"
_NEW = (
    "SELECT w.words FROM vectors v JOIN memory_words w ON w.rowid = v.memory "
    "WHERE v.player = ? AND v.memory > ? LIMIT ?"
)
_LAST = "\U0010ffff"
_ALL = -1


class Vocabulary:
    """The words of one player."""

    def __init__(self, reader: Reader, player_id: str) -> None:
        """Know none yet."""
        self._reader, self._player_id = reader, player_id
        self._prefix = player_prefix(player_id)
        # {first letter: all words of three letters and more that begin with it}
        self._letters: dict[str, Spelling] = {}
        self._asked: dict[str, list[str]] = {}
        # The number of the newest memory whose words are among them, and when reading ahead began.
        self._newest = self._begun = 0
        self._ahead: list[str] | None = None

    def nearest(self, word: str, newest: int) -> list[str]:
        """Words that `word` may be meant to be, sorted; the newest memory has number `newest`."""
        if len(word) < FEWEST_LETTERS:
            return []
        self._follow(newest)
        known = self._asked.get(word)
        if known is None:
            if len(self._asked) >= MOST_ASKED:
                self._asked = {}
            known = self._asked[word] = self._compared(word)
        return known

    def _compared(self, word: str) -> list[str]:
        known = self._letters.get(word[0])
        if known is None:
            known = self._keep(word[0], self._read(word[0], word[0] + _LAST, _ALL))
        return known.nearest(word)

    def forget(self) -> None:
        """Read all words again when they are next needed."""
        self._letters, self._asked, self._ahead = {}, {}, None

    def read_ahead(self, newest: int, most: int) -> bool:
        """Read the next `most` words before anybody asks; False when there are no more."""
        if self._ahead is None:
            self._follow(newest)
            self._ahead, self._begun = [], newest
        words = self._read(self._ahead[-1] if self._ahead else "", _LAST, most)
        self._ahead += words
        if len(words) == most and len(self._ahead) < MOST_KEPT:
            return True
        # Not when some of it was read before a memory whose words are among all that is kept.
        if len(words) < most and self._begun == self._newest:
            long = [word for word in self._ahead if len(word) >= FEWEST_LIKE]
            for letter, some in groupby(long, itemgetter(0)):
                self._keep(letter, some)
        self._ahead = None
        return False

    def _read(self, after: str, before: str, most: int) -> list[str]:
        """The player's words between two, sorted by their letters' code points."""
        self._reader.query(_MAKE)
        between = (self._prefix + after, self._prefix + before, most)
        return [term[len(self._prefix) :] for (term,) in self._reader.query(_TERMS, between)]

    def _keep(self, letter: str, words: Iterable[str]) -> Spelling:
        """Words that begin with a letter, kept if there is room; what was kept first goes."""
        known = Spelling([word for word in words if len(word) >= FEWEST_LIKE])
        kept = self._letters
        left = MOST_KEPT - len(known) - sum(map(len, kept.values()))
        while kept and (left < 0 or len(kept) >= MOST_LETTERS):
            left += len(kept.pop(next(iter(kept))))
        if left >= 0:
            kept[letter] = known
        return known

    def _follow(self, newest: int) -> None:
        """Take up the words of memories that came since, up to the one with this number."""
        if newest == self._newest:
            return
        self._asked = {}
        if self._letters:
            rows = self._reader.query(_NEW, (self._player_id, self._newest, MOST_NEW + 1))
            if len(rows) > MOST_NEW:
                self._letters = {}
            for token in chain.from_iterable(str(words).split(" ") for (words,) in rows):
                word = token[len(self._prefix) :]
                if len(word) >= FEWEST_LIKE and word[0] in self._letters:
                    self._letters[word[0]].add(word)
        self._newest = newest
