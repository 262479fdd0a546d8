"""The fourth lesson: a yes and a no over a game of its own; an episode shows why not."""

import importlib
import json
import subprocess
import sys

import pytest

from astraweave.cli import main
from astraweave.testing import check_environment

NAME = "04_gate_of_your_own"


@pytest.fixture
def lesson(root, monkeypatch):
    """The lesson as a module that other processes find by its name."""
    monkeypatch.syspath_prepend(str(root / "demos"))
    yield importlib.import_module(NAME)
    sys.modules.pop(NAME)


def run(root, *arguments):
    command = [sys.executable, str(root / "demos" / f"{NAME}.py"), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


@pytest.mark.compiled
def test_one_change_is_let_through_and_of_the_other_one_sees_why_not(root):
    told = run(root)
    yes, no = told.rstrip().split("\n\n")
    assert yes.startswith("Otto naps less: APPROVED\nno forbidden rule was broken in 348 episodes")
    assert no.startswith(
        "Otto pulls whenever he likes: REJECTED (safety)\nit broke swamping in river"
    )
    assert no.endswith("! swamped ×1")
    assert "pull (" in no


@pytest.mark.compiled
@pytest.mark.slow
def test_two_processes_say_the_same(root):
    assert json.loads(run(root, "--json", "--workers", "2")) == json.loads(run(root, "--json"))


def test_the_game_keeps_what_the_sandbox_relies_on(lesson):
    checked = check_environment(lesson.make, lesson.Crossing.scenarios[0])
    assert checked.remarks == ()


@pytest.mark.compiled
@pytest.mark.slow
def test_the_command_line_plays_it_too(root, lesson, monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(root / "demos")
    weights = tmp_path / "lively.json"
    weights.write_text(json.dumps({"weights": lesson.LIVELY}), "utf-8")
    tree = ("sandbox", "validate", f"{NAME}.xml", "--weights", str(weights), "--json")
    assert main([*tree, "--environment", f"{NAME}:make"]) == 0
    verdict = json.loads(capsys.readouterr().out)
    assert verdict["approved"]
    assert main([*tree, "--environment", f"{NAME}:make", "--workers", "2"]) == 0
    assert json.loads(capsys.readouterr().out) == verdict


def test_the_game_has_sixty_lines(root):
    text = (root / "demos" / f"{NAME}.py").read_text("utf-8")
    _, game, _ = text.split("# --8<-- the game\n")
    assert len(game.rstrip().splitlines()) <= 60
