import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from astraweave.memory import MemoryStore, lexicon, open_memory, vocabulary
from astraweave.memory.features import hash_of
from astraweave.memory.lexicon import MEANT, Lexicon
from astraweave.memory.likeness import Likeness
from astraweave.memory.vocabulary import Vocabulary
from astraweave.memory.words import words_of
from tests.memory.slips import naive_nearest

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


def naive_pieces(word: str) -> set[str]:
    whole = f"^{word}$"
    return {f"…{whole[i : i + 3]}" for i in range(len(word))} if len(word) > 2 else set()


def naive_find(
    store: MemoryStore, words: list[str], memories: int, *, pieces: bool
) -> tuple[dict[str, float], dict[str, float], list[int]]:
    """By reading every word of every memory: what words are worth, features, and rows.

    With `pieces` those are found that have only pieces of the words, too.
    """
    held: dict[str, list[int]] = {}
    for number, text in store._reader.query("SELECT seq, text FROM memories"):
        for word in dict.fromkeys(words_of(text)):
            held.setdefault(word, []).insert(0, number)
    weights, lost = dict[str, float](), []
    for word in dict.fromkeys(words):
        near = held if len(word) >= 4 else {}
        first = [other for other in near if other[0] == word[0] and len(other) > 2]
        meant = {word: MEANT} if word not in held else {}
        others = naive_nearest(word, first)[:4] if meant else [word]
        lost += [] if others else [word]
        for other in others:
            worth = math.log1p(memories / len(held[other])) ** 2 * meant.get(word, 1.0)
            weights[other] = max(worth, weights.get(other, 0.0))
    every = dict.fromkeys(lost, max(weights.values(), default=1.0)) | weights
    few = len({number for word in weights for number in held[word]}) < 10
    cut = list(every) if few else lost
    length = sum(worth**2 for worth in every.values()) + sum((0.6 * every[one]) ** 2 for one in cut)
    shares = {
        piece: 0.6 * every[word] / math.sqrt(length * len(naive_pieces(word)))
        for word in cut
        for piece in naive_pieces(word)
    } | {word: worth / math.sqrt(length) for word, worth in every.items()}
    sums = dict[int, float]()
    for number, text in store._reader.query("SELECT seq, text FROM memories"):
        has = set(words_of(text))
        if pieces:
            has |= {piece for word in has for piece in naive_pieces(word)}
        if has & shares.keys():
            sums[number] = sum(shares[name] for name in has & shares.keys())
    return weights, shares, sorted(sums, key=lambda number: (-round(sums[number], 9), -number))


def like_of(store: MemoryStore) -> Likeness:
    return store._retrieval._players["player"]


@settings(max_examples=20)
@given(
    st.lists(st.sampled_from(TEXTS) | st.lists(st.sampled_from(WORDS), max_size=6), max_size=12),
    st.sampled_from([0, 1, 512]),
)
def test_what_is_looked_up_is_what_stands_in_the_save(
    steps: list[str | list[str]], at_once: int
) -> None:
    with open_memory() as store, pytest.MonkeyPatch.context() as patch:
        # By the full-text index alone, by both in turns, by arrays alone.
        patch.setattr(lexicon, "FOLLOWED_AT_ONCE", at_once)
        asked, memories = Lexicon(store._reader), 0
        for step in steps:
            if isinstance(step, str):
                store.remember(step, now=float(memories))
                store.retrieve(now=0.0)  # indexes
                memories += 1
                continue
            words = [word for text in step for word in words_of(text)]
            for _ in range(2 if memories else 0):
                like = like_of(store)
                found = asked.find(like, words, 64)
                told = naive_find(store, words, memories, pieces=like.postings.size > 0)
                assert found.weights == pytest.approx(told[0])
                shares = {hash_of(name): share for name, share in told[1].items()}
                assert found.coded.by_code == pytest.approx(shares)
                assert found.coded.codes.tolist() == list(found.coded.by_code)
                assert found.coded.shares.tolist() == list(found.coded.by_code.values())
                assert like.numbers[found.places].tolist() == told[2]


