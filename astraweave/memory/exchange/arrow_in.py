"""Episodes and memories from Arrow and Parquet files, each row as suspect as a line of JSON.

The files are read by `arrow_child`, a process of its own with bounded memory; what it prints is
decoded and checked here.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from astraweave.errors import EpisodeError, InputError
from astraweave.memory.exchange.arrow import check_installed
from astraweave.model.episode import Episode
from astraweave.model.exchange import checked_episode
from astraweave.model.lines import Line, read_values
from astraweave.model.memory import Memory

SUFFIXES = (".parquet", ".arrow", ".feather")
_CHILD = "astraweave.memory.exchange.arrow_child"
_SAID_BYTES = 4_096


class _Begun(msgspec.Struct):
    """The first line of the child."""

    rows: int


class _Told(msgspec.Struct):
    """Any other line of it."""

    value: msgspec.Raw = msgspec.Raw(b"")
    what: str = ""
    got: str | None = None


def read_arrow(
    kind: str, paths: tuple[Path, ...], begun: Callable[[int], None]
) -> Iterator[Line[Any]]:
    """Each row with its episode or memory, or with what is wrong with it; numbered from 1.

    Args:
        kind: "episodes" (a table of them, and one of observations) or "memories".
        paths: the files.
        begun: told first about how many rows there are, as the file says.

    Raises:
        InputError: they cannot be read, or are no such tables.
        UsageError: pyarrow is not installed.
    """
    check_installed(paths[0].suffix[1:].lower() or "arrow")
    path = os.pathsep.join(part or "." for part in sys.path)
    with tempfile.TemporaryFile() as said:
        child = subprocess.Popen(
            [sys.executable, "-m", _CHILD, kind, *map(str, paths)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=said,
            env={**os.environ, "PYTHONPATH": path, "ARROW_DEFAULT_MEMORY_POOL": "system"},
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        try:
            assert child.stdout is not None
            where = str(paths[0])
            first = child.stdout.readline(_SAID_BYTES)
            if first:
                begun(msgspec.json.decode(first, type=_Begun).rows)
            name = "Episode" if kind == "episodes" else "Memory"
            yield from read_values(child.stdout, where, decoder_of(kind), name, rows=True)
            code = child.wait()
        finally:
            child.kill()
            child.wait()
            if child.stdout is not None:
                child.stdout.close()
        if code:
            _complain(code, said, paths)


def decoder_of(kind: str) -> Callable[[bytes], Any]:
    """What a line of the child holds, checked as a line of a file is."""
    outer = msgspec.json.Decoder(_Told).decode
    episode, memory = msgspec.json.Decoder(Episode).decode, msgspec.json.Decoder(Memory).decode

    def decode(line: bytes) -> Episode | Memory:
        told = outer(line)
        if told.what:
            raise EpisodeError(what=told.what, got=told.got, fix="correct the row")
        return checked_episode(episode(told.value)) if kind == "episodes" else memory(told.value)

    return decode


def _complain(code: int, said: BinaryIO, paths: tuple[Path, ...]) -> None:
    """Say why the child ended.

    Raises:
        InputError: always.
    """
    size = said.seek(0, os.SEEK_END)
    said.seek(max(0, size - _SAID_BYTES))
    lines = said.read().decode(errors="replace").strip().splitlines()
    last = lines[-1] if lines else f"its reader ended with {code}"
    _, _, reason = last.partition(": ")
    raise InputError(
        what=f"cannot be read as a table of {'episodes' if len(paths) > 1 else 'memories'}",
        got=reason or last,
        where=" and ".join(map(str, paths)),
        fix="write it as `astraweave export` does; docs/save-format.md has the columns",
    )
