"""Programs of their own that tests start, and waiting for what they do.

Nothing waits for a moment to pass, but for the fact itself, and fails only where that never comes.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
Start = Callable[..., "subprocess.Popen[str]"]
PATIENCE_S = 600.0
"""Longer than anything takes on a machine that a dozen others keep busy, in seconds."""


def until(claim: Callable[[], object], seconds: float = PATIENCE_S) -> bool:
    """Whether it comes true."""
    end = time.monotonic() + seconds
    while not claim():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


def runs(pid: int) -> bool:
    """Whether a process exists and is no zombie; looks into /proc."""
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False


def children(script: Path) -> Iterator[Start]:
    """Start `script` with the arguments given; whatever still runs at the end is killed."""
    running: list[subprocess.Popen[str]] = []

    def start(*arguments: object) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, str(script), *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        running.append(process)
        return process

    yield start
    for process in running:
        process.kill()
        process.communicate()
