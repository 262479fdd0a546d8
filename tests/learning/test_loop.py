"""The whole step: once, in one transaction, and past whatever a save or a game may hold."""

import msgspec
import pytest

from astraweave.errors import SaveError, StoreError
from astraweave.learning import learn, status, why
from astraweave.learning.deployment import freeze, reset, undo
from astraweave.learning.ledger import frozen_note, policy_of, profile_id
from astraweave.learning.loop import profile_memory
from astraweave.learning.observed import TRIAL_EPISODES
from astraweave.learning.rows import known
from astraweave.learning.statistics import LearnerState
from astraweave.memory import open_memory
from astraweave.model.learned import LearningCommit
from astraweave.model.ports import BatchEnvironment
from astraweave.model.scenario import Scenario

PAIR = ("robin", "mira")
WHO = {"player_id": "robin", "companion_id": "mira"}


def step(store, game, **more):
    return learn(store, game, **WHO, **{"seed": 1, "now": 1e9, **more})


def played(store, game, fight, numbers, **more):
    """Fights one after the other, each learned from, each under what is in use by then."""
    reports = []
    for number in numbers:
        policy = policy_of(store, game, *PAIR)
        version = policy.version
        if policy.baseline is not None and number % 2:
            version = policy.baseline
        store.write(fight(number, version=version, **more))
        reports.append(step(store, game))
    return reports


# -- each once ---------------------------------------------------------------------------------


def test_several_episodes_are_learned_in_one_step_and_each_once(store, game, fight):
    for number in range(5):
        store.write(fight(number))
    first, again = step(store, game), step(store, game)
    assert (first.learned, first.episodes) == (5, 5)
    assert (again.learned, again.episodes) == (0, 5)
    assert len(store.rows(*PAIR)) == 5


def test_a_step_that_finds_nothing_new_writes_nothing(store, game, fight):
    store.write(fight(1))
    step(store, game)
    before = store.figures()["commits"], store.state(*PAIR)
    assert "nothing to change" in step(store, game).message
    assert (store.figures()["commits"], store.state(*PAIR)) == before


