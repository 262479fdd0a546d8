"""`kill -9` during the demo, at random moments: what was promised is there, and play goes on."""

import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from astraweave.memory import MemoryStore, open_memory

CHILD = Path(__file__).with_name("child.py")
PAIR = ("you", "mira")
MOST_LOST_S = 5.0
LATEST_S = 3.0
"""Real seconds after the first tick: as long as a fight and what is learned from it."""

pytestmark = [pytest.mark.faults, pytest.mark.compiled]


@dataclass(frozen=True)
class Life:
    """What a child had played and been promised when it was killed.

    `ticks` are (tick, observations) of the last episode, whose name is `episode`.
    """

    episode: str
    ticks: list[tuple[int, int]]
    flushed: set[str]
    version: int
    said: str

    @property
    def seconds(self) -> float:
        """Played of the last episode."""
        return self.ticks[-1][0] / 60

    @property
    def certain(self) -> int:
        """Observations of it that must not be missing."""
        return max(
            (n for tick, n in self.ticks if tick / 60 <= self.seconds - MOST_LOST_S), default=0
        )


def lived(save: Path, folder: Path, moment_s: float) -> Life:
    """Start the demo on `save`, and kill it that long after the first tick."""
    diary, said = folder / "diary", folder / "said"
    with said.open("wb") as out:
        child = subprocess.Popen([sys.executable, str(CHILD), str(save), str(diary)], stdout=out)
        try:
            while not (diary.exists() and diary.stat().st_size):
                assert child.poll() is None
                time.sleep(0.005)
            time.sleep(moment_s)
            assert child.poll() is None
        finally:
            child.kill()
            child.wait()
    text = diary.read_text("utf-8")
    diary.unlink()
    return life_of([line.split() for line in text.splitlines()], said.read_text("utf-8"))


def life_of(lines: list[list[str]], said: str) -> Life:
    ticks = [words[1:] for words in lines if words[0] == "tick"]
    episode = ticks[-1][0]
    versions = [int(words[1]) for words in lines if words[0] == "learned"]
    return Life(
        episode,
        [(int(tick), int(seen)) for name, tick, seen in ticks if name == episode],
        {words[1] for words in lines if words[0] == "flushed"},
        max(versions, default=0),
        said,
    )


def copied(save: Path, folder: Path) -> Path:
    """The bytes that a kill left, elsewhere: who looks at them must not repair the save."""
    for file in (save.with_name(f"{save.name}{end}") for end in ("", "-wal", "-mark")):
        if file.exists():
            shutil.copy(file, folder / file.name)
    return folder / save.name


def check(store: MemoryStore, life: Life, known: set[str]) -> None:
    """A save after a kill: everything flushed, all but 5 s of the rest, and a word about it."""
    stored = set(store.episode_ids(*PAIR))
    assert stored >= known | life.flushed
    log = store.episode(life.episode)
    found = 0 if log is None else len(log.observations)
    assert found >= life.certain
    recovered = store.recovered
    assert recovered is not None
    assert recovered.message.startswith("the last session ended without closing: ")
    if life.episode in recovered.episodes:
        assert log is not None
        assert log.truncated
        assert life.seconds - ((log.end_time or 0.0) - log.start_time) <= MOST_LOST_S
        told = re.search(
            rf"{life.episode} kept up to \d\d:\d\d, at most (\d+) s lost", recovered.message
        )
        assert told is not None
        assert int(told[1]) <= MOST_LOST_S
    deployed = store.deployed(*PAIR)
    assert (0 if deployed is None else deployed[0].version) >= life.version
    health = store.health()
    assert (health["structure"], health["damaged"], health["problems"]) == ("ok", 0, [])


@pytest.mark.parametrize("kills", [3, pytest.param(20, marks=pytest.mark.slow)])
def test_a_killed_demo_loses_five_seconds_at_most_and_says_so(
    kills: int, command: Any, tmp_path: Path
) -> None:
    save, look = tmp_path / "slot.db", tmp_path / "look"
    known: set[str] = set()
    version, lost = 0, ""
    for moment_s in np.random.default_rng(kills).uniform(0.0, LATEST_S, kills):
        life = lived(save, tmp_path, float(moment_s))
        assert lost in life.said
        look.mkdir()
        with open_memory(copied(save, look)) as store:
            check(store, life, known)
            known = set(store.episode_ids(*PAIR))
            assert store.recovered is not None
            lost = store.recovered.message
        shutil.rmtree(look)
        assert life.version >= version or life.version == 0
        version = max(version, life.version)
    play = ("demo", "--headless", "--autopilot", "berserker", "--episodes", 1, "--save", save)
    said = command(*play)
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith(f"{lost}\n")
    with open_memory(save, recover=False) as store:
        assert set(store.episode_ids(*PAIR)) > known
        assert store.unlearned(*PAIR) == ()
        deployed = store.deployed(*PAIR)
        assert deployed is not None
        assert deployed[0].version >= version
    audit = f"{save.name}-audit"
    assert {path.name for path in tmp_path.iterdir()} == {save.name, audit, "said"}
