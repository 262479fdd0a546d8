"""A labelled corpus of memories, made from a seed: what retrieval is measured on.

*Incidents* are what memories are about: a thing, a place, two people, a theme and four numbers.
No two share both thing and place, but each thing is in about eight of them and each place in about
twenty, so every question has many near misses. Two to four memories tell of each incident, each in
another frame, with another synonym of its theme's verb, now with the plural of the thing, now
without, with numbers that vary by 4 %, at moments and of importances that say nothing.

Questions, one kind after the other, in words that no memory of the incident was told in:

    words      the thing and the place in a question of another frame, verb and number
    typo       the same with one letter of each exchanged, dropped, doubled or swapped
    situation  place, people and a tag, no text
    numbers    four numbers of an incident, varied by another 4 %
    script     thing and place of an incident told in another script

Names are made of syllables of eight scripts, so that no list of words can be tuned to. Relevant
are the memories of the incident that was asked for, all equally, and nothing else.
"""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from astraweave.memory import Situation
from astraweave.model.memory import Memory, MemoryType, SpatialTemporalContext

KINDS = ("words", "typo", "situation", "numbers", "script")
START_S, DAYS = 1.7e9, 60.0
PLAYER = "robin"

_STARTS = "b d f g k l m n p r s t v z br dr gr kr sh th"
_LATIN = [a + b for a in _STARTS.split() for b in "aeiou"]
_SCRIPTS: dict[str, list[str]] = {
    "japanese": [chr(code) for code in range(0x30A2, 0x30ED)],
    "chinese": [chr(code) for code in range(0x5200, 0x5600)],
    "korean": [chr(code) for code in range(0xAC00, 0xB400, 28)],
    "cyrillic": [a + b for a in "бвгдзклмнпрст" for b in "аеиоу"],
    "greek": [a + b for a in "βγδζκλμνπρστ" for b in "αειου"],
    "arabic": list("بتثجحدرزسشصطعفقكلمن"),
    "hindi": [a + b for a in "कगचजटडतदपबमरलवसह" for b in ("", "ा", "ि", "ी", "े")],
    "thai": [chr(code) for code in range(0x0E01, 0x0E2E)],
}
_THEMES = {
    "fight": ("fought", "battled", "clashed with", "struck down"),
    "trade": ("bought from", "bargained with", "sold to", "haggled with"),
    "rescue": ("saved", "freed", "pulled out", "rescued"),
    "riddle": ("puzzled over", "solved", "worked out", "guessed"),
    "flight": ("ran from", "fled", "escaped", "slipped past"),
}
_FRAMES = (
    "{who} {verb} the {thing} near {place}.",
    "At {place}: {who} {verb} the {thing} while {other} kept watch.",
    "Late in the day we {verb} {thing} by {place}, and it rained.",
    "{other} told everyone how {who} {verb} that {thing} at {place}",
    "{place}. The {thing} was there again; {who} {verb} it.",
)
_QUESTIONS = (
    "what do you remember about the {thing} around {place}?",
    "have we met {thing} at {place} before",
    "{place}, {thing}",
    "tell me of that day by {place} with the {thing}",
)
_NUMBERS = ("level", "gold", "depth", "heat")


class Incident(NamedTuple):
    """What memories are about."""

    thing: str
    place: str
    people: tuple[str, str]
    theme: str
    numbers: tuple[float, ...]
    latin: bool


class Asked(NamedTuple):
    """A question and the ids of all memories that answer it."""

    kind: str
    text: str
    like: Situation | None
    relevant: frozenset[str]


class Corpus(NamedTuple):
    """Memories, oldest first, and questions."""

    memories: tuple[Memory, ...]
    questions: tuple[Asked, ...]


def corpus(count: int, questions: int, seed: int) -> Corpus:
    """About `count` memories and as many `questions`, kinds in turn; all decided by `seed`."""
    rng = np.random.default_rng(seed)
    incidents, told = list(_incidents(rng, count)), list[Memory]()
    answers: list[frozenset[str]] = []
    for number, incident in enumerate(incidents):
        ids = [f"{number}-{i}" for i in range(int(rng.integers(2, 5)))]
        told += [_memory(rng, key, incident, i) for i, key in enumerate(ids)]
        answers.append(frozenset(ids))
    told.sort(key=lambda memory: memory.created_at)
    latin = [i for i, incident in enumerate(incidents) if incident.latin]
    other = [i for i, incident in enumerate(incidents) if not incident.latin]
    asked = []
    for n in range(questions):
        kind = KINDS[n % len(KINDS)]
        chosen = int(rng.choice(other if kind == "script" else latin))
        asked.append(_asked(rng, kind, incidents[chosen], answers[chosen]))
    return Corpus(tuple(told), tuple(asked))


