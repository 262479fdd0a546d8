"""Verdicts kept in a folder of this user's, one file a question, for questions without a save.

Refuses nothing: a folder that is somebody else's or cannot be written keeps nothing; a file that
is damaged, too large, a link or about another question is left out, and replaced by what is played.
"""

import hashlib
import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

import msgspec

from astraweave.model.verdict import Verdict

KEPT = 256
MAX_BYTES = 1 << 20
_DIGEST = 64


class FolderCache:
    """A `Cache` of at most `KEPT` files; the oldest go."""

    def __init__(self, folder: Path) -> None:
        """Nothing is made before the first verdict is kept."""
        self.folder = folder

    def get(self, key: str) -> Verdict | None:
        """The verdict, if it is there and whole."""
        try:
            data = _read(self._file(key)) if self._mine() else b""
        except OSError:
            return None
        digest, body = data[:_DIGEST], data[_DIGEST:]
        if digest != _digest(key, body):
            return None
        try:
            return msgspec.json.decode(body, type=Verdict)
        except (ValueError, msgspec.MsgspecError, RecursionError):
            return None

    def put(self, key: str, verdict: Verdict) -> None:
        """Keep it, in place of an older one; what cannot be written is not kept."""
        body = msgspec.json.encode(verdict)
        with suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            if len(body) + _DIGEST <= MAX_BYTES and self._mine():
                self._write(key, _digest(key, body) + body)
                self._bound()

    def _write(self, key: str, data: bytes) -> None:
        handle, name = tempfile.mkstemp(dir=self.folder, suffix=".new")
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(data)
            # In place of whatever is there, a link too: another process sees the old or the new.
            Path(name).replace(self._file(key))
        finally:
            Path(name).unlink(missing_ok=True)

    def _bound(self) -> None:
        """Drop the oldest; entries that are no files count too, and stay."""
        files = [(path.lstat().st_mtime_ns, path) for path in self.folder.iterdir()]
        for _, path in sorted(files)[: max(0, len(files) - KEPT)]:
            with suppress(OSError):
                path.unlink()

    def _mine(self) -> bool:
        """Whether the folder is one, belongs to this user and can be written by nobody else."""
        found = self.folder.lstat()
        if not stat.S_ISDIR(found.st_mode):
            return False
        return not hasattr(os, "getuid") or (
            found.st_uid == os.getuid() and not found.st_mode & 0o022
        )

    def _file(self, key: str) -> Path:
        return self.folder / f"{key}.json"


def user_folder() -> Path:
    """Where this user's verdicts are kept: beside the compiled kernels."""
    base = os.environ.get("ASTRAWEAVE_CACHE_DIR") or os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path("~/.cache").expanduser()) / "astraweave" / "verdicts"


def _read(file: Path) -> bytes:
    """A plain file's bytes, empty when it is too large; follows no link."""
    handle = os.open(
        file, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    )
    with os.fdopen(handle, "rb") as stream:
        found = os.fstat(stream.fileno())
        if not stat.S_ISREG(found.st_mode) or found.st_size > MAX_BYTES:
            return b""
        return stream.read(MAX_BYTES + 1)


def _digest(key: str, body: bytes) -> bytes:
    """Over the question too: an answer under another name is none."""
    return hashlib.sha256(key.encode() + body).hexdigest().encode()
