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
_OTHERS = (
    *(".csv", ".tsv", ".xls", ".xlsx", ".ods", ".xml", ".yaml", ".yml", ".toml", ".html", ".pdf"),
    *(".feather", ".msgpack", ".pickle", ".pkl", ".db", ".sqlite", ".sqlite3"),
    *(".gz", ".bz2", ".xz", ".zst", ".zip", ".tar", ".7z"),
)
"""Ends that promise what is not written here. Any other (`robin.v2`) is a part of the name."""


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

    Capital letters tell the same.

    Raises:
        InputError: a file that ends like one of another kind.
    """
    end = to.suffix.lower()
    found = next((form for form in FORMATS if end == suffix_of(form)), None)
    if end in _OTHERS and not folder and not to.is_dir():
        ends = ", ".join(map(suffix_of, FORMATS))
        what = f"cannot write {end}, only {ends}"
        raise InputError(what=what, where=str(to), fix="choose another name, or say --format")
    return found or FORMATS[0]


def check_lines(to: Path, what: str) -> None:
    """Refuse a name that promises another format than JSON Lines, where there is no other.

    Raises:
        InputError: it does.
    """
    end = to.suffix.lower()
    if end in (*_OTHERS, *map(suffix_of, FORMATS[1:])) and not to.is_dir():
        got, fix = f"a name that ends in {end}", f"let it end in {suffix_of(FORMATS[0])}"
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
    if several and to.suffix.lower() == suffix_of(form):
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
