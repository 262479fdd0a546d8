"""A hash over the files of a game: its own, and all of one's own that they import, however far.

They are read and parsed, never executed, and found as an import would find them, whether it has
happened yet or not: a process that has played gives the hash of one that is about to. Not seen is
what is imported by a computed name, and what is read from a file that is no module.
"""

import ast
import hashlib
import sys
import threading
import types
import warnings
import weakref
from collections.abc import Iterator
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Any, NamedTuple

from astraweave.errors import EnvironmentFailure
from astraweave.sandbox.provenance import installed

MOST = 2000
"""Modules that are looked into."""
LONGEST = 2**20
"""Bytes of a file that is parsed: the imports of a longer one, a table, are not followed."""
_CALLS = ("import_module", "__import__")


class _Place(NamedTuple):
    """Where a module is; `search` is where its submodules are, None of one that has none."""

    file: Path | None
    search: tuple[str, ...] | None
    module: types.ModuleType | None = None


class _Import(NamedTuple):
    """So many dots, a module, and what is taken from it, which may be modules too."""

    level: int
    module: str
    taken: tuple[str, ...] = ()


class _Source(NamedTuple):
    digest: bytes
    imports: tuple[_Import, ...]


_met: "weakref.WeakKeyDictionary[types.ModuleType, tuple[object, _Source]]" = (
    weakref.WeakKeyDictionary()
)
"""What was read of a loaded module when it was first met; with its spec, new after a reload."""
_parsing = threading.Lock()  # what is warned of is set for the whole process


def imported_hash(*names: str, script: str = "") -> str:
    """64 hex digits over modules, and all of one's own that they import.

    Args:
        names: of modules. The top package of the first is one's own wherever it lies, as is
            all that is not installed; of others, which are installed, only the file counts.
        script: a file to begin with that is imported under no name.

    Raises:
        EnvironmentFailure: it would have to look into more than `MOST`.
    """
    look = _Look(_called(names[0]) if names else "")
    for name in names:
        look.begin(name)
    if script:
        look.walk(Path(script).stem, _Place(Path(script), None))
    return look.hexdigest()


class _Look:
    """One walk; each module is met once."""

    def __init__(self, first: str) -> None:
        self._top = first.partition(".")[0]
        self._places: dict[str, _Place | None] = {}
        self._met: dict[str, bytes] = {}
        self._waiting: list[str] = []

    def begin(self, name: str) -> None:
        """Walk from a module, whosever it is."""
        called = _called(name)
        place = _place_of(sys.modules.get(name)) or self._place(called)
        if place is not None:
            self.walk(called, place)

    def walk(self, name: str, place: _Place) -> None:
        """Walk from a module that is here."""
        self._places[name] = place
        self._meet(name, place)
        self._waiting.append(name)
        while self._waiting:
            self._follow(self._waiting.pop())

    def hexdigest(self) -> str:
        """Of everything met."""
        digest = hashlib.sha256()
        for name, found in sorted(self._met.items()):
            digest.update(name.encode() + b"\0" + found)
        return digest.hexdigest()

    def _follow(self, name: str) -> None:
        """Meet a module and the packages that it is in, as far as they are one's own."""
        parts = name.split(".")
        for count in range(1, len(parts) + 1):
            each = ".".join(parts[:count])
            place = self._place(each)
            if place is None:
                return
            if place.file is not None:
                if not self._own(each, place.file):
                    return
                self._meet(each, place)

    def _own(self, name: str, file: Path) -> bool:
        top = name.partition(".")[0]
        return top != "astraweave" and (top == self._top or not installed(file))

    def _meet(self, name: str, place: _Place) -> None:
        if name in self._met or place.file is None or not place.file.is_file():
            return
        if len(self._met) >= MOST:
            raise EnvironmentFailure(
                what=f"imports more than {MOST:,} modules of its own",
                where=name,
                fix="give it a content_hash() of its own",
            )
        source = _source(place.file, place.module)
        self._met[name] = source.digest
        if self._own(name, place.file):
            package = name if place.search is not None else name.rpartition(".")[0]
            for each in source.imports:
                self._waiting += _absolute(each, package)

    def _place(self, name: str) -> _Place | None:
        if name not in self._places:
            self._places[name] = _place_of(sys.modules.get(name)) or self._looked_for(name)
        return self._places[name]

    def _looked_for(self, name: str) -> _Place | None:
        """Where an import would find what is not loaded."""
        above, _, tail = name.rpartition(".")
        search = None
        if above:
            package = self._place(above)
            if package is None or package.search is None:
                return None
            search = list(package.search)
        if not tail.isidentifier() or name in sys.builtin_module_names:
            return None
        spec = PathFinder.find_spec(tail, search)
        if spec is None:
            return None
        inside = spec.submodule_search_locations
        file = Path(spec.origin) if spec.has_location and spec.origin else None
        return _Place(file, None if inside is None else tuple(inside))


def _held(module: types.ModuleType) -> dict[str, Any]:
    """What a module holds, though it be one that is loaded when something is asked of it."""
    held: dict[str, Any] = object.__getattribute__(module, "__dict__")
    return held


def _called(name: str) -> str:
    """The name under which others import it, though it was started as a script."""
    module = sys.modules.get(name)
    if not name.startswith("__") or not isinstance(module, types.ModuleType):
        return name
    spec, file = _held(module).get("__spec__"), _held(module).get("__file__")
    known = getattr(spec, "name", name)
    return str(Path(file).stem) if known.startswith("__") and isinstance(file, str) else known


def _place_of(module: object) -> _Place | None:
    """Where a loaded module is; None of what is none, or has no place."""
    if not isinstance(module, types.ModuleType):
        return None
    file, search = _held(module).get("__file__"), _held(module).get("__path__")
    if file is None and search is None:
        return None
    inside = None if search is None else tuple(map(str, search))
    return _Place(Path(file) if isinstance(file, str) else None, inside, module)


def _absolute(given: _Import, package: str) -> Iterator[str]:
    """Names of the modules that it may load, in this package."""
    base = given.module
    if given.level:
        parts = package.split(".") if package else []
        if given.level > len(parts):
            return
        parts = parts[: len(parts) - given.level + 1]
        base = ".".join([*parts, base] if base else parts)
    yield base
    yield from (f"{base}.{name}" for name in given.taken)


def _source(file: Path, module: types.ModuleType | None) -> _Source:
    if module is None:
        return _read(file)
    spec = _held(module).get("__spec__")
    known = _met.get(module)
    if known is None or known[0] is not spec:
        known = _met[module] = spec, _read(file)
    return known[1]


def _read(file: Path) -> _Source:
    try:
        with file.open("rb") as opened:
            text = opened.read(LONGEST + 1)
            digest = hashlib.sha256(text)
            while more := opened.read(LONGEST):
                digest.update(more)
    except OSError:  # nobody can import it, either
        return _Source(b"", ())
    known = tuple(_imports(text)) if len(text) <= LONGEST and b"import" in text else ()
    return _Source(digest.digest(), known)


def _imports(text: bytes) -> Iterator[_Import]:
    """What a file imports at its top or in a function; of what cannot be parsed, nothing."""
    try:
        with _parsing, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # compiled, or no Python
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (_Import(0, each.name) for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield _Import(node.level, node.module or "", tuple(each.name for each in node.names))
        elif isinstance(node, ast.Call) and node.args:
            called, first = node.func, node.args[0]
            name = getattr(called, "attr", getattr(called, "id", ""))
            if name in _CALLS and isinstance(first, ast.Constant) and isinstance(first.value, str):
                bare = first.value.lstrip(".")
                yield _Import(len(first.value) - len(bare), bare)
