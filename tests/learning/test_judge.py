"""A proposal before the sandbox: who plays, and what a rejection needs to be shown again."""

import dataclasses
from types import SimpleNamespace

import msgspec
import numpy as np
import pytest

from astraweave.behavior import load_tree
from astraweave.errors import InputError, UsageError
from astraweave.learning import Game
from astraweave.learning.game import LearnSettings
from astraweave.learning.judge import cast_of, judge
from astraweave.learning.shown import check_unchanged, contest_of, shown_again, shown_by
from astraweave.model.actions import ActionVocabulary, Kind
from astraweave.model.facts import FactSheet
from astraweave.model.verdict import Counterexample, Verdict
from astraweave.model.weights import Proposal, WeightSet, designer_weights

SEEDS = np.arange(3)


class Believed(msgspec.Struct, frozen=True):
    """As much of a profile as these people need."""

    name: str
    updated_at: float = 1e9


ROBIN = Believed("robin")


class People(SimpleNamespace):
    """An environment that can put a person in the player's place."""

    def players(self, profile, seeds):
        return [profile.name] * len(seeds)

    def archetypes(self, seeds):
        return ["shipped"] * len(seeds)


def verdict(**more):
    told = {"approved": False, "reason": "worse", "proof": "simulated", "step": "not worse"}
    return Verdict(**told | more)


def test_the_person_is_drawn_from_the_profile_and_the_archetypes_stand_beside():
    cast = cast_of(People(), ROBIN)
    assert cast.person(SEEDS) == ["robin"] * 3
    assert cast.archetypes(SEEDS) == ["shipped"] * 3


def test_what_stands_for_the_players_is_what_is_believed_not_when():
    later, bolder = Believed("robin", 2e9), Believed("kim")
    names = [cast_of(People(), each).name for each in (ROBIN, later, bolder, None)]
    assert names[0] == names[1]
    assert len(set(names)) == 3
    assert cast_of(SimpleNamespace(), None).name not in names


def test_without_a_profile_the_archetypes_stand_for_the_person():
    assert cast_of(People(), None).person(SEEDS) == ["shipped"] * 3


def test_an_environment_without_a_model_of_players_plays_its_own():
    cast = cast_of(SimpleNamespace(), ROBIN)
    assert cast.person(SEEDS) is None
    assert cast.archetypes is None


@pytest.mark.parametrize(
    ("approved", "said"), [(True, "was approved"), (False, "was rejected without play")]
)
def test_a_verdict_that_shows_nothing_says_what_it_said(approved, said):
    with pytest.raises(UsageError, match=said):
        shown_by(verdict(approved=approved))


@pytest.fixture
def game(tmp_path):
    """A game with a tree and a stand-in for an environment."""
    path = tmp_path / "t.xml"
    path.write_text(
        '<root BTCPP_format="4" main_tree_to_execute="T"><BehaviorTree ID="T">'
        '<WeightedFallback name="w"><Action ID="a"/><Action ID="b"/></WeightedFallback>'
        "</BehaviorTree></root>"
    )
    return Game(
        tree=load_tree(path),
        vocabulary=ActionVocabulary(row=Kind("utility")),
        sheet=FactSheet(),
        environment=People(content_hash=lambda: "boat-1", step_seconds=1.0, events=()),
    )


def proposal_for(game, **factors):
    weights = designer_weights(game.tree.tactics)
    return Proposal(
        player_id="robin",
        companion_id="mira",
        candidate=WeightSet(version=1, weights={**weights.weights, **factors}),
        baseline=weights,
        changes=(),
        number=1,
    )


def shown(game, proposal, verdict):
    contest = contest_of(game, proposal)
    check_unchanged(contest, verdict)
    return shown_again(contest, verdict)


@pytest.mark.parametrize("changed", ["tree", "environment"])
def test_what_has_changed_since_is_not_shown_as_if_it_were_the_same(game, changed):
    example = Counterexample(rule="not worse", scenario="calm", seed=1, tick=0)
    hashes = {"tree": game.tree.content_hash, "environment": "boat-1", changed: "0" * 16}
    with pytest.raises(UsageError, match=f"the {changed} has changed since this verdict"):
        shown(game, proposal_for(game), verdict(counterexample=example, hashes=hashes))


@pytest.mark.parametrize("name", ["players", "policy", "against"])
def test_an_episode_of_nobody_known_is_not_shown_as_another_s(game, name):
    example = Counterexample(rule="not worse", scenario="calm", seed=1, tick=0, **{name: "x"})
    with pytest.raises(InputError, match=f"a counterexample's {name} must be one of .*, got x"):
        shown(game, proposal_for(game), verdict(counterexample=example))


@pytest.mark.parametrize(
    ("name", "value"),
    [("seed", -1), ("tick", -1), ("tick", 2**31), ("first_tick", 10**12), ("first_tick", -5)],
)
def test_a_number_that_no_verdict_gives_is_refused_with_where_it_comes_from(name, value):
    told = {"rule": "not worse", "scenario": "calm", "seed": 1, "tick": 0} | {name: value}
    odd = verdict(counterexample=Counterexample(**told))
    with pytest.raises(InputError, match=rf"^v: a counterexample's {name} must be in \[0, \d+\]"):
        shown_by(odd, "v")


def test_a_rule_that_the_game_is_not_held_to_is_refused(game):
    example = Counterexample(rule="harming_the_player", scenario="calm", seed=1, tick=0)
    with pytest.raises(InputError, match="none that this game is held to, got harming_the_player"):
        shown(game, proposal_for(game), verdict(counterexample=example))


def test_a_scenario_that_is_gone_is_named(game):
    example = Counterexample(rule="not worse", scenario="calm", seed=1, tick=0)
    with pytest.raises(UsageError, match="there is no scenario 'calm'"):
        shown(game, proposal_for(game), verdict(counterexample=example))


def test_without_an_environment_nothing_is_judged(game):
    bare = Game(tree=game.tree, vocabulary=game.vocabulary, sheet=game.sheet)
    weights = designer_weights(game.tree.tactics)
    with pytest.raises(UsageError, match="no environment to play in"):
        judge(bare, weights, weights, cast_of(People(), None), settings=LearnSettings(), seed=0)


@pytest.mark.parametrize(
    ("policy", "players", "weight", "plays"),
    [
        ("candidate", "fitted", 1.25, "robin"),
        ("designer", "archetypes", 1.0, "shipped"),
    ],
)
def test_the_policy_and_the_players_of_the_counterexample_play_again(
    game, monkeypatch, policy, players, weight, plays
):
    calm = SimpleNamespace(name="calm")
    game = dataclasses.replace(game, scenarios=(calm,))
    proposal = msgspec.structs.replace(proposal_for(game, a=1.25), profile=ROBIN)
    example = Counterexample(
        rule="thrashing", scenario="calm", seed=5, tick=0, policy=policy, players=players
    )
    never = SimpleNamespace(first_tick=lambda _: [-1])
    monkeypatch.setattr("astraweave.learning.shown.replayed", lambda *given: (given, never))
    monkeypatch.setattr("astraweave.learning.shown.traced", lambda *_: [])
    given = shown(game, proposal, verdict(counterexample=example)).side.frames
    assert given[2].weights["a"] == weight
    assert given[3:5] == (calm, 5)
    assert given[5](SEEDS) == [plays] * 3
