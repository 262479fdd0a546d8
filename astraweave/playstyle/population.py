"""Archetypes learned from a population: a mixture of Dirichlet-multinomials, by EM.

The unit is a *spell*, some consecutive episodes of one person, so that somebody who changes is
not taken for one who does both. An episode's counts over the action kinds are DirMult(κπ_k), κ the
same for all; EM weighs spells (Minka 2000, "Estimating a Dirichlet distribution", for the inner
fixed point). How many archetypes there are is chosen by BIC. All sums run in the order given and
nothing is drawn but by counter, so that the same spells give the same bytes.

Refuses too few spells to tell anybody apart.
"""

import math
from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from astraweave.errors import InputError
from astraweave.model.actions import KINDS
from astraweave.model.rng import uniform
from astraweave.playstyle.archetypes import KAPPA, MOST, Archetype, Library, check_library

SPELL = 10
"""Episodes of a spell, at most."""
MOST_ACTIONS = 1000
"""Counts of an episode above this are scaled down: nobody has more evidence than that in one."""
MOST_KINDS = 12
RESTARTS, ROUNDS, INNER = 6, 200, 8
LEAST_SHARE = 1e-3
KAPPAS = (0.5, 1e4)
SETTLED = 1e-8
PATIENCE = 2
PLACES = 4
_SEED_STREAM = 61

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Spell = Ints
"""int64[episodes, kinds]: what one person did in each of a few episodes running."""


class Fitted(NamedTuple):
    """What was found.

    sizes: spells by archetype, expected. bic: by number of archetypes, less is better. spells,
    episodes: how many it was fitted to.
    """

    library: Library
    sizes: dict[str, float]
    bic: dict[int, float]
    spells: int
    episodes: int


class _Mixture(NamedTuple):
    shares: Floats
    kappa: float
    masses: Floats
    belongs: Floats
    score: float


class _Counted:
    """Spells as arrays. rows: int64[episodes, kinds]; unit: which spell each row is of."""

    def __init__(self, spells: Sequence[Spell]) -> None:
        rows = np.concatenate(spells).astype(np.int64)
        total = rows.sum(axis=1)
        scale = np.minimum(1.0, MOST_ACTIONS / np.maximum(1, total))
        self.rows = np.floor(rows * scale[:, None]).astype(np.int64)
        self.total = self.rows.sum(axis=1)
        self.unit = np.repeat(np.arange(len(spells)), [len(spell) for spell in spells])
        self.n = len(spells)
        self.longest = int(self.total.max(initial=1))
        sums = np.zeros((self.n, len(KINDS)))
        np.add.at(sums, self.unit, self.rows)
        # Roots of smoothed shares: their distance is Hellinger's.
        self.roots = np.sqrt((sums + 0.5) / (sums + 0.5).sum(axis=1, keepdims=True))


def spells_of(counts: Ints) -> list[Spell]:
    """A person's episodes, oldest first, cut into spells; episodes without an action tell nothing.

    Args:
        counts: int64[episodes, kinds].
    """
    told = counts[counts.sum(axis=1) > 0]
    return [told[first : first + SPELL] for first in range(0, len(told), SPELL)]


