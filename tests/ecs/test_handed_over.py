"""What a game hands over is checked where it is handed over, by its name."""

import esper
import pytest

import astraweave as aw
from astraweave.errors import RecordError, UsageError
from astraweave.model.episode import ActionResult

# -- what is handed over -----------------------------------------------------------------------


@pytest.mark.parametrize("target", [7, "", "x" * 201, "a\nb", "\ud800", ["wolf"], b"wolf"])
def test_a_target_that_is_no_name_is_refused_at_once(play, target):
    play.begin()
    with pytest.raises(RecordError, match="target must be"):
        play.learner.player_did(play.me, "strike", target=target)
    assert play.told(play.learner.end(play.mira, success=1.0)).observations == ()


def test_many_targets_are_taken(play, monkeypatch):
    monkeypatch.setattr("astraweave.ecs.recorder.TARGETS_KNOWN", 10)
    play.begin()
    for i in range(50):
        play.learner.player_did(play.me, "strike", target=f"wolf {i}")
    told = play.told(play.learner.end(play.mira, success=1.0))
    assert len({o.player_action.target for o in told.observations}) == 50


def test_an_action_of_somebody_who_is_no_player_is_refused(play):
    with pytest.raises(UsageError, match="no Player component"):
        play.learner.player_did(play.mira, "strike")
    play.learner.player_did(play.me, "strike")
    play.learner.player_did(999, "strike")


@pytest.mark.parametrize("name", ["", "x" * 151, "a\tb", 5])
def test_ids_that_are_no_names_are_refused_before_anything_is_recorded(play, name):
    odd = esper.create_entity(aw.Companion(name))
    with pytest.raises(RecordError, match=r"Companion\.id"):
        play.learner.begin(odd, "combat", player=play.me)
    person = esper.create_entity(aw.Player(name))
    with pytest.raises(RecordError, match=r"Player\.id"):
        play.learner.begin(play.mira, "combat", player=person)
    assert play.begin()


@pytest.mark.parametrize("seed", [2**63, -(2**63) - 1, 1.5, "7"])
def test_a_seed_is_a_whole_number_of_64_bits(play, new_play, seed):
    with pytest.raises(UsageError, match="64 bits"):
        play.begin(seed=seed)
    play.learner.detach()
    with pytest.raises(UsageError, match="64 bits"):
        new_play(play.memory, seed=seed)


@pytest.mark.parametrize("tags", ["cave", ("",), (5,), ("x" * 300,)])
def test_tags_are_several_names(play, tags):
    with pytest.raises(RecordError, match="tag"):
        play.begin(tags=tags)
    play.begin(tags=["a", "b", "a"])
    with pytest.raises(RecordError, match="tag"):
        play.learner.tag(play.mira, 5)
    assert play.told(play.learner.end(play.mira, success=1.0)).tags == ("a", "b")


@pytest.mark.parametrize(
    ("success", "outcome", "said"),
    [
        ("won", {}, "success_rating"),
        (None, {}, "success_rating"),
        (float("nan"), {}, "success_rating"),
        (1.0, {"sucess": 1}, "no 'sucess'"),
        (1.0, {"quality_signals": (0.5,)}, "quality_signals"),
        (1.0, {"complexity": 3}, "complexity"),
    ],
)
def test_a_wrong_outcome_leaves_the_episode_and_its_decision_open(play, success, outcome, said):
    play.begin()
    play.frames(10)
    running = play.companion.tactic
    with pytest.raises(RecordError, match=said):
        play.learner.end(play.mira, success, **outcome)
    assert play.companion.tactic == running
    play.frames(60)
    told = play.told(play.learner.end(play.mira, True))
    assert told.outcome.success_rating == 1.0
    assert ActionResult.INTERRUPTED not in play.results(told)[:-1]


def test_damage_beyond_all_reason_does_not_keep_an_episode_open_for_ever(play):
    play.begin()
    for _ in range(3):
        play.learner.player_did(play.me, "strike", params={"damage": 1e300})
    assert play.told(play.learner.end(play.mira, success=1.0)).outcome.damage_dealt == 1e12


def test_attach_refuses_what_cannot_be_meant(play, new_play):
    play.learner.detach()
    for more, error in (
        ({"decide_every": 0}, "decide_every"),
        ({"decide_every": 2.5}, "decide_every"),
        ({"checkpoint_s": float("nan")}, "checkpoint_s"),
        ({"hold_s": -1}, "hold_s"),
        ({"locked": ["gaurd"]}, "did you mean 'guard'"),
    ):
        with pytest.raises(aw.AstraweaveError, match=error):
            new_play(play.memory, **more)
    assert esper._processors == []
    assert new_play(play.memory, locked="guard").learner._settings.locked == {"guard"}
