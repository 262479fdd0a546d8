"""Looking after a save as a whole, as a person asks for it: back up, put back, migrate, compact.

Refuses to replace a save that somebody has open, and to lose what stood there.
"""

import shutil
from contextlib import suppress
from pathlib import Path

import msgspec

from astraweave.errors import SaveError, StoreError
from astraweave.memory import backup
from astraweave.memory.beside import Beside, backups_of
from astraweave.memory.checkup import Kept, kept_as
from astraweave.memory.connection import check_header, checked_path, open_link
from astraweave.memory.looking import existing, look
from astraweave.memory.migrations import MIGRATIONS, verify, version_of
from astraweave.memory.opening import upgrade
from astraweave.memory.rolling import KEPT, back_up, check_structure, restore
from astraweave.memory.room import FLOOR
from astraweave.memory.store import open_memory


class Migrated(msgspec.Struct, frozen=True, kw_only=True):
    """Schema versions before and after; `kept` is the old file, None when nothing was done."""

    path: str
    before: int
    after: int
    kept: str | None


class Compacted(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes of the file before and after, and how many episodes were packed."""

    path: str
    before: int
    after: int
    packed: int


def backup_now(path: str, *, keep: int = KEPT) -> Beside:
    """Make a backup of the save at `path`, which may be in use.

    Raises:
        SaveError: it is no save, or damaged. StoreError: the disk does not take it.
    """
    file = existing(path)
    with look(file, path) as db:
        verify(db, path, newer_too=True)
        made = back_up(db, file, keep=keep)
    assert made is not None  # only whoever says when to stop is told nothing
    return made


def copy_now(path: str, to: Path) -> Beside:
    """Copy the save at `path` to a new file, or over an older closed save; it may be in use.

    Raises:
        SaveError: one of them is no save, or damaged.
    """
    existing(path)
    with open_memory(path, recover=False, mend=False) as store:
        store.copy_to(to)
    facts = to.stat()
    return Beside(0, to, facts.st_size, facts.st_mtime)


def listed(path: str) -> list[Kept]:
    """The backups of the save at `path`, newest first, each looked into; it may be gone itself.

    Raises:
        SaveError: its folder is gone, too; or there is no backup, and no save to make one of.
    """
    found = backups_of(checked_path(path))
    if not found:
        check_header(existing(path), path)
    return [kept_as(*one) for one in found]


def put_back(path: str, which: str) -> tuple[Kept, Path | None]:
    """Put a backup back; returns it, and where the file is now that stood there.

    Args:
        path: the save; it may be damaged, or gone.
        which: "newest" (the newest that is sound), a number, or the path of a save.

    Raises:
        SaveError: there is no such backup, or it is damaged. StoreError: the save is open.
    """
    file = checked_path(path)
    chosen = _chosen(path, which)
    if not chosen.sound:
        fix = "choose another; `astraweave save restore` without a choice lists them"
        raise SaveError(
            what="this backup is damaged", got=chosen.problem, where=chosen.file, fix=fix
        )
    return chosen, restore(file, Path(chosen.file))


def _chosen(path: str, which: str) -> Kept:
    found = backups_of(checked_path(path))
    if which == "newest":
        looked = [kept_as(*one) for one in found]
        if looked:
            return next((kept for kept in looked if kept.sound), looked[0])
        raise SaveError(what="there is no backup", where=path, fix="name a file to put there")
    with suppress(StopIteration):
        return kept_as(*next(one for one in found if str(one.number) == which))
    if which.isdigit() or not Path(which).exists():
        known = ", ".join(str(one.number) for one in found) or "none"
        raise SaveError(what="there is no such backup", got=which, where=path, fix=f"has: {known}")
    file = existing(which)
    if checked_path(path).exists() and file.samefile(path):
        raise SaveError(what="a save cannot be put back onto itself", where=path)
    facts = file.stat()
    return kept_as(0, file, facts.st_size, facts.st_mtime)


def migrate_now(path: str) -> Migrated:
    """Bring the save at `path` to the newest schema.

    Raises:
        SaveError: it is no save, damaged, or newer than this program.
    """
    file = existing(path)
    with look(file, path) as db:
        verify(db, path)
        before = version_of(db)
    old = upgrade(file, path) if before < len(MIGRATIONS) else None
    kept = None if old is None else str(old)
    return Migrated(path=path, before=before, after=len(MIGRATIONS), kept=kept)


def compact(path: str, *, before_s: float) -> Compacted:
    """Pack observations of episodes that began before `before_s`, and give back what is free.

    Needs as much free space as the save has. A crash leaves the save whole.

    Args:
        path: the save.
        before_s: seconds since 1970.

    Raises:
        SaveError: it is no save, or damaged. StoreError: another program holds it, or there is too
            little space.
    """
    file = existing(path)
    before = file.stat().st_size
    free = shutil.disk_usage(file.parent).free
    if free < before + FLOOR:
        what, got = "too little free space", f"{free:,} bytes for {before + FLOOR:,}"
        raise StoreError(what=what, got=got, where=path, fix="make room, then repeat")
    # Of a damaged save a page may stand in many places: giving space back would copy each.
    with look(file, path) as db:
        verify(db, path, newer_too=True)
        check_structure(db, path)
    with open_memory(path, recover=False) as store:
        packed = store.compress(before_s)
        store.flush()
    link = open_link(path)
    try:
        backup.give_back(link)
    finally:
        link.db.close()
    after = file.stat().st_size
    return Compacted(path=path, before=before, after=after, packed=packed.episodes)
