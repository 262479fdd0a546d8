"""Whose code something is: one's own, to be looked into, or a library's, named with its file.

Refuses nothing: what is in no module counts as one's own.
"""

import functools
import hashlib
import sys
import sysconfig
from pathlib import Path

_PACKAGES = frozenset({"site-packages", "dist-packages"})


class Home:
    """What counts as own: the package of whatever is asked about, and all that is not installed."""

    def __init__(self, *roots: object) -> None:
        """Take the top packages in which these are written."""
        tops = {_module(root).partition(".")[0] for root in roots}
        self._own = tops - sys.stdlib_module_names

    def library(self, value: object) -> bool:
        """Whether a function, class or module belongs to Python or to an installed package."""
        name = _module(value)
        return name.partition(".")[0] not in self._own and _installed(name)


def text_of(value: object) -> bytes:
    """What stands for something of a library: its names, and the file that it is written in."""
    name = _module(value)
    own = getattr(value, "__qualname__", "")
    file = getattr(value, "__file__", None) or getattr(sys.modules.get(name), "__file__", None)
    return f"{name} {own} {'' if file is None else _hashed(Path(file))}".encode()


def _module(value: object) -> str:
    # A module's own name, else the one in which a function or a class is written.
    found = getattr(value, "__module__", None)
    name = found if isinstance(found, str) else getattr(value, "__name__", "")
    return name if isinstance(name, str) else ""


@functools.cache
def _installed(name: str) -> bool:
    module = sys.modules.get(name)
    if module is None or name == "__main__":
        return False
    file = getattr(module, "__file__", None)
    if file is None:
        return name in sys.builtin_module_names or name.partition(".")[0] in sys.stdlib_module_names
    return installed(Path(file))


@functools.cache
def installed(file: Path) -> bool:
    """Whether a file belongs to Python or to an installed package, by the folder it is in."""
    found = file.resolve()
    return not _PACKAGES.isdisjoint(found.parts) or any(map(found.is_relative_to, _folders()))


def _hashed(file: Path) -> str:
    try:
        found = file.stat()
    except OSError:  # in a zip, or gone
        return ""
    return _file_hash(file, found.st_mtime_ns, found.st_size)


@functools.lru_cache(maxsize=256)
def _file_hash(file: Path, changed_ns: int, size: int) -> str:
    del changed_ns, size
    return hashlib.sha256(file.read_bytes()).hexdigest()


@functools.cache
def _folders() -> tuple[Path, ...]:
    kinds = ("stdlib", "platstdlib", "purelib", "platlib")
    return tuple({Path(sysconfig.get_path(kind)).resolve() for kind in kinds})
