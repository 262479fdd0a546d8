"""Calls from inside a frame, exceptions of the game, and what it senses."""

import esper
import pytest

import astraweave as aw
from astraweave.errors import RecordError
from astraweave.model.episode import ActionResult

# -- calls from inside -------------------------------------------------------------------------


class Script(esper.Processor):
    """Runs a step of a script each frame."""

    def __init__(self, *steps):
        self.steps = list(steps)

    def process(self, *_):
        if self.steps:
            self.steps.pop(0)()


def test_begin_and_end_may_be_called_inside_a_running_frame(play):
    ids = []
    steps = [lambda: ids.append(play.begin())]
    steps += [lambda: play.learner.player_did(play.me, "strike")] * 60
    steps += [lambda: play.learner.end(play.mira, success=1.0)]
    esper.add_processor(Script(*steps))
    play.frames(100)
    told = play.told(ids[0])
    assert len([o for o in told.observations if o.player_action]) == 60
    assert play.decisions(told)


def test_a_callback_may_end_the_episode_it_decides_in(play):
    ended = []

    @play.tree.action
    def guard(who, _facts):
        if not ended:
            ended.append(play.learner.end(who, success=1.0))
        yield
        return True

    play.tree.action("rush")(guard)
    episode = play.begin()
    play.frames(30)
    assert ended == [episode]
    assert play.results(play.told(episode)) == [ActionResult.INTERRUPTED]
    assert play.companion.tactic is not None, "it goes on, unrecorded"
    assert play.begin() != episode


def test_an_exception_in_a_callback_goes_up_and_the_episode_goes_on(play):
    moods = iter(["fine", "sick"] + ["fine"] * 100)

    def act(_who, _facts):
        if next(moods) == "sick":
            raise KeyError("the game's own mistake")
        return aw.Result("success", effectiveness=0.5)

    play.tree.action("guard")(act)
    play.tree.action("rush")(act)
    episode = play.begin()
    with pytest.raises(KeyError) as raised:
        play.frames(120)
    assert "in the callback of tree.xml" in raised.value.__notes__[0]
    assert esper.current_world == "test"
    play.frames(120)
    play.learner.end(play.mira, success=1.0)
    told = play.told(episode)
    assert play.results(told).count(ActionResult.INTERRUPTED) in (1, 2)
    assert ActionResult.SUCCESS in play.results(told)


def test_an_exception_while_halting_does_not_cost_the_episode(play):
    def stubborn(_who, _facts):
        try:
            while True:
                yield
        finally:
            raise ValueError("cannot let go")

    play.tree.action("guard")(stubborn)
    play.tree.action("rush")(stubborn)
    for verb in ("end", "abort", "detach"):
        episode = play.begin()
        play.frames(10)
        arguments = {"end": (play.mira, 1.0), "abort": (play.mira,), "detach": ()}[verb]
        with pytest.raises(ValueError, match="cannot let go"):
            getattr(play.learner, verb)(*arguments)
        play.memory.flush()
        assert (play.memory.episode(episode) is None) is (verb == "abort")
        assert play.learner._open == {}
    assert esper._processors == []


@pytest.mark.parametrize(
    ("sensed", "error"),
    [
        (None, "must give a mapping"),
        ([1.0], "must give a mapping"),
        ({"hp": "50"}, "'hp' must be a number"),
        ({"hp": None}, "'hp' must be a number"),
        ({"hp": 10**400}, "'hp' must be a number"),
        ({"hp": 1j}, "'hp' must be a number"),
        ({"hp": -5}, "'hp' must be a finite number"),
    ],
)
def test_what_sense_gives_is_checked_and_play_goes_on(play, sensed, error):
    episode = play.begin()
    play.frames(10)
    play.learner.sense(lambda _who: sensed)
    with pytest.raises(RecordError, match=error):
        play.frames(10)
    play.learner.sense(lambda _who: {"hp": 50})
    play.frames(60)
    play.learner.end(play.mira, success=1.0)
    worlds = [o.world_state for o in play.told(episode).observations]
    assert {"hp": 50} in worlds


def test_an_exception_in_sense_leaves_the_world_and_the_episode_as_they_were(play):
    play.begin()

    def fails(_who):
        raise ZeroDivisionError

    play.learner.sense(fails)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            play.frames(6)
        play.clock.now += 0.1
    play.learner.sense(lambda _who: {"hp": 1.0})
    play.frames(60)
    assert play.decisions(play.told(play.learner.end(play.mira, success=1.0)))


# -- facts -------------------------------------------------------------------------------------


def test_numbers_of_numpy_are_numbers(play):
    np = pytest.importorskip("numpy")
    played = []
    for number in (np.float64(50), np.float32(50), np.int64(50), np.uint8(50), True):
        play.learner.sense(lambda _who, number=number: {"hp": number})
        play.begin()
        play.learner.player_did(
            play.me, "strike", params={"damage": np.float32(1.5), "n": np.int8(2)}
        )
        play.frames(300)
        played.append(
            play.learner.end(play.mira, success=np.float32(0.5), damage_dealt=np.int64(3))
        )
    told = [play.told(i) for i in played]
    assert [t.outcome.success_rating for t in told] == [0.5] * 5
    assert told[0].observations[0].player_action.parameters == {"damage": 1.5, "n": 2}
    assert [t.observations[-1].world_state["hp"] for t in told] == [50, 50, 50, 50, 1]


def test_a_blackboard_holds_what_was_sensed_and_gives_what_the_game_wrote(play):
    board = aw.Blackboard()
    play.begin()
    play.frames(6)
    esper.add_component(play.mira, board)
    play.frames(6)
    assert board.values == {"hp": 100.0}
    play.learner.sense(lambda _who: {})
    board.values["hp"] = 10.0
    play.frames(120)
    told = play.told(play.learner.end(play.mira, success=1.0))
    assert told.observations[-1].world_state == {"hp": 10.0}
    assert {r.tactic for r in play.decisions(told)[1:-1]} == {"guard"}, "rush is guarded by health"
    board.values["mana"] = 1.0
    with pytest.raises(RecordError, match="'mana'"):
        play.frames(6)
