"""A game that takes its time: it is said which, where, and what ends it."""

import re
import sys

import pytest

from astraweave.cli import patience

GAMES = """
import threading, time
from toy_game import Boat, OneBoat

def after(steps, then):
    class Odd(OneBoat):
        scenarios = Boat.scenarios

        def reset(self, scenario, seed):
            self.steps = 0
            return super().reset(scenario, seed)

        def step(self, action):
            self.steps += 1
            if self.steps > steps:
                then()
            return super().step(action)

    return Odd

def interrupt():
    raise KeyboardInterrupt

def wait(saying=lambda thread: thread.name == "patience"):
    # For the line itself, however busy the machine is.
    end = time.monotonic() + 60.0
    while time.monotonic() < end and any(map(saying, threading.enumerate())):
        time.sleep(0.01)

def late():
    wait(lambda thread: isinstance(thread, threading.Timer))
    return Boat()

silent, interrupted = after(2, wait), after(2, interrupt)
"""
SOON_S = 0.05


@pytest.fixture
def play(call, folder, monkeypatch):
    """Runs a verb on one of these games, with less patience."""
    monkeypatch.setattr(patience, "PATIENCE_S", SOON_S)
    (folder / "slow_games.py").write_text(GAMES, "utf-8")
    yield lambda *words: call("sandbox", *words[:-1], "--environment", f"slow_games:{words[-1]}")
    sys.modules.pop("slow_games", None)


def test_a_game_that_is_long_in_the_making_is_said_to_be(play):
    code, _, err = play("list", "late")
    assert code == 0
    assert err == "astraweave: slow_games:late: still being made after 0.05 s; Ctrl-C ends it\n"


def test_a_game_that_does_not_answer_is_said_to_be_silent(play):
    code, out, err = play("run", "boat.xml", "--episodes", 4, "silent")
    assert code == 0
    assert out.startswith("calm: success ")
    # A slow machine may be long in the making of it, too.
    (line,) = [line for line in err.splitlines() if "still being made" not in line]
    said = r"astraweave: scenario calm, seed \d+, [\w ]+: no answer of the game in 0\.05 s, "
    assert re.match(said, line)


def test_ctrl_c_in_a_game_says_where_it_was(play, monkeypatch):
    monkeypatch.setattr(patience, "PATIENCE_S", 600.0)  # a step may be slow: that is not the claim
    code, out, err = play("run", "boat.xml", "interrupted")
    assert (code, out) == (130, "")
    assert re.fullmatch(r"\nastraweave: interrupted at scenario calm, seed \d+, step 2\n", err)
