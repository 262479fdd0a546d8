"""What a game does is what the save holds."""

import math
import subprocess
import sys
import warnings
from pathlib import Path

import esper
import pytest

import astraweave as aw
from astraweave.errors import RecordError, UsageError
from astraweave.model.episode import ActionResult


def kept(play, episode_id):
    play.memory.flush()
    log = play.memory.episode(episode_id)
    assert log is not None
    return aw.episode_of(log)


def test_actions_are_recorded_with_target_parameters_and_the_facts_of_their_moment(play):
    play.begin()
    play.frames(1)
    play.learner.player_did(play.me, "strike", target="wolf", params={"damage": 3.5, "crit": True})
    play.hp = 40.0
    play.frames(30)
    play.learner.player_did(play.me, "dodge")
    told = kept(play, play.learner.end(play.mira, success=True))
    strike, dodge = [o for o in told.observations if o.player_action is not None]
    assert strike.player_action.target == "wolf"
    assert strike.player_action.parameters == {"damage": 3.5, "crit": True}
    assert strike.world_state == {"hp": 100.0}
    assert (dodge.player_action.action_type, dodge.world_state) == ("dodge", {"hp": 40.0})
    assert dodge.timestamp_ms == round(31 / 60 * 1000)


def test_a_decision_is_recorded_with_propensity_availability_and_the_facts_it_was_made_in(play):
    play.hp = 10.0
    told = kept(play, play.episode(frames=60))
    seen = next(o for o in told.observations if o.companion_response is not None)
    response = seen.companion_response
    assert (response.tactic, response.node) == ("guard", "tactics")
    assert response.available == ("guard",), "rush is guarded by health"
    assert response.propensity == 1.0
    assert seen.world_state == {"hp": 10.0}


def test_an_unbound_action_is_an_intention_the_game_can_read(play):
    play.begin()
    play.frames(1)
    mira = esper.component_for_entity(play.mira, aw.Companion)
    assert mira.tactic in {"guard", "rush"}
    assert mira.status == "RUNNING"


def test_the_decision_that_runs_at_the_end_is_interrupted(play):
    told = kept(play, play.episode(frames=30))
    last = [o.companion_response for o in told.observations if o.companion_response][-1]
    assert last.result is ActionResult.INTERRUPTED


def test_callbacks_run_and_their_results_are_kept(play):
    log = []

    @play.tree.action
    def guard(who, facts):
        log.append((who, facts["hp"]))
        try:
            yield
        finally:
            log.append("halt")
        return aw.Result("success", effectiveness=0.25)

    @play.tree.action
    def rush(_who, _facts):
        return aw.Result("failure", effectiveness=0.0)

    told = kept(play, play.episode(frames=90))
    assert (play.mira, 100.0) in log
    assert "halt" in log
    kinds = {o.companion_response.tactic for o in told.observations if o.companion_response}
    assert "guard" in kinds
    worths = [
        o.companion_response.effectiveness
        for o in told.observations
        if o.companion_response
        and o.companion_response.tactic == "guard"
        and o.companion_response.result is ActionResult.SUCCESS
    ]
    assert worths
    assert set(worths) == {0.25}


@pytest.mark.parametrize(
    ("params", "name"),
    [
        ({"damage": math.nan}, "damage"),
        ({"damage": math.inf}, "damage"),
        ({"n": 2**63}, "n"),
        ({"text": "x" * 20_000}, "text"),
        ({"text": "\ud800"}, "text"),
        ({"bag": {"a": 1}}, "bag"),
    ],
)
def test_a_value_that_cannot_be_kept_is_refused_by_its_name(play, params, name):
    play.begin()
    with pytest.raises(RecordError, match=repr(name)):
        play.learner.player_did(play.me, "strike", params=params)
    assert kept(play, play.learner.end(play.mira, success=1.0)).observations == ()


