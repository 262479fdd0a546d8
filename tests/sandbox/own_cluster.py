"""A scheduler and workers of Dask as processes of their own, for tests to harm."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

import psutil
import pytest

ROOT = Path(__file__).resolve().parents[2]
READY_S = 600.0


class OwnCluster:
    """With `workers` workers under nannies, on the loopback; `address` is the scheduler's."""

    def __init__(
        self, folder: Path, workers: int = 2, protocol: str = "tcp", **environment: str
    ) -> None:
        self.environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, [os.getenv("PYTHONPATH")])]),
            "DASK_LOGGING__DISTRIBUTED": "critical",
            "DASK_TEMPORARY_DIRECTORY": str(folder),
            **environment,
        }
        self.told = folder / "scheduler.json"
        self.started: list[subprocess.Popen[bytes]] = []
        where = ("--host", "127.0.0.1", "--dashboard-address", "127.0.0.1:0", "--no-dashboard")
        named = ("--scheduler-file", str(self.told))
        speaks = ("--protocol", protocol)
        self.scheduler = self._start("scheduler", *where, "--port", "0", *speaks, *named)
        self._await(self.told.exists)
        self.workers = [
            self._start("worker", *where, *speaks, *named, "--nthreads", "1")
            for _ in range(workers)
        ]

    @property
    def address(self) -> str:
        return str(json.loads(self.told.read_text("utf-8"))["address"])

    def _start(self, *words: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "dask", *words]
        process = subprocess.Popen(command, env=self.environment, stdin=subprocess.DEVNULL)
        self.started.append(process)
        return process

    def _await(self, ready) -> None:
        deadline = time.monotonic() + READY_S
        while not ready():
            assert time.monotonic() < deadline, "the scheduler did not start"
            time.sleep(0.05)

    def end(self) -> None:
        """Kill what was started, and what that started."""
        for process in self.started:
            with suppress(psutil.NoSuchProcess):
                for child in psutil.Process(process.pid).children(recursive=True):
                    with suppress(psutil.NoSuchProcess):
                        child.kill()
            process.kill()
            process.wait(600.0)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Fail, rather than hang, when what is inside takes longer."""

    def late(number: int, frame: FrameType | None) -> None:
        pytest.fail(f"not done in {seconds:g} s")

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)


def workers_here() -> set[psutil.Process]:
    """Processes of Dask or loky that this process started, or they."""
    return {
        child
        for child in psutil.Process().children(recursive=True)
        if child.is_running() and child.status() != psutil.STATUS_ZOMBIE and _works(child)
    }


def _works(child: psutil.Process) -> bool:
    with suppress(psutil.Error):
        line = " ".join(child.cmdline())
        return "resource_tracker" not in line and ("spawn_main" in line or "loky" in line)
    return False
