"""The first lesson: ten lines in a game of its own, and a companion that finds out what helps."""

import importlib.util
import json
import subprocess
import sys
import textwrap

import pytest

import astraweave as aw

MARK = "# --8<-- ten lines"
HELPFUL, IDLE = ("fetch_wood", "chase_wolves"), ("forage", "sing")


@pytest.fixture
def lesson(root):
    """The lesson as a module of its own, so that a test may change it."""
    spec = importlib.util.spec_from_file_location("ten_lines", root / "demos" / "01_ten_lines.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def here(lesson, monkeypatch, capsys):
    """Run the lesson in this process: what it prints."""

    def run_here(*arguments):
        monkeypatch.setattr(sys, "argv", ["01_ten_lines.py", *map(str, arguments)])
        lesson.main()
        out, err = capsys.readouterr()
        assert err == ""
        return out

    return run_here


def run(root, *arguments):
    command = [sys.executable, str(root / "demos" / "01_ten_lines.py"), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


def healths(lesson, tmp_path, weights):
    """How well Robin is after each of 20 nights when the designer gives these weights."""
    text = lesson.TREE.read_text("utf-8")
    before = text.partition('weights="')[2].partition('"')[0]
    lesson.TREE = tmp_path / "tree.xml"
    lesson.TREE.write_text(text.replace(before, weights), "utf-8")
    with aw.open_memory(":memory:") as memory:
        learner, _ = lesson.play(memory, 1)
        learner.freeze()
        learner.detach()
        learner, _ = lesson.play(memory, 20)
        learner.close()
        logs = memory.episodes(memory.episode_ids())
        return [log.outcome.success_rating for log in logs]


def test_pim_does_more_of_what_helps_and_less_of_what_does_not(lesson):
    with aw.open_memory(":memory:") as memory:
        learner, _ = lesson.play(memory, 40)
        weights = memory.deployed("robin", "pim")[0].weights
        learner.close()
        judged = memory.verdicts("robin", "pim")
    assert all(weights[tactic] > 1.2 for tactic in HELPFUL)
    assert all(weights[tactic] < 0.8 for tactic in IDLE)
    assert {verdict.proof for _, verdict in judged} == {"observed"}


def test_what_pim_learned_truly_helps(lesson, tmp_path):
    learned = healths(lesson, tmp_path, "fetch_wood:2;chase_wolves:2;forage:0.5;sing:0.5")
    backwards = healths(lesson, tmp_path, "fetch_wood:0.5;chase_wolves:0.5;forage:2;sing:2")
    assert sum(learned) > sum(backwards) + 1.0


def test_the_lesson_explains_itself_and_plays_the_same_twice(root, here):
    first, second = run(root, "--episodes", 12), here("--episodes", 12)
    assert first == second
    assert "robin" in first
    assert "pim plays version" in first


def test_pim_remembers_on_the_second_run_with_one_save(root, here, tmp_path):
    save = tmp_path / "camp.db"
    first = json.loads(here("--save", save, "--episodes", 12, "--json"))
    second = json.loads(run(root, "--save", save, "--episodes", 12, "--json"))
    assert (first["nights"], second["nights"]) == (12, 24)
    assert second["weights"]["fetch_wood"] > first["weights"]["fetch_wood"] > 1.0


def test_ten_lines_are_ten_lines(root):
    text = (root / "demos" / "01_ten_lines.py").read_text("utf-8")
    assert len(text.splitlines()) < 120
    assert len(ten_lines(root).splitlines()) == 10


def test_the_readme_quotes_the_ten_lines_as_they_stand(root):
    assert ten_lines(root) in (root / "README.md").read_text("utf-8")


def ten_lines(root):
    text = (root / "demos" / "01_ten_lines.py").read_text("utf-8")
    _, quoted, _ = text.split(MARK)
    return textwrap.dedent(quoted.strip("\n").rpartition("\n")[0])