def test_an_undeclared_action_is_refused_with_the_nearest_name(play):
    play.begin()
    with pytest.raises(RecordError, match="did you mean 'strike'"):
        play.learner.player_did(play.me, "stirke")


@pytest.mark.parametrize("hp", [math.nan, math.inf, -1.0, 101.0])
def test_a_bad_fact_is_refused_by_its_name(play, hp):
    play.begin()
    play.hp = hp
    with pytest.raises(RecordError, match="'hp'"):
        play.frames(1)


def test_an_undeclared_fact_is_refused(play):
    play.learner.sense(lambda _who: {"mana": 1.0})
    play.begin()
    with pytest.raises(RecordError, match="'mana'"):
        play.frames(1)


def test_parameters_are_copied(play):
    play.begin()
    params = {"damage": 1.0}
    play.learner.player_did(play.me, "strike", params=params)
    params["damage"] = 99.0
    told = kept(play, play.learner.end(play.mira, success=1.0))
    assert told.observations[0].player_action.parameters == {"damage": 1.0}


def test_one_action_reaches_every_open_episode_of_that_players_companions(play):
    second = esper.create_entity(aw.Companion("otto"))
    stranger = esper.create_entity(aw.Player("someone else"))
    play.begin()
    play.learner.begin(second, "quest", player=play.me)
    play.learner.player_did(play.me, "strike")
    play.learner.player_did(stranger, "strike")
    ids = [play.learner.end(play.mira, success=1.0), play.learner.end(second, success=0.0)]
    told = [kept(play, i) for i in ids]
    assert [len(t.observations) for t in told] == [1, 1]
    assert [t.companion_id for t in told] == ["mira", "otto"]
    assert [t.category.value for t in told] == ["combat", "quest"]


def test_tags_abort_and_pause(play):
    play.begin(tags=("cave",))
    play.learner.tag(play.mira, "night")
    play.frames(60)
    play.learner.pause(play.mira)
    play.frames(600)
    play.learner.resume(play.mira)
    play.frames(60)
    told = kept(play, play.learner.end(play.mira, success=1.0))
    assert told.tags == ("cave", "night")
    assert told.outcome.duration_ms == 2000
    dropped = play.begin()
    play.learner.abort(play.mira)
    play.memory.flush()
    assert play.memory.episode(dropped) is None


def test_credit_is_shared_by_age_and_clipped(play, help_by_guarding):
    help_by_guarding(play, guard=0.5, rush=0.5)
    play.begin()
    play.frames(240)
    play.learner.credit(play.mira, 0.4)
    told = kept(play, play.learner.end(play.mira, success=1.0))
    worths = [
        o.companion_response.effectiveness
        for o in told.observations
        if o.companion_response and o.companion_response.result is ActionResult.SUCCESS
    ]
    assert worths == sorted(worths), "the later, the more"
    assert 0.5 < worths[-1] <= 1.0
    assert sum(w - 0.5 for w in worths) <= 0.4 + 1e-9
    play.begin()
    with pytest.raises(RecordError, match="credit"):
        play.learner.credit(play.mira, 2.0)


def test_an_outcome_out_of_range_is_refused_and_the_episode_stays_open(play):
    play.begin()
    with pytest.raises(RecordError, match="success_rating"):
        play.learner.end(play.mira, success=1.5)
    with pytest.raises(RecordError, match="damage_dealt"):
        play.learner.end(play.mira, success=1.0, damage_dealt=math.nan)
    assert kept(play, play.learner.end(play.mira, success=1.0, damage_dealt=7.0)).outcome


def test_what_is_not_given_is_computed(play):
    told = kept(play, play.episode(frames=240))
    assert told.outcome.damage_dealt == 8 * 3.0
    assert told.outcome.duration_ms == 4000
    assert told.outcome.player_satisfaction == pytest.approx(0.5 + 0.3 + 0.2)
    assert told.end_time - told.start_time == pytest.approx(4.0)


