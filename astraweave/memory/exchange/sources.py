"""Where rows come from: a file, standard input, or a folder that `export` wrote."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

from astraweave.errors import EpisodeError
from astraweave.memory.exchange.arrow_in import SUFFIXES, read_arrow
from astraweave.memory.exchange.lines import READERS
from astraweave.model.lines import Line


class Source(NamedTuple):
    """One file: what it holds, its name for messages, its lines, its bytes (0 where unknown)."""

    what: str
    name: str
    lines: Iterator[Line[Any]]
    size: int


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
        return [Source(kind, name, READERS[kind](sys.stdin.buffer, name), 0)]
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
    if path.suffix in SUFFIXES and kind == "episodes":
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
    if path.suffix in SUFFIXES:
        return Source(kind, str(path), read_arrow(kind, tuple(paths)), 0)
    return Source(kind, str(path), READERS[kind](stream, str(path)), path.stat().st_size)
