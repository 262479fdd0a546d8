"""The whole step, past whatever a save or a game may hold."""

import math

import msgspec
import pytest

from astraweave.errors import SaveError
from astraweave.learning import LearnSettings, learn, status, why
from astraweave.learning.deployment import reset
from astraweave.learning.history import undo
from astraweave.learning.ledger import frozen_note, policy_of, profile_id
from astraweave.learning.loop import profile_memory
from astraweave.learning.q_learning import QLearning
from astraweave.learning.rows import known
from astraweave.model.learned import LearningCommit
from astraweave.model.ports import BatchEnvironment
from astraweave.model.scenario import Scenario

PAIR = ("robin", "mira")
WHO = {"player_id": "robin", "companion_id": "mira"}


# -- whatever a save holds ---------------------------------------------------------------------


def test_an_action_the_vocabulary_has_lost_is_counted_and_said_and_blocks_nothing(
    store, game, fight, step
):
    store.write(fight(1, actions=("strike", "stirke", "stirke", "sing")))
    report = step(store, game)
    assert report.learned == 1
    assert report.unknown_actions == {"stirke": 2, "sing": 1}
    assert "left out 'stirke' ×2 and 1 more" in report.message
    assert "did you mean 'strike'" in report.message
    assert step(store, game).unknown_actions == {}


def test_a_tree_that_was_edited_keeps_what_is_left_of_its_weights(store, game_of, fight, played):
    old, new = game_of("guard", "rush"), game_of("guard", "heal")
    played(store, old, fight, range(20))
    before = policy_of(store, old, *PAIR)
    assert before.weights["guard"] > 1.0
    now = policy_of(store, new, *PAIR)
    assert now.weights == {"guard": before.weights["guard"], "heal": 1.0}
    assert set(now.baseline_weights) <= {"guard", "heal"}
    reports = played(store, new, fight, range(20, 30))
    for report in reports:
        if report.proposal is not None:
            assert set(report.proposal.candidate.weights) == {"guard", "heal"}
    assert status(store, new, *PAIR).weights[1].learned == pytest.approx(1.0, rel=0.5)
    assert len(why(store, new, *PAIR)) == 5
    undo(store, new, *PAIR, now=2e9)
    assert set(policy_of(store, new, *PAIR).weights) == {"guard", "heal"}


def test_a_tree_without_choices_learns_the_player_and_says_that_there_is_no_more(
    store, game_of, fight, step
):
    game = game_of()
    store.write(fight(1))
    report = step(store, game)
    assert report.profile.episode_count == 1
    assert "no WeightedFallback" in report.message
    assert policy_of(store, game, *PAIR).weights == {}


@pytest.mark.parametrize(
    "damage",
    [
        lambda _state: b"\xc1 not msgpack",
        lambda state: msgspec.msgpack.encode({"tactics": {"guard": {"S": float("nan")}}}),
        lambda state: msgspec.msgpack.encode({**msgspec.to_builtins(state), "evidence": b"\x00"}),
    ],
)
def test_a_state_that_makes_no_sense_is_replayed_from_its_rows(
    store, game, fight, damage, step, played
):
    played(store, game, fight, range(14))
    sound = known(store, *PAIR).state
    store.commit(LearningCommit(**WHO, state=damage(sound)))
    report = step(store, game)
    assert "replayed from 14" in report.message
    healed = known(store, *PAIR).state
    for name in ("tactics", "contexts", "seconds", "rewards", "log", "proposals", "episodes"):
        assert getattr(healed, name) == getattr(sound, name)
    assert healed.canary.baseline == sound.canary.baseline
    assert healed.spent == healed.episodes, "nothing is proposed twice for one episode"


def test_a_row_that_makes_no_sense_is_left_out_and_said(store, game, fight, step):
    for number in range(3):
        store.write(fight(number))
    step(store, game)
    store.commit(
        LearningCommit(**WHO, state=b"", rows={"odd": b"\xc1", "old": store.rows(*PAIR)[0][1][:-9]})
    )
    report = step(store, game)
    assert report.episodes == 3
    assert "2 rows could not be read" in report.message


def test_what_a_newer_program_learned_is_refused_and_left_alone(store, game, fight, step):
    store.write(fight(1))
    step(store, game)
    newer = msgspec.msgpack.encode({"version": 99, "more": [1, 2]})
    store.commit(LearningCommit(**WHO, state=newer))
    for verb in (step, lambda *a: reset(*a, *PAIR, now=1e9), lambda *a: status(*a, *PAIR)):
        with pytest.raises(SaveError, match="newer astraweave"):
            verb(store, game)
    assert store.state(*PAIR) == newer