@pytest.mark.parametrize("verb", ["end", "abort", "pause", "resume", "tag", "credit"])
def test_a_call_without_an_open_episode_says_so(play, verb):
    arguments = {"end": (1.0,), "tag": ("x",), "credit": (0.1,)}.get(verb, ())
    with pytest.raises(UsageError, match="no episode"):
        getattr(play.learner, verb)(play.mira, *arguments)


def test_begin_checks_category_player_and_double_begin(play):
    with pytest.raises(UsageError, match="combat, dialogue"):
        play.learner.begin(play.mira, "brawl", player=play.me)
    with pytest.raises(UsageError, match="Companion"):
        play.learner.begin(play.me, "combat", player=play.me)
    play.begin()
    with pytest.raises(UsageError, match="open"):
        play.begin()


def test_the_only_player_need_not_be_named(play):
    play.learner.begin(play.mira, "social")
    play.learner.player_did(play.me, "wait")
    assert kept(play, play.learner.end(play.mira, success=1.0)).player_id == "robin"


def test_processors_run_in_their_stage_whatever_order_they_were_added_in(play):
    order = []

    class Late(esper.Processor):
        def process(self, *_):
            order.append("simulation")

    esper.add_processor(Late(), priority=-5)
    priorities = [p.priority for p in esper._processors]
    assert priorities == [100, -5, -1_000_000]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        play.frames(2)


def test_a_processor_after_the_recorder_is_warned_of_once(play):
    class Later(esper.Processor):
        def process(self, *_):
            pass

    esper.add_processor(Later(), priority=-2_000_000)
    with pytest.warns(RuntimeWarning, match="Later runs after"):
        play.frames(1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        play.frames(3)


CRASH = """
import os, sys
import esper
sys.path[:0] = [{tests!r}]
import astraweave as aw
from conftest import Play, Ticks

play = Play(Ticks(), aw.load_tree({tree!r}), aw.open_memory({save!r}))
play.begin()
for _ in range(10):
    play.learner.player_did(play.me, "strike")
    play.frames(60)
play.memory.flush()
os._exit(1)
"""


def test_after_a_crash_no_more_than_a_checkpoint_of_the_open_episode_is_lost(tree, tmp_path):
    save = tmp_path / "s.db"
    code = CRASH.format(tests=str(Path(__file__).parent), tree=str(tree.path), save=str(save))
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=600).returncode == 1
    with aw.open_memory(save) as again:
        assert again.recovered is not None
        assert len(again.recovered.episodes) == 1
        (found,) = again.episode_ids()
        told = aw.episode_of(again.episode(found))
    assert told.truncated
    strikes = [o for o in told.observations if o.player_action]
    assert len(strikes) >= 10 - 5


def test_methods_work_from_another_world_and_leave_it_current(play):
    esper.switch_world("elsewhere")
    play.begin()
    assert esper.current_world == "elsewhere"
    play.learner.end(play.mira, success=1.0)
    assert esper.current_world == "elsewhere"
    esper.switch_world("test")
    esper.delete_world("elsewhere")


def test_detach_removes_the_processors_and_keeps_the_open_episode(play):
    open_one = play.begin()
    play.frames(10)
    play.learner.close()
    assert esper._processors == []
    assert kept(play, open_one).truncated
    with pytest.raises(UsageError, match="detached"):
        play.begin()


def test_companions_that_begin_together_decide_in_different_frames(play):
    mates = [esper.create_entity(aw.Companion(f"c{i}")) for i in range(6)]
    decided = []
    play.learner.sense(
        lambda who: decided.append((play.learner._agents.frame, who)) or {"hp": 50.0}
    )
    for mate in mates:
        play.learner.begin(mate, "combat", player=play.me)
    play.frames(6)
    frames = [frame for frame, who in decided if who in mates]
    assert sorted(frames) == [1, 2, 3, 4, 5, 6]
