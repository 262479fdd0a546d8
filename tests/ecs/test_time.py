"""Time of every kind, credit that comes late, and what goes on between episodes."""

import esper
import pytest

import astraweave as aw
from astraweave.errors import RecordError
from astraweave.learning.ledger import Policy

# -- time --------------------------------------------------------------------------------------


def times(told):
    return [o.timestamp_ms for o in told.observations]


def test_a_clock_that_goes_back_makes_time_stand_still_and_no_more(play):
    episode = play.begin()
    for jump in (0.0, -1000.0, 5.0, -3.0):
        play.clock.now += jump
        play.learner.player_did(play.me, "strike")
        play.frames(60)
    play.learner.end(play.mira, success=1.0)
    told = play.told(episode)
    assert times(told) == sorted(times(told))
    assert told.outcome.duration_ms == pytest.approx(9000, abs=60)
    assert all(r.duration_ms <= 6000 for r in play.decisions(told))


def test_a_clock_that_goes_back_loses_no_checkpoint(play):
    play.begin()
    play.frames(10)
    play.clock.now -= 1e6
    before = play.memory.figures().get("checkpoints", 0)
    play.frames(60 * 9)
    play.memory.flush()
    assert play.memory.figures()["checkpoints"] - before >= 2


def test_a_clock_that_stands_still_is_an_episode_of_no_length(play):
    episode = play.begin()
    for _ in range(30):
        play.learner.player_did(play.me, "strike")
        esper.process()
    play.learner.end(play.mira, success=1.0)
    told = play.told(episode)
    assert told.outcome.duration_ms == 0
    assert set(times(told)) == {0}
    assert play.learner.learn().learned == 1


@pytest.mark.parametrize("time", [float("nan"), float("inf"), float("-inf")])
def test_a_clock_that_gives_no_time_is_refused(play, time):
    play.begin()
    play.clock.now = time
    with pytest.raises(RecordError, match="finite seconds"):
        esper.process()


@pytest.mark.parametrize("date", [float("nan"), -1.0, 1e12])
def test_a_date_that_is_none_is_refused_when_an_episode_begins(play, new_play, date):
    play.learner.detach()
    other = new_play(play.memory, wall=lambda: date)
    with pytest.raises(RecordError, match="since 1970"):
        other.begin()


def test_a_pause_stops_time_credit_and_durations(play):
    @play.tree.action
    def guard(_who, _facts):
        yield
        return aw.Result("success", effectiveness=0.5)

    play.tree.action("rush")(guard)
    episode = play.begin()
    play.frames(60)
    play.learner.pause(play.mira)
    play.learner.player_did(play.me, "wait")
    play.frames(600)
    play.learner.pause(play.mira)
    play.learner.player_did(play.me, "wait")
    play.learner.credit(play.mira, 0.5)
    play.learner.resume(play.mira)
    play.learner.resume(play.mira)
    play.frames(60)
    play.learner.player_did(play.me, "strike")
    play.learner.end(play.mira, success=1.0)
    told = play.told(episode)
    assert times(told) == sorted(times(told))
    assert told.outcome.duration_ms == 2000
    acts = [o.timestamp_ms for o in told.observations if o.player_action]
    assert acts == [1000, 1000, 2000]
    assert max(r.duration_ms for r in play.decisions(told)) < 1000
    assert any(r.effectiveness and r.effectiveness > 0.5 for r in play.decisions(told))


# -- credit ------------------------------------------------------------------------------------


def test_praise_and_blame_in_any_order_leave_the_same(play):
    @play.tree.action
    def guard(_who, _facts):
        yield
        return aw.Result("success", effectiveness=0.9)

    play.tree.action("rush")(guard)
    left = []
    for amounts in ((1.0, -1.0), (-1.0, 1.0), ()):
        episode = play.begin(seed=3)
        play.frames(120)
        for amount in amounts:
            play.learner.credit(play.mira, amount)
        play.learner.end(play.mira, success=1.0)
        left.append([r.effectiveness for r in play.decisions(play.told(episode))])
    assert left[0] == pytest.approx(left[2])
    assert left[1] == pytest.approx(left[2])


def test_credit_comes_too_late_after_five_seconds(play):
    @play.tree.action
    def guard(_who, _facts):
        return aw.Result("success", effectiveness=0.5)

    play.tree.action("rush")(guard)
    episode = play.begin()
    play.frames(60)
    first = len(decisions_so_far(play))
    play.learner.sense(None)
    play.hp = 100.0
    play.clock.now += 6.0
    play.learner.credit(play.mira, 1.0)
    play.learner.end(play.mira, success=1.0)
    worths = [r.effectiveness for r in play.decisions(play.told(episode))]
    assert first >= 1
    assert worths[: first - 1] == [0.5] * (first - 1)


def decisions_so_far(play):
    return [e for e in play.learner._open[play.mira].draft.seen if len(e) == 3]


# -- between episodes --------------------------------------------------------------------------


def test_between_episodes_the_companion_goes_on_with_what_it_learned(play):
    play.learner._policies._known["robin", "mira"] = _policy(play, {"guard": 1.0, "rush": 1e-9})
    play.begin()
    play.frames(60)
    play.learner.end(play.mira, success=1.0)
    seen = set()
    for _ in range(60 * 20):
        play.frames(1)
        seen.add(play.companion.tactic)
    assert seen - {None} == {"guard"}
    assert len(play.memory.episode_ids()) == 1


def _policy(play, weights):
    return Policy(version=1, weights=weights)
