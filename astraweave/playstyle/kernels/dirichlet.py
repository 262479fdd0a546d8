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
def expected_of(own: Floats, kappa: float, out: Floats) -> None:
    """The Dirichlet that the next episode's shares come from, where only earlier play is known.

    With c = Σ(own + 1) the expected shares are (own + 1)/c, and an episode scatters around them
    both as they are uncertain and as it keeps to them: 1/(κ' + 1) = 1/(c + 1) + c/((c + 1)(κ + 1)).
    Without earlier play it is Dirichlet(1, …, 1).

    Args:
        own: float64[a], ≥ 0: earlier actions of each kind, in independent ones.
        kappa: how closely an episode keeps to its shares.
        out: float64[a]; filled.
    """
    total = own.sum() + own.shape[0]
    spread = 1.0 / (total + 1.0) + total / ((total + 1.0) * (kappa + 1.0))
    scale = 1.0 / spread - 1.0 if total > own.shape[0] else total
    for c in range(own.shape[0]):
        out[c] = scale * (own[c] + 1.0) / total


@njit()
def log_odds(counts: Floats, own: Floats, odd: Floats, kappa: float) -> float:
    """How much likelier one episode's counts are after `odd` than after `own`, in nats.

    Args:
        counts: float64[a], player actions of each kind.
        own, odd: float64[a], ≥ 0: earlier actions of each kind; without any, all shares are alike.
        kappa: how closely an episode keeps to its shares.
    """
    alpha = np.empty(own.shape[0])
    expected_of(odd, kappa, alpha)
    new = log_mass(counts, alpha)
    expected_of(own, kappa, alpha)
    return new - log_mass(counts, alpha)


@njit()
def log_masses(
    counts: Floats,
    shares: Floats,
    lapses: Floats,
    kappas: Floats,
    own: Floats,
    odd: Floats,
    changed: float,
    out: Floats,
) -> None:
    """How likely one episode's counts are under each archetype at each lapse, and under none.

    The last row is the unknown: someone with shares of their own, of which nothing is known but
    their earlier play `own`, or `odd` where they have changed.

    Args:
        counts: float64[a], player actions of each kind.
        shares: float64[k, a], each row sums to 1.
        lapses: float64[l], in [0, 1]: the part of play that is uniform over the kinds.
        kappas: float64[c]: how closely an episode keeps to its shares; the Dirichlet's sum.
        own, odd: float64[a], ≥ 0: earlier actions of each kind, in independent ones; without any,
            all shares are alike.
        changed: how likely an unknown has changed, in [0, 1).
        out: float64[k + 1, l·c], lapse by lapse; filled.
    """
    k, a = shares.shape
    width = kappas.shape[0]
    alpha = np.ones(a)
    for m in range(width):
        expected_of(own, kappas[m], alpha)
        unknown = log_mass(counts, alpha)
        odds = (
            changed / (1.0 - changed) * math.exp(min(500.0, log_odds(counts, own, odd, kappas[m])))
        )
        unknown += math.log((1.0 - changed) * (1.0 + odds))
        for j in range(lapses.shape[0]):
            out[k, j * width + m] = unknown
            for i in range(k):
                for c in range(a):
                    # Never 0: a kind that an archetype lacks is unlikely, not impossible.
                    mixed = (1.0 - lapses[j]) * shares[i, c] + lapses[j] / a
                    alpha[c] = kappas[m] * mixed + 1e-3
                out[i, j * width + m] = log_mass(counts, alpha)
