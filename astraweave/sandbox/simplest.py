"""Numbers a person would call simple, out of a range: whole before broken, small before large.

Refuses nothing: the range was checked by `check_scenario`.
"""

import math
from collections.abc import Iterator

FINEST = 6
"""Decimals after which a number is no simpler than another."""


def simplest(low: float, high: float, most: int = 6) -> tuple[float, ...]:
    """Values of [low, high], the simplest first; the ends are among what is tried last.

    Fewest decimals first; of these the one nearest 0, the one farthest from it, the middle one.

    >>> simplest(1.0, 4.0)
    (1.0, 4.0, 2.0, 2.5)
    >>> simplest(0.25, 0.45)
    (0.3, 0.4, 0.25, 0.45, 0.35)
    """
    found: dict[float, None] = {}
    for value in _tried(low, high):
        found.setdefault(value)
        if len(found) >= most:
            break
    return tuple(found)


def _tried(low: float, high: float) -> Iterator[float]:
    for decimals in range(FINEST + 1):
        scale = 10.0**decimals
        if not math.isfinite(max(-low, high) * scale):
            break
        # A hair of slack: .3 × 10 is 3.0000000000000004 for some neighbours of .3.
        first, last = math.ceil(low * scale - 1e-9), math.floor(high * scale + 1e-9)
        if first > last:
            continue
        near, far = sorted((first, last), key=abs)
        near = 0 if first <= 0 <= last else near
        for count in (near, far, (first + last) // 2):
            yield min(high, max(low, count / scale))
    yield from (low, high)
