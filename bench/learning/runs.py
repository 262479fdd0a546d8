"""Careers: person after person, episode after episode, and what the weights were worth in each."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from astraweave.behavior import Tree
from astraweave.model.rng import uniform
from bench.learning.field import Field
from bench.learning.learners import Learner, stacked
from bench.learning.people import Person

Floats = npt.NDArray[np.float64]
JUDGING_SEEDS, OTHER_SEEDS, COMMON = 1 << 41, 1 << 43, 2_000
"""The fights by which J is measured, the same for everybody; and as many that nobody else plays."""
_PLAY = 40
Tell = Callable[[float], None]


@dataclass(frozen=True, slots=True, eq=False)
class Careers:
    """What one kind of learner was worth.

    people: names. worth: float64[people, seeds, episodes + 1]; J of what plays episode e + 1, so
    the first is J of the beginning; NaN where it was not measured. learners: as they ended,
    people × seeds.
    """

    people: tuple[str, ...]
    worth: Floats
    learners: tuple[Learner, ...]


def blocks(fights: int, first: int = JUDGING_SEEDS) -> npt.NDArray[np.int64]:
    """int64[blocks, fights]: the common seeds, cut.

    Run s is judged after episode e by block (s + e) mod blocks: what is averaged over runs or over
    a stretch of episodes is measured by all of them.
    """
    fights = min(fights, COMMON)
    return first + np.arange(COMMON // fights * fights).reshape(-1, fights)


def block_of(n: int, seeds: int, episodes: int) -> npt.NDArray[np.int64]:
    """int64[seeds, episodes]: which of n blocks judges which run when."""
    return (np.arange(seeds)[:, None] + np.arange(episodes)) % n


def careers(
    field: Field,
    people: Sequence[Person],
    make: Callable[[Tree], Learner],
    *,
    episodes: int,
    seeds: int,
    fights: int,
    judged: Sequence[int] | None = None,
    first_seed: int = JUDGING_SEEDS,
    tell: Tell = lambda _share: None,
) -> Careers:
    """Let `seeds` companions learn beside each person, all at once.

    Args:
        field: what is played.
        people: who plays.
        make: a new learner.
        episodes, seeds: how long, how many for each person.
        fights: by how many J is measured, each time.
        judged: after which of episodes 0 … `episodes` to measure; all when absent.
        first_seed: of the fights that measure J.
        tell: called with the share that is done.
    """
    n = len(people) * seeds
    learners = [make(field.tree) for _ in range(n)]
    asked = set(range(episodes + 1) if judged is None else judged)
    found = np.full((len(people), seeds, episodes + 1), np.nan)
    judges = blocks(fights, first_seed)
    which = block_of(len(judges), seeds, episodes + 1)
    versions = [0] * n
    for e in range(episodes + 1):
        factors = stacked(learners)
        players = np.repeat(np.stack([person.row(e) for person in people]), seeds, axis=0)
        if e in asked:
            by = np.tile(judges[which[:, e]], (len(people), 1))
            found[:, :, e] = field.worth(factors, players, by).reshape(len(people), seeds)
        if e < episodes:
            rows = field.fights(factors, players, _fight_seeds(e, len(people), seeds), versions)
            for learner, row in zip(learners, rows, strict=True):
                learner.learn(row)
        tell((e + 1) / (episodes + 1))
    return Careers(tuple(person.name for person in people), found, tuple(learners))


def fixed(field: Field, factors: Floats, players: Floats, fights: int) -> Floats:
    """J of one weight set a person by each block of the common seeds: float64[people, blocks].

    Args:
        field: what is played.
        factors: float64[people, tactics].
        players: float64[people, TRAITS].
        fights: as in `careers`.
    """
    judges = blocks(fights)
    rows = np.repeat(factors, len(judges), axis=0), np.repeat(players, len(judges), axis=0)
    by = np.tile(judges, (len(players), 1))
    return field.worth(*rows, by).reshape(len(players), len(judges))


def _fight_seeds(episode: int, people: int, seeds: int) -> npt.NDArray[np.int64]:
    """Run s meets the same fights whoever plays it and whoever learns."""
    one = [int(uniform(s, episode, 0, _PLAY) * 2**31) for s in range(seeds)]
    return np.tile(np.array(one, np.int64), people)
