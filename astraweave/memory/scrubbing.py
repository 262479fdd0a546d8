"""A name, and ids that lead to it, taken out of texts that belong to somebody else.

A name is found as a word of its own, in any case and either form of its accents; inside another
known name (robin in "robin_2") it is that one's and stays. Refuses to look inside words: forgetting
Ann changes nothing in "annoyed".
"""

import json
import re
import unicodedata
from collections.abc import Collection, Mapping
from typing import Any

FORGOTTEN = "[forgotten]"
DISTINCT = 8
"""From so many characters on an id is taken out wherever a text is nothing but that id."""
# Scripts without spaces: there, any place may be the edge of a word.
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u30ff\u3400-\u9fff]")
_STRINGS = re.compile(r'"((?:[^"\\]|\\.)*+)"')


class Scrub:
    """Takes one player's name and ids out of values; what it does not change it gives back."""

    def __init__(self, name: str, others: Collection[str], ids: Collection[str]) -> None:
        """`others` are names that stay, `ids` those of the player's memories and episodes."""
        forms = dict.fromkeys(unicodedata.normalize(form, name) for form in ("NFC", "NFD"))
        forms = dict.fromkeys((name, *forms))
        held = sorted((n for n in others if any(form in n for form in forms)), key=len)
        self.still_in = tuple(held)
        words = "|".join(_bounded(form) for form in forms)
        keep = "|".join(_bounded(other) for other in reversed(held))
        self._word = re.compile(f"({keep})|(?:{words})" if keep else f"(\\Z(?!))|(?:{words})", re.I)
        escaped = (
            json.dumps(form, ensure_ascii=bool(plain))[1:-1] for form in forms for plain in (0, 1)
        )
        pieces = dict.fromkeys((*forms, *escaped))
        self._piece = re.compile("|".join(map(re.escape, pieces)), re.I)
        self.ids: dict[str, str] = {key: FORGOTTEN for key in ids if len(key) >= DISTINCT}
        self.gone = frozenset(ids)

    def may_hold(self, raw: str) -> bool:
        """Whether stored text, JSON or not, is worth decoding; never says no wrongly."""
        if self._piece.search(raw) is not None:
            return True
        return bool(self.ids) and any(text in self.ids for text in _STRINGS.findall(raw))

    def may_hold_bytes(self, raw: bytes) -> bool:
        """`may_hold` of a blob with texts in it, of UTF-8 or UTF-16."""
        if self._piece.search(raw.decode(errors="replace")) is not None:
            return True
        wide = (raw.decode("utf-16-le", "replace"), raw[1:].decode("utf-16-le", "replace"))
        return any(self._piece.search(text) for text in wide)

    def text(self, text: str) -> str:
        """`text` with "[forgotten]" in place of the name."""
        if text in self.ids:
            return self.ids[text]
        return self._word.sub(lambda found: found.group(1) or FORGOTTEN, text)

    def any(self, value: Any) -> Any:
        """Any JSON value, at any depth; what is nothing but the name falls out of lists."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {self.text(str(key)): self.any(inner) for key, inner in value.items()}
        if isinstance(value, (list, tuple)):
            made = [(self.any(item), item) for item in value]
            return [new for new, old in made if new != FORGOTTEN or old == FORGOTTEN]
        return value

    def values(self, value: Any) -> Any:
        """`any`, but keys stay: they are words of the game, not of a player."""
        if isinstance(value, Mapping):
            return {key: self.values(inner) for key, inner in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.values(item) for item in value]
        return self.text(value) if isinstance(value, str) else value


def _bounded(name: str) -> str:
    before = r"(?<![^\W_])" if _is_edge(name[0]) else ""
    after = r"(?![^\W_])" if _is_edge(name[-1]) else ""
    return f"{before}{re.escape(name)}{after}"


def _is_edge(letter: str) -> bool:
    """Whether a letter beside this one would make another word of it."""
    return letter.isalnum() and _UNSPACED.match(letter) is None
