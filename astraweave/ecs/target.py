"""An esper game by the name under which another process finds it, and a hash of its code.

Refuses a class that no other process can find: of a function's body, or typed at a prompt.
"""

import functools
import hashlib
import importlib.util
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import esper
import msgspec

from astraweave.ecs.game import EsperGame
from astraweave.errors import EnvironmentFailure, UsageError, said_of
from astraweave.sandbox.imported import imported_hash

INSIDE = "ASTRAWEAVE_STAGE"
"""Set in the environment of the process that plays."""
SCRIPT = "__astraweave_game__"
"""Name under which a script is loaded again, so that what its main guard holds back is not run."""


class Target(msgspec.Struct, frozen=True):
    """A class: its module (or, of a script, its file) and its name there."""

    module: str
    name: str
    file: str = ""

    @classmethod
    def of(cls, game: type[EsperGame]) -> "Target":
        """How another process finds this class.

        Raises:
            UsageError: it cannot.
        """
        module, name = game.__module__, game.__qualname__
        home: Any = sys.modules.get(module)
        file = getattr(home, "__file__", None)
        if "<locals>" in name or file is None:
            raise UsageError(
                what="another process cannot find this game",
                got=f"{module}.{name}",
                where="EsperEnvironment",
                fix="write the class at the top of a file, or give own_process=False",
            )
        spec = getattr(home, "__spec__", None)
        if module not in ("__main__", SCRIPT):
            return cls(module, name)
        if spec is not None and spec.name not in ("__main__", SCRIPT):  # python -m package.module
            return cls(spec.name, name)
        return cls(SCRIPT, name, str(Path(file).resolve()))

    def load(self) -> type[EsperGame]:
        """The class.

        Raises:
            EnvironmentFailure: its module cannot be imported, or has no such game.
        """
        try:
            found: Any = self._module()
            for part in self.name.split("."):
                found = getattr(found, part)
        except (Exception, SystemExit) as error:
            raise EnvironmentFailure(
                what=f"could not be loaded: {said_of(error)}",
                where=self.file or self.module,
                fix="keep what plays under `if __name__ == '__main__':`",
            ) from error
        if not (isinstance(found, type) and issubclass(found, EsperGame)):
            raise EnvironmentFailure(
                what=f"is no EsperGame: {self.name}", where=self.file or self.module
            )
        return found

    def _module(self) -> Any:
        if not self.file or self.module in sys.modules:
            return import_module(self.module)
        spec = importlib.util.spec_from_file_location(self.module, self.file)
        if spec is None or spec.loader is None:
            raise ImportError(self.file)
        sys.modules[self.module] = module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    def digest(self) -> str:
        """16 hex digits over the game's file, what it imports, its package and esper's version."""
        return _digest(self)


@functools.cache
def _digest(target: Target) -> str:
    digest = hashlib.sha256(f"{target.module}:{target.name} esper {esper.version}".encode())
    names = () if target.file else (target.module,)
    digest.update(imported_hash(*names, script=target.file).encode())
    for path in _package(target):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def _package(target: Target) -> list[Path]:
    """All files of the package that the class is in: it may load them by computed names."""
    package = sys.modules.get(target.module.partition(".")[0])
    root = getattr(package, "__file__", None)
    if target.file or root is None or Path(root).name != "__init__.py":
        return []
    return sorted(Path(root).parent.rglob("*.py"))
