"""Several processes, some of which are killed."""

import time
from collections.abc import Callable
from pathlib import Path
from subprocess import Popen

import numpy as np
import pytest

from astraweave.memory import open_memory
from astraweave.model.learned import LearningCommit

Start = Callable[..., Popen[str]]
pytestmark = pytest.mark.faults


def said(process: Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_everything_flushed_survives_kill_and_the_rest_is_said(save: Path, child: Start) -> None:
    moments = np.random.default_rng(20).uniform(0.0, 0.06, 6)
    durable: list[str] = []
    for run, moment in enumerate(moments):
        process = child("write", save, f"run{run}")
        durable.append(said(process))
        time.sleep(moment)
        process.kill()
        rest, _ = process.communicate()
        durable += rest.split()
        with open_memory(save) as store:
            stored = set(store.episode_ids())
            assert stored >= set(durable)
            assert store.recovered is not None
            assert store.recovered.message.startswith("the last session ended without closing")
            for key in store.recovered.episodes:
                log = store.episode(key)
                assert log is not None
                assert log.truncated
            health = store.health()
            assert (health["structure"], health["damaged"], health["problems"]) == ("ok", 0, [])
    assert [file.name for file in save.parent.iterdir()] == [save.name]


def test_the_open_episode_of_a_living_process_is_left_alone_until_it_dies(
    save: Path, child: Start
) -> None:
    holder = child("hold", save, "theirs")
    assert said(holder) == "held"
    for _ in range(2):
        with open_memory(save) as store:
            assert store.recovered is None
            assert store.episode_ids() == ()
    holder.kill()
    holder.wait()
    with open_memory(save) as store:
        assert store.recovered is not None
        assert store.recovered.episodes == ("theirs",)


def test_a_host_that_forgets_to_close_keeps_what_it_gave(save: Path, child: Start) -> None:
    assert child("forget", save, "given").wait(30) == 0
    assert [file.name for file in save.parent.iterdir()] == [save.name]
    with open_memory(save) as store:
        assert store.episode_ids() == ("given",)


def test_processes_that_commit_at_once_lose_nothing(save: Path, child: Start) -> None:
    times = 20
    with open_memory(save) as store:
        children = [child("commit", save, name, times) for name in ("odo", "kira")]
        for number in range(times):
            rows = {f"{number}": b"row"}
            store.commit(LearningCommit(player_id="robin", companion_id="mira", rows=rows))
        assert [said(process) for process in children] == ["done", "done"]
        for name in ("mira", "odo", "kira"):
            assert len(store.rows("robin", name)) == times
