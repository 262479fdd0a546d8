"""What each person does in many fights of the reference game, from which runs are drawn."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import msgspec
import numpy as np
import numpy.typing as npt

from astraweave.arena.declared import VOCABULARY
from astraweave.learning.reward import sandbox_reward
from astraweave.playstyle.archetypes import Library, played_in
from astraweave.playstyle.features import COLUMN
from astraweave.playstyle.kernels.dirichlet import log_mass
from bench.learning.drawn import library_of
from bench.learning.field import Field
from bench.learning.people import Person

Floats = npt.NDArray[np.float64]
FIGHTS, STUDIED = 400, 80
"""Fights a person; the first of them are what a library is learned from and runs never see."""
KAPPAS = 30.0 * 2.0 ** np.arange(0.0, 8.5, 0.5)
POOL_SEEDS = 1 << 42
_KINDS = slice(COLUMN["melee"], COLUMN["utility"] + 1)


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """Of each person many fights beside the designer's companion.

    kinds: float64[people, fights, kinds]. traits: float64[people, fights, 4]: taken and
    opportunities of aggression, then of risk. rewards: float64[people, fights].
    """

    kinds: Floats
    traits: Floats
    rewards: Floats

    @property
    def shares(self) -> Floats:
        """float64[people, kinds], of the fights that are studied."""
        done = self.kinds[:, :STUDIED].sum(axis=1)
        return np.asarray(done / done.sum(axis=1, keepdims=True))

    @property
    def library(self) -> Library:
        """Of these people, in the reference game."""
        return played_in(library_of(self.shares), VOCABULARY)

    def without(self, who: int) -> Library:
        """Of all people but one."""
        return played_in(library_of(np.delete(self.shares, who, axis=0)), VOCABULARY)

    def kappas(self) -> Floats:
        """float64[people]: the likeliest κ of each, over a grid of powers of √2."""
        best = []
        for share, fights in zip(self.shares, self.kinds, strict=True):
            told = [sum(log_mass(x, k * share + 1e-3) for x in fights) for k in KAPPAS]
            best.append(KAPPAS[int(np.argmax(told))])
        return np.array(best)

    def draw(self, who: int, episodes: int, rng: np.random.Generator) -> Floats:
        """Counts of kinds of that many fights, none of those studied: float64[episodes, kinds]."""
        fights = self.kinds[who, STUDIED:]
        return np.asarray(fights[rng.integers(0, len(fights), episodes)])


def pool_of(
    field: Field,
    people: Sequence[Person],
    *,
    lapse: float | None = None,
    tell: Callable[[float], None] = lambda _share: None,
) -> Pool:
    """Let each person fight.

    Args:
        field: what is played.
        people: who plays; as they play at first.
        lapse: the least share of actions at random; None leaves each their own.
        tell: called with the share that is done.
    """
    ones, seeds = np.ones((FIGHTS, len(field.tactics))), POOL_SEEDS + np.arange(FIGHTS)
    kinds, traits, rewards = [], [], []
    for i, person in enumerate(people):
        tell(i / len(people))
        if lapse is not None:
            bot = msgspec.structs.replace(person.bot, lapse=max(lapse, person.bot.lapse))
            person = replace(person, bot=bot)  # noqa: PLW2901  # the same person on a bad day
        rows = np.tile(person.row(0), (FIGHTS, 1))
        fought = field.fights(ones, rows, seeds, versions=[0] * FIGHTS)
        features = np.array([row.features for row in fought])
        kinds.append(features[:, _KINDS])
        traits.append(features[:, :4])
        rewards.append(sandbox_reward(field.outcomes(ones, rows, seeds)))
    return Pool(np.array(kinds), np.array(traits), np.array(rewards))
