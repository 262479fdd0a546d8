"""Attributes in which ``<`` and ``&`` stand as they are: no XML, and what many trees hold.

BehaviorTree.CPP reads ``_skipIf="hp < 3 && armed"``; a reader of XML must not. Such characters are
put out of its sight and back: each is replaced by one character that the text does not have, so
that lines and columns stay. Refuses nothing; what is no XML for another reason stays as it is.
"""

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

_QUOTE_OR_END = re.compile(r"[\"'>]")
_BARE_AND = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#[0-9]{1,7}|#x[0-9a-fA-F]{1,6});)")
_OTHERS = (("<!--", "-->"), ("<![CDATA[", "]]>"), ("<?", "?>"))
LONGEST = 16_384
"""Characters of an attribute; a longer one is left as it is, and refused if it is no XML."""

_PRIVATE = range(0xE000, 0xF8FF)
"""Characters without a meaning."""


class Hidden(NamedTuple):
    """A document whose attributes hide ``<`` and ``&``. pieces: its text, made as it is asked for.

    marks: what `str.translate` puts back.
    """

    pieces: Iterator[str]
    marks: Mapping[int, str]


def hidden(text: bytes) -> Hidden | None:
    """The document with ``<`` and ``&`` in its attributes hidden; None when it is not in UTF-8."""
    try:
        written = text.decode()
    except UnicodeDecodeError:
        return None
    free = (chr(code) for code in _PRIVATE if chr(code) not in written)
    less, also = next(free, ""), next(free, "")
    if not also:
        return None
    return Hidden(_parts(written, less, also), {ord(less): "<", ord(also): "&"})


def _parts(text: str, less: str, also: str) -> Iterator[str]:
    """The text again, piece by piece; each piece is looked at once."""
    at = 0
    while (start := text.find("<", at)) >= 0:
        closing = next((end for begin, end in _OTHERS if text.startswith(begin, start)), None)
        if closing is None:
            yield text[at : start + 1]
            at = start + 1
            while (found := _QUOTE_OR_END.search(text, at)) is not None and found[0] != ">":
                end = text.find(found[0], found.end())
                if end < 0:
                    yield text[at:]
                    return
                value = text[found.end() : end]
                if len(value) <= LONGEST and ("<" in value or "&" in value):
                    value = _BARE_AND.sub(also, value).replace("<", less)
                yield text[at : found.end()] + value + found[0]
                at = end + 1
        else:
            end = text.find(closing, start)
            end = len(text) if end < 0 else end
            yield text[at:end]
            at = end
    yield text[at:]
