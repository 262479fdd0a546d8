"""Play drawn from stated distributions, so that the truth about each person is known.

An episode's shares are drawn around its person's (a Dirichlet with sum κ), and its actions by them.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from astraweave.model.actions import KINDS
from astraweave.playstyle.archetypes import Archetype, Library
from astraweave.playstyle.kernels.dirichlet import log_mass

Floats = npt.NDArray[np.float64]
LAPSES = np.linspace(0.0, 0.45, 10)
OUTSIDE = 0.15
"""Σ|difference of shares| from which on a style is outside: the shipped bots with 30 % lapse are
.10 to .13 from their own archetype at its best lapse."""
KAPPAS, ACTIONS, MOST_LAPSE = (30.0, 600.0), (20.0, 150.0), 0.45
SMALLEST, LARGEST, APART = 3, 10, 0.4


@dataclass(frozen=True, slots=True)
class Persons:
    """n people. shares: float64[n, kinds]. kappa, lapse, actions (an episode): float64[n]."""

    shares: Floats
    kappa: Floats
    lapse: Floats
    actions: Floats

    @property
    def alphas(self) -> Floats:
        """float64[n, kinds], of the Dirichlet that each episode's shares are drawn from."""
        mixed = (1.0 - self.lapse)[:, None] * self.shares + self.lapse[:, None] / len(KINDS)
        return np.asarray(self.kappa[:, None] * mixed + 1e-3)

    def play(self, episodes: int, rng: np.random.Generator) -> Floats:
        """Counts of kinds, float64[n, episodes, kinds]."""
        found = np.empty((len(self.shares), episodes, len(KINDS)))
        for row, alpha, n in zip(found, self.alphas, self.actions, strict=True):
            shares = rng.dirichlet(alpha, episodes)
            row[:] = rng.multinomial(int(n), shares / shares.sum(axis=1, keepdims=True))
        return found


def persons(shares: Floats, rng: np.random.Generator, *, lapses: bool) -> Persons:
    """People with these shares; κ and actions log-uniform, the lapse uniform or none."""
    n = len(shares)
    lapse = rng.uniform(0.0, MOST_LAPSE, n) if lapses else np.zeros(n)
    return Persons(shares, log_uniform(rng, KAPPAS, n), lapse, log_uniform(rng, ACTIONS, n))


def log_uniform(rng: np.random.Generator, ends: tuple[float, float], n: int) -> Floats:
    """float64[n] between two positive ends."""
    return np.exp(rng.uniform(np.log(ends[0]), np.log(ends[1]), n))


def library_of(shares: Floats) -> Library:
    """A library with these shares and the usual kappa; names a0, a1, …."""
    kinds = [dict(zip((k.value for k in KINDS), row.tolist(), strict=True)) for row in shares]
    return Library(archetypes={f"a{i}": Archetype(kinds=each) for i, each in enumerate(kinds)})


def drawn_library(rng: np.random.Generator) -> Library:
    """3 to 10 archetypes, each drawn uniformly, any two at least .4 apart."""
    rows: list[Floats] = []
    wanted = int(rng.integers(SMALLEST, LARGEST + 1))
    while len(rows) < wanted:
        one = rng.dirichlet(np.ones(len(KINDS)))
        if all(np.abs(one - other).sum() >= APART for other in rows):
            rows.append(one)
    return library_of(np.array(rows))


def strangers(library: Library, how: str, n: int, rng: np.random.Generator) -> Floats:
    """n styles outside a library, float64[n, kinds].

    how: "uniform" (Dirichlet(1)), "corner" (Dirichlet(.3): a kind or two make up nearly all), or
    "mixture" (30 to 70 % of one archetype, the rest of another).
    """
    shares = library.shares()
    found: list[Floats] = []
    while len(found) < n:
        if how == "mixture":
            i, j = rng.choice(len(shares), 2, replace=False)
            part = rng.uniform(0.3, 0.7)
            one = part * shares[i] + (1.0 - part) * shares[j]
        else:
            one = rng.dirichlet(np.full(len(KINDS), 1.0 if how == "uniform" else 0.3))
        if distance(one, library) >= OUTSIDE:
            found.append(one)
    return np.array(found)


def distance(style: Floats, library: Library) -> float:
    """Σ|difference| to the nearest archetype at its best lapse up to .45."""
    lines = library.shares()[:, None] * (1.0 - LAPSES)[:, None]
    lines = lines + LAPSES[:, None] * library.anything()
    return float(np.abs(lines - style).sum(axis=2).min())


def likeliest(plays: Floats, alphas: Floats) -> npt.NDArray[np.int64]:
    """Whose Dirichlet fits best: the exact posterior's top with the true parameters, equal priors.

    Args:
        plays: float64[n, episodes, kinds].
        alphas: float64[n, k, kinds]: of person i, what each archetype would be drawn from.

    Returns:
        int64[n].
    """
    found = np.empty(len(plays), np.int64)
    for i, (episodes, each) in enumerate(zip(plays, alphas, strict=True)):
        found[i] = np.argmax([sum(log_mass(x, alpha) for x in episodes) for alpha in each])
    return found
