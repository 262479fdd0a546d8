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


def ranked(
    like: Likeness, found: Found, codes: npt.NDArray[np.uint32], now: float, limit: int
) -> tuple[list[int], list[float], list[dict[str, float]], list[bytes]]:
    """The best `limit`, best first: numbers of rows, scores, reasons, and which `codes` each has.

    Of these a byte each, 0 or 1. The reasons of a score are what it is the sum of. Equal scores:
    the newer memory first. "embedding" is a reason where there are `shares`.
    """
    places = found.places
    limit = min(int(limit), len(places))  # true is a number to Python, and none to NumPy
    kernel = _kernels()
    best = np.empty(limit, np.int64)
    terms = np.empty((limit, kernel.TERMS))
    holds = np.empty((limit, len(codes)), np.bool_)
    kernel.ranked(
        (places, found.relevance, found.shares),
        (like.types, _FADING, float(now)),
        (like.created_at, like.importance, like.numbers),
        like.links.arrays,
        like.features,
        codes,
        BOOST,
        best,
        terms,
        holds,
    )
    rows = terms.tolist()
    reasons = [
        {
            "relevance": relevance,
            "recency": recency,
            "importance": importance,
            "association": association,
        }
        for _, relevance, recency, importance, association, _ in rows
    ]
    if len(found.shares):
        for why, row in zip(reasons, rows, strict=True):
            why["embedding"] = row[kernel.EMBEDDING]
    scores = [row[kernel.SCORE] for row in rows]
    flags, wide = holds.tobytes(), len(codes)
    has = [flags[i * wide : (i + 1) * wide] for i in range(limit)]
    return best.tolist(), scores, reasons, has


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
