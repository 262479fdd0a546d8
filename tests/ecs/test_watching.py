"""A companion looked at while the game runs, and its tree edited while an episode is open."""

import os

import esper
import pytest

import astraweave as aw
from astraweave.errors import TreeError, UsageError

BODY = '<WeightedFallback name="tactics">{}</WeightedFallback>'
SCRIPTED = """<Sequence name="s"><RunOnce><Script code="told := 0"/></RunOnce>
  <Script code="n := told + 1"/>
  <WeightedFallback name="tactics"><Action ID="guard"/><Action ID="rush"/></WeightedFallback>
</Sequence>"""


class File:
    """The tree's file, edited."""

    def __init__(self, path):
        self.path, self.edits = path, 0

    def write(self, body, *tactics):
        leaves = "".join(f'<Action ID="{name}"/>' for name in tactics)
        self.path.write_text(
            '<root BTCPP_format="4" main_tree_to_execute="Main"><BehaviorTree ID="Main">'
            f"{body.format(leaves)}</BehaviorTree></root>",
            "utf-8",
        )
        self.edits += 1
        os.utime(self.path, ns=(self.edits, self.edits))


@pytest.fixture
def file(tmp_path):
    return File(tmp_path / "tree.xml")


def loaded(file, *tactics, body=BODY):
    file.write(body, *tactics)
    return aw.load_tree(file.path)


def works(tree, **worth):
    """Bind tactics that last two decisions and are worth so much."""

    def bind(name, effect):
        @tree.action(name)
        def work(who, facts):
            yield
            return aw.Result("success", effectiveness=effect)

    for name, effect in worth.items():
        bind(name, effect)


# -- a trace, on and off ---------------------------------------------------------------------------


def test_a_companion_is_traced_from_one_tick_to_another_and_plays_the_same(new_play, memory, tree):
    works(tree, guard=0.5, rush=0.5)
    play = new_play(memory)
    play.begin(seed=3)
    play.frames(60)
    trace = play.learner.trace(play.mira)
    assert play.learner.trace(play.mira) is trace
    assert trace.ticks == ()
    play.frames(60)
    assert len(trace.ticks) == 10
    assert {"tactics"} <= set(trace.statuses())
    assert "tactics" in trace.text(last=1)
    play.learner.untrace(play.mira)
    play.frames(60)
    assert len(trace.ticks) == 10
    watched = play.decisions(play.told(play.learner.end(play.mira, success=1.0)))
    play.begin(seed=3)
    play.frames(180)
    alone = play.decisions(play.told(play.learner.end(play.mira, success=1.0)))
    assert [d.tactic for d in watched] == [d.tactic for d in alone]
    assert [d.result for d in watched] == [d.result for d in alone]


def test_a_trace_goes_on_through_episodes_and_between_them(play):
    works(play.tree, guard=0.5, rush=0.5)
    trace = play.learner.trace(play.mira)
    play.frames(30)
    told = play.told(play.episode())
    play.frames(30)
    chosen = {id(choice) for tick in trace.ticks for choice in tick.choices}
    assert len(trace.ticks) == 30
    assert len(play.decisions(told)) < len(chosen)
    assert {response.tactic for response in play.decisions(told)} == {"guard", "rush"}


def test_who_is_gone_is_not_watched_any_more(play):
    trace = play.learner.trace(play.mira)
    play.frames(12)
    esper.delete_entity(play.mira, immediate=True)
    play.frames(6)
    play.learner.untrace(play.mira)
    assert len(trace.ticks) == 2
    with pytest.raises(UsageError, match="no Companion component"):
        play.learner.trace(play.mira)


def test_a_trace_that_keeps_nothing_is_refused(play):
    with pytest.raises(UsageError, match="keep_ticks must be 1 or more"):
        play.learner.trace(play.mira, keep_ticks=0)


# -- the blackboard --------------------------------------------------------------------------------


def test_a_game_reads_and_writes_the_trees_blackboard(new_play, memory, file):
    tree = loaded(file, body=SCRIPTED)
    works(tree, guard=0.5, rush=0.5)
    play = new_play(memory, tree)
    play.begin()
    board = play.learner.board(play.mira)
    play.frames(12)
    assert dict(board) == {"told": 0.0, "n": 1.0}
    board["told"] = 4.0
    play.frames(12)
    assert play.learner.board(play.mira)["n"] == 5.0
    play.learner.end(play.mira, success=1.0)
    assert dict(play.learner.board(play.mira)) == {}
    with pytest.raises(UsageError, match="no Companion component"):
        play.learner.board(play.me)


# -- a file edited in play -------------------------------------------------------------------------


def test_an_open_episode_goes_on_in_the_edited_tree(new_play, memory, file):
    tree = loaded(file, "guard", "rush")
    works(tree, guard=0.5, rush=0.5)
    play = new_play(memory, tree)
    play.begin()
    play.frames(60)
    file.write(BODY, "sing")
    assert tree.changed()
    assert tree.reload()
    works(tree, sing=0.5)
    play.frames(60)
    assert play.companion.tactic == "sing"
    told = play.told(play.learner.end(play.mira, success=1.0))
    tactics = [response.tactic for response in play.decisions(told)]
    assert tactics[0] in ("guard", "rush")
    assert set(tactics[2:]) == {"sing"}


def test_a_file_that_is_refused_leaves_the_companions_as_they_are(new_play, memory, file):
    tree = loaded(file, "guard")
    works(tree, guard=0.5)
    play = new_play(memory, tree)
    play.begin()
    file.path.write_text("<root", "utf-8")
    with pytest.raises(TreeError):
        tree.reload()
    play.frames(30)
    assert play.companion.tactic == "guard"


def test_weights_of_what_is_gone_are_left_out_and_the_new_begins_at_one(new_play, memory, file):
    tree = loaded(file, "guard", "rush", "wave")
    works(tree, guard=0.9, rush=0.1, wave=0.1)
    play = new_play(memory, tree)
    for _ in range(12):
        play.episode(1200)
    assert play.learner.learn().deployment is not None
    deployed = memory.deployed("robin", "mira")[0]
    version, before = deployed.version, deployed.weights
    assert before["guard"] > 1.0 > before["wave"]
    play.begin()
    play.frames(60)
    file.write(BODY, "sing", "guard", "rush")
    tree.reload()
    works(tree, sing=0.9)
    play.frames(120)
    play.learner.end(play.mira, success=1.0)
    assert shares(play, version)["guard"] == pytest.approx(
        before["guard"] / (before["guard"] + before["rush"] + 1)
    )
    report = play.learner.learn()
    assert set(report.deployed.weights) == {"sing", "guard", "rush"}
    assert "wave" not in play.learner.why(play.mira)
    for _ in range(12):
        play.episode(1200)
        report = play.learner.learn()
    assert report.deployed.weights["sing"] > 1.0 > report.deployed.weights["rush"]


def shares(play, version):
    """Tactic → the share with which it stood for choice in episodes of a version."""
    told = [play.told(play.episode(240)) for _ in range(8)]
    assert {episode.policy_version for episode in told} == {0, version}
    decisions = [d for e in told if e.policy_version == version for d in play.decisions(e)]
    return {decision.tactic: decision.propensity for decision in decisions}
