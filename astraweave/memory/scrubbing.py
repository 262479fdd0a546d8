"""A name, and ids that lead to it, taken out of texts that belong to somebody else.

A name is found as a word of its own, in any case and either form of its accents; inside another
known name (robin in "robin_2") it is that one's and stays. Refuses to look inside words: forgetting
Ann changes nothing in "annoyed". A name of one or two signs, or blank, tells nobody: it goes where
a text is nothing but it; and an id is not named after somebody called "-" or "7".
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
_SHARP = "(?:ss|\u00df|\u1e9e)"
_STRINGS = re.compile(r'"((?:[^"\\]|\\.)*+)"')


class Scrub:
    """Takes one player's name and ids out of values; what it does not change it gives back."""

    def __init__(self, name: str, others: Collection[str], ids: Collection[str]) -> None:
        """`others` are names that stay, `ids` those of the player's memories and episodes."""
        forms = dict.fromkeys(unicodedata.normalize(form, name) for form in ("NFC", "NFD"))
        forms = dict.fromkeys((name, *forms, *(form.casefold() for form in forms)))
        self._name, self._alone, self._slight = name, _tells_nobody(name), _is_slight(name)
        held = sorted((n for n in others if any(form in n for form in forms)), key=len)
        self.still_in = tuple(held)
        words = "|".join(_bounded(form) for form in forms)
        keep = "|".join(_bounded(other) for other in reversed(held))
        self._word = re.compile(f"({keep})|(?:{words})" if keep else f"(\\Z(?!))|(?:{words})", re.I)
        escaped = (
            json.dumps(form, ensure_ascii=bool(plain))[1:-1] for form in forms for plain in (0, 1)
        )
        pieces = dict.fromkeys((*forms, *escaped))
        self._piece = re.compile("|".join(map(_pattern, pieces)), re.I)
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

    def marked_by(self, raw: bytes) -> bool:
        """`may_hold_bytes` of numbers: one letter stands in any of them by chance."""
        return not self._slight and self.may_hold_bytes(raw)

    def key(self, key: str) -> str:
        """An id, or a note's key, with "[forgotten]" in place of the name."""
        return key if self._slight and key != self._name else self.text(key)

    def text(self, text: str) -> str:
        """`text` with "[forgotten]" in place of the name."""
        if text in self.ids:
            return self.ids[text]
        if self._alone:
            return FORGOTTEN if text == self._name else text
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

    def fields(self, value: Mapping[str, Any]) -> dict[str, Any]:
        """`any` of each value; the keys are names of fields of ours, whoever is called so."""
        return {key: self.any(inner) for key, inner in value.items()}

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
    return f"{before}{_pattern(name)}{after}"


def _pattern(name: str) -> str:
    """What finds a name in any case; one letter of German is two in capitals."""
    return re.sub("ss|[\u00df\u1e9e]", _SHARP, re.escape(name), flags=re.I)


def _tells_nobody(name: str) -> bool:
    """Whether a name is blank, or one or two signs without a letter, a digit or a picture."""
    some = any(sign.isalnum() or unicodedata.category(sign) == "So" for sign in name)
    return not some and len(name.strip()) < 3


def _is_slight(name: str) -> bool:
    """Whether ids hold a name by chance: one sign, or a number of up to three digits."""
    short = name.isascii() and (len(name) == 1 or (name.isdigit() and len(name) < 4))
    return short or _tells_nobody(name)


def _is_edge(letter: str) -> bool:
    """Whether a letter beside this one would make another word of it."""
    return letter.isalnum() and _UNSPACED.match(letter) is None
