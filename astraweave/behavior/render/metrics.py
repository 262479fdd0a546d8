"""How wide text is, without a font: Helvetica's widths, with room for its neighbours.

The same on every machine, so that a picture is. Refuses what a viewer would obey or XML cannot
hold: it is replaced.
"""

import unicodedata
from functools import lru_cache

_MONO, _WIDE, _OTHER = 0.602, 1.0, 0.72
_BOLD, _SLACK = 1.08, 1.05
_LONGEST = 400
"""More characters than any room holds; marks without a width of their own might go on for ever."""
_TIP = 2_000
_GROUPS = {
    0.222: "'`ijl",
    0.278: " !,./:;I[\\]ft",
    0.334: "()-r{|}",
    0.39: '*"',
    0.5: "JTckszvxy^",
    0.556: "#$0123456789?L_abdeghnopqu",
    0.584: "+<=>~",
    0.64: "FTZ",
    0.69: "&ABEKPSVXYCDHNRU",
    0.778: "GOQw",
    0.86: "%Mm",
    1.0: "@W—…",
}
_EM = {char: width for width, chars in sorted(_GROUPS.items()) for char in chars}


@lru_cache(maxsize=4096)
def _em(char: str) -> float:
    """Width of one character, in sizes of its font."""
    known = _EM.get(char)
    if known is not None:
        return known
    if unicodedata.combining(char):
        return 0.0
    return _WIDE if unicodedata.east_asian_width(char) in "WF" else _OTHER


def width_of(text: str, size: float, *, bold: bool = False, mono: bool = False) -> float:
    """About how many pixels wide; rather too many than too few."""
    if mono:
        return size * sum(max(_MONO, _em(c)) if ord(c) > 0x2FF else _MONO for c in text)
    return size * sum(map(_em, text)) * _SLACK * (_BOLD if bold else 1.0)


def cut(text: str, room: float, size: float, *, bold: bool = False, mono: bool = False) -> str:
    """The text, or as much of its beginning as fits into `room` pixels, with an ellipsis.

    Code (`mono`) is cut between its words: half a number would be another number.
    """
    if len(text) <= _LONGEST and width_of(text, size, bold=bold, mono=mono) <= room:
        return text
    low, high = 0, min(len(text), _LONGEST)
    while low < high:
        middle = (low + high + 1) // 2
        if width_of(text[:middle] + "…", size, bold=bold, mono=mono) <= room:
            low = middle
        else:
            high = middle - 1
    kept = text[:low]
    if mono and not text[low : low + 1].isspace():
        kept = kept.rpartition(" ")[0] or kept
    # An operator at the end says nothing without what follows it.
    return kept.rstrip(" |&<>=!+-*/") + "…"


def clean(text: str) -> str:
    """One line that every viewer shows as it is: no line breaks, no control characters."""
    return "".join(c if c.isprintable() else "\ufffd" for c in " ".join(text.split()))


def shortened(text: str) -> str:
    """At most 2,000 characters: a port of a megabyte is no tip."""
    return text if len(text) <= _TIP else text[: _TIP - 1] + "…"
