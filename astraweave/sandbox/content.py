"""A hash of what a function does: its code, and every value and piece of code that it reads.

Functions, classes, objects and modules of one's own are looked into, however deep; what is
installed stands by the file it is written in. The same code and values give the same hash in every
process of one version of Python; comments, names of files and places in memory do not count.
Refuses nothing.
"""

import copyreg
import functools
import hashlib
import inspect
import types
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from astraweave.sandbox.provenance import Home, text_of

_PLAIN = (type(None), bool, int, float, complex, str, bytes, bytearray, range, slice, np.generic)
_HELD = (tuple, list, set, frozenset, dict, types.MappingProxyType)
_NO_STATE = frozenset({"__dict__", "__weakref__"})
_NO_CONTENT = _NO_STATE | {
    "__module__",
    "__firstlineno__",
    "__static_attributes__",
    "__annotations__",
    "__annotate__",
    "__annotations_cache__",
    "__orig_bases__",
    "__parameters__",
    "__dataclass_fields__",
    "__dataclass_params__",
    "_abc_impl",
}
"""What a class is given without deciding what it does: places, and words about its types."""


def content_hash(*values: object) -> str:
    """16 hex digits over functions, and whatever else decides what they say."""
    looked = _Look(Home(*values))
    return hashlib.sha256(b"".join(map(looked.digest, values))).hexdigest()[:16]


