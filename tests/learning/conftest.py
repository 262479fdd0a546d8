"""A small game whose companion chooses between two tactics, and its episodes as data."""

import pytest

from astraweave.behavior import load_tree
from astraweave.learning import Game, learn
from astraweave.learning.ledger import policy_of
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

PAIR = ("robin", "mira")
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
