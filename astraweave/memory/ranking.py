"""The order in which what was found is told: relevance, then boosts of .2 each, and the reasons.

Refuses nothing; what is scored has been found.
"""

from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from astraweave.memory.forgetting import HALF_LIFE_DAYS
from astraweave.memory.likeness import TYPES, Likeness

BOOST = 0.2
DAY_S = 86_400.0
_FADING = np.array([-(0.693 / HALF_LIFE_DAYS[kind]) for kind in TYPES])
Floats = npt.NDArray[np.float64]
NONE: Floats = np.empty(0)


class Found(NamedTuple):
    """What a question found: places int64[k], all different, and relevance float64[k] in [0, 1].

    `shares`, float64[≤ k], of the first: what a vector has in it.
    """

    places: npt.NDArray[np.int64]
    relevance: Floats
    shares: Floats = NONE


Reasons = tuple[float, dict[str, float]]
"""A score and the terms that it is the sum of, by name."""


def ranked(
    like: Likeness, found: Found, codes: npt.NDArray[np.uint32], now: float, limit: int
) -> tuple[list[int], list[Reasons], list[list[bool]]]:
    """The best `limit`, best first: numbers of rows, reasons, and which of `codes` each has.

    Equal scores: the newer memory first. "embedding" is a reason where there are `shares`.
    """
    places = found.places
    limit = min(int(limit), len(places))  # true is a number to Python, and none to NumPy
    fresh = now - like.created_at[places]
    np.maximum(fresh, 0.0, out=fresh)
    fresh /= DAY_S
    fresh *= _FADING[like.types[places]]
    best = np.empty(limit, np.int64)
    kernel = _kernels()
    terms = np.empty((limit, kernel.TERMS))
    holds = np.empty((limit, len(codes)), np.bool_)
    kernel.ranked(
        (places, found.relevance, found.shares, np.exp(fresh, out=fresh)),
        (like.created_at, like.importance, like.numbers),
        like.links.arrays,
        like.features,
        codes,
        BOOST,
        best,
        terms,
        holds,
    )
    told: list[Reasons] = []
    for score, relevance, recency, importance, association, embedding in terms.tolist():
        why = {
            "relevance": relevance,
            "recency": recency,
            "importance": importance,
            "association": association,
        }
        if len(found.shares):
            why["embedding"] = embedding
        told.append((score, why))
    return like.numbers[best].tolist(), told, holds.tolist()


def warm() -> Iterator[None]:
    """Load all that is compiled for a question, with one that finds nothing; a step each."""
    nobody, nothing = Likeness(""), np.empty(0, np.int64)
    nobody.relevant(np.empty(0, np.uint32), NONE, nothing, None, 1, 1)
    yield
    ranked(nobody, Found(nothing, NONE), np.empty(0, np.uint32), 0.0, 1)
    yield


@cache
def _kernels() -> Any:
    """The compiled ranking, loaded with numba when it is first needed."""
    from astraweave.memory.kernels import ranking  # noqa: PLC0415

    return ranking
