"""A text as a reader takes it, with where each character came from: only for looking in it.

An address in full-width letters, or with characters of no width between them, looks like any other
to a person. Folded are compatibility forms (NFKC, Unicode Standard Annex 15, a character at a time)
and two hyphens; what has no width is left out. What is found in the folded text is taken out of
the other at the same places; refuses to change anything else.
"""

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt

_UNSEEN = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e007f"
)
"""Default ignorable characters (DerivedCoreProperties.txt), and those that direct or annotate."""
_HYPHENS = {"\u2010": "-", "\u2011": "-"}
_LEFT_OUT = re.compile(f"[{_UNSEEN}]")
_ODD = re.compile(f"[{_UNSEEN}{''.join(_HYPHENS)}]")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")


def is_plain(text: str) -> bool:
    """Whether folding would change nothing; fast where it is so."""
    return text.isascii() or (unicodedata.is_normalized("NFKC", text) and _ODD.search(text) is None)


@lru_cache(maxsize=65_536)
def _form(letter: str) -> str:
    if _LEFT_OUT.match(letter):
        return ""
    return _HYPHENS.get(letter) or unicodedata.normalize("NFKC", letter)


class Folded:
    """A text and how it is read; `text` and `read` lose what `replace` is told."""

    def __init__(self, text: str, *, forms: bool = True) -> None:
        """Fold; in time linear in the text.

        Without `forms` only what has no width is left out: a sign may fold into letters ("No" for
        a numero sign) that stand too close to what follows.
        """
        widths = np.ones(len(text), np.int64)
        pieces: list[str] = []
        done = 0
        for found in (_NOT_ASCII if forms else _LEFT_OUT).finditer(text):
            seen = _form(found.group())
            if seen != found.group():
                at = found.start()
                pieces += (text[done:at], seen)
                widths[at], done = len(seen), at + 1
        self.text, self.read = text, "".join((*pieces, text[done:]))
        self._places: npt.NDArray[np.int64] = np.repeat(np.arange(len(text)), widths)

    def replace(self, spans: Sequence[tuple[int, int]], by: str) -> None:
        """Put `by` in the place of parts of `read`: (start, end), in order, none empty."""
        if not spans:
            return
        texts: list[str] = []
        reads: list[str] = []
        places: list[npt.NDArray[np.int64]] = []
        done = seen = grown = 0
        for start, end in spans:
            begin = max(done, int(self._places[start]))
            after = max(begin, int(self._places[end - 1]) + 1)
            texts += (self.text[done:begin], by)
            reads += (self.read[seen:start], by)
            places.append(self._places[seen:start] + grown)
            places.append(np.arange(begin + grown, begin + grown + len(by)))
            grown += len(by) - (after - begin)
            done, seen = after, end
        places.append(self._places[seen:] + grown)
        self.text = "".join((*texts, self.text[done:]))
        self.read = "".join((*reads, self.read[seen:]))
        self._places = np.concatenate(places)
