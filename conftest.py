"""How many processes share the tests out, for `tests` and `bench` alike, and what they share."""

import gc
import os
import subprocess
import sys
import tempfile
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

# Every worker, and hundreds of processes that tests start, would compile all modules again: kept
# bytecode halves the time to collect and takes a third off each start.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

ROOT = Path(__file__).resolve().parent
DEMO = "demo --headless --autopilot berserker --episodes 1 --seed 1 --json --save"
TWELVE = "sandbox run companion.xml --scenarios two_against_ten --episodes 1 --json"
CASES = ROOT / "tests" / "data" / "conformance" / "behavior_tree_cases.json"
COMPILED = os.environ.get("NUMBA_DISABLE_JIT", "0") == "0"
"""Whether kernels are compiled."""


def paths(config: pytest.Config) -> list[Path]:
    """What was asked for."""
    return [Path(config.invocation_params.dir, arg.split("::")[0]) for arg in config.args]


@pytest.hookimpl(tryfirst=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """None (a process for each core) for whole folders; 0, this process, for single files.

    A process needs two seconds to begin, and two that are measured at once measure each other.
    """
    measuring = config.getoption("benchmark_only", default=False)
    return 0 if measuring or not any(path.is_dir() for path in paths(config)) else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What takes too long, or says something else, without a compiler is left out there."""
    if COMPILED:
        return
    needing = {item: item.get_closest_marker("compiled") is not None for item in items}
    config.hook.pytest_deselected(items=[item for item in items if needing[item]])
    items[:] = [item for item in items if not needing[item]]


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """The garbage collector need not walk the tests themselves, while they come to be or later."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Before all of the tests: kernels new here are compiled once, not by each worker and child.

    Two at a time: those of the arena and of the memory, those of the trees and of the arena with
    twelve; three quarters of a minute each pair on free cores. Should one fail, the workers
    compile, and the test of what is broken says so.
    """
    config = session.config
    whole = ROOT / "tests" in paths(config) or ROOT in paths(config)
    begins = not hasattr(config, "workerinput")
    if not (whole and begins and COMPILED) or config.option.collectonly:
        return
    # Not above: a worker counts what is covered only from when its session starts.
    from astraweave.model.kernels.jit import cache_folder  # noqa: PLC0415

    folder = cache_folder()
    done = None if folder is None else folder / f"warm-{sys.implementation.cache_tag}"
    if done is None or done.exists():
        return
    with tempfile.TemporaryDirectory() as scratch, ThreadPoolExecutor(2) as pool:
        play, ask = ["-m", "astraweave"], ["-m", "tests.memory.asking"]
        arena = [[*play, *DEMO.split(), f"{scratch}/slot.db"], [*ask, scratch]]
        trees = [[f"{ROOT}/tests/conformance/replay.py", str(CASES)], [*play, *TWELVE.split()]]
        codes = [*pool.map(_quietly, (arena, trees))]
    if not any(codes):
        done.touch()


def _quietly(commands: list[list[str]]) -> int:
    """One after the other; how many failed."""
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": ROOT}
    done = [subprocess.run([sys.executable, *each], check=False, **quiet) for each in commands]
    return sum(each.returncode != 0 for each in done)
