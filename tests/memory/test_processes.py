"""Several processes, some of which are killed; tests/faults kills many more."""

from collections.abc import Callable
from pathlib import Path
from subprocess import Popen

import pytest

from astraweave.memory import open_memory
from tests.children import PATIENCE_S

Start = Callable[..., Popen[str]]
pytestmark = pytest.mark.faults


def said(process: Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


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
    assert child("forget", save, "given").wait(PATIENCE_S) == 0
    assert [file.name for file in save.parent.iterdir()] == [save.name]
    with open_memory(save) as store:
        assert store.episode_ids() == ("given",)
