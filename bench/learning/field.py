"""Many people play one fight each, at once; what is kept of a fight is its `EpisodeRow`.

The fights are those of `Arena`, and a row is what `learning.rows.row_of` reads from the recorded
episode of the same fight (a test compares them). Recording, storing and reading would take a
thousand times as long.
"""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt

from astraweave.arena import Arena, play_scenario
from astraweave.arena.declared import PLAYER_ACTIONS, VOCABULARY
from astraweave.arena.kernels import layout as at
from astraweave.arena.kernels.playing import play
from astraweave.behavior import BatchTicker, Tree
from astraweave.learning.reward import REWARD_SCALE, care_signal, sandbox_reward
from astraweave.learning.statistics import EpisodeRow
from astraweave.model.actions import KIND_CODE, KINDS
from astraweave.model.episode import EpisodeCategory, EpisodeOutcome
from astraweave.model.ports import OUTCOMES
from astraweave.playstyle import FEATURES
from bench.learning.conduct import Conducts

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
STEP_TICKS = 6
CHUNK = 1024
_KIND = np.array([KIND_CODE[kind.kind] for kind in VOCABULARY.values()])
_FIERCE = np.array([kind.aggressive for kind in VOCABULARY.values()])


class Tally:
    """What the players of n fights did: by action, and of their opportunities."""

    def __init__(self, n: int) -> None:
        """Nothing yet."""
        self.actions = np.zeros((n, len(PLAYER_ACTIONS)), np.int64)
        self.counts = np.zeros((n, 4))

    def add(self, who: Ints, what: Ints, attack: npt.NDArray[np.bool_], weak: Floats) -> None:
        """Each of `who` began the action `what`; `attack` and `weak` are of all fights."""
        if not len(who):
            return
        np.add.at(self.actions, (who, what), 1)
        could, risk = attack[who], attack[who] & (weak[who] > 0)
        fierce = _FIERCE[what]
        for column, happened in enumerate((could & fierce, could, risk & fierce, risk)):
            self.counts[who, column] += happened

    def features(self, i: int, seconds: float) -> list[float]:
        """The row of playstyle; what only satisfaction looks at stays 0."""
        kinds = np.bincount(_KIND, weights=self.actions[i], minlength=len(KINDS))
        found = dict.fromkeys(FEATURES, 0.0)
        found |= dict(zip(FEATURES, [*self.counts[i].tolist(), *kinds.tolist()], strict=False))
        found["player_actions"] = float(kinds.sum())
        found["combat_actions"] = float(kinds[:5].sum())
        found["seconds"] = seconds
        return list(found.values())


