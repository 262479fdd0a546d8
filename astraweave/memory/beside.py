"""What lies beside a save: backups, and files that were put aside. Their names, oldest to newest.

`slot1.db.backup-7` is a backup, `slot1.db.damaged-1` what a repair found, `slot1.db.replaced-1`
what stood there before a backup was put back. Refuses to give a name that is taken.
"""

import os
import re
import shlex
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from astraweave.memory.locks import held

BACKUP, DAMAGED, REPLACED = "backup", "damaged", "replaced"
PARTS = ("-journal", "-wal", "-shm", "-mark")
"""What SQLite and `mark` keep beside a database, by the ends of the names."""
AUDIT = "-audit"
"""Where the audit's head is kept, by the end of the name."""
KEEPING, LIVE = "-keeping", "-live-"
"""Locks: of whole-file work, and of a session."""
_OF_A_SAVE = (
    rf"(?:{'|'.join((*PARTS, AUDIT, KEEPING))}|{LIVE}[0-9a-f]{{16}}"
    rf"|\.(?:{BACKUP}|{DAMAGED}|{REPLACED})-[0-9]+)"
)
_END = re.compile(rf"(?:{_OF_A_SAVE}|\.(?:[0-9a-f]{{8}}|{BACKUP}|migrating)\.new)\Z", re.I)
"""How the name of a part ends; `.new` is what is not whole yet."""
WAIT_S = 10.0
_HALF_MADE = re.compile(r"\.([0-9a-f]{8}|backup|migrating)\.new(-journal|-wal|-shm|-mark|-audit)?")


def file_of(path: str | Path) -> Path:
    """The absolute path of a save; behind links, for there SQLite keeps its log.

    Absolute: the host may change its folder while the save is open.
    """
    file = Path(path).absolute()
    return Path(os.path.realpath(file)) if os.path.islink(file) else file  # noqa: PTH114  # that raises for a name too long


class Beside(NamedTuple):
    """A file beside a save.

    `made`: seconds since 1970, by the clock of the file system.
    """

    number: int
    file: Path
    bytes: int
    made: float


def beside(save: Path, word: str) -> tuple[Beside, ...]:
    """The files called `SAVE.word-N`, newest (highest number) first.

    No folders, and no pipes or devices: who opens one waits, or reads without end.
    """
    found = []
    for number, entry in _numbered(save, word):
        with suppress(OSError):
            facts = entry.stat()
            if stat.S_ISREG(facts.st_mode):
                file = save.parent / entry.name
                found.append(Beside(number, file, facts.st_size, facts.st_mtime))
    return tuple(sorted(found, reverse=True))


def _numbered(save: Path, word: str) -> list[tuple[int, os.DirEntry[str]]]:
    """Everything called `SAVE.word-N`, whatever it is, by number."""
    found = []
    with suppress(OSError), os.scandir(save.parent) as entries:
        for entry in entries:
            number = entry.name.removeprefix(f"{save.name}.{word}-")
            if number != entry.name and number.isascii() and number.isdigit():
                found.append((int(number), entry))
    return found


def backups_of(save: Path) -> tuple[Beside, ...]:
    """The backups of a save, newest first."""
    return beside(save, BACKUP)


def put_aside(save: Path) -> tuple[Path, ...]:
    """Every older state of a save that was kept: by a repair, or by putting a backup back."""
    return tuple([found.file for word in (DAMAGED, REPLACED) for found in beside(save, word)])


def save_of(file: Path) -> Path | None:
    """The save that `file` is of by its name, and by what else is in its folder; else None.

    That is a part of it, what lies beside it, or the save itself where any of these is there.
    Case does not count: not every file system asks for it.
    """
    there = set[str]()
    with suppress(OSError), os.scandir(file.parent) as entries:
        there = {entry.name.casefold() for entry in entries if not entry.is_dir()}
    name, is_part = file.name, False
    while name:
        own = re.compile(re.escape(name.casefold()) + _OF_A_SAVE, re.I)
        if (is_part and name.casefold() in there) or any(map(own.fullmatch, there)):
            return file.with_name(name)
        found = _END.search(name)
        if found is None:
            break
        name, is_part = name[: found.start()], True
    return None