def test_a_step_that_could_not_be_stored_is_taken_whole_the_next_time(
    store, game, fight, monkeypatch
):
    for number in range(12):
        store.write(fight(number))

    def full(_commit):
        raise StoreError(what="the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(store, "commit", full)
        with pytest.raises(StoreError, match="disk is full"):
            step(store, game)
    assert store.state(*PAIR) is None
    assert store.verdicts(*PAIR) == ()
    assert step(store, game).learned == 12


def test_learning_one_by_one_or_together_gives_the_same_statistics(game, fight):
    states = []
    for at_once in (False, True):
        with open_memory(":memory:") as memory:
            freeze(memory, *PAIR)
            for number in range(8):
                memory.write(fight(number))
                if not at_once:
                    step(memory, game)
            step(memory, game)
            state = LearnerState.decoded(memory.state(*PAIR))
            state.revision = 0
            states.append(state)
    assert states[0] == states[1]


def test_one_proposal_is_made_for_an_episode_played(store, game, fight):
    for number in range(12):
        store.write(fight(number))
    reports = [step(store, game) for _ in range(14)]
    assert sum(r.proposal is not None for r in reports) <= 12
    assert reports[-1].proposal is None
    assert "nothing to change" in reports[-1].message


# -- two at a time -----------------------------------------------------------------------------


@pytest.fixture
def overtaken(tmp_path, game, fight, monkeypatch):
    """A save, and a way to do something in it from outside just before a step commits."""
    with open_memory(tmp_path / "s.db") as store:
        for number in range(12):
            store.write(fight(number))
        commit = store.commit

        def meanwhile(work):
            def once(given):
                monkeypatch.setattr(store, "commit", commit)
                with open_memory(tmp_path / "s.db", recover=False) as other:
                    work(other)
                commit(given)

            monkeypatch.setattr(store, "commit", once)

        yield store, meanwhile


def test_two_processes_that_learn_at_once_count_no_episode_twice(overtaken, game):
    store, meanwhile = overtaken
    meanwhile(lambda other: step(other, game))
    report = step(store, game)
    assert (report.learned, report.episodes) == (0, 12)
    counted = known(store, *PAIR).state.tactics["guard"].N
    assert counted == pytest.approx(sum(10 * 0.95**k for k in range(12)))


def test_a_reset_while_a_step_is_being_taken_is_not_overwritten(overtaken, game):
    store, meanwhile = overtaken
    step(store, game)
    store.flush()
    meanwhile(lambda other: reset(other, game, *PAIR, now=2e9))
    step(store, game)
    actions = [d.action for d in store.deployments(*PAIR)]
    assert "reset" in actions
    assert known(store, *PAIR).state.tactics.get("guard") is None


def test_a_stale_state_is_refused_by_the_store_itself(store, game, fight):
    store.write(fight(1))
    step(store, game)
    stale = LearningCommit(**WHO, state=b"x", read=b"never was there", guarded=True)
    with pytest.raises(StoreError, match="has changed since"):
        store.commit(stale)


# -- whatever a save holds ---------------------------------------------------------------------


def test_an_action_the_vocabulary_has_lost_is_counted_and_said_and_blocks_nothing(
    store, game, fight
):
    store.write(fight(1, actions=("strike", "stirke", "stirke", "sing")))
    report = step(store, game)
    assert report.learned == 1
    assert report.unknown_actions == {"stirke": 2, "sing": 1}
    assert "left out 'stirke' ×2 and 1 more" in report.message
    assert "did you mean 'strike'" in report.message
    assert step(store, game).unknown_actions == {}


def test_a_tree_that_was_edited_keeps_what_is_left_of_its_weights(store, game_of, fight):
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
    store, game_of, fight
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
def test_a_state_that_makes_no_sense_is_replayed_from_its_rows(store, game, fight, damage):
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


def test_a_row_that_makes_no_sense_is_left_out_and_said(store, game, fight):
    for number in range(3):
        store.write(fight(number))
    step(store, game)
    store.commit(
        LearningCommit(**WHO, state=b"", rows={"odd": b"\xc1", "old": store.rows(*PAIR)[0][1][:-9]})
    )
    report = step(store, game)
    assert report.episodes == 3
    assert "2 rows could not be read" in report.message


def test_what_a_newer_program_learned_is_refused_and_left_alone(store, game, fight):
    store.write(fight(1))
    step(store, game)
    newer = msgspec.msgpack.encode({"version": 99, "more": [1, 2]})
    store.commit(LearningCommit(**WHO, state=newer))
    for verb in (step, lambda *a: reset(*a, *PAIR, now=1e9), lambda *a: status(*a, *PAIR)):
        with pytest.raises(SaveError, match="newer astraweave"):
            verb(store, game)
    assert store.state(*PAIR) == newer


def test_the_profile_is_one_memory_that_each_step_replaces(store, game, fight):
    played(store, game, fight, range(3))
    found = store.memory(profile_id(*PAIR))
    assert "fighter" in found.text
    assert found.data["episode_count"] == 3


def test_no_two_pairs_share_a_profile_or_a_freeze():
    for name in (profile_id, frozen_note):
        assert name("a:b", "c") != name("a", "b:c")
        assert name("a%3Ab", "c") != name("a:b", "c")


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
def test_an_environment_that_raises_rejects_the_change_and_loses_nothing(store, game, fight, where):
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


def test_our_own_mistake_is_raised_after_the_episodes_are_learned(store, game, fight, monkeypatch):
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


# -- a person's word, and a trial's ------------------------------------------------------------


def in_use(store, game):
    policy = policy_of(store, game, *PAIR)
    return {name: round(value, 9) for name, value in policy.weights.items()}


EVEN = {"guard": 1.0, "rush": 1.0}


def test_undo_after_undo_follows_the_line_also_past_what_was_learned_after_an_undo(
    store, game, fight
):
    trail = [EVEN]
    for report in played(store, game, fight, range(13)):
        now = {name: round(value, 9) for name, value in report.deployed.weights.items()}
        trail += [now] if now != trail[-1] else []
    assert len(trail) == 5
    undo(store, game, *PAIR, now=1.0)
    assert in_use(store, game) == trail[-2]
    played(store, game, fight, range(13, 14))
    assert in_use(store, game) == trail[-1], "learned again after the next fight"
    for expected in (trail[-2], trail[-3], trail[-4], EVEN):
        undo(store, game, *PAIR, now=1.0)
        assert in_use(store, game) == expected


def test_undo_takes_a_reset_back_and_reset_takes_an_undo_back(store, game, fight):
    played(store, game, fight, range(13))
    learned = in_use(store, game)
    reset(store, game, *PAIR, now=1.0)
    assert in_use(store, game) == EVEN
    undo(store, game, *PAIR, now=1.0)
    assert in_use(store, game) == learned
    undo(store, game, *PAIR, now=1.0)
    reset(store, game, *PAIR, tactic="rush", now=1.0)
    assert in_use(store, game)["rush"] == 1.0
    assert in_use(store, game)["guard"] > 1.0


def test_what_a_person_did_stands_until_another_episode_is_played(store, game, fight):
    played(store, game, fight, range(13))
    undo(store, game, *PAIR, now=1.0)
    before = in_use(store, game)
    report = step(store, game)
    assert report.proposal is None
    assert report.message == "nothing to change before one episode more"
    assert in_use(store, game) == before


def test_a_frozen_pair_stays_as_it_is_across_restarts_and_learns_all_the_same(
    tmp_path, game, fight
):
    with open_memory(tmp_path / "s.db") as store:
        played(store, game, fight, range(13))
        before = in_use(store, game)
        freeze(store, *PAIR)
    with open_memory(tmp_path / "s.db") as store:
        reports = played(store, game, fight, range(13, 13 + TRIAL_EPISODES), success=0.0)
        assert {r.message for r in reports} == {"frozen: nothing changes"}
        assert in_use(store, game) == before
        assert reports[-1].episodes == 13 + TRIAL_EPISODES
        assert "frozen" in why(store, game, *PAIR)[4]
        freeze(store, *PAIR, frozen=False)
        assert step(store, game).deployment is not None


def on_trial(store, game, fight, good, bad, numbers):
    """Fights that go `good` under the baseline and `bad` under what is on trial."""
    for number in numbers:
        policy = policy_of(store, game, *PAIR)
        tried = policy.baseline is not None and number % 2
        version = policy.version if tried or policy.baseline is None else policy.baseline
        store.write(fight(number, version=version, success=bad if tried else good))
        report = step(store, game)
        if report.deployment is not None and report.deployment.action == "roll_back":
            return report
    return None


def test_what_loses_fights_is_rolled_back_and_not_tried_again_at_once(store, game, fight):
    report = on_trial(store, game, fight, 1.0, 0.0, range(60))
    assert report is not None
    assert "rolled back to version 0" in report.message
    assert in_use(store, game) == EVEN
    told = why(store, game, *PAIR)
    assert told[1] == "mira plays with the designer's weights."
    assert status(store, game, *PAIR).weights[0].change < 0, "the last change was back"
    rested = played(store, game, fight, range(100, 109))
    assert all(r.proposal is None for r in rested)
    assert "before 10 episodes more" in rested[0].message


def test_a_trial_without_harm_ends_and_what_was_tried_is_kept(store, game, fight):
    reports = played(store, game, fight, range(13 + TRIAL_EPISODES))
    kept = [r for r in reports if "kept" in r.message]
    assert len(kept) == 1
    assert kept[0].deployment.canary is False
    policy = policy_of(store, game, *PAIR)
    assert policy.baseline is None or policy.baseline == kept[0].deployment.version


def test_reports_say_what_happened_in_one_line(store, game, fight):
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
