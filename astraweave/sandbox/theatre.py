"""Plays policies on a verdict's seeds, each once, with the same players for all of them."""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from astraweave.behavior import Tree
from astraweave.model.arguments import public
from astraweave.model.ports import BatchEnvironment
from astraweave.model.scenario import Scenario
from astraweave.model.weights import WeightSet
from astraweave.sandbox.hands import Hands, Pending
from astraweave.sandbox.jobs import Job, Task, code_hash
from astraweave.sandbox.played import Played, joined
from astraweave.sandbox.runner import Players, Policy, nobody, play
from astraweave.sandbox.seeds import PAIRS, SAFETY, episode_seeds

Answered = TypeVar("Answered")
FITTED, ARCHETYPES = "fitted", "archetypes"
"""Who plays: bots drawn from what is believed of this person, or the shipped ones."""


@public
def policy_of(environment: BatchEnvironment, tree: Tree, weights: WeightSet) -> Policy:
    """What plays when this tree is given these weights; a tactic without one keeps factor 1.

    Raises:
        TreeError: the tree reads a fact or does an action the environment lacks.
    """
    program = tree.program(environment.facts.names, environment.actions)
    factors = [weights.weights.get(name, 1.0) for name in tree.tactics]
    return Policy(program, np.array(factors, dtype=np.float64))


