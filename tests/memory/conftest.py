import importlib.util
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from astraweave.memory import MemoryStore, open_memory

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def episodes() -> ModuleType:
    """`episodes.py` of this folder, which child processes import by its name."""
    spec = importlib.util.spec_from_file_location("memory_test_episodes", HERE / "episodes.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def make_draft(episodes: ModuleType) -> Callable[..., Any]:
    return episodes.make_draft


@pytest.fixture
def save(tmp_path: Path) -> Path:
    return tmp_path / "slot1.db"


@pytest.fixture
def store(save: Path) -> Iterator[MemoryStore]:
    with open_memory(save) as opened:
        yield opened


@pytest.fixture
def child() -> Iterator[Callable[..., "subprocess.Popen[str]"]]:
    """Start `child.py` with these arguments; whatever still runs at the end is killed."""
    running: list[subprocess.Popen[str]] = []

    def start(*arguments: object) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, str(HERE / "child.py"), *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(HERE.parents[1])},
        )
        running.append(process)
        return process

    yield start
    for process in running:
        process.kill()
        process.communicate()
