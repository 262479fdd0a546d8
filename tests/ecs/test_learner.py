"""Learning through the public surface: what helps is played more, a person has the last word."""

import itertools
import subprocess
import sys
from pathlib import Path

import esper
import pytest

import astraweave as aw
from astraweave.errors import StoreError, UsageError


@pytest.fixture
def helped(play, help_by_guarding):
    """A game in which `guard` helps and `rush` does not."""
    return help_by_guarding(play)


def played(play, episodes):
    reports = []
    for _ in range(episodes):
        play.episode(frames=600)
        reports.append(play.learner.learn())
    return reports


def test_one_call_learns_the_new_episodes_once(helped):
    helped.episode()
    helped.episode()
    report = helped.learner.learn()
    assert (report.learned, report.episodes) == (2, 2)
    again = helped.learner.learn()
    assert (again.learned, again.episodes) == (0, 2)


def test_observed_play_moves_the_weights_in_small_steps_towards_what_helps(helped):
    reports = played(helped, 40)
    approved = [r for r in reports if r.verdict is not None and r.verdict.approved]
    assert approved
    assert {r.verdict.proof for r in approved} == {"observed"}
    for report in approved:
        before = report.proposal.baseline.weights
        for name, after in report.proposal.candidate.weights.items():
            assert abs(after / before[name] - 1) <= 0.10 + 1e-9
    final = reports[-1].deployed.weights
    assert final["guard"] > 1.1
    assert final["rush"] < 0.9


def test_a_version_on_trial_plays_about_every_other_episode(helped):
    played(helped, 40)
    helped.memory.flush()
    logs = list(helped.memory.episodes(helped.memory.episode_ids()))
    versions = [log.policy_version for log in logs]
    assert len(set(versions)) >= 3
    assert any(b < a for a, b in itertools.pairwise(versions)), "the older one too"


def test_freeze_keeps_the_weights_and_thaw_lets_them_go(helped):
    helped.episode()
    helped.learner.freeze()
    reports = played(helped, 14)
    assert all(r.proposal is None for r in reports)
    assert "frozen" in reports[-1].message
    helped.learner.thaw()
    assert any(r.proposal for r in played(helped, 2))


def test_undo_goes_back_one_version_and_again(helped):
    reports = played(helped, 40)
    trail = [dict.fromkeys(helped.tree.tactics, 1.0)]
    for report in reports:
        if report.deployed.weights != trail[-1]:
            trail.append(report.deployed.weights)
    assert len(trail) >= 3
    helped.learner.undo()
    assert helped.memory.deployed("robin", "mira")[0].weights == trail[-2]
    helped.learner.undo()
    assert helped.memory.deployed("robin", "mira")[0].weights == trail[-3]


def test_undo_of_nothing_says_so(helped):
    helped.episode()
    helped.learner.learn()
    with pytest.raises(UsageError, match="nothing to undo"):
        helped.learner.undo()


def test_reset_returns_to_the_designer_and_the_next_episode_plays_it(helped):
    played(helped, 40)
    helped.learner.reset("guard")
    now = helped.memory.deployed("robin", "mira")[0].weights
    assert now["guard"] == 1.0
    assert now["rush"] < 1.0
    helped.learner.reset()
    assert set(helped.memory.deployed("robin", "mira")[0].weights.values()) == {1.0}


def test_why_explains_in_five_lines(helped):
    played(helped, 12)
    lines = helped.learner.why(helped.mira).splitlines()
    assert len(lines) == 5
    assert "robin" in lines[0]


def test_nothing_played_is_said(play):
    for verb in ("learn", "learn_soon", "undo", "freeze"):
        with pytest.raises(UsageError, match="nothing was played"):
            getattr(play.learner, verb)()


def test_learn_soon_on_a_save_in_memory_learns_in_a_thread(helped):
    helped.episode()
    report = helped.learner.learn_soon().result(600)
    assert report.learned == 1
    helped.learner.close()


CHILD = """
import sys
sys.path[:0] = [{tests!r}]
import astraweave as aw
from conftest import Play, Ticks

with aw.open_memory({save!r}) as memory:
    play = Play(Ticks(), aw.load_tree({tree!r}), memory)
    play.episode()
    first = play.learner.learn_soon()
    play.begin()
    play.frames(30)
    play.learner.end(play.mira, success=0.0)
    second = play.learner.learn_soon()
    print(first.result(600).learned + second.result(600).learned, second.result(600).episodes)
    play.learner.close()
"""


def test_learn_soon_on_a_save_file_learns_in_a_child_without_a_main_guard(tree, tmp_path):
    code = CHILD.format(
        tests=str(Path(__file__).parent), tree=str(tree.path), save=str(tmp_path / "s.db")
    )
    script = tmp_path / "game.py"
    script.write_text(code)
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, check=False, timeout=600
    )
    assert done.stdout.split() == ["2", "2"], done.stderr


