"""A memory, or a situation, as named features with weights, and as 256 numbers made of them.

Typed fields and words are hashed with a sign (Weinberger et al. 2009, feature hashing); a number
lights the bins it is near to (RBF). Nothing is downloaded, and the same fields give the same
features on every machine. Refuses nothing that a `Memory` may hold.
"""

import math
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from astraweave.memory.words import FILLERS, words_of
from astraweave.model.arguments import publish
from astraweave.model.memory import Memory

DIMENSIONS = 256
FEATURE = np.dtype([("hash", "<u4"), ("weight", "<u1")])
"""One feature of a memory: hash of its name, weight in 255ths; packed, 5 bytes."""

SCALE = 255.0
PIECES, NAMED = 0.6, 0.5
"""Weight of all three-letter pieces of a word together, and of a name's words; a word is 1."""

BIN = "≈"
"""Between the name of a number and its bin: about a tenth apart near 0, a third of its size far."""

_BINS_PER_E = 3.0
_PLACE_BIN = 4.0
_COORDINATES = re.compile(r"\s*-?\d+(?:\.\d+)?(?:\s*,\s*-?\d+(?:\.\d+)?){1,2}\s*")
MOST_FACTS = 64

Group = dict[str, float]


@publish
class Situation:
    """What is going on, or what to look for: words and typed fields; any of them may be absent.

    `facts` are numbers by name; a near number counts as alike.
    """

    __slots__ = ("facts", "participants", "place", "tags", "text")

    def __init__(
        self,
        text: str = "",
        *,
        place: str | None = None,
        participants: Iterable[str] = (),
        tags: Iterable[str] = (),
        facts: Mapping[str, float] | None = None,
    ) -> None:
        """Take what is known of the situation."""
        self.text = text
        self.place = place
        self.participants = tuple(participants)
        self.tags = tuple(tags)
        self.facts = dict(facts or {})


def situation_of(memory: Memory) -> Situation:
    """What a memory is of, to ask for similar ones."""
    return Situation(
        memory.text,
        place=memory.context.location,
        participants=memory.context.participants,
        tags=memory.tags,
        facts=dict(numbers_of(memory.data)),
    )


def names_of(asked: Situation, extra: Iterable[str] = ()) -> tuple[Group, Group]:
    """Features of typed fields and of numbers, by name; each group of length one.

    `extra` are names beside those of the situation: a memory's type, its emotion.
    """
    typed: Group = dict.fromkeys(extra, NAMED)
    numbers: Group = {}
    if not (asked.tags or asked.participants or asked.facts or asked.place is not None or typed):
        return typed, numbers  # words alone
    for tag in asked.tags:
        typed[f"tag:{tag.casefold()}"] = 1.0
    for who in asked.participants:
        typed[f"who:{who.casefold()}"] = 1.0
    if asked.place is not None:
        numbers = _near_place(asked.place)
        if not numbers:
            typed[f"at:{asked.place.casefold()}"] = 1.0
    for key, value in list(asked.facts.items())[:MOST_FACTS]:
        if math.isfinite(value):
            numbers |= _bins(key, math.asinh(10.0 * value) * _BINS_PER_E)
    return _unit(typed), _unit(numbers)


def coded_words(words: Group, pieced: Iterable[str]) -> dict[int, float]:
    """Words, and the pieces of `pieced` among them, by hash, of length one all together."""
    length = sum([weight * weight for weight in words.values()])
    length += PIECES * PIECES * sum([words[word] ** 2 for word in pieced])
    share = 1.0 / math.sqrt(length) if length else 0.0
    found: dict[int, float] = {}
    for word in pieced:
        codes = piece_codes(word)
        if codes:
            found.update(dict.fromkeys(codes, words[word] * share * PIECES / len(codes) ** 0.5))
    found.update({hash_of(word): weight * share for word, weight in words.items()})
    return found


