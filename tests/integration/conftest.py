"""Mira's demo played by a bot, headless, as a person would start it; and where its save is."""

import gc
import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from astraweave import cli
from astraweave.memory.locks import held
from tests.children import PATIENCE_S

ROOT = Path(__file__).resolve().parents[2]
ACTIONS = """[actions.row]
kind = "melee"
aggressive = true
[facts.water]
low = 0
high = 1
"""


@dataclass(frozen=True)
class Said:
    """What a command answered."""

    code: int
    out: str
    err: str

    @property
    def told(self) -> dict[str, Any]:
        """Its --json."""
        found: dict[str, Any] = json.loads(self.out)
        return found


def command(*words: object) -> Said:
    """Run `astraweave WORDS` in this process."""
    out, err = io.StringIO(), io.StringIO()
    # Test tools hook the collector with Python functions; one that runs at the recursion limit
    # of a deeply nested file would complain on stderr in the program's name.
    gc.disable()
    try:
        with redirect_stdout(out), redirect_stderr(err):
            try:
                code = cli.main([str(word) for word in words])
            except SystemExit as stop:
                code = int(stop.code or 0)
    finally:
        gc.enable()
    return Said(code, out.getvalue(), err.getvalue())


def elsewhere(*words: object, **environment: str) -> Said:
    """Run `astraweave WORDS` in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "astraweave", *map(str, words)],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    return Said(done.returncode, done.stdout, done.stderr)


def played(save: Path, bot: str, episodes: int, seed: int, *, apart: bool = False) -> Said:
    """Let `bot` play headless on `save`, here or in a process of its own."""
    words = ("demo", "--headless", "--autopilot", bot, "--episodes", episodes)
    words += ("--seed", seed, "--save", save, "--json")
    # Another hash seed: the order of a set must not matter.
    said = elsewhere(*words, PYTHONHASHSEED="77") if apart else command(*words)
    assert (said.code, said.err) == (0, "")
    return said


@dataclass(frozen=True)
class Evening:
    """A save in which the berserker has played with seed 1, and what was said."""

    save: Path
    said: Said

    def copy(self, folder: Path) -> Path:
        """The save again, to go on with."""
        return Path(shutil.copy(self.save, folder / self.save.name))


def once(factory: pytest.TempPathFactory, name: str, play: Callable[[Path], Said]) -> Evening:
    """Play a save once for all processes that share the tests out; each has a copy of its own."""
    common = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        common = common.parent
    first, told = common / f"{name}.db", common / f"{name}.json"
    with held(common / f"{name}.lock", PATIENCE_S):
        if not told.exists():
            told.write_text(play(first).out, "utf-8")
    save = Path(shutil.copy(first, factory.mktemp(name) / "slot.db"))
    return Evening(save, Said(0, told.read_text("utf-8"), ""))


@pytest.fixture(scope="session")
def evening(tmp_path_factory: pytest.TempPathFactory) -> Evening:
    """Two fights, played once for all tests, which leave the save as it is."""
    return once(tmp_path_factory, "evening", lambda save: played(save, "berserker", 2, 1))


@pytest.fixture(scope="session")
def morning(evening: Evening, tmp_path_factory: pytest.TempPathFactory) -> Evening:
    """The same save, opened again for a third fight."""

    def third(save: Path) -> Said:
        shutil.copy(evening.save, save)
        return played(save, "berserker", 1, 1)

    return once(tmp_path_factory, "morning", third)


@pytest.fixture(scope="session", name="command")
def _command() -> Callable[..., Said]:
    """Run a command in this process."""
    return command


@pytest.fixture(scope="session", name="elsewhere")
def _elsewhere() -> Callable[..., Said]:
    """Run a command in a process of its own."""
    return elsewhere


@pytest.fixture(scope="session", name="played")
def _played() -> Callable[..., Said]:
    """Let a bot play: ``played(save, bot, episodes, seed)``."""
    return played


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with what a command needs besides the broken file."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "w.json").write_text('{"weights": {"heal_player": 1.1}}')
    (tmp_path / "good.toml").write_text(ACTIONS)
    trip = {"id": "trip", "category": "combat", "start_time": 1e9}
    (tmp_path / "good.jsonl").write_text(json.dumps(trip))
    return tmp_path


def files(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, byte for byte."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture
def refused(folder: Path) -> Callable[..., str]:
    """Run a command that must refuse `name`; the line it says. Nothing in the folder changes."""

    def run(name: str, *words: object, out: str = "") -> str:
        before = files(folder)
        said = command(*words)
        assert (said.code, said.out) == (2, out), said
        assert said.err.endswith("\n")
        (line,) = said.err.splitlines()
        assert line.startswith("astraweave: ")
        assert name in line
        assert ": " in line.partition(name)[2]
        assert "; " in line, "no next step"
        assert len(line) < 1_000
        assert files(folder) == before
        return line

    return run
