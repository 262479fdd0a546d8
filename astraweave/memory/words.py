"""Text as words that can be compared: of any script, and the same however they are inflected.

Refuses nothing: what holds no letter and no digit has no words.
"""

import re
import unicodedata
from functools import lru_cache

# Scripts that are written without spaces (Thai to Khmer, Chinese, Japanese) or that glue endings
# to words (Korean): two letters beside each other are a word.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3400-\u9fff"
    "\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
)
# Scripts of India carry their vowels as marks, which are letters here.
_MARKED = "\u0900-\u0dff\u0f00-\u0fff"
_RUN = re.compile(f"[{_UNSPACED}]+|(?:[^\\W_{_UNSPACED}]|[{_MARKED}])+")
_PLAIN_RUN = re.compile("[a-z0-9]+")
_UNSPACED_RUN = re.compile(f"[{_UNSPACED}]")
# Accents, and the vowel points of Hebrew and Arabic: written by some and left out by others.
_POINTS = re.compile("[\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0670]")
LONGEST = 40
MOST = 2_000
"""Words of one text that are looked at; a novel is found by its beginning."""

_FILLERS = """
a about after all an and are as at be been before but by did do does for from had has have he her
him his how i if in into is it its me my of on or our out over she so some than that the their them
then there they this to up us was we were what when where which who why with you your
"""
FILLERS = frozenset(_FILLERS.split())
"""English words that say nothing of what a text is about."""


def words_of(text: str) -> list[str]:
    """The words of a text in order, at most 2,000; accents and case do not matter."""
    text = text[: MOST * 10]
    if text.isascii():
        return [stem(word[:LONGEST]) for word in _PLAIN_RUN.findall(text.lower())[:MOST]]
    plain = _POINTS.sub("", unicodedata.normalize("NFKD", text))
    found: list[str] = []
    for run in _RUN.findall(unicodedata.normalize("NFC", plain).casefold()):
        if not _UNSPACED_RUN.match(run):
            found.append(stem(run[:LONGEST]))
        elif len(run) == 1:
            found.append(run)
        else:
            found += [run[i : i + 2] for i in range(len(run) - 1)]
    return found[:MOST]


@lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """`word` without the commonest endings of English, so that charged finds charging."""
    if not word.isascii() or len(word) < 4 or not word.isalpha():
        return word
    if word.endswith("ies"):
        word = word[:-3] + "y"
    elif word.endswith("s") and word[-2] != "s":
        word = word[:-1]
    for ending in ("ing", "ed", "ly"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word[: -len(ending)]
            if word[-1] == word[-2] and word[-1] not in "lsz":
                word = word[:-1]
            break
    return word[:-1] if len(word) > 3 and word.endswith("e") else word
