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
JUDGING_SEEDS = 1 << 41
_PLAY = 40
Tell = Callable[[float], None]


@dataclass(frozen=True, slots=True, eq=False)
class Careers:
    """What one kind of learner was worth.

    people: names. worth: float64[people, seeds, episodes + 1]; J of what plays episode e + 1, so
    the first is J of the beginning. learners: as they ended, people × seeds.
    """

    people: tuple[str, ...]
    worth: Floats
    learners: tuple[Learner, ...]


def judging_seeds(seeds: int, fights: int) -> npt.NDArray[np.int64]:
    """int64[seeds, fights]: the fights by which run s is judged, the same for every learner."""
    return JUDGING_SEEDS + np.arange(seeds * fights).reshape(seeds, fights)


def careers(
    field: Field,
    people: Sequence[Person],
    make: Callable[[Tree], Learner],
    *,
    episodes: int,
    seeds: int,
    fights: int,
    judged: Sequence[int] | None = None,
    tell: Tell = lambda _share: None,
) -> Careers:
    """Let `seeds` companions learn beside each person, all at once.

    Args:
        field: what is played.
        people: who plays.
        make: a new learner.
        episodes, seeds: how long, how many for each person.
        fights: by how many J is measured, each time.
        judged: which of episodes 0 … `episodes` to measure; the others repeat the one before.
        tell: called with the share that is done.
    """
    n = len(people) * seeds
    learners = [make(field.tree) for _ in range(n)]
    asked = set(range(episodes + 1) if judged is None else judged)
    found = np.zeros((len(people), seeds, episodes + 1))
    by = np.tile(judging_seeds(seeds, fights), (len(people), 1))
    versions = [0] * n
    for e in range(episodes + 1):
        factors = stacked(learners)
        players = np.repeat(np.stack([person.row(e) for person in people]), seeds, axis=0)
        if e in asked:
            found[:, :, e] = field.worth(factors, players, by).reshape(len(people), seeds)
        elif e:
            found[:, :, e] = found[:, :, e - 1]
        if e < episodes:
            rows = field.fights(factors, players, _fight_seeds(e, len(people), seeds), versions)
            for learner, row in zip(learners, rows, strict=True):
                learner.learn(row)
        tell((e + 1) / (episodes + 1))
    return Careers(tuple(person.name for person in people), found, tuple(learners))


def fixed(field: Field, factors: Floats, players: Floats, seeds: int, fights: int) -> Floats:
    """J of one weight set a person by the same fights: float64[people, seeds].

    Args:
        field: what is played.
        factors: float64[people, tactics].
        players: float64[people, TRAITS].
        seeds, fights: as in `careers`.
    """
    by = np.tile(judging_seeds(seeds, fights), (len(players), 1))
    rows = np.repeat(factors, seeds, axis=0), np.repeat(players, seeds, axis=0)
    return field.worth(*rows, by).reshape(len(players), seeds)


def _fight_seeds(episode: int, people: int, seeds: int) -> npt.NDArray[np.int64]:
    """Run s meets the same fights whoever plays it and whoever learns."""
    one = [int(uniform(s, episode, 0, _PLAY) * 2**31) for s in range(seeds)]
    return np.tile(np.array(one, np.int64), people)
