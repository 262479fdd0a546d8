"""What was found, in the order it is told, with the terms of each score and what it holds.

`naive` twins stand in the tests.
"""

import math
from typing import Any

import numpy as np

from astraweave.memory.kernels.exact import held
from astraweave.model.kernels.jit import njit

DAY_S = 86_400.0
LN2, LN2_HIGH, LN2_LOW = 0.6931471805599453, 0.693147180369123816490, 1.90821492927058770002e-10
"""The natural logarithm of 2; and as a sum of which the first part times any k here is exact."""
LEAST = -746.0
"""e to the power of what is less is 0 as a float64."""
HALVES = 0.5 ** np.arange(1_078.0)
SERIES = np.array([1.0 / math.factorial(n) for n in range(13, -1, -1)])
"""Taylor's of e to the power of what is at most half of `LN2`, the smallest term first."""
SCORE, RELEVANCE, RECENCY, IMPORTANCE, ASSOCIATION, EMBEDDING, TERMS = range(7)
"""Columns of the terms, and how many there are."""


@njit()
def faded(places: Any, created_at: Any, types: Any, rates: Any, now: float, out: Any) -> None:
    """How much is left of each memory: exp(rate of its type × days since it was made).

    Args:
        places: int64[k]; created_at: float64[n], seconds; types: uint8[n], places in `rates`.
        rates: float64[types], a day, at most 0; now: seconds.
        out: float64[k], written, in [0, 1].
    """
    for i in range(places.shape[0]):
        place = places[i]
        age = now - created_at[place]
        out[i] = _exp((0.0 if age < 0.0 else age) / DAY_S * rates[types[place]])


@njit()
def _exp(x: float) -> float:
    """e to the power of x, at most 0: to a unit in the last place, and the same everywhere.

    With x = rest − k·ln 2: 2⁻ᵏ, and fourteen terms of Taylor's series of the rest.
    """
    if not x >= LEAST:
        return 0.0 if x < LEAST else x
    halves = np.int64(0.5 - x / LN2)
    rest = (x + halves * LN2_HIGH) + halves * LN2_LOW
    total = SERIES[0]
    for n in range(1, SERIES.shape[0]):
        total = total * rest + SERIES[n]
    return float(total * HALVES[halves])


@njit()
def ranked(
    found: tuple[Any, Any, Any],
    fading: tuple[Any, Any, float],
    about: tuple[Any, Any, Any],
    links: tuple[Any, Any, Any],
    features: tuple[Any, Any, Any],
    asked: Any,
    boost: float,
    best: Any,
    terms: Any,
    holds: Any,
) -> None:
    """Score what was found, and write down the best.

    Of equal scores the newer stands first, then the one with the larger number.

    Args:
        found: places int64[k], all different; relevance float64[k]; shares float64[≤ k], of the
            first, what a vector has in it.
        fading: types, rates and now, as `faded` takes them.
        about: created_at float64[n], importance float64[n], numbers int64[n].
        links: starts int64[≤ n + 1], ends int64[m], strengths float64[m], both ways.
        features: hashes, weights and starts, as `search.scored` takes them.
        asked: uint32[q], hashes of names.
        boost: the largest that a term but relevance can be.
        best: int64[limit ≤ k], written: numbers, best first.
        terms: float64[limit, TERMS], written: the score and what it is the sum of.
        holds: bool[limit, q], written: which of `asked` each has.
    """
    places, relevance, shares = found
    created_at, importance, numbers = about
    count, limit = places.shape[0], best.shape[0]
    recency = np.empty(count)
    faded(places, created_at, *fading, recency)
    association = _association(places, relevance, links)
    scores, order, kept = np.empty(count), np.empty(limit, np.int64), 0
    for i in range(count):
        share = shares[i] if i < shares.shape[0] else 0.0
        score = relevance[i] - share + boost * recency[i]
        scores[i] = score + boost * importance[places[i]] + boost * association[i] + share
        at = kept
        while at > 0 and _before(i, order[at - 1], scores, places, created_at, numbers):
            if at < limit:
                order[at] = order[at - 1]
            at -= 1
        if at < limit:
            order[at] = i
            kept = min(limit, kept + 1)
    for rank in range(limit):
        i = order[rank]
        share = shares[i] if i < shares.shape[0] else 0.0
        best[rank], terms[rank, SCORE] = places[i], scores[i]
        terms[rank, RELEVANCE] = relevance[i] - share
        terms[rank, RECENCY] = boost * recency[i]
        terms[rank, IMPORTANCE] = boost * importance[places[i]]
        terms[rank, ASSOCIATION] = boost * association[i]
        terms[rank, EMBEDDING] = share
    held(features[0], features[2], best, asked, holds)
    for rank in range(limit):
        best[rank] = numbers[best[rank]]


@njit()
def _before(one: Any, other: Any, scores: Any, places: Any, created_at: Any, numbers: Any) -> bool:
    if scores[one] != scores[other]:
        return bool(scores[one] > scores[other])
    here, there = places[one], places[other]
    if created_at[here] != created_at[there]:
        return bool(created_at[here] > created_at[there])
    return bool(numbers[here] > numbers[there])


@njit()
def _association(places: Any, relevance: Any, links: tuple[Any, Any, Any]) -> Any:
    """How strongly each is linked with another that was found, times how relevant that one is."""
    starts, ends, strengths = links
    count = places.shape[0]
    out = np.zeros(count)
    if ends.shape[0] == 0:
        return out
    order = np.argsort(places)
    for i in range(count):
        if places[i] + 1 >= starts.shape[0]:
            continue
        for link in range(starts[places[i]], starts[places[i] + 1]):
            low, high = 0, count
            while low < high:
                middle = (low + high) >> 1
                if places[order[middle]] < ends[link]:
                    low = middle + 1
                else:
                    high = middle
            if low < count and places[order[low]] == ends[link] and order[low] != i:
                out[i] = max(out[i], strengths[link] * relevance[order[low]])
    return out
