"""The wheel is whole: installed elsewhere it plays from any folder."""

import json
import os
import subprocess
import sys
import zipfile
from importlib.util import find_spec
from pathlib import Path

import pytest

from astraweave.model.kernels.rng import uniform

ROOT = Path(__file__).resolve().parents[1]
SHIPPED = ("behavior_trees", "sandbox_scenarios", "assets", "demos/companion")


def _run(*command, **more):
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=600, **more)
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Built from the checkout, with what is installed."""
    folder = tmp_path_factory.mktemp("wheel")
    build = (sys.executable, "-m", "build", "--wheel", "--no-isolation")
    _run(*build, "--outdir", str(folder), str(ROOT))
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def elsewhere(wheel, tmp_path_factory):
    """The wheel, installed alone into a folder of its own."""
    target = tmp_path_factory.mktemp("elsewhere")
    if find_spec("pip") is None:  # an environment made by uv has none
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(target)
        return target
    install = (sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index")
    _run(*install, "--target", str(target), str(wheel))
    return target


@pytest.fixture
def outside(elsewhere, tmp_path):
    """Run `python …` in an empty folder, with the installed wheel before anything else."""
    environment = {**os.environ, "PYTHONPATH": str(elsewhere), "PYTHONSAFEPATH": "1"}
    folder = tmp_path / "empty"
    folder.mkdir()

    def run(*arguments):
        return _run(sys.executable, *arguments, cwd=folder, env=environment)

    return run


def test_the_wheel_carries_all_that_ships_and_nothing_else(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    expected = {
        f"astraweave/_shipped/{path.relative_to(ROOT).as_posix()}"
        for part in SHIPPED
        for path in (ROOT / part).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert {name for name in names if "/_shipped/" in name} == expected
    assert "astraweave/_shipped/behavior_trees/companion.xml" in names
    assert "astraweave/py.typed" in names
    tops = {name.split("/")[0].split("-")[0] for name in names}
    assert tops == {"astraweave"}


def test_shipped_files_are_found_in_the_installed_wheel(outside, elsewhere):
    code = "import astraweave; print(astraweave.shipped('behavior_trees', 'companion.xml'))"
    path = Path(outside("-c", code).strip())
    assert path.is_relative_to(elsewhere)
    assert path.is_file()


@pytest.mark.compiled
def test_the_installed_wheel_loads_what_the_checkout_compiled(outside):
    uniform(1, 0, 0, 0)
    code = "from astraweave.model.kernels import rng; rng.uniform(1, 0, 0, 0); "
    assert "): 1}" in outside("-c", code + "print(rng.uniform.stats.cache_hits)")


def test_the_installed_wheel_plays_headless_from_an_empty_folder(outside):
    play = ("demo", "--headless", "--autopilot", "berserker", "--episodes", "1", "--seed", "1")
    out = outside("-m", "astraweave", *play, "--save", "slot.db", "--json")
    assert json.loads(out.splitlines()[-1])