class Theatre:
    """One environment, one verdict's seeds and players, and the policies that are compared.

    Policies of one tree with equal factors are one policy: it is played once for both.
    """

    def __init__(
        self,
        environment: BatchEnvironment,
        scenarios: Sequence[Scenario],
        casts: dict[str, Players],
        *,
        seed: int,
        number: int,
        hands: Hands | None = None,
        apart: bool = False,
    ) -> None:
        """Nothing is played yet.

        Args:
            environment: what is played in.
            scenarios: checked.
            casts: FITTED, and ARCHETYPES where the environment has them.
            seed, number: of the verdict and its proposal.
            hands: who plays what is expected; None plays here, when it is asked for.
            apart: whether nothing at all of the game is to happen here, see `ask`.
        """
        self.environment, self.scenarios, self.casts = environment, tuple(scenarios), casts
        self.seed, self.number = seed, number
        self.episodes = 0
        """Played for requests that were answered: the same number whoever plays."""
        self.played: Callable[[int], None] = _nobody_asks
        """Told how many episodes were played, whenever some were."""
        self._policies: dict[str, Policy] = {}
        self._same: dict[str, str] = {}
        self._first: dict[tuple[str, bytes], str] = {}
        self._shown: dict[tuple[object, ...], Played] = {}
        self._cast: dict[bytes, object] = {}
        self.hands = hands
        self._apart = apart and hands is not None
        self._crowded = False
        self._coming: dict[tuple[object, ...], tuple[list[Pending], int]] = {}
        self._code = "" if hands is None else code_hash(environment)

    def add(self, name: str, tree: Tree, weights: WeightSet) -> None:
        """Name a policy."""
        policy = policy_of(self.environment, tree, weights)
        self._policies[name] = policy
        key = (tree.content_hash, policy.factors.tobytes())
        self._same[name] = self._first.setdefault(key, name)

    def policy(self, name: str) -> Policy:
        """A policy by its name."""
        return self._policies[name]

    def same(self, one: str, other: str) -> bool:
        """Whether two names stand for one policy."""
        return self._same[one] == self._same[other]

    def safety(self, name: str, scenario: int, first: int, count: int) -> dict[str, Played]:
        """Safety episodes by who plays: every other one with the archetypes, if there are any."""
        parts = self._parts(scenario, first, count)
        return {who: self._play(name, scenario, part, who) for who, part in parts.items()}

    def _parts(self, scenario: int, first: int, count: int) -> dict[str, npt.NDArray[np.int64]]:
        """Seeds of safety episodes, by who plays."""
        seeds = episode_seeds(self.seed, self.number, SAFETY, scenario, first, count)
        parts = {who: seeds[i :: len(self.casts)] for i, who in enumerate(self.casts)}
        return {who: part for who, part in parts.items() if len(part)}

    def pairs(self, name: str, scenario: int, first: int, count: int) -> Played:
        """Episodes to be compared: the same seeds and players for every policy."""
        seeds = episode_seeds(self.seed, self.number, PAIRS, scenario, first, count)
        return self._play(name, scenario, seeds, FITTED)

    def expect_safety(self, name: str, scenario: int, first: int, count: int) -> None:
        """Say that `safety` will be asked for: other hands may begin."""
        if self.hands is not None:
            for who, part in self._parts(scenario, first, count).items():
                self._begin(self.hands, (name,), scenario, part, who)

    def expect_pairs(self, names: Iterable[str], scenario: int, first: int, count: int) -> None:
        """Say that `pairs` will be asked for, for each of these policies."""
        if self.hands is not None:
            seeds = episode_seeds(self.seed, self.number, PAIRS, scenario, first, count)
            self._begin(self.hands, names, scenario, seeds, FITTED)

    def _begin(
        self,
        hands: Hands,
        names: Iterable[str],
        scenario: int,
        seeds: npt.NDArray[np.int64],
        who: str,
    ) -> None:
        """Submit what is neither played nor coming; policies share the players of their seeds."""
        keys = {self._key(name, scenario, seeds, who): name for name in names}
        fresh = {k: n for k, n in keys.items() if k not in self._shown and k not in self._coming}
        if not fresh:
            return
        policies = tuple(self._policies[name] for name in fresh.values())
        about = (self.environment, policies, self.scenarios[scenario])
        pending = hands.play(Job(*about, seeds, self.casts[who], self._code))
        self._coming |= {key: (pending, i) for i, key in enumerate(fresh)}

    def forget(self) -> None:
        """Drop what was played, or is coming; the next part of the seeds needs none of it."""
        dropped = [each for pending, _ in self._coming.values() for each in pending]
        for each in dropped:
            each.drop()
        if self._apart and self.hands and not all(each.future.done() for each in dropped):
            # What is begun cannot be called back, and who is asked next would wait for it.
            self._crowded = True
        self._coming.clear()
        self._shown.clear()
        self._cast.clear()

    def ask(
        self,
        function: Callable[..., Answered],
        policy: Policy,
        scenario: Scenario,
        seed: int,
        *given: object,
    ) -> Answered:
        """What a function makes of the game and what is given: here, or by whoever plays.

        Args:
            function: of a module; called with the game first.
            policy, scenario, seed: what it is about, for errors and the size of the job.
            given: its other arguments.

        Raises:
            EnvironmentFailure: also where it hangs, or ends the process that plays.
        """
        if not self._apart or self.hands is None:
            return function(self.environment, *given)
        if self._crowded:
            self._crowded = False
            self.hands.close()
        about = (self.environment, (policy,), scenario, np.array([seed], np.int64))
        task = Task(*about, nobody, self._code, function, given)
        answer: Answered = self.hands.play(task)[0].get()[0]  # type: ignore[assignment]
        return answer

    def _key(
        self, name: str, scenario: int, seeds: npt.NDArray[np.int64], who: str
    ) -> tuple[object, ...]:
        return (self._same[name], scenario, who, int(seeds[0]), len(seeds))

    def _play(self, name: str, scenario: int, seeds: npt.NDArray[np.int64], who: str) -> Played:
        key = self._key(name, scenario, seeds, who)
        if key in self._coming:
            pending, place = self._coming.pop(key)
            played = joined([self._told(each.get()[place]) for each in pending])
        elif key in self._shown:
            return self._shown[key]
        else:
            about = (self.environment, self._policies[name], self.scenarios[scenario], seeds)
            played = self._told(play(*about, lambda part: self._players(who, part)))
        self.episodes += len(played)
        self._shown[key] = played
        return played

    def _told(self, played: Played) -> Played:
        self.played(len(played))
        return played

    def _players(self, who: str, seeds: npt.NDArray[np.int64]) -> object:
        """The cast of these seeds; drawn once, since drawing it is no cheaper than playing."""
        key = who.encode() + seeds.tobytes()
        if key not in self._cast:
            self._cast[key] = self.casts[who](seeds)
        return self._cast[key]


def _nobody_asks(episodes: int) -> None:
    del episodes