KILLED = """
import os, sys, time
sys.path[:0] = [{tests!r}]
import astraweave as aw
from astraweave.learning import worker
from astraweave.learning.standing import left_waiting
from conftest import Play, Ticks

worker.LearningProcess = lambda: time.sleep(6000)  # the game is killed before it is started
memory = aw.open_memory({save!r})
play = Play(Ticks(), aw.load_tree({tree!r}), memory)
play.episode()
play.learner.learn_soon()
while not left_waiting(memory):
    pass
os._exit(3)
"""
AGAIN = """
import sys, time
sys.path[:0] = [{tests!r}]
import astraweave as aw
from astraweave.learning.standing import left_waiting
from conftest import Play, Ticks

with aw.open_memory({save!r}) as memory:
    asked = len(left_waiting(memory))
    play = Play(Ticks(), aw.load_tree({tree!r}), memory)
    while not play.learner.figures().get("learn_done"):
        time.sleep(0.01)
    play.learner.close()
    print(asked, play.learner.figures()["learn_done"], len(left_waiting(memory)))
    print(len(memory.unlearned("robin", "mira")))
"""


def test_what_a_killed_game_had_asked_to_learn_is_learned_by_the_next_start(tree, tmp_path):
    names = {"tests": str(Path(__file__).parent), "tree": str(tree.path)}
    said = []
    for code in (KILLED, AGAIN):
        script = tmp_path / "game.py"
        script.write_text(code.format(save=str(tmp_path / "s.db"), **names))
        words = [sys.executable, str(script)]
        done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=600)
        said.append((done.returncode, done.stdout.split(), done.stderr))
    assert said[0] == (3, [], "")
    assert said[1] == (0, ["1", "1", "0", "0"], "")


def test_an_error_of_the_child_reaches_the_future_as_one_line(new_play, tree, tmp_path):
    with aw.open_memory(tmp_path / "s.db") as memory:
        game = new_play(memory)
        game.episode()
        Path(tree.path).unlink()
        with pytest.raises(StoreError, match=r"tree\.xml"):
            game.learner.learn_soon().result(600)
        game.learner.close()


def test_each_pair_learns_and_has_its_report(helped):
    otto = esper.create_entity(aw.Companion("otto"))
    helped.learner.begin(otto, "combat", player=helped.me)
    helped.episode(frames=600)
    helped.learner.end(otto, success=0.0)
    report = helped.learner.learn()
    assert helped.learner.reports.keys() == {("robin", "mira"), ("robin", "otto")}
    assert helped.learner.reports["robin", report.companion_id] == report
    assert helped.learner.why(otto).startswith("robin: ")


def test_undo_of_one_companion_is_not_stopped_by_another_that_has_nothing_to_undo(helped):
    otto = esper.create_entity(aw.Companion("otto"))
    helped.learner.begin(otto, "combat", player=helped.me)
    helped.learner.end(otto, success=0.0)
    played(helped, 14)
    assert helped.memory.deployed("robin", "mira")[0].version > 0
    before = helped.memory.deployed("robin", "mira")[0].weights
    helped.learner.undo()
    assert helped.memory.deployed("robin", "mira")[0].weights != before


def test_what_was_learned_plays_from_the_next_begin_on_and_not_before(helped):
    played(helped, 14)
    helped.learner.undo()
    helped.learner.undo()
    helped.begin()
    version = helped.learner._open[helped.mira].draft.policy_version
    helped.learner.reset()
    helped.frames(60)
    assert helped.learner._open[helped.mira].draft.policy_version == version
    helped.learner.end(helped.mira, success=1.0)
    helped.begin()
    deployed = helped.memory.deployed("robin", "mira")[0]
    assert helped.learner._open[helped.mira].draft.policy_version == deployed.version > version


def test_what_was_learned_before_plays_after_a_restart(new_play, tmp_path):
    with aw.open_memory(tmp_path / "s.db") as memory:
        first = new_play(memory)

        @first.tree.action
        def guard(_who, _facts):
            return aw.Result("success", effectiveness=0.9)

        @first.tree.action
        def rush(_who, _facts):
            return aw.Result("success", effectiveness=0.1)

        played(first, 14)
        version = memory.deployed("robin", "mira")[0].version
        first.learner.close()
    with aw.open_memory(tmp_path / "s.db") as memory:
        again = new_play(memory)
        versions = []
        for _ in range(8):
            again.begin()
            versions.append(again.learner._open[again.mira].draft.policy_version)
            again.learner.end(again.mira, success=1.0)
        assert set(versions) == {0, version}, "on trial against the designer's"
        again.learner.close()


def test_figures_count_steps_of_learning(helped):
    helped.episode()
    assert "learn_done" not in helped.learner.figures()
    helped.learner.learn_soon().result(600)
    helped.learner.close()
    assert helped.learner.figures()["learn_done"] == 1
    assert helped.learner.figures()["written"] == 1


def test_why_of_a_companion_that_never_played_says_so(helped):
    stranger = esper.create_entity(aw.Companion("stranger"))
    assert helped.learner.why(stranger) == "stranger has not played with anyone yet."
    with pytest.raises(UsageError, match="no Companion"):
        helped.learner.why(helped.me)


def test_learn_soon_after_learn_finds_nothing_left_and_the_other_way_round(helped):
    helped.episode()
    soon = helped.learner.learn_soon()
    now = helped.learner.learn()
    assert soon.result(600).learned + now.learned == 1
    assert helped.learner.learn().episodes == 1
    helped.learner.close()
