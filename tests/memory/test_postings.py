from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from astraweave.memory.postings import Features, Postings, worthiest


def newest(postings: Postings, asked: Any, most: int = 40) -> list[list[int]]:
    one = np.ones(1)
    return [postings.best(np.array([code], np.uint32), one, most, most).tolist() for code in asked]


CODES = st.integers(0, 2**32 - 1) | st.integers(0, 40)


def features_of(memories: Sequence[Sequence[int]]) -> Features:
    starts = np.cumsum([0, *map(len, memories)])
    hashes = np.array([code for codes in memories for code in codes], np.uint32)
    return hashes, np.ones(len(hashes), np.uint8), starts


@given(
    st.lists(st.lists(CODES, unique=True, max_size=12).map(sorted), max_size=60),
    st.integers(1, 9),
    st.integers(1, 40),
    st.lists(st.integers(0, 59)),
)
def test_the_newest_memories_with_a_feature_are_known_however_they_come_and_go(
    memories: list[list[int]], at_once: int, most: int, gone: list[int]
) -> None:
    postings, asked = Postings(), sorted({7, *(code for codes in memories for code in codes)})
    known: list[list[int]] = []
    for step in range(0, len(memories) + 1, 3):
        known += memories[step : step + 3]
        features = features_of(known)
        while not postings.follow(features, at_once):
            assert postings.size < len(known)
        held = [[place for place, codes in enumerate(known) if code in codes] for code in asked]
        assert newest(postings, asked, most) == [places[::-1][:most] for places in held]
        kept = np.array([place + step not in gone for place in range(len(known))], np.bool_)
        postings.keep(kept)
        known = [codes for codes, keep in zip(known, kept, strict=True) if keep]


def test_what_is_gone_is_struck_out_amid_the_work_and_half_of_it_is_made_anew() -> None:
    memories = [(1, n + 2) for n in range(10)]
    postings = Postings()
    assert not postings.follow(features_of(memories), 6)
    postings.keep(np.arange(10) % 5 > 0)
    left = [codes for place, codes in enumerate(memories) if place % 5]
    assert postings.size == 4
    assert postings.follow(features_of(left), 9)
    assert newest(postings, [1, 2, 3, 7, 8]) == [[7, 6, 5, 4, 3, 2, 1, 0], [], [0], [], [4]]
    postings.keep(np.arange(8) < 3)
    assert postings.size == 0
    assert newest(postings, [1]) == [[]]


def test_a_table_grows_with_what_is_in_it() -> None:
    memories = [range(n * 5_000, n * 5_000 + 6_000) for n in range(5)]
    features, postings = features_of(memories), Postings()
    assert postings.follow(features, 5)
    asked = [0, 5_500, 24_999, 26_000, 90_000]
    assert newest(postings, asked) == [[0], [1, 0], [4], [], []]
    postings.clear()
    assert postings.size == 0
    assert newest(postings, asked) == [[]] * 5


@pytest.mark.parametrize("codes", [(5, 5, 5, 6, 6), (9, 3, 5, 1), (6, 5)])
def test_features_that_somebody_made_up_end_a_search_all_the_same(codes: Any) -> None:
    features = features_of([(5, 6), codes, (5, 6), codes, (5, 6)])
    postings = Postings()
    assert postings.follow(features, 9)
    for code, places in zip((5, 6, 3), newest(postings, (5, 6, 3)), strict=True):
        held = [place for place in range(5) if code in ((5, 6), codes)[place % 2]]
        assert places == held[::-1]


@given(
    st.lists(
        st.tuples(
            st.lists(st.integers(0, 60), unique=True), st.sampled_from([0.25, 0.75, 1.0, 2.5])
        ),
        min_size=1,
        max_size=9,
    ),
    st.integers(1, 20),
)
def test_what_holds_the_words_worth_most_comes_first_and_of_equals_the_newest(
    words: list[tuple[list[int], float]], top: int
) -> None:
    sums: dict[int, float] = {}
    for places, worth in words:
        for place in places:
            sums[place] = sums.get(place, 0.0) + worth
    expected = sorted(sums, key=lambda place: (-sums[place], -place))[:top]
    table = np.full((len(words), 61), -1, np.int64)
    for row, (places, _) in zip(table, words, strict=True):
        row[: len(places)] = places
    found, worths = np.array([len(places) for places, _ in words]), [worth for _, worth in words]
    assert worthiest(table, found, np.array(worths), top).tolist() == expected
    # And as features that memories have.
    postings = Postings()
    known = [[code for code, (places, _) in enumerate(words) if n in places] for n in range(61)]
    assert postings.follow(features_of(known), 61)
    codes = np.arange(len(words), dtype=np.uint32)
    assert postings.best(codes, np.array(worths), 61, top).tolist() == expected
