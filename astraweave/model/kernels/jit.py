"""The one place that configures numba: where compiled kernels are kept, and under which name.

numba does not notice an edited callee, so the cache folder carries one hash over the source of
every kernel and numba's version: an edit anywhere means a new folder, never a stale kernel.
Below it a kernel is found by its module, not by where that is installed: a checkout, its copies and
an installed wheel of the same kernels compile them once.
"""

import functools
import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
from numba.core.caching import UserProvidedCacheLocator

_PACKAGE = Path(__file__).resolve().parents[2]
_BY_PATH = f"{UserProvidedCacheLocator.__module__}.{UserProvidedCacheLocator.__name__}"


@functools.cache
def kernel_hash() -> str:
    """16 hex digits over all ``kernels/**``, `model.rng` and numba's version."""
    digest = hashlib.sha256(numba.__version__.encode())
    for path in [*sorted(_PACKAGE.glob("**/kernels/*.py")), _PACKAGE / "model" / "rng.py"]:
        digest.update(path.relative_to(_PACKAGE).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def cache_folder() -> Path | None:
    """A private folder for this hash, or None when nothing can be written.

    Cache files are pickles, so the folder must belong to this user alone (0700).
    """
    base = os.environ.get("ASTRAWEAVE_CACHE_DIR") or os.environ.get("XDG_CACHE_HOME")
    candidates = [Path(base) if base else Path("~/.cache").expanduser()]
    if hasattr(os, "getuid"):
        candidates.append(Path(tempfile.gettempdir()) / f"astraweave-{os.getuid()}")
    for candidate in candidates:
        folder = candidate / "astraweave" / "kernels" / kernel_hash()
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            folder.chmod(0o700)
            with tempfile.TemporaryFile(dir=folder):
                pass
        except OSError:
            continue
        if not hasattr(os, "getuid") or folder.stat().st_uid == os.getuid():
            return folder
    return None


_FOLDER = cache_folder()


class ByModule(UserProvidedCacheLocator):
    """Where numba keeps a kernel: in `_FOLDER`, whose name holds for the source's state too."""

    @classmethod
    def from_function(cls, py_func: Any, py_file: str) -> "ByModule | None":
        """None for a function from elsewhere, of whose source the hash says nothing."""
        if not Path(py_file).resolve().is_relative_to(_PACKAGE):
            return None
        # numba has no types.
        found: ByModule | None = super().from_function(py_func, py_file)  # type: ignore[no-untyped-call]
        return found

    @classmethod
    def get_suitable_cache_subpath(cls, py_file: str) -> str:
        """`arena/kernels` for any ``…/astraweave/arena/kernels/*.py``."""
        return Path(py_file).resolve().parent.relative_to(_PACKAGE).as_posix()

    def get_source_stamp(self) -> str:
        """The hash over every kernel."""
        return kernel_hash()


def njit(**options: Any) -> Callable[[Callable[..., Any]], Any]:
    """`numba.njit` with this project's settings: cached where possible, no fastmath, nogil."""

    def decorate(function: Callable[..., Any]) -> Any:
        settings = {"cache": _FOLDER is not None, "nogil": True, "error_model": "numpy", **options}
        # Both are read when a function is decorated; put back, they are not the host's.
        config: Any = numba.config
        before = config.CACHE_DIR, config.CACHE_LOCATOR_CLASSES
        config.CACHE_DIR = str(_FOLDER or "")
        config.CACHE_LOCATOR_CLASSES = f"{__name__}.ByModule,{_BY_PATH}"
        try:
            return numba.njit(**settings)(function)
        except RuntimeError:  # numba: "cannot cache function: no locator available"
            return numba.njit(**{**settings, "cache": False})(function)
        finally:
            config.CACHE_DIR, config.CACHE_LOCATOR_CLASSES = before

    return decorate
