"""The demo is a script beside the package: its folder becomes importable for its tests."""

import functools
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import astraweave as aw

DEMOS = str(Path(__file__).resolve().parents[2] / "demos")
if DEMOS not in sys.path:
    sys.path.insert(0, DEMOS)
os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")


@pytest.fixture
def quick_gate(monkeypatch: pytest.MonkeyPatch) -> None:
    """A gate that proves little in little time: these tests are about the demo."""
    gate = aw.GateSettings(p0=0.3, alpha=0.3, beta=0.3, max_pairs=64, first_pairs=32)
    monkeypatch.setattr(aw, "attach", functools.partial(aw.attach, gate=gate))


@pytest.fixture
def no_display(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without a screen."""
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """pygame on a screen that nobody sees."""
    pygame = pytest.importorskip("pygame")
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    monkeypatch.setenv("SDL_AUDIODRIVER", "dummy")
    pygame.display.init()
    pygame.font.init()
    pygame.joystick.init()
    yield pygame.display.set_mode((1280, 720))
    pygame.quit()
