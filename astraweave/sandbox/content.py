"""A hash of what a function does: its code, and every value that the code reads.

The same code and values give the same hash in every process of one version of Python; comments,
names of files and places in memory do not count. Refuses nothing.
"""

import functools
import hashlib
import inspect
import types
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

_Path = frozenset[int]
"""What is being looked into, by identity: something that holds itself ends there."""


def content_hash(*values: object) -> str:
    """16 hex digits over functions, and whatever else decides what they say."""
    digest = hashlib.sha256()
    for value in values:
        for part in _parts(value, frozenset(), whole=True):
            digest.update(len(part).to_bytes(8, "little") + part)
    return digest.hexdigest()[:16]


def _parts(value: Any, path: _Path, *, whole: bool = False) -> Iterator[bytes]:
    """Bytes that stand for a value. whole: also look into an object of some other class."""
    yield type(value).__qualname__.encode()
    if value is None or isinstance(value, (bool, int, float, complex, str, bytes)):
        yield repr(value).encode()
    elif isinstance(value, np.ndarray):
        yield f"{value.dtype}{value.shape}".encode() + value.tobytes()
    elif id(value) not in path:
        held = _held if isinstance(value, (tuple, list, set, frozenset, Mapping)) else _code_of
        yield from held(value, path | {id(value)}, whole=whole)


def _held(value: Any, path: _Path, *, whole: bool) -> Iterator[bytes]:
    """What a container holds; a set is sorted, since it has no order."""
    if isinstance(value, Mapping):
        value = list(value.items())
    each = [b"".join(_parts(one, path, whole=whole)) for one in value]
    yield from sorted(each) if isinstance(value, (set, frozenset)) else each


def _code_of(value: Any, path: _Path, *, whole: bool) -> Iterator[bytes]:
    """What is executed when this is called, or read from."""
    if isinstance(value, types.FunctionType):
        yield from _function(value, path)
    elif isinstance(value, functools.partial):
        yield from _parts((value.func, value.args, value.keywords), path, whole=True)
    elif isinstance(value, types.MethodType):
        yield from _parts((value.__func__, value.__self__), path, whole=True)
    elif isinstance(value, types.ModuleType):
        yield value.__name__.encode()
        file = getattr(value, "__file__", None)
        if file is not None and Path(file).is_file():
            yield hashlib.sha256(Path(file).read_bytes()).digest()
    else:
        # What numba compiled and what functools cached know the function they were made of.
        made_of = getattr(value, "py_func", getattr(value, "__wrapped__", None))
        yield getattr(value, "__qualname__", type(value).__qualname__).encode()
        yield from _parts(made_of, path)
        if whole and made_of is None:
            yield from _object(value, path)


def _function(function: types.FunctionType, path: _Path) -> Iterator[bytes]:
    code = function.__code__
    yield from _code(code, path)
    yield from _parts((function.__defaults__, function.__kwdefaults__), path)
    for cell in function.__closure__ or ():
        yield from _parts(cell.cell_contents, path, whole=True)
    for name in sorted(_names(code)):
        if name in function.__globals__:
            yield name.encode()
            yield from _parts(function.__globals__[name], path)


def _object(value: Any, path: _Path) -> Iterator[bytes]:
    """What an object holds, and what its class does when it is called."""
    call = inspect.getattr_static(type(value), "__call__", None)
    yield from _parts(call if isinstance(call, types.FunctionType) else None, path)
    slots = [name for each in type(value).__mro__ for name in getattr(each, "__slots__", ())]
    held = {name: getattr(value, name) for name in slots if hasattr(value, name)}
    yield from _parts(sorted((held | getattr(value, "__dict__", {})).items()), path)


def _code(code: types.CodeType, path: _Path) -> Iterator[bytes]:
    yield code.co_code + code.co_exceptiontable
    yield " ".join(code.co_names).encode()
    for const in code.co_consts:
        if isinstance(const, types.CodeType):
            yield from _code(const, path)
        else:
            yield from _parts(const, path)


def _names(code: types.CodeType) -> set[str]:
    """Names that it, or a function in it, may read from its module."""
    nested = (const for const in code.co_consts if isinstance(const, types.CodeType))
    return set(code.co_names).union(*map(_names, nested))
