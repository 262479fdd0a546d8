from functools import reduce
from operator import add
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from astraweave.memory.features import Situation, features_of, names_of
from astraweave.memory.kernels import exact, search
from astraweave.memory.words import words_of
from astraweave.model.memory import Memory, MemoryType


def naive_nearest(
    dense: npt.NDArray[Any], query: npt.NDArray[Any], keep: npt.NDArray[Any], top: int
) -> list[tuple[int, int]]:
    products = query.astype(np.int64) @ dense.astype(np.int64)
    order = sorted(range(len(products)), key=lambda i: (-products[i], i))
    return [(i, int(products[i])) for i in order if not len(keep) or keep[i]][:top]


@given(st.integers(0, 2**32 - 1), st.integers(0, 60), st.booleans(), st.integers(1, 9))
def test_the_search_finds_what_looking_at_all_finds(
    seed: int, count: int, masked: bool, top: int
) -> None:
    rng = np.random.default_rng(seed)
    dense = rng.integers(-4, 5, (256, count + 3)).astype(np.int8)
    query = rng.integers(-9, 10, 256) * (rng.random(256) < 0.2)
    keep = rng.random(count) < 0.5 if masked else np.empty(0, np.bool_)
    dims = np.flatnonzero(query)
    best, rows = np.empty(top, np.int32), np.empty(top, np.int64)
    found = search.nearest(dense, count, dims, query[dims].astype(np.int32), keep, best, rows)
    expected = naive_nearest(dense[:, :count], query, keep, top)
    assert list(zip(rows[:found].tolist(), best[:found].tolist(), strict=True)) == expected


@given(st.integers(0, 2**32 - 1), st.integers(0, 3000), st.integers(1, 130), st.booleans())
@settings(max_examples=30)
def test_a_search_over_many_blocks_keeps_the_earlier_of_equals(
    seed: int, count: int, top: int, masked: bool
) -> None:
    rng = np.random.default_rng(seed)
    dense = rng.integers(-2, 3, (256, count + 3)).astype(np.int8)
    dims = np.sort(rng.choice(256, 3, replace=False))
    query = np.zeros(256, np.int64)
    query[dims] = rng.integers(1, 4, 3)
    keep = rng.random(count) < 0.3 if masked else np.empty(0, np.bool_)
    best, rows = np.empty(top, np.int32), np.empty(top, np.int64)
    found = search.nearest(dense, count, dims, query[dims].astype(np.int32), keep, best, rows)
    expected = naive_nearest(dense[:, :count], query, keep, top)
    assert list(zip(rows[:found].tolist(), best[:found].tolist(), strict=True)) == expected


@given(st.integers(0, 2**32 - 1), st.integers(0, 40), st.booleans(), st.integers(1, 12))
def test_the_relevant_are_the_best_of_the_nearest_and_of_those_with_the_words(
    seed: int, count: int, masked: bool, top: int
) -> None:
    rng = np.random.default_rng(seed)
    sets = [
        {int(code): int(rng.integers(1, 256)) for code in rng.integers(0, 90, rng.integers(0, 9))}
        for _ in range(count)
    ]
    hashes = np.array([code for one in sets for code in sorted(one)], np.uint32)
    weights = np.array([one[code] for one in sets for code in sorted(one)], np.uint8)
    starts = np.cumsum([0, *map(len, sets)])
    dense = np.zeros((256, count), np.int8)
    search.densify(hashes, weights, starts, dense, 0, count)
    asked = {int(code): float(rng.random()) for code in rng.integers(0, 90, 6)}
    codes, wanted = np.array(list(asked), np.uint32), np.array(list(asked.values()))
    keep = rng.random(count) < 0.5 if masked else np.empty(0, np.bool_)
    worded = np.flatnonzero(rng.random(count) < 0.2)
    places, worth = np.empty(top, np.int64), np.empty(top)
    found = exact.relevant(
        dense, count, (hashes, weights, starts), codes, wanted, keep, worded, 5, places, worth
    )
    query = np.zeros(256)
    for code, weight in asked.items():
        query[code & 255] += -weight if code & 256 else weight
    near = naive_nearest(dense, np.rint(query * 255), keep, 5)
    looked_at = {i for i, _ in near} | {i for i in worded.tolist() if not masked or keep[i]}
    products = {i: sum(w * sets[i].get(c, 0) / 255 for c, w in asked.items()) for i in looked_at}
    order = sorted(
        (i for i in products if products[i] > 0), key=lambda i: (-round(products[i], 9), -i)
    )
    assert places[:found].tolist() == order[:top]
    assert worth[:found] == pytest.approx([products[i] / products[order[0]] for i in order[:top]])


