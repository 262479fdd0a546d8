"""How verbs speak: facts on stdout, as text for people or JSON for programs. Never in colour."""

import argparse
import sys
from collections.abc import Iterable
from typing import Any

from astraweave.cli.text import one_line, plain


def add_json(parser: argparse.ArgumentParser) -> None:
    """Add `--json`, as every verb has it that shows facts."""
    parser.add_argument("--json", action="store_true", help="print JSON, one line, for programs")


def say(text: str) -> None:
    """One line, or several, for a person."""
    sys.stdout.write(f"{plain(text)}\n")


def complain(text: str) -> None:
    """What is wrong, in one line on stderr."""
    sys.stdout.flush()
    sys.stderr.write(f"astraweave: {one_line(text)}\n")


def say_json(facts: Any) -> None:
    """One line of JSON with sorted keys, so that two runs can be compared as bytes."""
    import msgspec  # noqa: PLC0415  # late: `doctor` must be able to say that it is missing

    sys.stdout.write(msgspec.json.encode(facts, order="sorted").decode() + "\n")


def table(rows: Iterable[Iterable[str]], gap: str = "  ") -> str:
    """Left-aligned columns, each as wide as its widest cell; the last is not padded."""
    cells = [list(row) for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "\n".join(
        gap.join([*(c.ljust(w) for c, w in zip(row[:-1], widths, strict=False)), row[-1]]).rstrip()
        for row in cells
    )
