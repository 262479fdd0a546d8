"""Figures as lines for a terminal, and as a table in a document. Refuses a file without markers."""

import math
from collections.abc import Sequence
from pathlib import Path

from astraweave.errors import InputError
from bench.learning.figures import Figure

BEGIN, END = "<!-- bench.learning: begin -->", "<!-- bench.learning: end -->"
HEAD = "| figure | value | 95 % interval | target | |"
_WORDS = {True: "met", False: "MISSED", None: ""}


def table(found: Sequence[Figure]) -> str:
    """One line a figure."""
    width = max(len(figure.name) for figure in found)
    lines = []
    for figure in found:
        interval = f"[{figure.low:z.3f}, {figure.high:z.3f}]" if _wide(figure) else "–"
        line = f"{figure.name:{width}}  {figure.value:z7.3f}  {interval:18} {figure.target:7} "
        lines.append((line + _WORDS[figure.met]).rstrip())
    return "\n".join(lines)


def markdown(found: Sequence[Figure], before: str = "") -> str:
    """A table; what missed its target says so. Rows of `before` that were not measured now stay."""
    rows = {_name(line): line for line in before.splitlines() if line.startswith("| ")}
    for figure in found:
        word = "**missed**" if figure.met is False else _WORDS[figure.met]
        interval = f"{figure.low:.3g} … {figure.high:.3g}" if _wide(figure) else "–"
        shown = f"{figure.value:.3g} | {interval}"
        rows[figure.name] = f"| {figure.name} | {shown} | {figure.target} | {word} |"
    rows.pop(_name(HEAD), None)
    return "\n".join([HEAD, "|---|---|---|---|---|", *rows.values()])


def into_document(path: Path, found: Sequence[Figure]) -> None:
    """Put rows into the table between the markers of a document, each in its old place.

    Raises:
        InputError: it cannot be read or written, or has no such markers.
    """
    fix = f"write a line {BEGIN} and a line {END} into it"
    try:
        text = path.read_text("utf-8")
        if not 0 <= text.find(BEGIN) < text.find(END):
            raise InputError(what="the document has no markers", where=str(path), fix=fix)
        before, _, rest = text.partition(BEGIN)
        old, _, after = rest.partition(END)
        path.write_text(f"{before}{BEGIN}\n{markdown(found, old)}\n{END}{after}", "utf-8")
    except (OSError, UnicodeDecodeError) as error:
        got = getattr(error, "strerror", None) or str(error)
        what = "cannot write the table"
        raise InputError(what=what, got=got, where=str(path), fix=fix) from error


def check_document(path: Path) -> None:
    """Refuse what `into_document` could not write to, before anything is measured.

    Raises:
        InputError: as there.
    """
    into_document(path, ())


def _wide(figure: Figure) -> bool:
    """Whether there is an interval: one run has none."""
    return not (math.isnan(figure.low) or math.isnan(figure.high))


def _name(row: str) -> str:
    return row.split("|")[1].strip()
