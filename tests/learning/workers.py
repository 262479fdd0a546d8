"""Games that hang or end their process, for the tests of the worker."""

import subprocess
import sys
from pathlib import Path

import pytest

from astraweave.learning.child import Job
from tests.children import until

PAIR = ("robin", "mira")
HANGS = """
import os, time
from pathlib import Path

def make():
    begun = Path({begun!r})
    begun.with_suffix(".new").write_text(str(os.getpid()))
    begun.with_suffix(".new").replace(begun)
    while Path({hangs!r}).exists():
        time.sleep(0.02)
    raise RuntimeError("nothing to play in")
"""
LOUD = """
import sys

def make():
    for _ in range(3000):
        print("x" * 100)
        print("y" * 100, file=sys.stderr)
    print("the last words", file=sys.stderr)
    {then}
"""
PARENT = """
import sys, os
sys.path[:0] = {paths!r}
from pathlib import Path
from conftest import NO_CHOICE
from astraweave.behavior import load_tree
from astraweave.learning import Game, LearnSettings
from astraweave.learning.child import Job
from astraweave.learning.standing import left_waiting, trouble_of
from astraweave.learning.worker import Worker
from astraweave.memory import open_memory
from astraweave.model.actions import ActionVocabulary, Kind
from astraweave.model.facts import FactSheet

Path({tree!r}).write_text(NO_CHOICE)
game = Game(tree=load_tree({tree!r}), vocabulary=ActionVocabulary(strike=Kind("melee")),
            sheet=FactSheet())
store = open_memory({save!r})
worker = Worker(store, game, LearnSettings(), {environment!r})
worker.submit(Job(path={save!r}, pairs=(("robin", "mira"),), seed=1, now=0.0))
{then}
"""


def job(save, pairs=(PAIR,)):
    return Job(path=str(save.path), pairs=pairs, seed=1, now=1e9)


class Hanging:
    """The name of an environment that hangs in the child for as long as a file exists."""

    def __init__(self, folder):
        self.begun, self.hangs = folder / "begun", folder / "hangs"
        self.hangs.touch()
        module = HANGS.format(begun=str(self.begun), hangs=str(self.hangs))
        (folder / "hanging_game.py").write_text(module)
        self.name = "hanging_game:make"

    def wait(self):
        assert until(self.begun.exists)
        return int(self.begun.read_text())


linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")


def parent(tmp_path, environment, then):
    code = PARENT.format(
        paths=[str(tmp_path), str(Path(__file__).parent)],
        tree=str(tmp_path / "bare.xml"),
        save=str(tmp_path / "p.db"),
        environment=environment,
        then=then,
    )
    return subprocess.Popen(
        [sys.executable, "-X", "dev", "-W", "error", "-c", code], stderr=subprocess.PIPE, text=True
    )
