"""JSON Lines from outside: one value a line, numbered, and never more than one of them held.

Refuses lines over 16 MiB, what is no JSON, and what is no such value, each where it stands.
"""

import re
from collections.abc import Callable, Iterator
from typing import IO, Generic, NamedTuple, TypeVar

import msgspec

from astraweave.errors import EpisodeError

MAX_LINE_BYTES = 16 << 20
_BOM = b"\xef\xbb\xbf"
_AT = re.compile(r" \(byte (\d+)\)")
T = TypeVar("T")


class Line(NamedTuple, Generic[T]):
    """One line: its number from 1, the byte it begins at, from 0, and what it holds.

    Rows of a table begin at no byte.
    """

    number: int
    byte: int | None
    found: T | EpisodeError


def place(where: str, number: int, byte: int | None) -> str:
    """Where a line stands, or a row, for people."""
    return f"{where}: row {number}" if byte is None else f"{where}:{number} (byte {byte})"


def read_values(
    stream: IO[bytes], where: str, decode: Callable[[bytes], T], name: str, *, rows: bool = False
) -> Iterator[Line[T]]:
    """Each line with its value, or with what is wrong with it; empty ones are passed over.

    Args:
        stream: bytes of UTF-8; never more than one line of it is held.
        where: name of the file, for messages.
        decode: a line to its value; raises `EpisodeError` or an error of msgspec.
        name: what a line should hold, for messages.
        rows: each line is a row of the file in truth.
    """
    number, begin = 0, 0
    while line := stream.readline(MAX_LINE_BYTES + 1):
        number += 1
        at, begin = begin, begin + len(line)
        here = None if rows else at
        if len(line) > MAX_LINE_BYTES and not line.endswith(b"\n"):
            begin += _skip_line(stream)
            what = f"the line is longer than {MAX_LINE_BYTES >> 20} MiB"
            fix = "cut it into several episodes" if name == "Episode" else "shorten it"
            error = EpisodeError(what=what, where=place(where, number, here), fix=fix)
            yield Line(number, here, error)
            continue
        text = line.removeprefix(_BOM) if number == 1 else line
        if text.strip():
            yield Line(number, here, _decoded(text, decode, where, number, here, name))


def _skip_line(stream: IO[bytes]) -> int:
    """Read on to the end of the line; how many bytes that were."""
    skipped = 0
    while rest := stream.readline(MAX_LINE_BYTES):
        skipped += len(rest)
        if rest.endswith(b"\n"):
            break
    return skipped


def _decoded(
    line: bytes,
    decode: Callable[[bytes], T],
    where: str,
    number: int,
    byte: int | None,
    name: str,
) -> T | EpisodeError:
    try:
        return decode(line)
    except EpisodeError as error:
        at = place(where, number, byte)
        return EpisodeError(what=error.what, got=error.got, where=at, fix=error.fix)
    # RecursionError: nested deeper than any value is. ValueError: no UTF-8, or too many digits.
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        article = "an" if name[0] in "AEIO" else "a"
        found = _AT.search(str(error))
        at = place(where, number, byte + int(found[1]) if found and byte is not None else byte)
        return EpisodeError(
            what=f"not {article} {name.lower()}",
            got=_AT.sub("", str(error)),
            where=at,
            fix=f"write one {name} as JSON on a line; `astraweave ingest --schema` shows it"
            if byte is not None
            else "correct the row",
        )
