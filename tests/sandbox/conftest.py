"""A little game of its own: a duel in which a companion shoots, strikes, heals or waits."""

from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
import pytest

from astraweave.behavior import Tree, load_tree
from astraweave.model.actions import ActionVocabulary, Kind
from astraweave.model.facts import Fact, FactSheet
from astraweave.model.ports import RUNNING, SUCCESS, BatchStep
from astraweave.model.scenario import Scenario
from astraweave.model.verdict import Verdict
from astraweave.model.weights import WeightSet, designer_weights
from astraweave.sandbox import GateSettings, validate
from astraweave.sandbox.hands import Hands
from astraweave.sandbox.seeds import SAFETY, episode_seeds

TREE = """<root BTCPP_format="4" main_tree_to_execute="Duel">
  <BehaviorTree ID="Duel">
    <WeightedFallback name="tactics">
      <Action ID="shoot" _skipIf="line_clear &lt; 0.5"/>
      <Action ID="strike"/>
      <Action ID="heal" _skipIf="heal_ready &lt; 0.5 || player_health &gt; 0.7"/>
      <Action ID="wait"/>
    </WeightedFallback>
  </BehaviorTree>
</root>
"""


def chance(seeds: npt.NDArray[np.int64], step: int, stream: int) -> npt.NDArray[np.float64]:
    """One number in [0, 1) a seed, by counter."""
    z = seeds.astype(np.uint64) * np.uint64(2_000_003) + np.uint64(step * 64 + stream)
    for _ in range(2):
        z = (z ^ (z >> np.uint64(31))) * np.uint64(0x9E3779B97F4A7C15)
    return (z >> np.uint64(11)).astype(np.float64) / 2.0**53


class Duel:
    """Player and companion against one foe, who hits the player now and then."""

    facts = FactSheet(
        Fact(name, "", 0.0, 1.0) for name in ("player_health", "foe", "line_clear", "heal_ready")
    )
    actions = ("shoot", "strike", "heal", "wait")
    events = ("harmed_player", "player_died_heal_ready")
    ranges = ("player_health", "foe")
    step_seconds = 0.25
    vocabulary = ActionVocabulary(hit=Kind("melee", aggressive=True))

    def reset(
        self, scenario: Scenario, seeds: npt.NDArray[np.int64], players: Any = None
    ) -> npt.NDArray[np.float64]:
        self.seeds, self.t = seeds, 0
        n = len(seeds)
        self.skill = np.ones(n) if players is None else np.asarray(players)
        low, high = scenario.ranges["player_health"]
        self.health = low + (high - low) * chance(seeds, 0, 0)
        self.foe, self.ready = np.ones(n), np.zeros(n)
        self.last, self.age = np.full(n, -1), np.zeros(n, dtype=np.int64)
        self.ended = np.zeros(n)
        self.counts = np.zeros((n, 2), dtype=np.int32)
        self.first = np.full((n, 2), -1, dtype=np.int32)
        self.limit = scenario.seconds
        return self._facts()

    def _facts(self) -> npt.NDArray[np.float64]:
        self.clear = chance(self.seeds, self.t, 1) < 0.6
        return np.stack([self.health, self.foe, self.clear, self.ready <= 0], axis=1).astype(float)

    def step(self, commands: npt.NDArray[np.int16]) -> BatchStep:
        live = self.ended == 0
        fresh = live & ((commands != self.last) | (self.age == 1))
        self.age = np.where(fresh, 0, 1)
        self.last = commands.copy()
        shot = fresh & (commands == 0)
        healed = fresh & (commands == 2) & (self.ready <= 0)
        self.foe -= shot * 0.12 + (fresh & (commands == 1)) * 0.06
        self.foe -= (live & (chance(self.seeds, self.t, 2) < 0.3)) * 0.05 * self.skill
        self.health += healed * 0.2 - (shot & ~self.clear) * 0.1
        self.ready = np.where(healed, 12.0, self.ready - 1.0)
        self._note(0, shot & ~self.clear)
        self.health -= (live & (chance(self.seeds, self.t, 3) < 0.35)) * 0.09
        self.t += 1
        over = live & ((self.foe <= 0) | (self.health <= 0) | (self._time() >= self.limit))
        self._note(1, over & (self.health <= 0) & (self.ready <= 0))
        self.ended[over] = self._time()
        status = np.where(self.age == 0, RUNNING, SUCCESS).astype(np.int8)
        return BatchStep(self._facts(), status, np.full(len(status), np.nan), self.ended > 0)

    def _time(self) -> float:
        return self.t * self.step_seconds

    def _note(self, event: int, who: npt.NDArray[np.bool_]) -> None:
        self.counts[who, event] += 1
        self.first[who & (self.first[:, event] < 0), event] = self.t

    def outcomes(self) -> npt.NDArray[np.float64]:
        won = (self.foe <= 0) & (self.health > 0)
        spent = np.zeros(len(won))
        seconds = np.where(self.ended > 0, self.ended, self._time())
        columns = [won, seconds, 1 - self.foe, spent, self.skill, np.clip(self.health, 0, 1)]
        return np.stack(columns, axis=1).astype(np.float64)

    def event_counts(self) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
        return self.counts, self.first

    def content_hash(self) -> str:
        return "duel-1"