@given(st.integers(0, 2**32 - 1), st.integers(1, 12), st.integers(1, 30), st.booleans())
def test_features_are_scored_held_and_made_dense_as_in_plain_words(
    seed: int, count: int, most: int, spread: bool
) -> None:
    rng = np.random.default_rng(seed)
    known = rng.choice(2**32 if spread else 600, 80, replace=False).tolist()
    sets = [
        {code: int(rng.integers(1, 256)) for code in rng.choice(known, rng.integers(0, 60))}
        for _ in range(count)
    ]
    hashes = np.array([code for one in sets for code in sorted(one)], np.uint32)
    weights = np.array([one[code] for one in sets for code in sorted(one)], np.uint8)
    starts = np.cumsum([0, *map(len, sets)])
    asked = {int(code): float(rng.random()) for code in rng.choice(known, most)}
    codes, wanted = np.array(list(asked), np.uint32), np.array(list(asked.values()))
    rows = rng.permutation(count)
    out, held = np.empty(count), np.empty((count, len(codes)), np.bool_)
    exact.scored(hashes, weights, starts, rows, codes, wanted, out)
    exact.held(hashes, starts, rows, codes, held)
    dense = np.zeros((256, count), np.int8)
    search.densify(hashes, weights, starts, dense, 0, count)
    for k, row in enumerate(rows.tolist()):
        one = sets[row]
        terms = [asked[code] * (one[code] / 255) for code in sorted(asked) if code in one]
        assert out[k] == reduce(add, terms, 0.0)  # to the last bit, whatever the order given
        assert held[k].tolist() == [code in one for code in asked]
        sums = [0] * 256
        for code, weight in one.items():
            sums[code & 255] += -weight if code & 256 else weight
        assert dense[:, row].tolist() == [max(-127, min(127, value // 2)) for value in sums]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Charging WOLVES, charged by a wolve's fear!", "charg wolv charg by a wolv s fear"),
        ("stories of berries", "story of berry"),
        ("Crème brûlée für Zoë", "crem brule fur zoe"),
        ("ﬁre № ５", "fir no 5"),
        ("蜘蛛が嫌い", "蜘蛛 蛛が が嫌 嫌い"),
        ("한국어 글", "한국 국어 글"),
        ("सिपाही ने देखा", "सिपाही ने देखा"),
        ("ΆΝΝΑ Straße", "αννα strass"),
        ("level_12 x-3.5", "level 12 x 3 5"),
        ("!!! --- …", ""),
    ],
)
def test_words_are_the_same_however_they_are_written(text: str, words: str) -> None:
    assert words_of(text) == words.split()


@given(st.text(st.characters(max_codepoint=127), max_size=60))
def test_plain_letters_are_cut_into_words_as_all_others(text: str) -> None:
    assert [*words_of(text), "e"] == words_of(text + " é")


def test_near_numbers_share_most_of_their_bins_and_far_ones_none() -> None:
    def alike(one: float, other: float) -> float:
        first, second = (names_of(Situation(facts={"hp": value}))[1] for value in (one, other))
        return sum(weight * second.get(name, 0.0) for name, weight in first.items())

    for value in (-3000.0, -0.4, 0.0, 0.3, 12.0, 5e6):
        assert alike(value, value) == pytest.approx(1.0)
        assert alike(value, value * 1.05 + 0.005) > 0.8
        assert alike(value, value * 10.0 + 2.0) == 0.0
    assert alike(12.0, 13.0) > alike(12.0, 16.0) > alike(12.0, 30.0)
    assert names_of(Situation(facts={"hp": float("inf")}))[1] == {}


@given(st.text(max_size=200), st.lists(st.text(max_size=20), max_size=5))
def test_any_memory_has_features_in_order_and_of_bounded_weight(text: str, tags: list[str]) -> None:
    memory = Memory(
        id="m", memory_type=MemoryType.SOCIAL, text=text, created_at=1.0, tags=tuple(tags)
    )
    made, words = features_of(memory)
    assert (np.diff(made["hash"].astype(np.int64)) > 0).all()
    assert made["weight"].min() >= 1
    assert len(set(words)) == len(words)
    again, _ = features_of(memory)
    assert again.tobytes() == made.tobytes()
