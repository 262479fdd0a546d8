"""The real window under a real X server, played with real key events, closed and opened again."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import astraweave as aw
from tests.children import PATIENCE_S, until

pytest.importorskip("pygame")

MISSING = [name for name in ("Xvfb", "xdotool") if shutil.which(name) is None]
pytestmark = [
    pytest.mark.gui,
    pytest.mark.skipif(bool(MISSING), reason=f"{' and '.join(MISSING)} not installed"),
]
WINDOW_CLASS = "astraweave"
FIGHTING = ("strike", "shoot", "cast", "block", "heal")
PRESSED = (("k", "shoot"), ("l", "cast"), ("j", "strike"), ("space", "block"), ("h", "heal"))
TOLD = Path(__file__).with_name("told.py")
FREE_TICKS = 36
"""After so many, at the latest, the player's hands are free again."""


@pytest.fixture
def display() -> Iterator[str]:
    """An X server of our own, with the display it chose."""
    read, write = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", "1280x800x24", "-nolisten", "tcp"],
        pass_fds=(write,),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(write)
    try:
        with os.fdopen(read) as answer:
            number = answer.readline().strip()
        if not number:
            pytest.skip("Xvfb cannot start here")
        yield f":{number}"
    finally:
        server.terminate()
        server.wait(timeout=PATIENCE_S)


class Demo:
    """The demo in a process of its own, and a hand on its keyboard."""

    def __init__(self, display: str, folder: Path, run: str) -> None:
        self.ready, self._out = folder / f"{run}.png", folder / f"{run}.txt"
        self._diary = folder / f"{run}.diary"
        self._diary.touch()
        keep = {k: v for k, v in os.environ.items() if not k.startswith(("SDL_", "WAYLAND_"))}
        self._environment = {**keep, "DISPLAY": display, "SDL_AUDIODRIVER": "dummy"}
        command = [sys.executable, str(TOLD), str(self._diary), "--player", "robin"]
        command += ["--save", str(folder / "slot.db"), "--screenshot", str(self.ready)]
        with self._out.open("w") as out:
            self.process = subprocess.Popen(
                [*command, "--screenshot-at", "first"],
                env=self._environment,
                stdout=out,
                stderr=subprocess.STDOUT,
            )

    @property
    def said(self) -> str:
        return self._out.read_text("utf-8")

    def wait(self, claim: Callable[[], object], what: str) -> None:
        """Until it comes true."""
        ended = until(lambda: claim() or self.process.poll() is not None)
        assert ended, f"no {what}: {self.said}"
        assert self.process.poll() is None, f"the demo ended before {what}: {self.said}"

    def told(self, word: str) -> list[list[str]]:
        """What whole lines of the diary say that begin with `word`."""
        lines = self._diary.read_text("utf-8").rpartition("\n")[0].splitlines()
        return [line.split()[1:] for line in lines if line.split()[0] == word]

    def did(self, action: str) -> int:
        """Wait until the player does it in the fight; the tick in which that was recorded."""
        self.wait(lambda: [tick for tick, name in self.told("did") if name == action], action)
        return max(int(tick) for tick, name in self.told("did") if name == action)

    def press(self, key: str, action: str) -> None:
        """Press a key when the player's hands are free, and wait for what it does."""
        done = [int(tick) for tick, name in self.told("did") if name in FIGHTING]
        free = max(done, default=-FREE_TICKS) + FREE_TICKS
        self.wait(lambda: any(int(tick) >= free for (tick,) in self.told("tick")), "free hands")
        self.hand("key", key)
        self.did(action)

    def hand(self, *words: str) -> str:
        """Let xdotool do something; returns what it prints."""
        done = subprocess.run(
            ["xdotool", *words],
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
        return done.stdout.strip()

    def opened(self) -> None:
        """Wait for the window, and give it the keyboard: there is no window manager."""
        self.wait(self.ready.exists, "first picture")
        found = self.hand("search", "--class", WINDOW_CLASS).splitlines()
        assert found, "xdotool does not find the window"
        self.hand("windowfocus", "--sync", found[0])

    def closed(self) -> None:
        self.hand("key", "Escape")
        assert self.process.wait(timeout=PATIENCE_S) == 0, self.said


def learned(save: Path) -> bool:
    """Whether what was played is learned from: on a busy machine closing does not wait for it."""
    with aw.open_memory(save, recover=False) as memory:
        return bool(memory.episode_ids("robin", "mira")) and not memory.unlearned("robin", "mira")


def recorded(save: Path) -> list[str]:
    """What the player did in the first fight, in order."""
    with aw.open_memory(save, recover=False) as memory:
        log = memory.episode(memory.episode_ids("robin", "mira")[0])
    assert log is not None
    assert not log.truncated or log.outcome is not None
    seen = aw.episode_of(log).observations
    return [o.player_action.action_type for o in seen if o.player_action is not None]


def test_what_a_person_pressed_is_recorded_and_remembered(display: str, tmp_path: Path) -> None:
    demo = Demo(display, tmp_path, "first")
    try:
        demo.opened()
        assert "remembers" not in demo.said
        demo.hand("key", "Return")
        demo.wait(lambda: demo.told("ready"), "fight")
        for key, action in PRESSED:
            demo.press(key, action)
        # Then a few steps, and shooting until it is over.
        demo.hand("keydown", "a")
        demo.did("retreat")
        demo.hand("keyup", "a")
        demo.hand("keydown", "k")
        demo.wait(lambda: "fight 1:" in demo.said, "end of the fight")
        demo.hand("keyup", "k")
        demo.wait(lambda: learned(tmp_path / "slot.db"), "end of learning")
        demo.closed()
    finally:
        demo.process.kill()
        demo.process.wait()
    everything = recorded(tmp_path / "slot.db")
    done = [name for name in everything if name in FIGHTING]
    assert "retreat" in everything
    assert done[: len(PRESSED)] == [name for _, name in PRESSED]
    assert done[len(PRESSED) :].count("shoot") > 10
    assert set(done[len(PRESSED) :]) == {"shoot"}

    again = Demo(display, tmp_path, "second")
    try:
        again.opened()
        again.closed()
    finally:
        again.process.kill()
        again.process.wait()
    assert "Mira remembers 1 episode with robin" in again.said
    assert "most often shoot" in again.said
