"""Files from outside, read so far and no further.

Refuses what is no file: a pipe would be waited for, and a device has no end.
"""

import errno
import stat
from pathlib import Path


def read_file(path: str | Path, most: int) -> bytes:
    """A file's first `most` + 1 bytes: the one too many tells that it is too large.

    Raises:
        OSError: it cannot be read, or is no file.
    """
    file = Path(path)
    try:
        mode = file.stat().st_mode
        if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
            raise OSError(errno.EINVAL, "is a pipe or a device, not a file", str(file))
        with file.open("rb") as stream:
            return stream.read(most + 1)
    except ValueError as error:  # a zero byte, which no path holds
        raise OSError(errno.EINVAL, "is no path", str(file)) from error
