"""What the interfaces share: n places where an agent plays one fight after the other.

Knows no library, and loops over no worlds.
"""

from collections.abc import Callable, Mapping
from typing import Any, Literal, NamedTuple, get_args

import numpy as np
import numpy.typing as npt

from astraweave.arena import TACTICS, Arena, Fights
from astraweave.arena.view import View
from astraweave.errors import UsageError
from astraweave.learning.reward import sandbox_reward
from astraweave.model.actions import nearest
from astraweave.model.arguments import check
from astraweave.model.ports import OUTCOMES
from astraweave.rl.casting import HIGHEST_SEED, Casting, Floats, Ints, fight_seeds
from astraweave.rl.senses import Observations, around, scaled

Flags = npt.NDArray[np.bool_]
Reward = Callable[[Floats], Floats]
"""What outcomes, float64[n, len(OUTCOMES)], are worth, float64[n]; see `Stage`."""
Observation = Literal["facts", "field"]
NONE = len(TACTICS)
"""The action that commands nothing."""
MOST = 2**20
"""Places of a stage: some two gigabytes."""
OPTIONS = ("scenario", "player")
"""What `reset` takes in its options."""


class Played(NamedTuple):
    """One step of n places: rewards float64[n]; terminated, truncated bool[n]."""

    rewards: Floats
    terminated: Flags
    truncated: Flags


class Stage:
    """n places for fights.

    Args:
        n: how many.
        scenario, player: as in `Casting`.
        reward: what outcomes are worth. A step pays what that changed by, so an episode's rewards
            add up to what its outcome is worth.
        observation: ``"facts"``, or ``"field"`` for what stands around as well; see `senses`.
        step_ticks: as in `Arena`.
        led: whether the players are led from outside, and no bots; `player` is not looked at.

    Raises:
        ScenarioError, BotError, UsageError: an argument is wrong.
    """

    def __init__(
        self,
        n: int,
        scenario: Any,
        player: Any,
        *,
        reward: Reward | None = None,
        observation: Observation = "facts",
        step_ticks: int = 6,
        led: bool = False,
    ) -> None:
        """Make room; nothing is begun yet."""
        _check_count(n)
        check(Stage.__init__, reward=reward, step_ticks=step_ticks)
        if observation not in get_args(Observation):
            what, fix = "unknown observation", 'take "facts" or "field"'
            raise UsageError(what=what, got=observation, where="rl", fix=fix)
        self.n, self._led, self._given = n, led, {"scenario": scenario, "player": player}
        self.casting = Casting(scenario, player)
        self._reward = reward or sandbox_reward
        self._observation, self._ticks = observation, step_ticks
        self.fights = Fights(n, step_ticks, self.casting.slots)
        self._bases, self._numbers = np.zeros(n, np.int64), np.full(n, -1, np.int64)
        self.seeded = np.zeros(n, np.bool_)
        self._facts, self._worth = np.zeros((n, len(Arena.facts))), np.zeros(n)
        self._outcomes = np.zeros((n, len(OUTCOMES)))

    def change(self, options: Mapping[str, Any]) -> None:
        """Other scenarios or players from the next fights on; wrong ones change nothing."""
        if options:
            given = self._given | dict(options)
            self.casting = Casting(**given)
            self._given = given

    def seed(self, who: Ints, seeds: Ints) -> None:
        """Give some places seeds, int64[k] ≥ 0; their next fight is the first of that seed."""
        self._bases[who], self._numbers[who] = seeds, -1
        self.seeded[who] = True

    def begin(self, who: Ints) -> dict[str, Ints]:
        """Begin the next fights of some places, int64[k], that have seeds.

        Returns:
            What is told of each: ``seed`` of the fight and ``scenario``, its index; int64[k].
        """
        casting = self.casting
        if casting.slots != self.fights.slots and len(who) == self.n:
            self.fights = Fights(self.n, self._ticks, casting.slots)
        self._numbers[who] += 1
        numbers = self._numbers[who]
        seeds = fight_seeds(self._bases[who], numbers)
        which = casting.which(seeds)
        players = casting.players(seeds, numbers)
        for index in np.unique(which):
            these = np.flatnonzero(which == index)
            told = (who[these], casting.scenarios[index], seeds[these], players[these])
            self._facts[who[these]] = self.fights.begin(*told, led=self._led)
        self._worth[who] = 0.0
        return {"seed": seeds, "scenario": which}

    def step(self, actions: npt.NDArray[Any]) -> Played:
        """Play one decision step.

        Args:
            actions: integers[n], indices of `TACTICS`, or `NONE`.

        Raises:
            UsageError: actions that are none, or a place where no fight was begun.
        """
        commands = np.asarray(actions)
        fits = commands.shape == (self.n,) and np.issubdtype(commands.dtype, np.integer)
        if not fits or commands.min() < 0 or commands.max() > NONE:
            raise UsageError(
                what=f"actions must be {self.n} whole numbers in [0, {NONE}]",
                got=actions,
                where="step",
                fix="sample them from the action space",
            )
        commands = np.where(commands == NONE, -1, commands).astype(np.int16)
        played = self.fights.step(commands)
        self._facts = played.facts
        self._outcomes = self.fights.outcomes()
        worth = self._worth_of(self._outcomes)
        rewards, self._worth = worth - self._worth, worth
        truncated = played.done & self.fights.truncated()
        return Played(rewards, played.done & ~truncated, truncated)

    def _worth_of(self, outcomes: Floats) -> Floats:
        worth = np.asarray(self._reward(outcomes))
        if worth.shape != (self.n,) or not np.issubdtype(worth.dtype, np.floating):
            got = f"{worth.dtype}{list(worth.shape)}"
        elif not np.isfinite(worth).all():
            got = "a value that is not finite"
        else:
            return worth
        what, fix = f"reward must give finite float64[{self.n}]", "one number a row of the outcomes"
        raise UsageError(what=what, got=got, where="reward", fix=fix)

    def observe(self, slot: int = 1) -> Observations:
        """What the companion (slot 1) or the player (0) perceives, float32[n, k]; a new array."""
        if self._observation == "facts":
            return scaled(self._facts)
        return np.hstack((scaled(self._facts), around(self.fights, slot)))

    def ended(self, who: Ints) -> dict[str, dict[str, npt.NDArray[Any]]]:
        """How fights ended in the last step: ``outcome`` and ``events``, name → one a fight."""
        outcomes, events = self._outcomes[who], self.fights.event_counts(who)
        return {
            "outcome": dict(zip(OUTCOMES, outcomes.T, strict=True)),
            "events": dict(zip(Arena.events, events.T.astype(np.int64), strict=True)),
        }

    def told(self, which: int) -> dict[str, dict[str, float]]:
        """`ended` of one fight, as plain numbers."""
        ended = self.ended(np.array([which]))
        return {key: {k: v[0].item() for k, v in each.items()} for key, each in ended.items()}

    def payable(self) -> Flags:
        """bool[n, NONE + 1]: which actions the companions can pay for."""
        return self.fights.payable()

    def view(self, which: int) -> View:
        """One fight, to be drawn."""
        return self.fights.view(which)


