"""Who fits no archetype: someone with a style of their own, or with no style that lasts.

A style of one's own is a *run*: shares that nothing is known of but a few guesses (`guesses`), and
what was played since the run began. Any episode may begin another run, so the belief is over when
the present one did (Adams & MacKay 2007, Bayesian online changepoint detection), which is how a
stranger is seen to become another stranger. *Varied* is who plays like another archetype each
evening: as each archetype of the last few evenings would, mixed by how often it was met.
Refuses to weigh archetypes: `switching` does.
"""

import itertools
import math
from functools import cache
from typing import Annotated

import msgspec
import numpy as np
import numpy.typing as npt
from msgspec import Meta

from astraweave.model.actions import KINDS
from astraweave.model.episode import Count, NonNegative, Unit

RUNS = 4
"""Runs that are followed; of more, the unlikeliest is let go."""
LEAST = 1e-4
"""A guess with less than this share of its run's mass is let go: play has spoken by then."""
VARIED = 0.15
"""How likely someone who fits no archetype has no style that lasts."""
MET_DECAY, MET_PRIOR = 0.8, 3.0
"""What varied remembers of an evening after the next, and how many evenings even shares count."""
ANY, EVEN, NEAR, BETWEEN = 0.4, 0.05, 0.15, 0.4
"""Of a style of one's own: any at all, everything alike, near an archetype, between two of them."""
NEAR_SURE, BETWEEN_SURE = 40.0, 200.0
"""Sums of the Dirichlets of these guesses: a style is some .3, some .14 off (Σ|difference|)."""
NEAR_LAPSE, PARTS = 0.1, (0.4, 0.6)
MOST_BETWEEN = 12
"""Of more archetypes no pairs are guessed at: little room is left between them."""

