"""Who is hard to tell: near an archetype, between two of them, like one and then like another."""

import itertools
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from astraweave.playstyle.archetypes import UNKNOWN, Library
from bench.learning.drawn import (
    OUTSIDE,
    distance,
    drawn_library,
    persons,
    strangers,
)
from bench.learning.figures import Figure, judged, proportion
from bench.learning.pools import Pool
from bench.learning.styles import CENSORED, CHANGES, EPISODES, LIBRARIES, run, wait, waited

Floats = npt.NDArray[np.float64]
NEAR = 400.0
"""Sum of the Dirichlet that a person's own shares are drawn from around an archetype's: .1 off."""


def between_figures(pool: Pool, seeds: int) -> list[Figure]:
    """Figures about people at the edge of a library.

    Args:
        pool: fights of the people given.
        seeds: about as many runs a person.
    """
    rng = np.random.default_rng(7)
    return _in_fights(pool, seeds, rng) + _drawn(max(1, 7 * seeds // LIBRARIES), rng)


def _in_fights(pool: Pool, seeds: int, rng: np.random.Generator) -> list[Figure]:
    own, called = pool.library, []
    pairs = list(itertools.combinations(range(len(pool.kinds)), 2))
    for i, j in pairs:
        if distance(0.5 * (pool.shares[i] + pool.shares[j]), own) < OUTSIDE:
            continue
        for _ in range(max(1, 7 * seeds // len(pairs))):
            both = pool.draw(i, EPISODES, rng) + pool.draw(j, EPISODES, rng)
            called.append(run(own, np.floor(0.5 * both)).top == UNKNOWN)
    if not called:
        return []
    name = "fights: who plays halfway between two people is called unknown"
    return [judged(name, proportion(np.array(called, float)), 0.90)]


def _drawn(each: int, rng: np.random.Generator) -> list[Figure]:
    near: list[bool] = []
    few: list[bool] = []
    turns: list[bool] = []
    chance: list[bool] = []
    left: list[float] = []
    for _ in range(LIBRARIES):
        library = drawn_library(rng)
        shares = library.shares()
        who = rng.integers(0, len(shares), each)
        then = (who + rng.integers(1, len(shares), each)) % len(shares)
        own = np.array([rng.dirichlet(NEAR * row + 1e-3) for row in shares[who]])
        near += _unknown(library, persons(own, rng, lapses=False).play(EPISODES, rng))
        short = replace(persons(shares[who], rng, lapses=True), actions=np.full(each, 3.0))
        few += _unknown(library, short.play(EPISODES, rng))
        one = persons(shares[who], rng, lapses=False)
        plays = one.play(EPISODES, rng), replace(one, shares=shares[then]).play(EPISODES, rng)
        turns += _unknown(library, _picked(*plays, np.arange(EPISODES) % 2 == 0))
        chance += _unknown(library, _picked(*plays, rng.random((each, EPISODES)) < 0.5))
        change = int(rng.integers(*CHANGES))
        other = replace(one, shares=strangers(library, "uniform", each, rng))
        both = np.concatenate([one.play(change, rng), other.play(CENSORED, rng)], axis=1)
        left += [wait(run(library, x), change, UNKNOWN) for x in both]
    rates = (
        ("drawn: .1 off an archetype, called unknown", near, -0.05),
        ("drawn: three actions an episode, in the library, called unknown", few, -0.05),
        ("drawn: like two archetypes by turns is called unknown", turns, 0.90),
    )
    found = [judged(name, proportion(np.array(rows, float)), goal) for name, rows, goal in rates]
    name = "drawn: each evening like one of two archetypes by chance is called unknown"
    value, low, high = proportion(np.array(chance, float))
    found.append(Figure(name=name, value=value, low=low, high=high))
    return found + waited("drawn, from an archetype to a stranger", left, True, rng)


def _unknown(library: Library, plays: Floats) -> Sequence[bool]:
    return [run(library, one).top == UNKNOWN for one in plays]


def _picked(one: Floats, other: Floats, which: npt.NDArray[np.bool_]) -> Floats:
    return np.where(np.broadcast_to(which, one.shape[:2])[:, :, None], one, other)
