"""How many processes share the tests out, for `tests` and `bench` alike."""

import os
import sys
from pathlib import Path

import pytest

# Every worker, and hundreds of processes that tests start, would compile all modules again: kept
# bytecode halves the time to collect and takes a third off each start.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


@pytest.hookimpl(tryfirst=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """None (a process for each core) for whole folders; 0, this process, for single files.

    A process needs two seconds to begin, and two that are measured at once measure each other.
    """
    measuring = config.getoption("benchmark_only", default=False)
    paths = [Path(config.invocation_params.dir, arg.split("::")[0]) for arg in config.args]
    return 0 if measuring or not any(path.is_dir() for path in paths) else None
