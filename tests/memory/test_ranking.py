from functools import reduce
from operator import add
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from astraweave.memory.kernels import exact, ranking
from astraweave.memory.uses import BETWEEN_S, MOST, WRITTEN_AT, Uses


def naive_ranked(
    found: list[tuple[int, float, float, float]],
    about: list[tuple[float, float, int]],
    links: dict[tuple[int, int], float],
    limit: int,
) -> list[tuple[int, list[float]]]:
    """Places, best first, and score, relevance, recency, importance, association, embedding."""
    relevance = {place: worth for place, worth, _, _ in found}
    told = []
    for place, worth, share, recency in found:
        near = [links[place, other] * relevance[other] for other in relevance if other != place]
        terms = [worth - share, 0.2 * recency, 0.2 * about[place][1], 0.2 * max([0.0, *near])]
        told.append((place, [reduce(add, [*terms, share]), *terms, share]))
    told.sort(key=lambda one: (-one[1][0], -about[one[0]][0], -about[one[0]][2]))
    return told[:limit]


def rows(*columns: npt.NDArray[Any]) -> list[Any]:
    return list(zip(*(column.tolist() for column in columns), strict=True))


@given(st.integers(0, 2**32 - 1), st.integers(1, 40), st.integers(1, 12), st.booleans())
def test_what_is_found_is_told_as_in_plain_words(
    seed: int, count: int, limit: int, linked: bool
) -> None:
    rng = np.random.default_rng(seed)
    # Few different values, so that many scores are equal.
    created_at, importance = rng.integers(0, 3, count) / 1.0, rng.integers(0, 2, count) / 2.0
    numbers = np.sort(rng.choice(1_000, count, replace=False))
    places = rng.permutation(count)[: rng.integers(1, count + 1)]
    relevance = rng.integers(0, 5, len(places)) / 4.0
    shares = relevance[: rng.integers(0, len(places) + 1)] / 2.0
    strengths = np.where(rng.random((count, count)) < 0.2 * linked, 0.5, 0.0)
    strengths = np.maximum(strengths, strengths.T)
    one, other = np.nonzero(strengths)
    starts = np.searchsorted(one, np.arange(count + 1))
    limit = min(limit, len(places))
    fading = rng.integers(0, 2, count).astype(np.uint8), np.array([0.0, -0.3]), 2.0
    recency = np.empty(len(places))
    ranking.faded(places, created_at, *fading, recency)
    best, terms = np.empty(limit, np.int64), np.empty((limit, ranking.TERMS))
    holds = np.empty((limit, 3), np.bool_)
    hashes, lengths = np.arange(count, dtype=np.uint32), np.arange(count + 1)
    asked = np.array([5, 0, 3], np.uint32)
    ranking.ranked(
        (places, relevance, shares),
        fading,
        (created_at, importance, numbers),
        (starts, other, strengths[one, other]),
        (hashes, np.ones(count, np.uint8), lengths),
        asked,
        0.2,
        best,
        terms,
        holds,
    )
    share = np.zeros(len(places))
    share[: len(shares)] = shares
    table: dict[tuple[int, int], float] = dict(np.ndenumerate(strengths))
    expected = naive_ranked(
        rows(places, relevance, share, recency),
        rows(created_at, importance, numbers),
        table,
        limit,
    )
    assert best.tolist() == [numbers[place] for place, _ in expected]
    assert terms.tolist() == [values for _, values in expected]
    assert holds.tolist() == [[code == place for code in asked.tolist()] for place, _ in expected]


@given(st.lists(st.floats(0.0, 4e11) | st.floats(0.0, 1e-3) | st.floats(0.0, 9e7), min_size=1))
def test_what_is_left_of_a_memory_is_what_its_half_life_says(ages: list[float]) -> None:
    out, places = np.empty(len(ages)), np.arange(len(ages))
    types, made = (places % 3).astype(np.uint8), 4e11 - np.array(ages)
    rates = np.array([-0.693 / 0.25, -0.693 / 180.0, 0.0])
    ranking.faded(places, made, types, rates, 4e11, out)
    days = (4e11 - made) / 86_400.0
    assert out == pytest.approx(np.exp(rates[types] * days), rel=1e-15, abs=1e-320)
    ranking.faded(places, made, types, rates, 0.0, out)
    assert out.tolist() == [1.0] * len(ages)  # before they were made
    ranking.faded(places, made, types, rates[:2].repeat(2), np.inf, out)
    assert out.tolist() == [0.0] * len(ages)


def naive_held(sets: list[set[int]], asked: list[int]) -> list[list[bool]]:
    return [[code in one for code in asked] for one in sets]


@given(st.lists(st.sets(st.integers(0, 60) | st.integers(2**32 - 9, 2**32 - 1))), st.data())
def test_whatever_is_looked_up_is_where_it_is(sets: list[set[int]], data: Any) -> None:
    code = st.integers(0, 60) | st.integers(2**32 - 9, 2**32 - 1)
    asked = data.draw(st.lists(code, max_size=9))
    hashes = np.array([one for some in sets for one in sorted(some)], np.uint32)
    starts = np.cumsum([0, *map(len, sets)])
    out = np.empty((len(sets), len(asked)), np.bool_)
    exact.held(hashes, starts, np.arange(len(sets)), np.array(asked, np.uint32), out)
    assert out.tolist() == naive_held(sets, asked)


def test_uses_are_written_seldom_and_never_left_to_grow() -> None:
    now = [0.0]
    uses = Uses(lambda: now[0])
    assert not uses.add(range(WRITTEN_AT - 1), 1.0)
    assert uses.add([WRITTEN_AT], 1.0)
    assert uses.job() is not None
    now[0] = BETWEEN_S / 2
    assert not uses.add(range(MOST - 1), 1.0)
    assert uses.add([MOST], 1.0)
    assert uses.job() is not None
    now[0] += BETWEEN_S
    assert uses.add(range(WRITTEN_AT), 1.0)
    assert uses.job() is not None
    assert uses.job() is None
