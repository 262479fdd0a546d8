import math
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from astraweave.memory import MemoryStore, open_memory
from astraweave.memory.lexicon import MEANT, Found, Lexicon
from astraweave.memory.words import nearest_words, words_of

TEXTS = (
    "the orchid of Isen",
    "orchids at the bridge",
    "a daisy by the bridge",
    "Isen fell, and the daisies with it",
    "ロビンは水が怖い",
    "Robin hates spiders",
    "robins and spider webs at Isen",
)
WORDS = ("orchid", "orchyd", "briddge", "isen", "spidre", "daisy", "quetzal", "水が", "robin")


def naive_find(store: MemoryStore, words: list[str], memories: int) -> Found:
    """By reading every word of every memory."""
    held: dict[str, list[int]] = {}
    for number, text in store._reader.query("SELECT seq, text FROM memories"):
        for word in dict.fromkeys(words_of(text)):
            held.setdefault(word, []).insert(0, number)
    found, sums = Found(), dict[int, float]()
    for word in dict.fromkeys(words):
        near = held if len(word) >= 4 else {}
        first = sorted(other for other in near if other[0] == word[0])
        meant = {word: MEANT} if word not in held else {}
        others = nearest_words(word, first)[:4] if meant else [word]
        found.unknown += [] if others else [word]
        for other in others:
            worth = math.log1p(memories / len(held[other])) ** 2 * meant.get(word, 1.0)
            found.weights[other] = max(worth, found.weights.get(other, 0.0))
            for number in held[other]:
                sums[number] = sums.get(number, 0.0) + worth
    order = sorted(sums, key=lambda number: (-round(sums[number], 9), -number))
    found.numbers = order  # type: ignore[assignment]
    return found


@settings(max_examples=30)
@given(st.lists(st.sampled_from(TEXTS) | st.lists(st.sampled_from(WORDS), max_size=6), max_size=12))
def test_what_was_looked_up_before_is_as_what_stands_in_the_save(
    steps: list[str | list[str]],
) -> None:
    with open_memory() as store:
        lexicon, memories = Lexicon(store._reader), 0
        for step in steps:
            if isinstance(step, str):
                store.remember(step, now=float(memories))
                store.retrieve("x", now=0.0)  # indexes
                memories += 1
                continue
            words = [word for text in step for word in words_of(text)]
            for _ in range(2):
                changes = store._retrieval.changes
                found = lexicon.find("player", words, memories, 64, changes)
                expected = naive_find(store, words, memories)
                assert found.unknown == expected.unknown
                assert found.weights == pytest.approx(expected.weights)
                assert found.numbers.tolist() == list(expected.numbers)


def naive_slips(one: str, other: str) -> int:
    """By trying every way to begin: optimal string alignment, as its definition reads."""
    if not one or not other:
        return len(one) + len(other)
    ways = [
        naive_slips(one[1:], other) + 1,
        naive_slips(one, other[1:]) + 1,
        naive_slips(one[1:], other[1:]) + (one[0] != other[0]),
    ]
    if one[:2] == other[1::-1] and len(one) > 1:
        ways.append(naive_slips(one[2:], other[2:]) + 1)
    return min(ways)


SHORT = st.text("abc", min_size=1, max_size=5)


@given(SHORT, st.lists(SHORT, max_size=6), st.sampled_from(["", "spider"]))
def test_the_nearest_words_are_those_of_the_fewest_slips(
    end: str, ends: list[str], start: str
) -> None:
    word, known = start + end, [start + other for other in ends]
    most = 2 if len(word) >= 8 else 1
    slips = [naive_slips(end, other) for other in ends]
    fewest = min(slips, default=most + 1)
    expected = [other for other, n in zip(known, slips, strict=True) if n == fewest <= most]
    assert nearest_words(word, known) == expected


def test_what_is_forgotten_is_in_no_kept_word(save: Path) -> None:
    with open_memory(save) as store:
        memory = store.remember("xylophonist quetzalcoatl", now=1.0)
        store.remember("an orchid", now=1.0)
        assert store.retrieve("quetzalcoatl quetzalcoat orchid", now=1.0)
        lexicon = store._retrieval._lexicon
        assert any("quetzal" in token for token in lexicon._holders)
        store.forget(memory.id)
        assert [lexicon._holders, lexicon._meant, lexicon._known] == [{}, {}, {}]
        assert len(store.retrieve("quetzalcoatl orchid", now=1.0)) == 1
        store.forget_player("player")
        assert [lexicon._holders, lexicon._meant, lexicon._known] == [{}, {}, {}]
