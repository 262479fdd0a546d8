"""Which pages a write-ahead log holds, read as plain bytes before SQLite may touch the save.

A save is whole when each page is in its file or in the log beside it. SQLite itself takes a page
that is in neither for zeros, and writes the log into what is left.
"""

import struct
from pathlib import Path

_HEADER, _FRAME = struct.Struct(">8I"), struct.Struct(">6I")
_MAGIC = (0x377F0682, 0x377F0683)
_LOCK_BYTE = 1 << 30
"""SQLite never writes the page that holds this byte."""


def log_of(file: Path) -> Path:
    """Where SQLite keeps the log of a save."""
    return file.with_name(f"{file.name}-wal")


def logged(log: Path, page: int) -> tuple[int, set[int]]:
    """How many pages the save has by its log, 0 when that says nothing; which of them it holds.

    Args:
        log: from `log_of`; it may not exist.
        page: bytes of a page.

    Raises:
        OSError: it cannot be read.
    """
    pages, held, open_frames = 0, set[int](), list[int]()
    try:
        stream = log.open("rb")
    except FileNotFoundError:
        return 0, held
    with stream:
        head = stream.read(_HEADER.size)
        if len(head) < _HEADER.size:
            return 0, held
        magic, _, size, _, *salt = _HEADER.unpack(head)[:6]
        if magic not in _MAGIC or size != page:
            return 0, held
        while len(frame := stream.read(_FRAME.size)) == _FRAME.size:
            number, after, *of = _FRAME.unpack(frame)[:4]
            # Frames of another salt are left over from before the log began anew.
            if of != salt or len(stream.read(page)) < page:
                break
            open_frames.append(number)
            if after:  # a commit
                pages = after
                held.update(open_frames)
                open_frames.clear()
    return pages, held


def first_missing(file: Path, page: int, pages: int) -> int | None:
    """The first page that is neither in the file nor in its log, from 1; None when it is whole.

    Args:
        file: the save.
        page: bytes of a page.
        pages: how many there are by the file's own header, which the log may know better.

    Raises:
        OSError: one of them cannot be read.
    """
    by_log, held = logged(log_of(file), page)
    # Asked after the log was read: another process may be moving pages from it into the file.
    present = file.stat().st_size // page
    for number in range(present + 1, (by_log or pages) + 1):
        if number not in held and number != _LOCK_BYTE // page + 1:
            return number
    return None
