"""TOML from outside: bounded, and whatever is wrong with it is one error of the reader's kind."""

import tomllib
from pathlib import Path
from typing import Any

from astraweave.errors import InputError
from astraweave.model.reading import read_file

MAX_BYTES = 64 * 1024


def read_toml(file: Path, kind: type[InputError], noun: str, fix: str) -> dict[str, Any]:
    """A TOML file as data.

    Args:
        file: at most 64 KiB.
        kind: the error to raise.
        noun: what it should be, e.g. "a scenario".
        fix: the next step, if there is no such file.

    Raises:
        kind: it cannot be read, is too large or is not TOML.
    """
    where = str(file)
    try:
        data = read_file(file, MAX_BYTES)
        if len(data) <= MAX_BYTES:
            return tomllib.loads(data.decode("utf-8-sig"))
    except OSError as error:
        got = error.strerror or str(error)
        raise kind(what="cannot read", got=got, where=where, fix=fix) from error
    # ValueError: not UTF-8, not TOML, or a number of too many digits. RecursionError: tomllib has
    # no limit of its own on nested brackets.
    except (ValueError, RecursionError) as error:
        raise kind(what="is not TOML", got=str(error), where=where, fix="correct it") from error
    what = f"{noun} is at most {MAX_BYTES // 1024} KiB"
    raise kind(what=what, got="a larger file", where=where, fix=f"is it {noun}?")
