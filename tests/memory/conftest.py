import importlib.util
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from astraweave.memory import MemoryStore, open_memory
from tests.children import Start, children

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
def child() -> Iterator[Start]:
    """Starts `child.py` of this folder."""
    yield from children(HERE / "child.py")
