from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from astraweave.memory.postings import Features, Postings, worthiest

CODES = st.integers(0, 2**32 - 1) | st.integers(0, 40)


def features_of(memories: Sequence[Sequence[int]]) -> Features:
    starts = np.cumsum([0, *map(len, memories)])
    hashes = np.array([code for codes in memories for code in codes], np.uint32)
    return hashes, np.ones(len(hashes), np.uint8), starts


@given(
    st.lists(st.lists(CODES, unique=True, max_size=12).map(sorted), max_size=40),
    st.integers(1, 9),
    st.integers(1, 5),
)
def test_the_newest_memories_with_a_feature_are_known_however_many_were_taken_up_at_once(
    memories: list[list[int]], at_once: int, most: int
) -> None:
    postings, asked = Postings(), sorted({7, *(code for codes in memories for code in codes)})
    for step in range(0, len(memories) + 1, 3):
        known = memories[: step + 3]
        features = features_of(known)
        while not postings.follow(features, at_once):
            assert postings.size < len(known)
        found = postings.newest(features, np.array(asked, np.uint32), most)
        for code, places in zip(asked, found, strict=True):
            held = [place for place, codes in enumerate(known) if code in codes]
            assert places.tolist() == held[::-1][:most]


def test_a_table_grows_with_what_is_in_it() -> None:
    memories = [range(n * 5_000, n * 5_000 + 6_000) for n in range(5)]
    features, postings = features_of(memories), Postings()
    assert postings.follow(features, 5)
    asked = np.array([0, 5_500, 24_999, 26_000, 90_000], np.uint32)
    found = [places.tolist() for places in postings.newest(features, asked, 9)]
    assert found == [[0], [1, 0], [4], [], []]
    postings.clear()
    assert postings.size == 0
    assert postings.newest(features, asked, 9)[0].tolist() == []


@pytest.mark.parametrize("codes", [(5, 5, 5, 6, 6), (9, 3, 5, 1), (6, 5)])
def test_features_that_somebody_made_up_end_a_search_all_the_same(codes: Any) -> None:
    features = features_of([(5, 6), codes, (5, 6), codes, (5, 6)])
    postings = Postings()
    assert postings.follow(features, 9)
    for places in postings.newest(features, np.array([5, 6, 3], np.uint32), 9):
        assert (np.diff(places) < 0).all()


@given(
    st.lists(
        st.tuples(st.lists(st.integers(0, 60), unique=True), st.sampled_from([0.3, 0.7, 1.0, 2.5])),
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
    held = [np.array(places, np.int64) for places, _ in words]
    assert worthiest(held, [worth for _, worth in words], top).tolist() == expected