def lengthened(asked: Asked) -> Asked:
    """A question with another syllable on its names, more than a slip of the pen: "orchidward"."""
    known = {word for frame in _QUESTIONS for word in frame.replace("?", "").split()}
    told = [re.split(r"([,?]*)$", word, maxsplit=1) for word in asked.text.split()]
    text = " ".join([f"{word}{'' if word in known else 'ward'}{end}" for word, end, *_ in told])
    return asked._replace(text=text)


def _incidents(rng: np.random.Generator, count: int) -> Iterator[Incident]:
    wanted = count // 3
    scripts = {"latin": _LATIN, **_SCRIPTS}
    things = {name: _names(rng, parts, max(3, wanted // 16)) for name, parts in scripts.items()}
    places = {name: _names(rng, parts, max(3, wanted // 40)) for name, parts in scripts.items()}
    people = _names(rng, _LATIN, 40)
    taken = set[tuple[str, str]]()
    while len(taken) < wanted:
        # Half of them are told in Latin letters, the rest in one of the eight scripts.
        script = "latin" if rng.random() < 0.5 else str(rng.choice(list(_SCRIPTS)))
        pair = (_pick(rng, things[script]), _pick(rng, places[script]))
        if pair in taken:
            continue
        taken.add(pair)
        one, other = rng.choice(len(people), 2, replace=False)
        numbers = tuple(np.exp(rng.uniform(0.0, 8.0, len(_NUMBERS))).tolist())
        theme = _pick(rng, list(_THEMES))
        yield Incident(*pair, (people[one], people[other]), theme, numbers, script == "latin")


def _memory(rng: np.random.Generator, key: str, about: Incident, telling: int) -> Memory:
    who, other = about.people
    thing = about.thing + ("s" if about.latin and rng.random() < 0.4 else "")
    frame = _FRAMES[(telling + int(rng.integers(len(_FRAMES)))) % len(_FRAMES)]
    verb = _THEMES[about.theme][telling % 4]
    return Memory(
        id=key,
        memory_type=MemoryType.EPISODIC if rng.random() < 0.7 else MemoryType.SOCIAL,
        text=frame.format(who=who, other=other, verb=verb, thing=thing, place=about.place),
        created_at=START_S + float(rng.uniform(0.0, DAYS * 86_400.0)),
        player_id=PLAYER,
        importance=float(rng.uniform(0.0, 1.0)),
        tags=(about.theme, about.thing),
        context=SpatialTemporalContext(location=about.place, participants=about.people),
        data={"facts": _varied(rng, about.numbers)},
    )


def _asked(rng: np.random.Generator, kind: str, about: Incident, answers: frozenset[str]) -> Asked:
    if kind == "situation":
        like = Situation(place=about.place, participants=about.people, tags=(about.theme,))
        return Asked(kind, "", like, answers)
    if kind == "numbers":
        return Asked(kind, "", Situation(facts=_varied(rng, about.numbers)), answers)
    thing, place = about.thing, about.place
    if about.latin and rng.random() < 0.5:
        thing += "s"
    if kind == "typo":
        thing = _mistyped(rng, thing)
        place = " ".join(_mistyped(rng, word) for word in place.split())
    frame = _QUESTIONS[int(rng.integers(len(_QUESTIONS)))]
    return Asked(kind, frame.format(thing=thing, place=place), None, answers)


def _varied(rng: np.random.Generator, numbers: tuple[float, ...]) -> dict[str, float]:
    shifted = np.array(numbers) * rng.uniform(0.96, 1.04, len(numbers))
    return dict(zip(_NUMBERS, shifted.tolist(), strict=True))


def _mistyped(rng: np.random.Generator, word: str) -> str:
    """One letter exchanged, dropped, doubled or swapped with the next, not the first."""
    at, how = int(rng.integers(1, len(word) - 1)), int(rng.integers(4))
    letter = "abcdefghijklmnopqrstuvwxyz"[int(rng.integers(26))]
    return (
        word[:at]
        + (
            letter + word[at + 1 :],
            word[at + 1 :],
            word[at] + word[at:],
            word[at + 1] + word[at] + word[at + 2 :],
        )[how]
    )


def _names(rng: np.random.Generator, syllables: list[str], count: int) -> list[str]:
    """Distinct names of three or four syllables."""
    found = dict[str, None]()
    while len(found) < count:
        found["".join(_pick(rng, syllables) for _ in range(int(rng.integers(3, 5))))] = None
    return list(found)


def _pick(rng: np.random.Generator, values: list[Any]) -> Any:
    return values[int(rng.integers(len(values)))]
