"""The Dirichlet-multinomial distribution: how likely counts are when shares themselves vary."""

import math

import numpy as np
import numpy.typing as npt

from astraweave.model.kernels.jit import njit

Floats = npt.NDArray[np.float64]


@njit()
def log_mass(counts: Floats, alpha: Floats) -> float:
    """ln P(counts | alpha), without the multinomial coefficient, which no comparison needs.

    Args:
        counts: float64[a], ≥ 0; whole numbers, or decayed ones.
        alpha: float64[a], > 0.
    """
    n, total, found = 0.0, 0.0, 0.0
    for i in range(counts.shape[0]):
        n += counts[i]
        total += alpha[i]
        if counts[i] > 0.0:
            found += math.lgamma(alpha[i] + counts[i]) - math.lgamma(alpha[i])
    return found + math.lgamma(total) - math.lgamma(total + n)


@njit()
def log_masses(counts: Floats, shares: Floats, lapses: Floats, kappa: float, out: Floats) -> None:
    """How likely one episode's counts are under each archetype at each lapse, and under none.

    Args:
        counts: float64[a], player actions of each kind.
        shares: float64[k, a], each row sums to 1.
        lapses: float64[l], in [0, 1]: the part of play that is uniform over the kinds.
        kappa: how closely an episode keeps to its shares; the Dirichlet's sum.
        out: float64[k + 1, l]; filled. The last row is the unknown: Dirichlet(1, …, 1).
    """
    k, a = shares.shape
    alpha = np.ones(a)
    unknown = log_mass(counts, alpha)
    for j in range(lapses.shape[0]):
        for i in range(k):
            for c in range(a):
                # Never 0: a kind that an archetype lacks is unlikely, not impossible.
                alpha[c] = kappa * ((1.0 - lapses[j]) * shares[i, c] + lapses[j] / a) + 1e-3
            out[i, j] = log_mass(counts, alpha)
        out[k, j] = unknown
