"""Words that a mistyped one may be meant to be: one slip away, two from eight letters on.

Refuses nothing; what is alike to no word is meant to be none.
"""

from collections.abc import Iterable
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

FEWEST_LETTERS, FROM_LETTERS = 4, 8
"""Shorter words are taken as they are; from so many letters on two slips are forgiven."""
FEWEST_LIKE = FEWEST_LETTERS - 1
"""No shorter word is meant by one."""


class Spelling:
    """Words, each once, as arrays of letters that a kernel compares with another."""

    def __init__(self, words: Iterable[str] = ()) -> None:
        """Know `words`."""
        self._known = dict.fromkeys(words)
        self._arrays: tuple[npt.NDArray[Any], ...] | None = None
        self._words: list[str] = []

    def __len__(self) -> int:
        """How many words there are."""
        return len(self._known)

    def add(self, word: str) -> None:
        """Know one more."""
        if word not in self._known:
            self._known[word] = None
            self._arrays = None

    def nearest(self, word: str) -> list[str]:
        """The words with the fewest slips between them and `word`, sorted; none if too many."""
        if not self._known:
            return []
        if self._arrays is None:
            self._words = list(self._known)
            self._arrays = _arrays_of(self._words)
        most = 2 if len(word) >= FROM_LETTERS else 1
        best = np.empty(len(self._words), np.int64)
        found = _kernels().nearest(*self._arrays, _letters_of(word), most, best)
        return sorted([self._words[i] for i in best[:found].tolist()]) if found else []


def _arrays_of(words: list[str]) -> tuple[npt.NDArray[Any], ...]:
    """Letters uint32[m], where those of each word start int64[n + 1], and marks uint64[n]."""
    letters = _letters_of("".join(words))
    starts = np.zeros(len(words) + 1, np.int64)
    np.cumsum([len(word) for word in words], out=starts[1:])
    marks = np.empty(len(words), np.uint64)
    _kernels().marked(letters, starts, marks)
    return letters, starts, marks


def _letters_of(text: str) -> npt.NDArray[np.uint32]:
    return np.frombuffer(text.encode("utf-32-le"), np.uint32)


@cache
def _kernels() -> Any:
    """The compiled comparison, loaded with numba when it is first needed."""
    from astraweave.memory.kernels import spelling  # noqa: PLC0415

    return spelling
