"""Files that appear whole or not at all: written beside their names, and named when all are done.

Refuses to write over anything that is there, unless that was asked for, and over a save always;
so with its parts, and with what lies beside it, whether they are there or not.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from astraweave.errors import InputError
from astraweave.memory.beside import save_of, sync_folder

_SAVE = b"SQLite format 3\0"


class Destination:
    """Where files go: a folder that takes several, one file, or a stream."""

    def __init__(
        self, to: Path | BinaryIO, *, folder: bool = False, overwrite: bool = False
    ) -> None:
        """Make nothing yet.

        Args:
            to: a path, or a stream that stays open.
            folder: `to` is a folder, made if there is none.
            overwrite: files of the names that are needed may be there.
        """
        self._to = to
        self._folder = folder
        self._overwrite = overwrite
        self._fresh: dict[Path, Path] = {}
        self._open: list[BinaryIO] = []
        self._made = False

    @property
    def files(self) -> tuple[Path, ...]:
        """The files that were written, by their final names."""
        return tuple(self._fresh)

    @contextmanager
    def whole(self) -> Iterator["Destination"]:
        """Inside, `stream` opens files; after it all are there, or, if it raised, none.

        Raises:
            InputError: something is there already, or cannot be written.
        """
        done = False
        try:
            yield self
            self._name()
            done = True
        except BrokenPipeError:  # who reads has seen enough
            raise
        except OSError as error:
            raise InputError(
                what="the export cannot be written",
                got=error.strerror or str(error),
                where=str(self._to) if isinstance(self._to, Path) else "standard output",
                fix="check the folder, its permissions and free space",
            ) from error
        finally:
            if not done:
                self._clear()

    def stream(self, name: str) -> BinaryIO:
        """A stream for the file `name` of a folder; where there is one file, for that.

        Raises:
            InputError: see the class.
        """
        if not isinstance(self._to, Path):
            return self._to
        final = self._to / name if self._folder else self._to
        if self._folder and not self._to.is_dir():
            check_name(self._to)
            self._to.mkdir()
            self._made = True
        self._check(final)
        fresh = final.with_name(f"{final.name}.{os.urandom(4).hex()}.new")
        opened = fresh.open("xb", buffering=1 << 20)
        self._fresh[final] = fresh
        self._open.append(opened)
        return opened

    def _check(self, final: Path) -> None:
        if final.is_dir():
            what, fix = "a folder is there", "name a file in it"
        else:
            check_name(final)
            if self._overwrite or not final.exists():
                return
            what, fix = "there is a file already", "choose another name, or say --overwrite"
        raise InputError(what=what, where=str(final), fix=fix)

    def _name(self) -> None:
        for stream in self._open:
            stream.flush()
            os.fsync(stream.fileno())
            stream.close()
        for final, fresh in self._fresh.items():
            fresh.replace(final)
        for folder in {final.parent for final in self._fresh}:
            sync_folder(folder)

    def _clear(self) -> None:
        for stream in self._open:
            with suppress(OSError):  # the disk is full: what is in its buffer is not wanted
                stream.close()
        for fresh in self._fresh.values():
            fresh.unlink(missing_ok=True)
        if self._made and isinstance(self._to, Path):
            with suppress(OSError):  # somebody has put something there meanwhile
                self._to.rmdir()


def check_name(final: Path) -> None:
    """Refuse the names of a save.

    Raises:
        InputError: it is one of them.
    """
    save = save_of(final)
    if save is not None and save != final:
        what = f"this is a name of the save {save.name}, and nothing is written over its parts"
    elif save is not None or (final.is_file() and _is_database(final)):
        what = "a save is there, and nothing is written over it"
    else:
        return
    raise InputError(what=what, where=str(final), fix="choose another name")


def _is_database(file: Path) -> bool:
    with file.open("rb") as stream:
        return stream.read(len(_SAVE)) == _SAVE