class _Look:
    """One look at everything that is reached; each thing is looked into once."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._open: dict[int, int] = {}
        """What is being looked into, by identity, and how deep it lies: a circle ends there."""
        self._known: dict[int, tuple[object, bytes]] = {}
        """What was looked into. The object is held: its identity would be given to another."""

    def digest(self, value: Any) -> bytes:
        """32 bytes that stand for a value."""
        place = self._open.get(id(value))
        if place is not None:
            return place.to_bytes(32, "little")
        known = self._known.get(id(value))
        if known is not None:
            return known[1]
        self._open[id(value)] = len(self._open) + 1
        digest = hashlib.sha256()
        for part in self._parts(value):
            digest.update(len(part).to_bytes(8, "little") + part)
        del self._open[id(value)]
        self._known[id(value)] = value, digest.digest()
        return digest.digest()

    def _parts(self, value: Any) -> Iterator[bytes]:
        yield type(value).__qualname__.encode()
        if isinstance(value, _PLAIN):
            yield repr(value).encode()
            yield from self._more(value)
        elif isinstance(value, np.ndarray):
            yield f"{value.dtype}{value.shape}".encode()
            yield self.digest(value.tolist()) if value.dtype.hasobject else value.tobytes()
        elif isinstance(value, _HELD):
            yield from self._held(value)
            yield from self._more(value)
        else:
            yield from self._code_of(value)

    def _held(self, value: Any) -> Iterator[bytes]:
        """What a container holds; a set has no order of its own."""
        if isinstance(value, (set, frozenset)):
            by_name = sorted(value, key=lambda one: str(getattr(one, "__qualname__", "")))
            yield from sorted(map(self.digest, by_name))
        elif isinstance(value, (tuple, list)):
            yield from map(self.digest, value)
        else:
            for key, held in value.items():
                yield self.digest(key) + self.digest(held)

    def _more(self, value: Any) -> Iterator[bytes]:
        """What a class of one's own makes of a number, a text or a container."""
        if not self._home.library(type(value)):
            yield from self._state(value)

    def _code_of(self, value: Any) -> Iterator[bytes]:
        """What is executed when this is called, or read from."""
        made_of = _made_of(value)
        if isinstance(value, types.ModuleType):
            yield text_of(value)
        elif made_of is not None:
            yield self.digest(made_of)
        elif isinstance(value, types.CodeType):
            yield from self._code(value)
        elif isinstance(value, types.MethodType):
            yield self.digest(value.__func__) + self.digest(value.__self__)
        elif isinstance(value, (types.FunctionType, type)) and self._home.library(value):
            yield text_of(value)
        elif isinstance(value, types.FunctionType):
            yield from self._function(value)
        elif isinstance(value, type):
            yield from self._class(value)
        else:
            yield from self._object(value)

    def _function(self, function: types.FunctionType) -> Iterator[bytes]:
        yield self.digest(function.__code__)
        cells = [cell.cell_contents for cell in function.__closure__ or () if _filled(cell)]
        own = {name: held for name, held in vars(function).items() if name != "__wrapped__"}
        yield self.digest((function.__defaults__, function.__kwdefaults__, cells, own))
        yield from self._read(function.__globals__, _names(function.__code__), frozenset())

    def _read(
        self, held: dict[str, Any], names: Iterable[str], inside: frozenset[str]
    ) -> Iterator[bytes]:
        """What code with these names may read here, and in the modules of one's own that it names.

        inside: the modules on the way here.
        """
        for name in sorted(set(names) & held.keys()):
            found = held[name]
            yield name.encode() + self.digest(found)
            if not isinstance(found, types.ModuleType) or self._home.library(found):
                continue
            if found.__name__ not in inside:
                yield from self._read(vars(found), names, inside | {found.__name__})

    def _code(self, code: types.CodeType) -> Iterator[bytes]:
        yield code.co_code + code.co_exceptiontable
        yield " ".join((*code.co_names, *code.co_varnames[: code.co_argcount])).encode()
        yield from map(self.digest, code.co_consts)

    def _class(self, kind: type) -> Iterator[bytes]:
        """What it and those it derives from say and do."""
        for each in kind.__mro__:
            yield each.__qualname__.encode()
            if self._home.library(each):
                yield text_of(each)
                continue
            for name, held in sorted(vars(each).items()):
                if name not in _NO_CONTENT and not isinstance(held, types.MemberDescriptorType):
                    yield name.encode() + self.digest(held)

    def _object(self, value: Any) -> Iterator[bytes]:
        """An object of a class of one's own by its state, of a library's as it would be copied."""
        kind = type(value)
        if isinstance(value, property):
            yield self.digest((value.fget, value.fset, value.fdel))
        elif isinstance(value, (types.BuiltinFunctionType, np.ufunc)):
            yield value.__name__.encode()
            yield self.digest(getattr(value, "__self__", None))
        elif self._home.library(kind):
            yield text_of(kind)
            yield from self._copied(value)
        else:
            yield from self._state(value)
            if any(each is not object and self._home.library(each) for each in kind.__mro__):
                yield from self._copied(value)

    def _state(self, value: Any) -> Iterator[bytes]:
        kind = type(value)
        yield self.digest(kind)
        slots = [name for each in kind.__mro__ for name in _slots(each) if hasattr(value, name)]
        held = {name: getattr(value, name) for name in slots} | getattr(value, "__dict__", {})
        yield self.digest(dict(sorted(held.items())))

    def _copied(self, value: Any) -> Iterator[bytes]:
        """What a copy would be made of; of what cannot be copied (a lock, a file), nothing."""
        reduced = copyreg.dispatch_table.get(type(value))
        try:
            made_of = value.__reduce_ex__(4) if reduced is None else reduced(value)
        except Exception:  # noqa: BLE001  # the class's own way to say that it cannot
            made_of = ""
        if isinstance(made_of, tuple):
            for part in made_of:
                yield self.digest(list(part) if isinstance(part, Iterator) else part)
        else:
            yield str(made_of).encode()


def _made_of(value: Any) -> Any:
    """The function that a compiled, a cached or a static one was made of; None of any other."""
    if isinstance(value, functools.partial):
        return value.func, value.args, value.keywords, vars(value)
    if isinstance(value, (staticmethod, classmethod)):
        return value.__func__
    if isinstance(value, (types.FunctionType, types.ModuleType, type)):
        return None
    for name in ("py_func", "__wrapped__"):
        found = inspect.getattr_static(value, name, None)
        if isinstance(found, types.FunctionType):
            return found
    return None


def _slots(kind: type) -> tuple[str, ...]:
    given = vars(kind).get("__slots__", ())
    names = (given,) if isinstance(given, str) else tuple(given)
    return tuple(name for name in names if name not in _NO_STATE)


def _filled(cell: types.CellType) -> bool:
    """Whether a variable of the function around has been given a value yet."""
    try:
        cell.cell_contents  # noqa: B018  # asked for, not used
    except ValueError:
        return False
    return True


def _names(code: types.CodeType) -> set[str]:
    """Names that it, or a function in it, may read from its module."""
    nested = (const for const in code.co_consts if isinstance(const, types.CodeType))
    return set(code.co_names).union(*map(_names, nested))