Floats = npt.NDArray[np.float64]
Row = tuple[NonNegative, ...]
TINY = 1e-300
FLOOR = 1e-3
"""Of each kind in each guess: one that an archetype lacks is unlikely, not impossible."""


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One style of one's own.

    since: how many episodes had been played when it began. own: what was played since, of each
    kind, in independent actions. masses: by guess; those of all runs and `varied` sum to 1.
    """

    since: Count
    own: Annotated[Row, Meta(min_length=len(KINDS), max_length=len(KINDS))]
    masses: tuple[Unit, ...]

    def scaled(self, scale: float) -> "Run":
        """With this much of the mass, without the guesses that play has ruled out."""
        masses = np.array(self.masses)
        kept = np.where(masses < LEAST * masses.sum(), 0.0, masses)
        kept *= scale * masses.sum() / max(TINY, kept.sum())
        return msgspec.structs.replace(self, masses=_row(kept))

    @property
    def mass(self) -> float:
        """Over all guesses."""
        return math.fsum(self.masses)


class Unknown(msgspec.Struct, frozen=True, kw_only=True):
    """What is believed of someone, if they fit no archetype.

    met: how often each archetype was met by who is varied, the last evenings counting most.
    """

    runs: Annotated[tuple[Run, ...], Meta(max_length=RUNS)] = ()
    varied: Unit = VARIED
    met: Row = ()

    def is_whole(self, archetypes: int) -> bool:
        """Whether this can have come from here, with a library of so many archetypes."""
        numbers = [self.varied, *self.met, *itertools.chain(*(run.own for run in self.runs))]
        even = {len(run.masses) for run in self.runs} == {len(guess_masses(archetypes))}
        total = self.varied + math.fsum(run.mass for run in self.runs)
        whole = even and len(self.met) == archetypes and abs(total - 1.0) < 1e-6
        return whole and all(map(math.isfinite, numbers))

    def newer(self, since: int, until: int) -> float:
        """Mass of the runs that began after `since` episodes, two or more before `until`."""
        return math.fsum(r.mass for r in self.runs if since <= r.since <= until - 2)

    @property
    def likeliest(self) -> Row:
        """What was played in the likeliest run."""
        return max(self.runs, key=lambda run: run.mass).own

    def renewed(self, share: float, played: int) -> "Unknown":
        """Before an episode: with a share of the mass on a style that begins with it."""
        kept = sorted(self.runs, key=lambda run: (-run.mass, run.since))[: RUNS - 1]
        scale = (1.0 - share) / (self.varied + math.fsum(run.mass for run in kept))
        fresh = begun(len(self.met), played)
        runs = [*(run.scaled(scale) for run in kept), *(run.scaled(share) for run in fresh.runs)]
        varied = scale * self.varied + share * fresh.varied
        return Unknown(runs=tuple(runs), varied=min(1.0, varied), met=self.met)

    def weighed(self, likely: Floats, met: Floats, close: Floats) -> tuple["Unknown", Floats]:
        """After an episode: the belief, and how likely the episode was at each closeness, in logs.

        Args:
            likely: float64[runs, guesses, c]: how likely it was in each run, in logs; what has no
                mass need not be known.
            met: float64[archetypes, c]: and as each archetype plays.
            close: float64[c], > 0: belief in how closely episodes keep to their shares.
        """
        seen = np.array(self.met)
        lasting = self.varied * (seen + MET_PRIOR / len(seen)) / (seen.sum() + MET_PRIOR)
        masses = np.array([run.masses for run in self.runs])
        terms = np.concatenate([met, likely.reshape(-1, len(close))])
        terms += np.log(np.maximum(np.concatenate([lasting, masses.ravel()]), TINY))[:, None]
        most = terms.max()
        parts = np.exp(terms - most)
        after = parts @ close / (parts @ close).sum()
        varied, own = after[: len(seen)], after[len(seen) :].reshape(masses.shape)
        now = MET_DECAY * seen + varied / max(TINY, varied.sum())
        runs = (
            msgspec.structs.replace(run, masses=_row(row))
            for run, row in zip(self.runs, own, strict=True)
        )
        share = min(1.0, float(varied.sum()))
        found = Unknown(runs=tuple(runs), varied=share, met=tuple(now.tolist()))
        return found, most + np.log(np.maximum(parts.sum(axis=0), TINY))

    def played(self, play: Floats) -> "Unknown":
        """With what was played, float64[kinds] in independent actions, told to each run."""
        runs = (
            msgspec.structs.replace(run, own=tuple((np.array(run.own) + play).tolist()))
            for run in self.runs
        )
        return msgspec.structs.replace(self, runs=tuple(runs))


def begun(archetypes: int, played: int) -> Unknown:
    """Nothing known yet; one run, that begins now."""
    # With one archetype alone, varied would be that one.
    varied = VARIED if archetypes > 1 else 0.0
    masses = _row((1.0 - varied) * guess_masses(archetypes))
    run = Run(since=played, own=(0.0,) * len(KINDS), masses=masses)
    return Unknown(runs=(run,), varied=varied, met=(0.0,) * archetypes)


def guess_masses(archetypes: int) -> Floats:
    """float64[guesses], sum 1: how likely each of `guesses` is before any play."""
    pairs = len(_pairs(archetypes)) * len(PARTS)
    near = [NEAR / archetypes] * archetypes
    masses = [ANY, EVEN, *near, *[BETWEEN / max(1, pairs)] * pairs]
    return np.array(masses) / sum(masses)


def guesses(shares: Floats, anything: Floats) -> Floats:
    """float64[guesses, kinds], Dirichlets: what shares someone may have who fits no archetype.

    Any at all; all alike; near an archetype; between two. With any alone a style between archetypes
    is so unlikely beforehand that it is taken for one of them.

    Args:
        shares: float64[archetypes, kinds].
        anything: float64[kinds], summing to 1: how a lapse divides.
    """
    many, kinds = shares.shape
    near = NEAR_SURE * ((1.0 - NEAR_LAPSE) * shares + NEAR_LAPSE * anything)
    one, other = shares[_pairs(many).T]
    part = np.array(PARTS)[:, None, None]
    between = BETWEEN_SURE * (part * one + (1.0 - part) * other)
    even = np.array([np.ones(kinds), BETWEEN_SURE * anything])
    return np.concatenate([even, near, between.reshape(-1, kinds)]) + FLOOR


@cache
def _pairs(archetypes: int) -> npt.NDArray[np.int64]:
    """int64[pairs, 2]: the archetypes between which somebody may be."""
    some = archetypes if archetypes <= MOST_BETWEEN else 0
    return np.array(list(itertools.combinations(range(some), 2)), dtype=np.int64).reshape(-1, 2)


def _row(masses: Floats) -> tuple[float, ...]:
    return tuple(np.minimum(1.0, masses).tolist())
