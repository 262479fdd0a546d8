"""How verbs speak: facts on stdout, as text for people or JSON for programs. Never in colour."""

import argparse
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TextIO

from astraweave.cli.text import one_line, plain

_apart: list[TextIO] = []
"""Where facts go while code of the user's may print; empty: to stdout."""


def add_json(parser: argparse.ArgumentParser) -> None:
    """Add `--json`, as every verb has it that shows facts."""
    parser.add_argument("--json", action="store_true", help="print JSON, one line, for programs")


def say(text: str) -> None:
    """One line, or several, for a person."""
    _facts().write(f"{plain(text)}\n")


def complain(text: str) -> None:
    """What is wrong, in one line on stderr."""
    sys.stdout.flush()
    sys.stderr.write(f"astraweave: {one_line(text)}\n")


def say_json(facts: Any) -> None:
    """One line of JSON with sorted keys, so that two runs can be compared as bytes."""
    import msgspec  # noqa: PLC0415  # late: `doctor` must be able to say that it is missing

    _facts().write(msgspec.json.encode(facts, order="sorted").decode() + "\n")


@contextmanager
def own_stdout() -> Iterator[None]:
    """Keep stdout for facts: what a game prints meanwhile, in C or in a worker, is on stderr."""
    before = sys.stdout
    before.flush()
    try:
        number = before.fileno()
    except OSError:  # somebody took its place in this process: there is no number to guard
        number = -1
    facts = before if number < 0 else _of_number(os.dup(number), before.encoding)
    if number >= 0:
        os.dup2(2, number)
    _apart.append(facts)
    sys.stdout = sys.stderr
    try:
        yield
    finally:
        _apart.pop()
        sys.stdout = before
        if number >= 0:
            _given_back(facts, number)


def _of_number(number: int, encoding: str) -> TextIO:
    # As in `main`: a console that cannot show an arrow must not end a command.
    return os.fdopen(number, "w", encoding=encoding, errors="replace")


def _given_back(facts: TextIO, number: int) -> None:
    """Let what was said out, and make it stdout again."""
    os.dup2(facts.fileno(), number)
    try:
        facts.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), facts.fileno())
        raise
    finally:
        facts.close()


def _facts() -> TextIO:
    return _apart[-1] if _apart else sys.stdout


def table(rows: Iterable[Iterable[str]], gap: str = "  ") -> str:
    """Left-aligned columns, each as wide as its widest cell; the last is not padded."""
    cells = [list(row) for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "\n".join(
        gap.join([*(c.ljust(w) for c, w in zip(row[:-1], widths, strict=False)), row[-1]]).rstrip()
        for row in cells
    )
