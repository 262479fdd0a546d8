"""Where rows come from: a file, standard input, or a folder that `export` wrote."""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

from astraweave.errors import EpisodeError
from astraweave.memory.exchange.arrow_in import SUFFIXES, read_arrow
from astraweave.memory.exchange.lines import READERS
from astraweave.model.lines import Line


class Source(NamedTuple):
    """One file: what it holds, its name for messages, its lines.

    `share` says of a line how much of the file was read when it came; None where nobody knows.
    """

    what: str
    name: str
    lines: Iterator[Line[Any]]
    share: Callable[[Line[Any]], float | None]


class _Rows:
    """Of a table, which says how many rows it has when it is begun."""

    def __init__(self) -> None:
        self._rows = 0

    def begun(self, rows: int) -> None:
        self._rows = rows

    def share(self, line: Line[Any]) -> float | None:
        return line.number / self._rows if self._rows > 0 else None


class _Bytes:
    """Of a file of lines; 0 bytes where nobody knows."""

    def __init__(self, size: int) -> None:
        self._size = size

    def share(self, line: Line[Any]) -> float | None:
        return line.byte / self._size if self._size and line.byte is not None else None


def sources(name: str, what: str | None, stack: ExitStack) -> list[Source]:
    """The files that are meant, episodes first.

    Args:
        name: a file, a folder with files called episodes and memories, or "-" for stdin.
        what: what a file holds; None asks its name, and takes it for episodes otherwise.
        stack: closes them.

    Raises:
        EpisodeError: there is none, or it cannot be read.
        UsageError: pyarrow is needed and not installed.
    """
    if name == "-":
        kind = what or "episodes"
        return [Source(kind, name, READERS[kind](sys.stdin.buffer, name), _Bytes(0).share)]
    path = Path(name)
    if not path.is_dir():
        return [_source(path, what or _kind_of(path), stack)]
    files = [
        (kind, path / f"{kind}{suffix}")
        for kind in ("episodes", "memories")
        for suffix in (".jsonl", *SUFFIXES)
        if what in (None, kind)
    ]
    found = [_source(file, kind, stack) for kind, file in files if file.exists()]
    if not found:
        fix = "give a file, or a folder that `astraweave export` wrote"
        raise EpisodeError(what="no episodes or memories in this folder", where=name, fix=fix)
    return found


def _kind_of(path: Path) -> str:
    return "memories" if path.stem == "memories" else "episodes"


def _source(path: Path, kind: str, stack: ExitStack) -> Source:
    paths = [path]
    table = path.suffix.lower() in SUFFIXES
    if table and kind == "episodes":
        paths.append(path.with_name(f"observations{path.suffix}"))
    for each in paths:
        try:
            stream = stack.enter_context(each.open("rb"))
        except OSError as error:
            raise EpisodeError(
                what=f"cannot read the {kind}",
                got=error.strerror,
                where=str(each),
                fix="give a file with one of them as JSON a line, or tables of `astraweave export`",
            ) from error
    if table:
        rows = _Rows()
        return Source(kind, str(path), read_arrow(kind, tuple(paths), rows.begun), rows.share)
    size = _Bytes(path.stat().st_size)
    return Source(kind, str(path), READERS[kind](stream, str(path)), size.share)
