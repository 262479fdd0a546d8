"""What is done when a save is opened: is all there that was acknowledged, and what was left open?

Refuses to compare a save with a mark that is not its own: see `mark`.
"""

import shlex
from contextlib import suppress
from functools import partial
from typing import NamedTuple

from astraweave.errors import AstraweaveError, SaveError, StoreError
from astraweave.memory.beside import backups_of, drop_half_made, half_made, whole_file
from astraweave.memory.connection import Link, translated
from astraweave.memory.log import log_of
from astraweave.memory.looking import LOOKED_THROUGH_BYTES, look
from astraweave.memory.mark import (
    Lost,
    check_counts,
    doubt,
    mark_of,
    missing,
    read_mark,
    settle,
)
from astraweave.memory.quarantine import reason_of, set_aside_unreadable
from astraweave.memory.recovery import Recovery, recover
from astraweave.memory.rolling import check_structure, episodes_ever
from astraweave.memory.session import is_live
from astraweave.memory.tombstones import damaged


class Start(NamedTuple):
    """What was found; `problems` one line each, `pending` a loss that was not written down."""

    recovered: Recovery | None
    problems: list[str]
    set_aside: int
    pending: bool


def start(link: Link, *, recovering: bool, mend: bool) -> Start:
    """Compare with the mark, and store what a crash left open.

    Args:
        link: just opened.
        recovering: store what dead sessions left.
        mend: write a loss down in the save, so that it is told once.

    Raises:
        SaveError: the save is damaged. StoreError: it cannot be used now.
    """
    problems: list[str] = []
    early: list[str] = []
    if recovering and link.file is not None and half_made(link.file):
        with suppress(OSError, StoreError), whole_file(link.file, 0.0):  # else it is at work
            drop_half_made(link.file)
    lost = _compared(link, early)
    if lost is not None or early or _has_log(link):
        # What is left of the log may be older than what was moved into the file before, or it is
        # another save's: then nothing may be written, or the newer pages are gone.
        with translated(link.where):
            check_structure(link.db, link.where)
    found = _recover(link, problems) if recovering else None
    set_aside = len(problems)
    problems += early
    problems += _of_forgotten(link)
    problems += _begun_anew(link)
    if lost is not None:
        problems.append(f"{link.where}: {lost.line}")
        found = _with(found, lost)
        if mend:
            _settle(link, lost)
    return Start(found, problems, set_aside, pending=lost is not None and not mend)


def _begun_anew(link: Link) -> list[str]:
    """What to say where the save that backups were made of is gone."""
    backups = () if link.file is None or episodes_ever(link.db) else backups_of(link.file)
    if not backups:
        return []
    with suppress(AstraweaveError), look(backups[0].file, str(backups[0].file)) as db:
        if not episodes_ever(db):
            return []
    fix = f"`astraweave save restore {shlex.quote(link.where)}` lists them"
    return [f"{link.where}: a new save, beside backups of an older one; {fix}"]


def _of_forgotten(link: Link) -> list[str]:
    """What is wrong with the list of those whose data must not come back."""
    if link.refusal is not None:
        return []  # of a newer program: it may keep them otherwise
    try:
        with translated(link.where):
            line = damaged(link.db)
    except SaveError as error:
        return [str(error)]
    return [] if line is None else [f"{link.where}: {line}"]


def _compared(link: Link, problems: list[str]) -> Lost | None:
    if link.file is None:
        return None
    with translated(link.where):
        check_counts(link.db)
    try:
        noted = read_mark(link.file)
    except SaveError as error:
        problems.append(f"{link.where}: {reason_of(error)}; {error.fix}")
        return None
    with translated(link.where):
        lost = missing(noted, link.db)
        unsure = None if lost is not None else doubt(link.file, noted, link.db)
    if unsure is not None:
        problems.append(f"{link.where}: {unsure}; look whether what came last is there")
    return lost


def _has_log(link: Link) -> bool:
    """Whether there is a log whose save is small enough to be looked through at once."""
    if link.file is None or link.file.stat().st_size > LOOKED_THROUGH_BYTES:
        return False
    log = log_of(link.file)
    return log.exists() and log.stat().st_size > 0


def _settle(link: Link, lost: Lost) -> None:
    with translated(link.where), link.transaction() as db:
        settle(db, lost)
    if link.file is not None:
        # Its stamp is no longer the save's: should it stay, it is compared with nothing.
        with suppress(OSError):
            mark_of(link.file).unlink(missing_ok=True)


def _with(found: Recovery | None, lost: Lost) -> Recovery:
    if found is None:
        return Recovery(episodes=(), observations=0, message=lost.line, lost_changes=lost.changes)
    return Recovery(
        episodes=found.episodes,
        observations=found.observations,
        message=f"{found.message}; {lost.line}",
        lost_changes=lost.changes,
    )


def _recover(link: Link, problems: list[str]) -> Recovery | None:
    found: Recovery | None = None
    with translated(link.where):
        # Asked without a lock first: opening a healthy save writes nothing.
        if link.db.execute("SELECT 1 FROM sessions LIMIT 1").fetchone() is None:
            return None
        try:
            with link.transaction() as db:
                found = recover(db, partial(is_live, link.file), problems.append)
        except UnicodeDecodeError:
            problems.clear()
            with link.transaction() as db:
                problems += set_aside_unreadable(db)
                found = recover(db, partial(is_live, link.file), problems.append)
    return found
