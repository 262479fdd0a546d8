"""Files that verbs write: refused before any work where one is there, and never half-written."""

from pathlib import Path

from astraweave.behavior.groot.writer import write_file
from astraweave.errors import InputError
from astraweave.memory.exchange import check_name


def check_free(path: Path, *, replace: bool) -> None:
    """Refuse a name that is taken, and a folder that is not there.

    Raises:
        InputError: there is a file and it may not go, or no folder to put one into.
    """
    check_name(path)
    where = str(path)
    if path.exists() and not replace:
        fix = "choose another name, or replace it with --force"
        raise InputError(what="there is a file of this name", where=where, fix=fix)
    if path.is_dir():
        raise InputError(what="this is a folder", where=where, fix="name a file in it")
    if not path.parent.is_dir():
        got = f"no folder {path.parent}"
        raise InputError(what="cannot be written", got=got, where=where, fix="make the folder")


def write_out(path: Path, text: str, *, replace: bool) -> None:
    """Write what a verb made.

    Raises:
        InputError: as `check_free`, or the disk or the rights do not allow it.
    """
    check_free(path, replace=replace)
    try:
        write_file(path, text, replace=replace)
    except OSError as error:
        got, fix = error.strerror or str(error), "check the folder"
        raise InputError(what="cannot be written", got=got, where=str(path), fix=fix) from error
