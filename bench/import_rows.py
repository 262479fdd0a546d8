"""How long a person waits before anything happens: imports and `--help`, in fresh processes."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from bench.harness import Operation, Operations, Row, Times, median, pairs

_ROOT = Path(__file__).resolve().parents[1]
_ROUNDS = 15
_MORE_MS, _HELP_MS = 25.0, 150.0
_REFERENCE = "numpy, msgspec, apsw"
_IN_USE = "astraweave as a; a.attach, a.open_memory, a.load_tree"


def _inside(what: str) -> int:
    """Nanoseconds of `import what`, measured inside a new process, without its own start."""
    code = (
        f"import time; t = time.perf_counter_ns(); import {what}; print(time.perf_counter_ns() - t)"
    )
    return int(_python("-c", code))


def _python(*arguments: str) -> str:
    command = (sys.executable, *arguments)
    done = subprocess.run(command, cwd=_ROOT, check=True, capture_output=True, timeout=60)
    return done.stdout.decode()


def _help() -> None:
    _python("-m", "astraweave", "--help")


def _interleaved(*whats: str) -> list[Times]:
    for what in whats:
        _inside(what)  # the first reads from disk
    times = np.array([[_inside(what) for what in whats] for _ in range(_ROUNDS)], dtype=np.int64)
    return list(times.T)


def import_() -> Row:
    """`import astraweave` against what it stands on, and the whole of `astraweave --help`."""
    ours, theirs, used = (median(t, 1e6) for t in _interleaved("astraweave", _REFERENCE, _IN_USE))
    helped, bare = pairs(_help, lambda: _python("-c", "pass"), rounds=_ROUNDS)
    help_ms = median(helped, 1e6)
    return Row(
        name="import",
        what="import astraweave, in a new process",
        value=ours,
        unit="ms",
        goal=f"≤ reference + {_MORE_MS:.0f} ms; --help < {_HELP_MS:.0f} ms",
        reference=theirs,
        ratio=ours / theirs,
        met=ours <= theirs + _MORE_MS and help_ms < _HELP_MS,
        detail=(
            f"reference: {_REFERENCE}; `astraweave --help` {help_ms:.0f} ms, of which Python's own "
            f"start {median(bare, 1e6):.0f}; with attach, open_memory and load_tree in use "
            f"{used:.0f} ms"
        ),
    )


@contextmanager
def _import_operation() -> Iterator[Operation]:
    yield lambda: _inside("astraweave")


OPERATIONS: Operations = {"import": _import_operation}
