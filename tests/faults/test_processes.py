"""Processes that are killed with `kill -9`, and processes that write one save at once."""

import time
from collections.abc import Callable
from pathlib import Path
from subprocess import Popen

import numpy as np
import pytest

from astraweave.memory import MemoryStore, open_memory
from tests.faults.tally import Tally

Start = Callable[..., Popen[str]]
pytestmark = pytest.mark.faults
LATEST_S = 0.15
"""After the first word: some twenty episodes."""


def missing(store: MemoryStore, said: set[str]) -> set[str]:
    """What was acknowledged and is not there, whole."""
    found: set[str] = set()
    for log in store.episodes(store.episode_ids()):
        found |= {f"part:{log.id}:{seen}" for seen in range(len(log.observations) + 1)}
        found |= set() if log.truncated else {f"episode:{log.id}"}
    found |= {f"memory:{key}" for key in store.recent(1_000_000) if store.memory(key)}
    found |= {word for word in said if word.startswith("note:") and store.note(word[5:]) == b"done"}
    for pair in store.pairs():
        found |= {f"row:{episode}" for episode, body in store.rows(*pair) if body == b"row"}
    return said - found


def test_what_was_acknowledged_outlives_kill_nine(
    save: Path, child: Start, tally: Callable[..., Tally]
) -> None:
    kills = tally("`kill -9` while recording and flushing", few=5, full=200)
    moments = np.random.default_rng(20).uniform(0.0, LATEST_S, kills.tries)
    for run in kills.each():
        process = child("play", save, f"run{run}")
        assert process.stdout is not None
        said = {process.stdout.readline().strip()}
        time.sleep(moments[run])
        process.kill()
        rest, _ = process.communicate()
        said |= set(rest.split())
        with kills.timed():
            store = open_memory(save)
        with store:
            kills.lost += len(missing(store, said))
            assert store.recovered is not None
            assert store.recovered.message.startswith("the last session ended without closing")
            kept = len(store.recovered.episodes)
            kills.became["in an open episode, kept and said" if kept else "between episodes"] += 1
            assert (store.problems, kills.lost) == ((), 0)
    with open_memory(save) as store:
        health = store.health()
        assert (health["structure"], health["damaged"], health["problems"]) == ("ok", 0, [])
    beside = {file.name for file in save.parent.iterdir() if ".backup-" not in file.name}
    assert beside == {save.name}
    kills.within(1.0)


def test_four_processes_that_write_at_once_lose_nothing(
    save: Path, child: Start, tally: Callable[..., Tally]
) -> None:
    writes = tally("4 processes write at once", few=4 * 10, full=4 * 300)
    names = [f"writer{number}" for number in range(4)]
    running = [child("write", save, name, writes.tries // 4) for name in names]
    said = [set(process.communicate()[0].split()) for process in running]
    assert [process.returncode for process in running] == [0] * 4
    with open_memory(save) as store:
        for name, words in zip(names, said, strict=True):
            assert len(words) == writes.tries // 4
            writes.lost += len(words - set(store.episode_ids("robin", name)))
            writes.lost += len(words - {episode for episode, _ in store.rows("robin", name)})
        assert store.health()["structure"] == "ok"
        writes.became["episodes and steps of learning kept"] = writes.tries - writes.lost
    assert writes.lost == 0