def _check_count(n: Any) -> None:
    if not isinstance(n, int) or not 1 <= n <= MOST:
        what, fix = f"num_envs must be a whole number in [1, {MOST:,}]", "give how many at once"
        raise UsageError(what=what, got=n, where="rl", fix=fix)


def checked_options(options: Any, where: str, *more: str) -> dict[str, Any]:
    """Options of a `reset`, which may also be `more`.

    Raises:
        UsageError: an unknown one, or none at all.
    """
    if not isinstance(options, Mapping | None):
        what, fix = "options must be a mapping", f"write {{{OPTIONS[0]!r}: …}}"
        raise UsageError(what=what, got=options, where=where, fix=fix)
    for key in options or {}:
        if key not in (*OPTIONS, *more):
            fix = nearest(str(key), (*OPTIONS, *more))
            raise UsageError(what="unknown option", got=key, where=where, fix=fix)
    return dict(options or {})


def checked_seed(seed: Any, where: str) -> int:
    """A seed as a number that fits 63 bits.

    Raises:
        UsageError: it does not.
    """
    if not isinstance(seed, int | np.integer) or not 0 <= seed <= HIGHEST_SEED:
        what, fix = "a seed must be a whole number in [0, 2⁶³)", "take a smaller one"
        raise UsageError(what=what, got=seed, where=where, fix=fix)
    return int(seed)