def half_made(save: Path) -> tuple[Path, ...]:
    """What a kill left of files that were being made in this save's place; sorted.

    Only by names that are ours: eight hex digits, or a fixed word. One of them may be at work on
    its file just now: remove them inside `whole_file`.
    """
    found: list[Path] = []
    with suppress(OSError), os.scandir(save.parent) as entries:
        for entry in entries:
            rest = entry.name.removeprefix(save.name)
            if rest != entry.name and _HALF_MADE.fullmatch(rest):
                found.append(save.parent / entry.name)
    return tuple(sorted(found))


def drop_half_made(save: Path) -> tuple[Path, ...]:
    """Remove `half_made`, inside `whole_file`; returns what went."""
    gone = half_made(save)
    for file in gone:
        remove(file)
    return gone


def next_name(save: Path, word: str) -> Path:
    """The next free name of this kind."""
    newest = max([number for number, _ in _numbered(save, word)], default=0)
    return save.with_name(f"{save.name}.{word}-{1 + newest}")


def next_step(where: str) -> str:
    """What to do about a damaged save at `where`, a path as the user wrote it."""
    name = shlex.quote(where)
    backups = backups_of(file_of(where))
    repair = f"`astraweave save repair {name}` saves what can be read"
    if not backups:
        return f"{repair}; there is no backup of it"
    newest, count = moment(backups[0].made), len(backups)
    more = "its backup" if count == 1 else f"its {count} backups"
    return (
        f"{repair} and takes what is lost from {more}, `astraweave save restore {name} newest` "
        f"puts back that of {newest} as it was"
    )


def moment(seconds: float) -> str:
    """A time since 1970 as people read it, in UTC."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M} UTC"


@contextmanager
def whole_file(save: Path, wait_s: float = WAIT_S) -> Iterator[None]:
    """One at a time: what copies, replaces or upgrades a save as a whole, in any process.

    Raises:
        StoreError: another has not ended within `wait_s`.
        OSError: the folder cannot be written.
    """
    guard = save.with_name(f"{save.name}{KEEPING}")
    with held(guard, wait_s):
        try:
            yield
        finally:
            with suppress(OSError):  # Windows: it is open; the next one removes it
                guard.unlink()


def sync_folder(folder: Path) -> None:
    """Make a new or renamed entry of `folder` durable, where the system can."""
    with suppress(OSError):  # Windows opens no folders and needs none of this
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def sync_file(file: Path) -> None:
    """Make what is in `file` durable."""
    with file.open("rb+") as stream:
        os.fsync(stream.fileno())


def remove(file: Path) -> None:
    """Remove a database with what belongs to it; what is not there is not missed."""
    for part in (Path(f"{file}{end}") for end in ("", *PARTS, AUDIT)):
        if part.exists():  # asked first: a read-only disk complains even so
            part.unlink(missing_ok=True)


def name_once(fresh: Path, final: Path) -> None:
    """Give `fresh` the name `final`; FileExistsError when that is taken."""
    try:
        os.link(fresh, final)
    except FileExistsError:
        raise
    except OSError:  # no hard links here (FAT): the gap between test and rename is accepted
        if final.exists():
            raise FileExistsError(final) from None
        fresh.rename(final)


def put_parts_aside(save: Path, aside: Path | None = None) -> None:
    """Take log and mark away from under a name, to beside `aside`: a log would be replayed.

    `aside` None is the next name of what was damaged.
    """
    for end in PARTS:
        left = Path(f"{save}{end}")
        if end == "-shm":
            left.unlink(missing_ok=True)
        elif left.exists():
            aside = aside or next_name(save, DAMAGED)
            left.replace(f"{aside}{end}")


def swap_in(save: Path, fresh: Path, word: str) -> Path | None:
    """Put `fresh`, whole and closed, in the place of `save`, which nobody may have open.

    What stood there is kept under the next name of `word`, with log and mark; returns that name,
    None when there was nothing. A crash leaves the old save under one of the two names.
    """
    sync_file(fresh)
    aside = None
    if save.exists():
        aside = next_name(save, word)
        # A copy where there are no hard links: the save must never be without its name.
        try:
            os.link(save, aside)
        except OSError:
            shutil.copyfile(save, aside)
            sync_file(aside)
    put_parts_aside(save, aside)
    fresh.replace(save)
    sync_folder(save.parent)
    return aside