def test_the_profile_is_one_memory_that_each_step_replaces(store, game, fight, played):
    played(store, game, fight, range(3))
    found = store.memory(profile_id(*PAIR))
    assert "fighter" in found.text
    assert found.data["episode_count"] == 3


def test_no_two_pairs_share_a_profile_or_a_freeze():
    for name in (profile_id, frozen_note):
        assert name("a:b", "c") != name("a", "b:c")
        assert name("a%3Ab", "c") != name("a:b", "c")


@pytest.mark.parametrize(
    "said", [(math.nan, 0.0), (0.0, math.inf), (0.0,), None], ids=["nan", "inf", "one", "none"]
)
def test_a_learner_that_says_no_number_proposes_nothing_and_learns_all(
    store, game, fight, step, monkeypatch, said
):
    def odd(self, state, profile, tactics):
        del self, state, profile
        return ({} if said is None else dict.fromkeys(tactics, said)), 0.0

    asked = LearnSettings(learner="q")
    with monkeypatch.context() as patched:
        patched.setattr(QLearning, "terms", odd)
        for number in range(12):
            store.write(fight(number))
            report = step(store, game, settings=asked)
            assert report.learned == 1
            assert report.proposal is None
            assert "learner q" in report.message
    assert store.unlearned(*PAIR) == ()
    assert any("learner q" in line for line in store.problems)
    *_, last = why(store, game, *PAIR)
    assert last.startswith("The last step of learning failed and will be tried again: learner q")
    assert step(store, game, settings=asked).proposal is not None
    assert len(why(store, game, *PAIR)) == 5, "what is over is said no more"


# -- an environment that fails -----------------------------------------------------------------


class Broken:
    """An environment that raises where it is told to."""

    actions, events, ranges, step_seconds = ("guard", "rush"), (), (), 0.5

    def __init__(self, game, where):
        self.facts, self.vocabulary, self.where = game.sheet, game.vocabulary, where

    def _at(self, where):
        if self.where == where:
            raise ZeroDivisionError("by the moon")

    def content_hash(self):
        self._at("content_hash")
        return "broken"

    def players(self, _profile, seeds):
        self._at("players")
        return [None] * len(seeds)

    def archetypes(self, seeds):
        return [None] * len(seeds)

    def reset(self, *_args):
        raise ZeroDivisionError("by the moon")

    step = outcomes = event_counts = reset


@pytest.mark.parametrize("where", ["reset", "players", "content_hash"])
def test_an_environment_that_raises_rejects_the_change_and_loses_nothing(
    store, game, fight, where, step
):
    for number in range(12):
        store.write(fight(number))
    scenario = Scenario(name="s", description="", threat=0.5, seconds=5.0, ranges={})
    environment = Broken(game, where)
    assert isinstance(environment, BatchEnvironment)
    broken = replaced(game, environment=environment, scenarios=(scenario,))
    report = step(store, broken)
    assert (report.learned, report.verdict.approved) == (12, False)
    assert report.verdict.step in ("environment", "safety")
    assert "the environment" in report.verdict.reason
    assert "by the moon" in report.verdict.reason
    assert policy_of(store, game, *PAIR).version == 0
    assert step(store, game).episodes == 12


def replaced(game, **more):
    fields = {name: getattr(game, name) for name in game.__slots__}
    return type(game)(**fields | more)


def test_our_own_mistake_is_raised_after_the_episodes_are_learned(
    store, game, fight, monkeypatch, step
):
    for number in range(12):
        store.write(fight(number))

    def mistaken(*_args, **_more):
        raise RuntimeError("a mistake")

    monkeypatch.setattr("astraweave.learning.desk.propose", mistaken)
    with pytest.raises(RuntimeError, match="a mistake"):
        step(store, game)
    monkeypatch.undo()
    assert known(store, *PAIR).state.episodes == 12
    assert step(store, game).learned == 0


# -- what it says ------------------------------------------------------------------------------


def test_reports_say_what_happened_in_one_line(store, game, fight, played):
    reports = played(store, game, fight, range(13))
    for report in reports:
        assert str(report) == report.message
        assert "\n" not in report.message
        assert report.message
    assert reports[0].verdict is not None
    assert reports[0].message.endswith("of the 10 episodes needed without a sandbox")


def test_a_pair_that_never_played_has_an_open_profile_and_no_proposal(store, game):
    report = learn(store, game, player_id="x", companion_id="y", seed=1, now=0.0)
    assert report.learned == 0
    assert report.proposal is None
    assert profile_memory(report.profile, 0.0).text.startswith("x is perhaps")
