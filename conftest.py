"""How many processes share the tests out, for `tests` and `bench` alike, and what they share."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

# Every worker, and hundreds of processes that tests start, would compile all modules again: kept
# bytecode halves the time to collect and takes a third off each start.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

ROOT = Path(__file__).resolve().parent
CASES = ROOT / "tests" / "data" / "conformance" / "behavior_tree_cases.json"
DEMO = "demo --headless --autopilot berserker --episodes 1 --seed 1 --json --save"


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


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Before all of the tests: kernels new here are compiled once, not by each worker and child.

    One process compiles those of the arena, another those of the trees, half a minute each on a
    free core. Should one fail, the workers compile, and the test of what is broken says so.
    """
    config = session.config
    whole = ROOT / "tests" in paths(config) or ROOT in paths(config)
    begins = not hasattr(config, "workerinput")
    compiles = os.environ.get("NUMBA_DISABLE_JIT", "0") == "0" and not config.option.collectonly
    if not (whole and begins and compiles):
        return
    # Not above: a worker counts what is covered only from when its session starts.
    from astraweave.model.kernels.jit import cache_folder  # noqa: PLC0415

    folder = cache_folder()
    done = None if folder is None else folder / f"tests-{sys.implementation.cache_tag}"
    if done is None or done.exists():
        return
    with tempfile.TemporaryDirectory() as scratch:
        arena = ["-m", "astraweave", *DEMO.split(), f"{scratch}/slot.db"]
        trees = [f"{ROOT}/tests/conformance/replay.py", str(CASES)]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": ROOT}
        started = [subprocess.Popen([sys.executable, *each], **quiet) for each in (arena, trees)]
        codes = [each.wait() for each in started]
    if codes == [0, 0]:
        done.touch()
