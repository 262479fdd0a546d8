"""Room on the disk: how much there is, and how a save gets by with little.

To delete takes room, too: what is deleted goes to the log first. So the last half a megabyte is
never written to but by what makes room, and while there is little the log is emptied after each
commit: a log that fills a disk could be moved nowhere.
"""

import shutil
import sys
from contextlib import suppress

import apsw

from astraweave.memory.connection import Link

FLOOR = 512 << 10
TIGHT = 16 << 20
"""Bytes: four times what a log grows to."""
FEW = 4
"""Pieces of work in one commit where room is tight."""


def free_bytes(link: Link) -> int:
    """What the disk of a save has left; without limit for one in memory, or where none can say.

    When that is little, with what is free inside the file: there the log can be moved to.
    """
    if link.file is None:
        return sys.maxsize
    try:
        free = shutil.disk_usage(link.file.parent).free
    except OSError:
        return sys.maxsize
    if free < FLOOR:
        with link.lock:
            free += int(link.db.pragma("freelist_count")) * int(link.db.pragma("page_size"))
    return free


def empty(link: Link) -> None:
    """Move the log into the file and cut it off, as far as there is room and nobody reads it."""
    with link.lock, suppress(apsw.FullError, apsw.BusyError, apsw.LockedError, apsw.IOError):
        link.db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