class Field:
    """One tree in the fight people play; fights by the hundred."""

    def __init__(self, tree: Tree) -> None:
        """Prepare the tree's program."""
        self.tree, self.scenario = tree, play_scenario()
        self.arena = Arena(STEP_TICKS)
        self.program = tree.program(self.arena.facts.names, self.arena.actions)
        self.tactics = self.program.tactics
        self._limit = round(self.scenario.seconds / self.arena.step_seconds) + 1

    def worth(self, factors: Floats, players: Floats, seeds: Ints) -> Floats:
        """J: mean reward / 3.2 of each weight set, its own seeds each.

        Args:
            factors: float64[k, tactics].
            players: float64[k, TRAITS], who plays beside each.
            seeds: int64[k, n].

        Returns:
            float64[k].
        """
        n = seeds.shape[1]
        weights, people = np.repeat(factors, n, axis=0), np.repeat(players, n, axis=0)
        rewards = sandbox_reward(self.outcomes(weights, people, seeds.ravel()))
        return np.asarray(rewards.reshape(-1, n).mean(axis=1) / REWARD_SCALE)

    def outcomes(self, factors: Floats, players: Floats, seeds: Ints) -> Floats:
        """How each of n fights ended, float64[n, OUTCOMES]; arguments as in `fights`."""
        cuts = [slice(first, first + CHUNK) for first in range(0, len(seeds), CHUNK)]

        def played(cut: slice) -> Floats:
            # An arena is the state of its fights: each chunk has one of its own.
            arena = Arena(STEP_TICKS)
            facts = arena.reset(self.scenario, seeds[cut], players[cut])
            ticker = BatchTicker(
                self.program, seeds[cut], factors[cut], arena.step_seconds, keep_log=False
            )
            if arena.play_episodes(ticker, facts, self._limit) is None:
                _stepped(arena, ticker, facts)
            return arena.outcomes()

        if len(cuts) == 1:
            return played(cuts[0])
        with ThreadPoolExecutor(max_workers=os.cpu_count()) as threads:
            return np.concatenate(list(threads.map(played, cuts)))

    def fights(
        self, factors: Floats, players: Floats, seeds: Ints, versions: Sequence[int]
    ) -> list[EpisodeRow]:
        """One fight each, seen as a recorder sees it.

        Args:
            factors: float64[n, tactics].
            players: float64[n, TRAITS].
            seeds: int64[n].
            versions: n, of the factors.
        """
        n, arena = len(seeds), self.arena
        facts = arena.reset(self.scenario, seeds, players)
        ticker = BatchTicker(self.program, seeds, factors, arena.step_seconds)
        tally, conducts = Tally(n), Conducts(self.tree, self.program, arena.facts)
        status, done = np.zeros(n, np.int8), np.zeros(n, np.bool_)
        while not done.all():
            commands = ticker.tick(facts, status, done)
            conducts.sees(facts)
            facts = self._step(commands, facts, tally)
            status = arena.state.of_worlds(at.STATUS).astype(np.int8)
            conducts.ends(arena.state.of_worlds(at.EFFECT))
            done = arena.state.of_worlds(at.LIVE) == 0.0
        outcomes, conduct = arena.outcomes(), conducts.read(ticker.log, n)
        rows = []
        for i in range(n):
            said = dict(zip(OUTCOMES, outcomes[i].tolist(), strict=True))
            rows.append(
                EpisodeRow(
                    category=EpisodeCategory.COMBAT.value,
                    policy_version=versions[i],
                    seconds=said["seconds"],
                    features=tally.features(i, said["seconds"]),
                    actions=_named(tally.actions[i]),
                    conduct=conduct[i],
                    outcome=EpisodeOutcome(
                        success_rating=said["success"],
                        player_satisfaction=said["satisfaction"],
                        duration_ms=round(said["seconds"] * 1e3),
                        quality_signals=(care_signal(said["satisfaction"]),),
                    ),
                )
            )
        return rows

    def _step(self, commands: npt.NDArray[np.int16], facts: Floats, tally: Tally) -> Floats:
        """One decision step, tick by tick, to see what the players do in each."""
        state, names = self.arena.state, self.arena.facts.names
        attack = facts[:, names.index("can_attack")] >= 0.5
        weak = (facts[:, names.index("player_health")] < 0.5).astype(np.float64)
        told = np.array(commands, np.int16)
        work, after = at.room(1, at.work()), np.empty_like(facts)
        status, effect = np.empty(state.n, np.int8), np.empty(state.n)
        live, done = state.of_worlds(at.LIVE) > 0.0, np.empty(state.n, np.bool_)
        for _ in range(STEP_TICKS):
            play(state.tiles, told, 1, after, status, effect, done, work)
            did = state.of_worlds(at.DID).astype(np.int64)
            who = np.flatnonzero((did >= 0) & live)
            tally.add(who, did[who], attack, weak)
            live = ~done
            told.fill(at.KEEP)
        return after


def _stepped(arena: Arena, ticker: BatchTicker, facts: Floats) -> None:
    n = len(facts)
    status, done = np.zeros(n, np.int8), np.zeros(n, np.bool_)
    while not done.all():
        facts, status, _, done = arena.step(ticker.tick(facts, status, done))


def _named(done: Ints) -> dict[str, int]:
    return {name: int(k) for name, k in zip(PLAYER_ACTIONS, done, strict=True) if k}