def reward(outcomes: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """In [0, 1]: winning counts, health left a little."""
    return outcomes[:, 0] * (0.6 + 0.4 * outcomes[:, 5])


@pytest.fixture
def game() -> Duel:
    return Duel()


@pytest.fixture
def write_tree(tmp_path: Path) -> Callable[..., Tree]:
    def write(*changes: tuple[str, str]) -> Tree:
        text = TREE
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        path = tmp_path / "duel.xml"
        path.write_text(text, "utf-8")
        return load_tree(path)

    return write


@pytest.fixture
def tree(write_tree: Callable[..., Tree]) -> Tree:
    return write_tree()


@pytest.fixture
def reckless(write_tree: Callable[..., Tree]) -> Tree:
    """The same tree without the guard that keeps it from shooting through the player."""
    return write_tree((' _skipIf="line_clear &lt; 0.5"', ""))


@pytest.fixture
def scenarios() -> tuple[Scenario, ...]:
    hurt = Scenario(
        name="hurt", description="", threat=0.5, seconds=10.0, ranges={"player_health": (0.5, 0.7)}
    )
    fresh = Scenario(
        name="fresh", description="", threat=0.2, seconds=10.0, ranges={"player_health": (0.9, 1.0)}
    )
    return hurt, fresh


@pytest.fixture
def weights() -> Callable[..., WeightSet]:
    """Factors by tactic, 1 where not given. "undo" is exempt from the cap, so tests can leap."""

    def make(origin: str = "undo", version: int = 1, **factors: float) -> WeightSet:
        names = ("shoot", "strike", "heal", "wait")
        all_of_them = dict.fromkeys(names, 1.0) | factors
        return WeightSet(version=version, weights=all_of_them, origin=origin)

    return make


@pytest.fixture
def judge(
    game: Duel, tree: Tree, scenarios: tuple[Scenario, ...], weights: Callable[..., WeightSet]
) -> Callable[..., Verdict]:
    """`validate` in the duel, with everything filled in that a test does not say."""

    def run(candidate: WeightSet, deployed: WeightSet | None = None, **more: Any) -> Verdict:
        given = {
            "environment": game,
            "tree": tree,
            "scenarios": scenarios,
            "reward": reward,
            "span": 1.0,
            "settings": GateSettings(p0=0.01, alpha=0.05, limit_margin=0.05),
            "seed": 11,
            **more,
        }
        call = partial(validate, given.pop("environment"), given.pop("tree"))
        return call(candidate, deployed or weights(), **given)

    return run


BAD_SEED = int(episode_seeds(0, 1, SAFETY, 0, 0, 40)[17])
"""One of the first seeds that `judged` plays, in its first scenario."""


@pytest.fixture
def judged(tree: Tree, scenarios: tuple[Scenario, ...]) -> Callable[..., bytes]:
    """The bytes of a short verdict on any game like the duel, whoever plays it."""
    given = {**dict.fromkeys(tree.tactics, 1.0), "heal": 1.2}
    candidate = WeightSet(version=1, weights=given)
    settings = GateSettings(p0=0.02, alpha=0.05, max_pairs=640, first_pairs=320)

    def run(game: Any, hands: Hands | None, reward: Any = reward) -> bytes:
        with nullcontext() if hands is None else hands:
            verdict = validate(
                game,
                tree,
                candidate,
                designer_weights(tree.tactics),
                scenarios=scenarios[::-1],
                reward=reward,
                span=1.0,
                settings=settings,
                hands=hands,
            )
        return msgspec.json.encode(verdict)

    return run


def said(verdict: bytes) -> str:
    """The reason in it."""
    return str(msgspec.json.decode(verdict)["reason"])
