"""What a pattern of play is worth: how often it succeeds, how sure that is, what it changed.

Formulas as published (Wilson 1927; the effectiveness of memory-core's patterns, d-o-hub,
rust-self-learning-memory). Refuses counts that cannot be counts.
"""

import math

from astraweave.errors import InputError

Z_95 = 1.96
UNTRIED = 0.5
MOST_EXPERIENCE = 3.0
"""ln n counts up to here: twenty applications tell as much as two hundred."""


def wilson_lower_bound(successes: float, trials: float, z: float = Z_95) -> float:
    """Lower end of Wilson's score interval for a share; 0 without trials.

    Args:
        successes: in [0, trials].
        trials: ≥ 0.
        z: quantile of the normal distribution; 1.96 leaves 2.5 % below.

    Returns:
        In [0, 1].

    Raises:
        InputError: counts or z that are negative, not finite or out of order.
    """
    _check(successes, trials)
    if not (math.isfinite(z) and z >= 0.0):
        raise InputError(what="z must be finite and at least 0", got=z, where="wilson_lower_bound")
    if trials == 0:
        return 0.0
    share, square = successes / trials, z * z
    middle = share + square / (2.0 * trials)
    spread = z * math.sqrt(share * (1.0 - share) / trials + square / (4.0 * trials * trials))
    return max(0.0, (middle - spread) / (1.0 + square / trials))


def effectiveness(successes: float, applications: float, reward_delta: float) -> float:
    """Success rate (½ if untried) · (1 + clamp(ln n, 0, 3)/3) · max(0, 1 + reward change).

    Args:
        successes: in [0, applications].
        applications: n, ≥ 0.
        reward_delta: mean reward with the pattern minus without it.

    Returns:
        ≥ 0; 1 is a pattern that always succeeded, once, and changed nothing.

    Raises:
        InputError: counts out of order, or a change that is not finite.
    """
    _check(successes, applications)
    if not math.isfinite(reward_delta):
        what, got = "reward_delta must be finite", reward_delta
        raise InputError(what=what, got=got, where="effectiveness")
    rate = successes / applications if applications else UNTRIED
    known = min(MOST_EXPERIENCE, max(0.0, math.log(applications))) if applications else 0.0
    return rate * (1.0 + known / MOST_EXPERIENCE) * max(0.0, 1.0 + reward_delta)


def _check(successes: float, trials: float) -> None:
    if not (math.isfinite(trials) and 0.0 <= successes <= trials):
        raise InputError(
            what="counts must be finite, with 0 <= successes <= trials",
            got=f"{successes:g} of {trials:g}",
            where="patterns",
            fix="count both over the same trials",
        )