TOLD = (
    *TEXTS,
    "Anna's café at the MÜNSTER bridge, level-headed Straße",
    "a NEAR miss: the wolf OR the dog, AND not 42 goblins",
    'he said "run" and ran*; column:words ^first + second',
    "карпа у моста поймали, 한국어로 말했다 水が怖い",
    "goblin goblins gobling goblet golbin",
    "Wächter, Wachter and wachtel by the naïve résumé",
)
ASKED = (
    "orchid bridge",
    "OR NEAR(orchid daisy, 3) AND* wolf",
    '"run" "ran*" -first column:second ^third',
    "oRCHIDS, daisys; spideres gobblin golbin",
    "cafe munster STRASSE strasse",
    "wachtre Wächtel resumé naive naiv",
    "мосту карпы 水が 怖い한국",
    "gob goblin gobl 42 4",
    "' OR 1=1 -- \0 \u202e \ud800 spiders",
    "word " * 5_000 + "x" * 90,
)


def hits_of(store: MemoryStore, text: str) -> list[Any]:
    """Those that hold a word: by pieces alone the index of words knows none."""
    return [
        (hit.memory.id, hit.score, hit.why, hit.matched)
        for hit in store.retrieve(text, now=1e5, limit=50)
        if hit.matched
    ]


def test_arrays_and_the_full_text_index_give_the_same_hits_of_words_scores_and_reasons(
    save: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def compared() -> None:
        for text in ASKED:
            monkeypatch.setattr(lexicon, "FOLLOWED_AT_ONCE", 512)
            quick = hits_of(store, text)
            postings = like_of(store).postings
            assert postings.size == like_of(store).size
            postings.clear()
            monkeypatch.setattr(lexicon, "FOLLOWED_AT_ONCE", 0)
            store._retrieval._lexicon.drop()
            assert quick == hits_of(store, text), text
            assert postings.size == 0

    with open_memory(save) as store:
        for n in range(150):
            # Words of more memories than are looked at, and memories of others between them.
            store.remember(f"{TOLD[n % len(TOLD)]} bridges {n} {n % 5}", now=float(n))
            if n % 3 == 0:
                store.remember(f"orchid wolf goblinn {n}", now=1.0, player_id=f"p{n % 2}")
            if n % 50 == 0:
                store.flush()
        compared()
        store.prune(40.0)
        store.remember("gobblin at the orchyd", now=1e4)
        compared()
        store.forget_player("p1")
        compared()
        assert hits_of(store, ASKED[0])


def test_a_word_that_nobody_wrote_finds_what_it_is_made_of_among_many() -> None:
    rng = np.random.default_rng(3)
    parts = [a + b for a in [*"bdfgklmnprstvz", "br", "gr", "kr", "sh"] for b in "aeiou"]
    names = ["".join(rng.choice(parts, 4)) for _ in range(400)]
    with open_memory(queue_limit=4_000) as store:
        for n in range(3_000):
            store.remember(" ".join(rng.choice(names[40:], 8)), now=float(n), tags=[names[n % 400]])
        known = [store.remember(f"{name} {names[40]}", now=5.0).id for name in names[:40]]
        store.prepare("player")
        assert store._preparing is not None
        store._preparing.wait()
        asked = [f"the {name}ward" if n % 2 else f"un{name}!" for n, name in enumerate(names[:40])]
        found = [store.retrieve(text, now=1e5)[:3] for text in asked]
    held = [one in {hit.memory.id for hit in hits} for one, hits in zip(known, found, strict=True)]
    assert sum(held) >= 34


def test_words_are_read_ahead_and_kept_up_with_what_is_new(
    save: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_memory(save) as store:
        for text in TOLD:
            store.remember(text, now=1.0)
        store.retrieve(now=1.0)
    with open_memory(save) as store:
        store.prepare("player")
        assert store._preparing is not None
        store._preparing.wait()
        assert like_of(store).postings.size == len(TOLD)
        known = store._retrieval._lexicon._vocabularies["player"]
        assert {"o", "d", "м", "к"} <= known._letters.keys()
        monkeypatch.setattr(known, "_read", None)  # all that is asked for has been
        for word, meant in [("orchyd", "orchid"), ("golbinn", "golbin"), ("dasy", "daisy")]:
            assert known.nearest(word, like_of(store).newest) == [meant]
        store.remember("a dandelion by the brook", now=2.0)
        assert store.retrieve("dandelyon", now=2.0)[0].memory.text == "a dandelion by the brook"


def test_after_many_new_memories_all_words_are_read_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(vocabulary, "MOST_NEW", 3)
    with open_memory() as store:
        for n in range(5):
            for text in ["orchid", "a dahlia"][: n % 2 + 1]:
                store.remember(f"{text} {n}", now=float(n))
            assert store.retrieve("orchyd", now=1.0)[0].matched == ("orchid",)
        for n in range(9):
            store.remember(f"an orcharde {n}", now=9.0)
        assert store.retrieve("orcharrde", now=1.0)[0].matched == ("orchard",)


def test_reading_ahead_gives_way_to_what_came_meanwhile() -> None:
    with open_memory() as store:
        store.remember("orchid daisy spider", now=1.0)
        store.retrieve(now=1.0)
        words = Vocabulary(store._reader, "player")
        assert words.read_ahead(like_of(store).newest, 1)
        store.remember("an elephant", now=1.0)
        store.retrieve(now=1.0)
        assert words.nearest("dayzy", like_of(store).newest) == []
        while words.read_ahead(like_of(store).newest, 1):
            pass
        assert words.nearest("elefant", like_of(store).newest) == []
        assert words.nearest("elephnt", like_of(store).newest) == ["elephant"]
        assert words.nearest("orchd", like_of(store).newest) == ["orchid"]


def test_only_so_many_words_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vocabulary, "MOST_KEPT", 4)
    with open_memory() as store:
        store.remember("orchid orchard oriole daisy dahlia spider", now=1.0)
        store.retrieve(now=1.0)
        words = Vocabulary(store._reader, "player")
        newest = like_of(store).newest
        for word, meant in [("orchyd", "orchid"), ("daysy", "daisi"), ("spidre", "spider")] * 2:
            assert words.nearest(word, newest) == [meant.replace("daisi", "daisy")]
            assert sum(map(len, words._letters.values())) <= 4
        while words.read_ahead(newest, 2):
            pass
        assert sum(map(len, words._letters.values())) <= 4


def test_a_word_that_is_gone_is_meant_by_none(save: Path) -> None:
    with open_memory(save) as store:
        store.remember("quetzalcoatl", now=1.0)
        store.remember("quetzalcoals and an orchid", now=5.0)
        assert store.retrieve("quetzalcoatll", now=5.0)[0].matched == ("quetzalcoatl",)
        asked = store._retrieval._lexicon
        kept = asked._vocabularies["player"]
        store.prune(2.0)
        # As if a question had read it while the writer worked.
        asked._vocabularies["player"] = kept
        assert store.retrieve("quetzalcoatll", now=5.0)[0].matched == ("quetzalcoal",)
        assert len(kept._letters["q"]) == 1


def test_what_is_forgotten_is_in_no_kept_word(save: Path) -> None:
    with open_memory(save) as store:
        memory = store.remember("xylophonist quetzalcoatl", now=1.0)
        store.remember("an orchid", now=1.0)
        assert store.retrieve("quetzalcoat orchid", now=1.0)
        kept = store._retrieval._lexicon
        assert kept._vocabularies["player"].nearest("quetzalcoat", 2) == ["quetzalcoatl"]
        store.forget(memory.id)
        assert kept._vocabularies == {}
        assert len(store.retrieve("quetzalcoat quetzalcoatl orchid", now=1.0)) == 1
        assert kept._vocabularies["player"].nearest("quetzalcoat", 2) == []
        store.forget_player("player")
        assert kept._vocabularies == {}
        assert store._retrieval._players == {}
