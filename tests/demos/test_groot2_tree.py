"""The third lesson: a tree in Groot2's form learns, is drawn with what it learned, and frozen."""

import importlib.util
import json
import subprocess
import sys

import pytest

import astraweave as aw
from astraweave.cli import main


@pytest.fixture
def lesson(root):
    """The lesson as a module of its own, so that a test may change it."""
    spec = importlib.util.spec_from_file_location("groot2", root / "demos" / "03_groot2_tree.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def run(root, *arguments):
    command = [sys.executable, str(root / "demos" / "03_groot2_tree.py"), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


def test_bess_learns_not_to_bark_at_nervous_sheep_and_gets_more_done(lesson):
    with aw.open_memory(":memory:") as memory:
        _, learner, _, done = lesson.play(memory, 60)
        weights = memory.deployed("tam", "bess")[0].weights
        learner.close()
    assert weights["circle"] > 1.2
    assert weights["bark"] < 0.8
    assert sum(done[-10:]) > sum(done[:10]) + 1.0


def test_the_lesson_draws_what_it_learned_and_plays_the_same_twice(root):
    first, second = (run(root, "--evenings", 15) for _ in range(2))
    assert first == second
    assert "bark" in first
    assert "bess plays version" in first


def test_what_is_saved_can_be_drawn_and_frozen(root, tmp_path, capsys):
    save, tree = tmp_path / "bess.db", str(root / "demos" / "03_groot2_tree.xml")
    told = json.loads(run(root, "--evenings", 15, "--save", save, "--json"))
    assert len(told["done"]) == 15
    assert main(["tree", "render", tree, "--save", str(save)]) == 0
    assert "↓" in capsys.readouterr().out
    assert (
        main(["tree", "freeze", tree, "--save", str(save), "--out", str(tmp_path / "b.xml")]) == 0
    )
    assert "WeightedFallback" not in (tmp_path / "b.xml").read_text("utf-8")
    assert aw.load_tree(tmp_path / "b.xml").tactics == ()


def test_the_file_is_in_the_form_in_which_it_is_written_back(root):
    path = root / "demos" / "03_groot2_tree.xml"
    assert aw.load_tree(path).to_xml() == path.read_text("utf-8")
