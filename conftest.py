"""How many processes share the tests out, for `tests` and `bench` alike."""

from pathlib import Path

import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """None (a process for each core) for whole folders; 0, this process, for single files.

    A process needs two seconds to begin, and two that are measured at once measure each other.
    """
    measuring = config.getoption("benchmark_only", default=False)
    paths = [Path(config.invocation_params.dir, arg.split("::")[0]) for arg in config.args]
    return 0 if measuring or not any(path.is_dir() for path in paths) else None
