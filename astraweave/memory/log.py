"""Which pages a write-ahead log holds, read as plain bytes before SQLite may touch the save.

A save is whole when each page is in its file or in the log beside it. SQLite itself takes a page
that is in neither for zeros, and writes the log into what is left.
"""

import struct
from pathlib import Path
from typing import Literal

_HEADER, _FRAME = struct.Struct(">8I"), struct.Struct(">6I")
_MAGIC = (0x377F0682, 0x377F0683)
_JOURNAL = bytes.fromhex("d9d505f920a163d7")
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


def is_strange_journal(file: Path, head: bytes) -> bool:
    """Whether SQLite would roll the save back by a journal that cannot be of it.

    A save keeps a log; only while it changes from one to the other has it a journal, too, which
    says as many pages as the save has.

    Args:
        file: the save.
        head: its first 100 bytes.

    Raises:
        OSError: the journal cannot be read.
    """
    try:
        with file.with_name(f"{file.name}-journal").open("rb") as stream:
            found = stream.read(28)
    except FileNotFoundError:
        return False
    if len(found) < 28 or not found.startswith(_JOURNAL):
        return False
    return head[18:20] == b"\2\2" or found[16:20] != head[28:32]


def committed(file: Path, page: int) -> dict[int, bytes]:
    """The newest version of each page that the log of `file` holds, up to where it is whole.

    Checksums are those of <https://www.sqlite.org/fileformat2.html>, section 4.2; what is not
    followed by a commit is left out.

    Raises:
        OSError: it cannot be read.
    """
    try:
        data = log_of(file).read_bytes()
    except FileNotFoundError:
        return {}
    found: dict[int, bytes] = {}
    if len(data) < _HEADER.size:
        return found
    magic, _, size, _, *rest = _HEADER.unpack_from(data)
    if magic not in _MAGIC or size != page:
        return found
    order: Literal["<", ">"] = ">" if magic == _MAGIC[1] else "<"
    salt, sums = rest[:2], _checksum(data[: _HEADER.size - 8], (0, 0), order)
    waiting: dict[int, bytes] = {}
    if list(sums) != rest[2:]:
        return found
    for at in range(_HEADER.size, len(data) - _FRAME.size - page + 1, _FRAME.size + page):
        number, after, *of = _FRAME.unpack_from(data, at)
        body = data[at + _FRAME.size : at + _FRAME.size + page]
        sums = _checksum(data[at : at + 8] + body, sums, order)
        if of != [*salt, *sums]:
            break
        waiting[number] = body
        if after:
            found |= waiting
            found = {key: value for key, value in found.items() if key <= after}
            waiting.clear()
    return found


def _checksum(data: bytes, before: tuple[int, int], order: Literal["<", ">"]) -> tuple[int, int]:
    first, second = before
    for even, odd in struct.iter_unpack(f"{order}II", data):
        first = first + even + second & 0xFFFFFFFF
        second = second + odd + first & 0xFFFFFFFF
    return first, second
