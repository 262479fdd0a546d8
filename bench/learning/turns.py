"""How soon a turning point is seen in paired differences of real play, and how often where none is.

A change by half a standard deviation of an episode's reward, in differences that vary as much as
one episode does (pairs that share half of what an episode brings), and in differences of episodes
that share nothing, which vary √2 as much. The noise is drawn three ways and taken from fights.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from astraweave.sandbox.turning import ALPHA, log_wealth
from bench.learning.figures import Figure, interval, judged, proportion
from bench.learning.pools import Pool

Floats = npt.NDArray[np.float64]
EFFECT, LONGEST, RUNS_A_SEED = 0.5, 200, 10
Noise = Callable[[np.random.Generator, tuple[int, int]], Floats]


def turning_figures(pool: Pool, seeds: int) -> list[Figure]:
    """All figures about turning points; pool: fights whose rewards are the noise of a real game."""
    rng = np.random.default_rng(3)
    shape = (RUNS_A_SEED * seeds, LONGEST)
    found = []
    for name, noise in _noises(pool).items():
        first = firsts(noise(rng, shape) + EFFECT)
        found += _waits(f"turning point, {name}", first, rng, targets=True)
        found.append(_alarms(f"A/A alarms in {LONGEST}, {name}", firsts(noise(rng, shape))))
    apart = firsts(_noises(pool)["fights"](rng, shape) + EFFECT / 2**0.5)
    return found + _waits("turning point, fights that share nothing", apart, rng, targets=False)


def firsts(differences: Floats) -> Floats:
    """First n with E_n ≥ 20 of each history, one beyond its length where never; float64[runs]."""
    hit = log_wealth(differences) >= -np.log(ALPHA)
    never = differences.shape[1] + 1
    return np.asarray(np.where(hit.any(axis=1), hit.argmax(axis=1) + 1.0, never))


def _noises(pool: Pool) -> dict[str, Noise]:
    """Differences with mean 0 and standard deviation 1."""
    rewards = pool.rewards - pool.rewards.mean(axis=1, keepdims=True)
    # An episode as anyone's; a person whose fights all end alike has no noise to speak of.
    varied = rewards.std(axis=1) > 0.0
    units = rewards[varied] / rewards[varied].std(axis=1, keepdims=True)

    def fights(rng: np.random.Generator, shape: tuple[int, int]) -> Floats:
        if not len(units):
            return np.zeros(shape)
        who = rng.integers(0, len(units), shape[0])[:, None]
        a, b = (units[who, rng.integers(0, units.shape[1], shape)] for _ in range(2))
        return np.asarray((a - b) / 2**0.5)

    return {
        "fights": fights,
        "normal": lambda rng, shape: rng.standard_normal(shape),
        "heavy tails": lambda rng, shape: rng.standard_t(3, shape) / 3**0.5,
        "won or lost": lambda rng, shape: (
            (rng.integers(0, 2, shape) - rng.integers(0, 2, shape)) * 2**0.5
        ),
    }


def _waits(name: str, first: Floats, rng: np.random.Generator, *, targets: bool) -> list[Figure]:
    rows = first[None]
    middle = interval(rows, lambda one: float(np.median(one)), rng)
    most = interval(rows, lambda one: float(np.quantile(one, 0.9)), rng)
    return [
        judged(f"{name}: median pairs", middle, -35.0 if targets else None),
        judged(f"{name}: p90 pairs", most, -75.0 if targets else None),
    ]


def _alarms(name: str, first: Floats) -> Figure:
    return judged(name, proportion((first <= LONGEST).astype(float)), -0.05)