def fit(
    spells: Sequence[Spell],
    k: int | None = None,
    tell: Callable[[str, float], object] = lambda _stage, _done: None,
) -> Fitted:
    """Archetypes of these spells.

    Args:
        spells: see `spells_of`; their order does not matter.
        k: how many archetypes; None chooses by BIC, from 1 to 12.
        tell: called with a stage and its share that is done.

    Raises:
        InputError: k out of range, or fewer than two spells an archetype.
    """
    if k is not None and not 1 <= k <= MOST:
        raise InputError(what=f"k must be 1 to {MOST}", got=k, where="fit", fix="correct it")
    if len(spells) < 2 * (k or 1):
        what = f"{k or 1} archetypes need at least {2 * (k or 1)} spells of {SPELL} episodes"
        raise InputError(what=what, got=len(spells), where="fit", fix="give more saves, or less k")
    # In an order of their own: whose spells they are, and in which save, must not matter.
    seen = _Counted(sorted(spells, key=lambda spell: spell.tobytes()))
    tried = range(k, k + 1) if k is not None else range(1, min(MOST_KINDS, len(spells) // 2) + 1)
    found: dict[int, _Mixture] = {}
    bic: dict[int, float] = {}
    for each in tried:
        tell(f"{each} archetypes", (each - tried.start) / len(tried))
        found[each] = _fitted(seen, each)
        free = each * (len(KINDS) - 1) + each
        bic[each] = free * math.log(len(seen.rows)) - 2.0 * found[each].score
        best = min(bic, key=bic.__getitem__)
        if each - best >= PATIENCE:
            break
    return _told(found[best], seen, bic)


def _fitted(seen: _Counted, k: int) -> _Mixture:
    """The likeliest of a few starts."""
    starts = 1 if k == 1 else RESTARTS
    return max((_climbed(seen, k, start) for start in range(starts)), key=lambda m: m.score)


def _climbed(seen: _Counted, k: int, start: int) -> _Mixture:
    """EM from one start until it settles."""
    belongs = _started(seen, k, start)
    shares, kappa = np.full((k, len(KINDS)), 1.0 / len(KINDS)), KAPPA
    score = -math.inf
    for _ in range(ROUNDS):
        masses = (belongs.sum(axis=0) + 0.5) / (seen.n + 0.5 * k)
        shares, kappa = _sharpened(seen, belongs, shares, kappa)
        likely = _likely(seen, shares, kappa) + np.log(masses)
        top = likely.max(axis=1, keepdims=True)
        belongs = np.exp(likely - top)
        told = belongs.sum(axis=1, keepdims=True)
        belongs /= told
        before, score = score, float((top + np.log(told)).sum())
        if score - before <= SETTLED * abs(score):
            break
    return _Mixture(shares, kappa, masses, belongs, score)


def _started(seen: _Counted, k: int, start: int) -> Floats:
    """Each spell with the nearest of k spells drawn far from each other (k-means++)."""
    chosen = [int(uniform(start, 0, 0, _SEED_STREAM) * seen.n)]
    apart = ((seen.roots - seen.roots[chosen[0]]) ** 2).sum(axis=1)
    for i in range(1, k):
        steps = np.cumsum(apart)
        at = uniform(start, i, 0, _SEED_STREAM) * steps[-1]
        chosen.append(int(min(np.searchsorted(steps, at, side="right"), seen.n - 1)))
        apart = np.minimum(apart, ((seen.roots - seen.roots[chosen[-1]]) ** 2).sum(axis=1))
    far = ((seen.roots[:, None, :] - seen.roots[None, chosen, :]) ** 2).sum(axis=2)
    belongs = np.full((seen.n, k), 0.1 / k)
    belongs[np.arange(seen.n), far.argmin(axis=1)] += 0.9
    return belongs


def _sharpened(
    seen: _Counted, belongs: Floats, shares: Floats, kappa: float
) -> tuple[Floats, float]:
    """Shares and κ a few fixed-point steps on: ψ(x + a) − ψ(a) = Σ 1/(a + i), i < x."""
    k, kinds = shares.shape
    above = np.zeros((k, kinds, seen.longest))
    for a in range(k):
        weight = belongs[seen.unit, a]
        for c in range(kinds):
            counted = np.bincount(seen.rows[:, c], weights=weight, minlength=seen.longest + 1)
            above[a, c] = counted[::-1].cumsum()[::-1][1:]
    whole = np.bincount(seen.total, minlength=seen.longest + 1)[::-1].cumsum()[::-1][1:]
    i = np.arange(seen.longest)
    for _ in range(INNER):
        slopes = (above / (kappa * shares[:, :, None] + i)).sum(axis=2)
        grown = shares * slopes
        total = float(grown.sum())
        shares = np.maximum(grown / grown.sum(axis=1, keepdims=True).clip(1e-300), LEAST_SHARE)
        shares = shares / shares.sum(axis=1, keepdims=True)
        kappa *= total / float((whole / (kappa + i)).sum())
        kappa = min(KAPPAS[1], max(KAPPAS[0], kappa))
    return shares, kappa


def _likely(seen: _Counted, shares: Floats, kappa: float) -> Floats:
    """ln P of each spell under each archetype, float64[spells, k], up to the coefficients."""
    i = np.arange(seen.longest)
    whole = np.concatenate([[0.0], np.cumsum(np.log(kappa + i))])[seen.total]
    found = np.zeros((seen.n, len(shares)))
    for a, share in enumerate(shares):
        rows = -whole
        for c, p in enumerate(share):
            rows = rows + np.concatenate([[0.0], np.cumsum(np.log(kappa * p + i))])[seen.rows[:, c]]
        found[:, a] = np.bincount(seen.unit, weights=rows, minlength=seen.n)
    return found


def _told(found: _Mixture, seen: _Counted, bic: dict[int, float]) -> Fitted:
    """As a library, the most common first, named by what they mostly do."""
    order = np.argsort(-found.masses, kind="stable")
    sizes: dict[str, float] = {}
    kinds: dict[str, Archetype] = {}
    for a in order.tolist():
        shares = {
            kind.value: round(float(p), PLACES)
            for kind, p in zip(KINDS, found.shares[a], strict=True)
        }
        name = _named(shares, kinds)
        size = float(found.belongs[:, a].sum())
        sizes[name] = round(size, 2)
        mostly = ", ".join(f"{p:.0%} {kind}" for kind, p in _leading(shares)[:3])
        about = f"{mostly}; {size:.0f} of {seen.n} spells."
        kinds[name] = Archetype(kinds=shares, description=about)
    library = Library(archetypes=kinds, kappa=round(found.kappa, PLACES))
    check_library(library, "fit")
    bic = {k: round(value, 2) for k, value in bic.items()}
    return Fitted(library, sizes, bic, seen.n, len(seen.rows))


def _leading(shares: dict[str, float]) -> list[tuple[str, float]]:
    return sorted(shares.items(), key=lambda pair: (-pair[1], pair[0]))


def _named(shares: dict[str, float], taken: Collection[str]) -> str:
    """By the kind that is more than half, else the first two; by more where that is taken."""
    leading = [kind for kind, _ in _leading(shares)]
    least = 1 if shares[leading[0]] > 0.5 else 2
    for count in range(least, len(leading) + 1):
        name = "-".join(leading[:count])
        if name not in taken:
            return name
    return f"{name}-{len(taken) + 1}"
