"""The third lesson: a tree in Groot2's form learns, is drawn with what it learned, and frozen."""

import importlib.util
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
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
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


def test_the_lesson_draws_what_it_learned_and_plays_the_same_twice(root, lesson, capsys):
    first = run(root, "--evenings", 15)
    assert lesson.main(["--evenings", "15"]) == 0
    assert (first, "") == capsys.readouterr()
    assert "bark" in first
    assert "bess plays version" in first


def test_what_is_saved_can_be_drawn_and_frozen_and_is_what_the_page_shows(
    root, lesson, tmp_path, capsys
):
    save, tree = str(tmp_path / "bess.db"), str(root / "demos" / "03_groot2_tree.xml")
    assert lesson.main(["--save", save]) == 0
    shown = capsys.readouterr().out.partition("\n\ntam")[0]
    assert shown in (root / "docs" / "groot2.md").read_text("utf-8")
    assert main(["tree", "render", tree, "--save", save, "--format", "svg"]) == 0
    drawn = capsys.readouterr().out
    kept = (root / "docs" / "images" / "trees" / "bess.svg").read_text("utf-8")
    assert drawn.rstrip("\n") == kept.rstrip("\n"), "stale: the page says how it is made"
    plain = tmp_path / "bess.xml"
    assert main(["tree", "freeze", tree, "--save", save, "--out", str(plain)]) == 0
    assert "WeightedFallback" not in plain.read_text("utf-8")
    assert aw.load_tree(plain).tactics == ()


def test_the_file_is_in_the_form_in_which_it_is_written_back(root):
    path = root / "demos" / "03_groot2_tree.xml"
    assert aw.load_tree(path).to_xml() == path.read_text("utf-8")
