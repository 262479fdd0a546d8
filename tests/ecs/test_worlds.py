"""Whatever a game does to its world: the episode stays whole and can be ended."""

import esper
import pytest

import astraweave as aw
from astraweave.errors import UsageError
from astraweave.model.episode import ActionResult

NESTED = """<root BTCPP_format="4" main_tree_to_execute="Main">
  <BehaviorTree ID="Main">
    <WeightedFallback name="outer" weights="fight:1" policy="roulette">
      <Sequence name="fight">
        <WeightedFallback name="inner" weights="guard:1;rush:1" policy="roulette">
          <Action ID="guard"/>
          <Action ID="rush"/>
        </WeightedFallback>
        <Action ID="rest"/>
      </Sequence>
    </WeightedFallback>
  </BehaviorTree>
</root>
"""


# -- entities and components -------------------------------------------------------------------


@pytest.mark.parametrize("immediate", [True, False])
@pytest.mark.parametrize("verb", ["end", "abort", "close"])
def test_a_companion_deleted_in_the_middle_of_its_episode_can_still_end_it(play, verb, immediate):
    episode = play.begin()
    play.frames(20)
    play.learner.player_did(play.me, "strike")
    esper.delete_entity(play.mira, immediate=immediate)
    play.frames(20)
    play.learner.player_did(play.me, "dodge")
    if verb == "end":
        play.learner.end(play.mira, success=0.0)
    else:
        getattr(play.learner, verb)(*([play.mira] if verb == "abort" else []))
    play.memory.flush()
    if verb == "abort":
        assert play.memory.episode(episode) is None
        return
    told = play.told(episode)
    assert [o.player_action.action_type for o in told.observations if o.player_action] == [
        "strike",
        "dodge",
    ]
    assert play.results(told) == [ActionResult.INTERRUPTED]
    assert told.truncated is (verb == "close")


def test_one_deleted_companion_leaves_the_others_episodes_alone(play):
    mates = [esper.create_entity(aw.Companion(f"c{i}")) for i in range(3)]
    ids = [play.learner.begin(mate, "combat", player=play.me) for mate in mates]
    play.frames(30)
    esper.delete_entity(mates[0], immediate=True)
    play.frames(30)
    for mate in (mates[1], mates[0], mates[2]):
        play.learner.end(mate, success=1.0)
    assert [len(play.decisions(play.told(i))) > 0 for i in ids] == [True] * 3
    assert play.learner._agents.by_entity.keys() == {play.mira, mates[1], mates[2]}


def test_agents_of_companions_that_are_gone_are_forgotten(play):
    for _ in range(50):
        entity = esper.create_entity(aw.Companion("passer-by"))
        play.frames(1)
        esper.delete_entity(entity)
    play.frames(2)
    assert len(play.learner._agents.by_entity) == 1


def test_a_player_deleted_in_the_middle_still_has_their_episode(play):
    episode = play.begin()
    play.learner.player_did(play.me, "strike")
    esper.delete_entity(play.me, immediate=True)
    play.frames(10)
    play.learner.player_did(play.me, "dodge")
    play.learner.end(play.mira, success=1.0)
    assert len(play.told(episode).observations) >= 2
    play.learner.player_did(play.me, "dodge")


def test_a_removed_component_stops_the_companion_and_not_the_episode(play):
    episode = play.begin()
    play.frames(10)
    esper.remove_component(play.mira, aw.Companion)
    play.frames(60)
    esper.add_component(play.mira, aw.Companion("mira"))
    play.frames(60)
    play.learner.end(play.mira, success=1.0)
    told = play.told(episode)
    assert told.companion_id == "mira"
    assert play.results(told)[0] is ActionResult.INTERRUPTED


def test_a_component_replaced_by_one_of_the_same_companion_goes_on(play):
    episode = play.begin()
    play.frames(10)
    tactic = play.companion.tactic
    esper.add_component(play.mira, aw.Companion("mira"))
    play.frames(10)
    assert play.companion.tactic == tactic
    play.frames(100)
    play.learner.end(play.mira, success=1.0)
    assert len(play.decisions(play.told(episode))) >= 3
    assert ActionResult.INTERRUPTED not in play.results(play.told(episode))[:-1]


def test_another_companion_in_its_place_is_not_recorded_as_the_first(play):
    episode = play.begin()
    play.frames(10)
    esper.add_component(play.mira, aw.Companion("otto"))
    play.frames(120)
    assert play.companion.tactic is not None
    play.learner.end(play.mira, success=1.0)
    told = play.told(episode)
    assert (told.companion_id, play.results(told)) == ("mira", [ActionResult.INTERRUPTED])


def test_a_database_cleared_in_the_middle_is_survived(play):
    episode = play.begin()
    play.frames(10)
    esper.clear_database()
    play.frames(10)
    assert esper.create_entity(aw.Companion("otto")) == play.mira, "ids are used again"
    play.frames(10)
    play.learner.end(play.mira, success=0.0)
    assert play.told(episode).companion_id == "mira"


def test_nested_choices_are_recorded_each_with_its_own_node(new_play, memory, tmp_path):
    path = tmp_path / "nested.xml"
    path.write_text(NESTED)
    tree = aw.load_tree(path)
    play = new_play(memory, tree)
    episode = play.episode(frames=240)
    told = play.decisions(play.told(episode))
    assert {r.node for r in told} == {"outer", "inner"}
    assert {r.tactic for r in told if r.node == "outer"} == {"fight"}
    assert all(r.duration_ms >= 500 for r in told[:-1] if r.node == "outer")


# -- worlds ------------------------------------------------------------------------------------


def test_learners_in_two_worlds_share_a_save_and_no_id(play, new_play):
    esper.switch_world("second")
    second = new_play(play.memory)
    ids = [second.begin()]
    second.frames(30)
    esper.switch_world("test")
    ids.append(play.begin())
    play.frames(30)
    assert play.companion.tactic is not None
    ids += [play.learner.end(play.mira, success=1.0)]
    ids += [second.learner.end(second.mira, success=0.0)]
    assert esper.current_world == "test"
    play.memory.flush()
    assert len(set(ids)) == 2
    assert set(play.memory.episode_ids()) == set(ids)
    second.learner.close()
    assert esper.current_world == "test"
    assert esper._processors
    esper.delete_world("second")


def test_a_second_learner_in_one_world_is_refused_until_the_first_is_detached(play, new_play):
    with pytest.raises(UsageError, match="has a learner already"):
        new_play(play.memory)
    play.learner.detach()
    assert new_play(play.memory).begin()


def test_a_deleted_world_does_not_come_back_when_the_learner_closes(play):
    play.begin()
    play.frames(5)
    esper.switch_world("elsewhere")
    esper.delete_world("test")
    play.learner.close()
    assert "test" not in esper.list_worlds()
    assert esper.current_world == "elsewhere"
    esper.switch_world("test")
    esper.delete_world("elsewhere")


def test_detach_and_close_may_be_called_twice_and_in_any_order(play):
    play.begin()
    for verb in ("detach", "detach", "close", "close", "detach"):
        getattr(play.learner, verb)()
    play.frames(3)
    assert len(play.memory.episode_ids()) == 1


@pytest.mark.parametrize("arguments", [(), (0.1,), (0.1, "x")])
def test_processors_take_any_arguments_of_process(play, arguments):
    play.begin()
    esper.process(*arguments)
    esper.process(*arguments, dt=1, other=None)
