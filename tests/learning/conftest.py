"""A small game whose companion chooses between two tactics, and its episodes as data."""

import numpy as np
import pytest

from astraweave.behavior import load_tree
from astraweave.learning import Game, LearnSettings, learn
from astraweave.learning.ledger import policy_of
from astraweave.learning.worker import Worker
from astraweave.memory import open_memory
from astraweave.model.actions import ActionVocabulary, Kind
from astraweave.model.columns import log_of
from astraweave.model.episode import (
    ActionResult,
    CompanionResponse,
    Episode,
    EpisodeCategory,
    EpisodeOutcome,
    Observation,
    PlayerAction,
)
from astraweave.model.facts import Fact, FactSheet
from astraweave.model.ports import OUTCOMES, SUCCESS, BatchStep
from astraweave.model.scenario import Scenario
from astraweave.sandbox import SLOW
from tests.learning.workers import LOUD, Hanging

PAIR = ("robin", "mira")
CALM = Scenario(name="calm", description="", threat=0.0, seconds=3.0, ranges={})
WHO = {"player_id": "robin", "companion_id": "mira"}
TREE = """<root BTCPP_format="4" main_tree_to_execute="Main"><BehaviorTree ID="Main">
<WeightedFallback name="tactics" weights="{weights}" policy="roulette">{leaves}</WeightedFallback>
</BehaviorTree></root>"""
NO_CHOICE = """<root BTCPP_format="4" main_tree_to_execute="Main"><BehaviorTree ID="Main">
<Action ID="guard"/></BehaviorTree></root>"""


@pytest.fixture
def tree_of(tmp_path):
    """Writes and loads a tree that chooses between the leaves given; none is a bare action."""

    def make(*leaves):
        path = tmp_path / f"{'-'.join(leaves) or 'bare'}.xml"
        tags = "".join(f'<Action ID="{leaf}"/>' for leaf in leaves)
        weights = ";".join(f"{leaf}:1" for leaf in leaves)
        path.write_text(TREE.format(weights=weights, leaves=tags) if leaves else NO_CHOICE)
        return load_tree(path)

    return make


@pytest.fixture
def game_of(tree_of):
    """A game with these tactics and these actions of the player."""

    def make(*leaves, actions=("strike", "dodge"), environment=None):
        kinds = {name: Kind("melee", aggressive=name == "strike") for name in actions}
        return Game(
            tree=tree_of(*leaves),
            vocabulary=ActionVocabulary(kinds),
            sheet=FactSheet([Fact("hp", low=0, high=1, role="player_health")]),
            environment=environment,
        )

    return make


@pytest.fixture
def game(game_of):
    return game_of("guard", "rush")


@pytest.fixture
def store():
    with open_memory(":memory:") as memory:
        yield memory


def episode(number, *, version=0, actions=("strike",) * 4, decisions=20, success=1.0, **header):
    """One fight in which `guard` was worth .9 and `rush` .1, each chosen half of the time."""
    seen = [
        Observation(timestamp_ms=i * 100, player_action=PlayerAction(action_type=name))
        for i, name in enumerate(actions)
    ]
    for i in range(decisions):
        tactic, worth = (("guard", 0.9), ("rush", 0.1))[(i + number) % 2]
        seen.append(
            Observation(
                timestamp_ms=1000 + i * 1000,
                companion_response=CompanionResponse(
                    action_type=tactic,
                    tactic=tactic,
                    node="tactics",
                    propensity=0.5,
                    available=("guard", "rush"),
                    result=ActionResult.SUCCESS,
                    effectiveness=worth,
                ),
            )
        )
    fields = {
        "id": f"mira-{number:06d}",
        "category": EpisodeCategory.COMBAT,
        "start_time": 1000.0 * number,
        "end_time": 1000.0 * number + 30.0,
        "player_id": "robin",
        "companion_id": "mira",
        "policy_version": version,
        "observations": tuple(seen),
        "outcome": EpisodeOutcome(success_rating=success, duration_ms=30_000),
    }
    return log_of(Episode(**fields | header))


@pytest.fixture
def fight():
    """Makes an episode."""
    return episode


def take_step(store, game, **more):
    return learn(store, game, **WHO, **{"seed": 1, "now": 1e9, **more})


def play_fights(store, game, fight, numbers, **more):
    """Fights one after the other, each learned from, each under what is in use by then."""
    reports = []
    for number in numbers:
        policy = policy_of(store, game, *PAIR)
        version = policy.version
        if policy.baseline is not None and number % 2:
            version = policy.baseline
        store.write(fight(number, version=version, **more))
        reports.append(take_step(store, game))
    return reports


@pytest.fixture
def step():
    """Takes one step of learning for robin and mira."""
    return take_step


@pytest.fixture
def played():
    """Plays and learns fights of these numbers."""
    return play_fights


class Pond:
    """Six choices between `guard` and `rush`; what each is worth is what wins."""

    facts = FactSheet([Fact("hp", low=0, high=1, role="player_health")])
    actions, events, ranges = ("guard", "rush"), (), ()
    step_seconds = 0.5
    vocabulary = ActionVocabulary(strike=Kind("melee", aggressive=True), dodge=Kind("movement"))
    scenarios = (CALM,)
    gate = SLOW

    def __init__(self, guard=0.6, rush=0.5):
        self.worth = np.array([guard, rush])
        self.played = 0

    def reset(self, scenario, seeds, players=None):
        self.n, self.t, self.won = len(seeds), 0, np.zeros(len(seeds))
        self.played += self.n
        return np.ones((self.n, 1))

    def step(self, commands):
        self.t += 1
        self.won += self.worth[np.maximum(commands, 0)] / 6
        done = np.full(self.n, self.t == 6)
        status = np.full(self.n, SUCCESS, np.int8)
        return BatchStep(np.ones((self.n, 1)), status, np.full(self.n, np.nan), done)

    def outcomes(self):
        told = np.zeros((self.n, len(OUTCOMES)))
        told[:, 0], told[:, 1] = self.won, self.t * self.step_seconds
        return told

    def event_counts(self):
        return np.zeros((self.n, 0), np.int32), np.zeros((self.n, 0), np.int32)

    def content_hash(self):
        return f"pond {self.worth}"


@pytest.fixture
def pond(game_of):
    """A game of two tactics with its pond."""

    def make(**worth):
        game = game_of("guard", "rush", environment=Pond(**worth))
        return type(game)(
            **{name: getattr(game, name) for name in game.__slots__} | {"scenarios": (CALM,)}
        )

    return make


@pytest.fixture
def save(tmp_path, fight):
    with open_memory(tmp_path / "s.db") as store:
        store.write(fight(1))
        yield store


@pytest.fixture
def working(save, game):
    """Makes workers on the save, and closes them."""
    made = []

    def make(environment=None, **more):
        made.append(Worker(save, game, LearnSettings(), environment, **more))
        return made[-1]

    yield make
    for one in made:
        one.close(timeout_s=5.0)


@pytest.fixture
def hanging(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    return Hanging(tmp_path)


@pytest.fixture
def loud(tmp_path, monkeypatch):
    """Makes the name of an environment that prints a lot, and then does something."""
    monkeypatch.syspath_prepend(tmp_path)

    def make(then):
        (tmp_path / "loud_game.py").write_text(LOUD.format(then=then))
        return "loud_game:make"

    return make
