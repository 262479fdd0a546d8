"""How many episodes a bound on a rate needs, and the bound that was reached. Integers in."""

import math

_SUMMED = 10_000
"""More terms than that are taken as their integral."""


def spent_alpha(alpha: float, number: int) -> float:
    """Error rate left for the number-th proposal of a life: 6α/(π²k²), which sums to α.

    Without it a hundred harmless-looking proposals would each get a fresh chance to slip by.
    """
    return 6.0 * alpha / (math.pi**2 * number**2)


def spent_so_far(alpha: float, number: int) -> float:
    """What the first `number` proposals of a life have had of α together."""
    first = range(1, min(number, _SUMMED) + 1)
    left = 6.0 * alpha / math.pi**2 / (number + 0.5)
    return sum(spent_alpha(alpha, k) for k in first) if number <= _SUMMED else alpha - left


def episodes_needed(p0: float, alpha: float) -> int:
    """Episodes without a break that show a rate below p0 with confidence 1 − alpha."""
    return math.ceil(math.log(1.0 / alpha) / -math.log1p(-p0))


def rate_bound(breaks: int, episodes: int, alpha: float) -> float:
    """Clopper-Pearson upper bound: the rate at which so few breaks would have chance alpha."""
    if breaks >= episodes:
        return 1.0
    if breaks == 0:
        return 1.0 - math.exp(math.log(alpha) / episodes)
    low, high = breaks / episodes, 1.0
    for _ in range(50):
        middle = 0.5 * (low + high)
        if _at_most(breaks, episodes, middle) > alpha:
            low = middle
        else:
            high = middle
    return high


def _at_most(breaks: int, episodes: int, rate: float) -> float:
    """P(Binomial(episodes, rate) <= breaks)."""
    term = episodes * math.log1p(-rate) if rate < 1.0 else -math.inf
    odds = math.log(rate) - math.log1p(-rate) if rate < 1.0 else 0.0
    total = math.exp(term)
    for k in range(1, breaks + 1):
        term += math.log(episodes - k + 1) - math.log(k) + odds
        total += math.exp(term)
    return total
