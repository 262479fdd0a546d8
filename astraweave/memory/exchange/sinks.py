"""Where rows go, by format. A sink takes one thing after the other and holds a bounded many."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from astraweave.errors import InputError
from astraweave.memory.exchange.arrow import ArrowSink, EpisodeSink, check_installed
from astraweave.memory.exchange.files import Destination
from astraweave.memory.exchange.flat import Names
from astraweave.memory.exchange.lines import LineSink

FORMATS = ("jsonl", "arrow", "parquet")
KINDS = ("episodes", "memories", "traits")
_LINES = (".ndjson", ".json")
"""How JSON Lines are called elsewhere."""


class Sink(Protocol):
    """Takes logs of episodes, memories or traits."""

    def add(self, item: Any) -> None:
        """One more."""

    def close(self) -> None:
        """Write what is held."""


def suffix_of(form: str) -> str:
    """The end of the names of files of this format, with its dot."""
    return f".{form}"


def format_of(to: Path, *, folder: bool = False) -> str:
    """The format that the end of a name tells; JSON Lines where it tells none, as of a folder.

    Raises:
        InputError: a file that ends like one of another kind.
    """
    found = next((form for form in FORMATS if to.suffix == suffix_of(form)), None)
    if found is None and not folder and to.suffix not in ("", *_LINES) and not to.is_dir():
        ends = ", ".join(map(suffix_of, FORMATS))
        what = f"no format is called {to.suffix}, only {ends}"
        raise InputError(what=what, where=str(to), fix="choose another name, or say --format")
    return found or FORMATS[0]


def check_lines(to: Path, what: str) -> None:
    """Refuse a name that promises another format than JSON Lines, where there is no other.

    Raises:
        InputError: it does.
    """
    ends = (suffix_of(FORMATS[0]), *_LINES)
    if to.suffix not in ("", *ends) and not to.is_dir():
        got, fix = f"a name that ends in {to.suffix}", f"let it end in {ends[0]}"
        raise InputError(what=f"{what} is written as JSON Lines", got=got, where=str(to), fix=fix)


def check_place(to: Path | BinaryIO, kinds: Sequence[str], form: str) -> bool:
    """Whether `to` must be a folder, since there will be several files.

    Raises:
        InputError: `to` cannot be what it must be.
        UsageError: what the format needs is not installed.
    """
    if form not in FORMATS:
        fix = f"give one of {', '.join(FORMATS)}"
        raise InputError(what="not a format", got=form, where="export", fix=fix)
    several = len(kinds) > 1 or (form != "jsonl" and "episodes" in kinds)
    if not isinstance(to, Path):
        if several or form != "jsonl":
            what = "a stream takes one kind of thing, as jsonl"
            raise InputError(what=what, got=f"{', '.join(kinds)} as {form}", fix="name a file")
        return False
    if form != "jsonl":
        check_installed(form)
    if several and to.suffix == suffix_of(form):
        what = f"{' and '.join(kinds)} as {form} are several files"
        raise InputError(what=what, got=str(to), fix=f"name a folder, e.g. {to.with_suffix('')}")
    return several


def open_sink(
    kind: str, form: str, to: Destination, names: Callable[[], Names], units: Mapping[str, str]
) -> Sink:
    """A sink for one kind of thing.

    Args:
        kind: one of KINDS.
        form: one of FORMATS.
        to: where its files go.
        names: the facts and parameters of all episodes, asked for where they become columns.
        units: of facts, by name, for formats that have a place for them.
    """
    if form == "jsonl":
        return LineSink(to.stream(f"{kind}{suffix_of(form)}"))
    if kind == "episodes":
        return EpisodeSink(form, to, names(), units)
    return ArrowSink(kind, form, to)
