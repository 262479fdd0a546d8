"""Slips between words as their definition reads, to compare with."""

from functools import cache


@cache
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


def naive_nearest(word: str, known: list[str]) -> list[str]:
    most = 2 if len(word) >= 8 else 1
    slips = {other: naive_slips(word, other) for other in known}
    fewest = min(slips.values(), default=most + 1)
    return sorted(other for other, n in slips.items() if n == fewest <= most)