def features_of(memory: Memory) -> tuple[npt.NDArray[Any], list[str]]:
    """FEATURE[n] of a memory, sorted by hash, and the words it can be found by."""
    extra = [f"type:{memory.memory_type.value}"]
    if memory.emotion is not None:
        extra.append(f"feels:{memory.emotion.primary_emotion.casefold()}")
    asked = situation_of(memory)
    words = dict.fromkeys(words_of(asked.text), 1.0)
    for name in (*asked.tags, *asked.participants, asked.place or ""):
        for word in words_of(name):
            words.setdefault(word, NAMED)
    words = {word: weight for word, weight in words.items() if word not in FILLERS}
    weights = coded_words(words, words)
    for group in names_of(asked, extra):
        weights.update({hash_of(name): weight for name, weight in group.items()})
    made = np.empty(len(weights), FEATURE)
    codes = np.fromiter(weights, np.int64, len(weights))
    order = np.argsort(codes)
    made["hash"] = codes[order]
    shares = np.fromiter(weights.values(), np.float64, len(weights))[order]
    made["weight"] = np.maximum(1.0, np.rint(shares * SCALE))
    return made, list(words)


@lru_cache(maxsize=65_536)
def hash_of(name: str) -> int:
    """32 bits of a feature's name: the low 8 are its dimension, the ninth its sign."""
    # CRC32 is linear, so similar names get related codes; the multiplication parts them.
    code = zlib.crc32(name.encode(errors="replace"))
    code = (code ^ (code >> 16)) * 0x85EBCA6B & 0xFFFFFFFF
    return (code ^ (code >> 13)) * 0xC2B2AE35 & 0xFFFFFFFF


@lru_cache(maxsize=65_536)
def shown(name: str) -> str:
    """What a person is told of a feature's name: a number's name without its bin."""
    return name.partition(BIN)[0]


_HUGE = 1e300
"""What is no nearer to one number than to another; whole ones need not fit into a float."""


def numbers_of(data: Any) -> Iterator[tuple[str, float]]:
    """Names and values of the numbers in `data`: its `facts`, else what is a number at its top."""
    if not isinstance(data, dict):
        return
    inner = data.get("facts", data)
    for key, value in (inner if isinstance(inner, dict) else data).items():
        if isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < _HUGE:
            yield str(key), float(value)


@lru_cache(maxsize=65_536)
def piece_codes(word: str) -> tuple[int, ...]:
    """Hashes of what survives a typing error: three letters at a time, both ends marked."""
    if len(word) < 3:
        return ()
    whole = f"^{word}$"
    return tuple({hash_of(f"…{whole[i : i + 3]}") for i in range(len(whole) - 2)})


def _near_place(place: str) -> Group:
    """The bins around coordinates, 4 units apart; none when `place` is a name."""
    near: Group = {}
    if len(place) <= 100 and _COORDINATES.fullmatch(place):
        for axis, number in zip("xyz", place.split(","), strict=False):
            near |= _bins(f"place.{axis}", float(number) / _PLACE_BIN)
    return near


def _bins(key: str, at: float) -> Group:
    """The four bins around `at`, and how near it is to the middle of each.

    What is a bin away shares most of them, what is four away none.
    """
    first = math.floor(at) - 1
    one, two, three, four = _bin_names(f"{key}", first)
    return {
        one: math.exp(-0.5 * (at - first) ** 2),
        two: math.exp(-0.5 * (at - (first + 1)) ** 2),
        three: math.exp(-0.5 * (at - (first + 2)) ** 2),
        four: math.exp(-0.5 * (at - (first + 3)) ** 2),
    }


@lru_cache(maxsize=8_192)
def _bin_names(key: str, first: int) -> tuple[str, str, str, str]:
    one, two, three, four = [f"{key}{BIN}{number}" for number in range(first, first + 4)]
    return one, two, three, four


def _unit(group: Group) -> Group:
    length = math.sqrt(sum([weight * weight for weight in group.values()]))
    return {name: weight / length for name, weight in group.items()} if length > 0.0 else group
