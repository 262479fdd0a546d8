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
def log_masses(counts: Floats, bases: Floats, own: Floats, kappas: Floats, out: Floats) -> None:
    """How likely one episode's counts are for people of whom a guess and earlier play are known.

    A person's shares were Dirichlet(base) before any play, so with c = Σ(base + own) they are
    expected to be (base + own)/c, and an episode scatters around that both as they are uncertain
    and as it keeps to them: 1/(κ' + 1) = 1/(c + 1) + c/((c + 1)(κ + 1)).

    Args:
        counts: float64[a], player actions of each kind.
        bases: float64[h, a], > 0: what is guessed, and by its sum how surely.
        own: float64[h, a], ≥ 0: earlier actions of each kind, in independent ones.
        kappas: float64[c]: how closely an episode keeps to its shares; the Dirichlet's sum.
        out: float64[h, c]; filled.
    """
    kinds = bases.shape[1]
    alpha = np.empty(kinds)
    for i in range(bases.shape[0]):
        total = 0.0
        for a in range(kinds):
            total += bases[i, a] + own[i, a]
        for j in range(kappas.shape[0]):
            spread = 1.0 / (total + 1.0) + total / ((total + 1.0) * (kappas[j] + 1.0))
            scale = (1.0 / spread - 1.0) / total
            for a in range(kinds):
                # Never 0: a kind that an archetype lacks is unlikely, not impossible.
                alpha[a] = scale * (bases[i, a] + own[i, a]) + 1e-3
            out[i, j] = log_mass(counts, alpha)
