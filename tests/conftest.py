"""What every test stands on: a repeatable Hypothesis, no real screen, and an empty world."""

import os
from collections.abc import Iterator
from pathlib import Path

import esper
import pytest
from hypothesis import HealthCheck, settings

# Before anything imports pygame: SDL without a display wants both.
os.environ.setdefault("SDL_VIDEODRIVER", "dummy")
os.environ.setdefault("SDL_AUDIODRIVER", "dummy")
os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")

# The first call of a kernel compiles it, and others may keep the machine busy: limits on the time
# of an example, or of making one, would fail at random.
settings.register_profile(
    "astraweave",
    deadline=None,
    derandomize=bool(os.environ.get("CI")),
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("astraweave")

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(autouse=True)
def own_world(request: pytest.FixtureRequest) -> Iterator[None]:
    """A fresh esper world for each test: esper's state is a module global and would leak."""
    name = f"test {request.node.nodeid}"
    esper.switch_world(name)
    try:
        yield
    finally:
        esper.switch_world("default")
        if name in esper.list_worlds():
            esper.delete_world(name)
