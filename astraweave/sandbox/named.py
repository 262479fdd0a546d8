"""An environment that goes to workers by the name of its factory, as ``module:factory``.

A game may hold what cannot leave its process: a window, a world, a socket. Named, only its name
travels, and each worker makes its own, once. Refuses nothing: the factory does.
"""

import copy
import copyreg
import threading
import weakref
from collections.abc import Callable
from typing import Any

Factory = Callable[[str], Any]
"""Makes an environment of its name; a function of a module, so that workers find it too."""

# By identity: a game need be neither hashable nor weakly referenced.
_names: dict[int, tuple[Any, Factory, str]] = {}
_made: dict[tuple[Factory, str], Any] = {}
# Weakly: each thread of a worker makes its own, and lets go of it.
_homes: "dict[int, tuple[weakref.ref[Any], str]]" = {}
_lock = threading.RLock()  # a factory may make another one by name
_own = threading.local()


def by_name(environment: Any, factory: Factory, name: str) -> None:
    """From now on this object is sent as its name: ``factory(name)`` is the same game.

    Others of its class go as they did.
    """
    _names[id(environment)] = environment, factory, name
    copyreg.pickle(type(environment), _reduced)


def made_in(environment: Any, module: str) -> None:
    """Remember in which module the factory is that made this; of what has no place for it, not."""
    key = id(environment)
    if type(environment).__weakrefoffset__:
        _homes[key] = weakref.ref(environment, lambda _: _homes.pop(key, None)), module


def home_of(environment: Any) -> str:
    """The module of the factory that made it; empty of one that was given as an object."""
    known = _homes.get(id(environment))
    return "" if known is None or known[0]() is not environment else known[1]


def copied(environment: Any) -> Any:
    """Another one that plays its own batch; a named one, or what it is wrapped in, is made anew."""
    _own.anew = True
    try:
        return copy.deepcopy(environment)
    finally:
        _own.anew = False


def _reduced(environment: Any) -> Any:
    given = _names.get(id(environment))
    return environment.__reduce_ex__(4) if given is None else (_known, given[1:])


def _known(factory: Factory, name: str) -> Any:
    """This process's own, made when it is first asked for."""
    if getattr(_own, "anew", False):
        return factory(name)
    with _lock:
        if (factory, name) not in _made:
            made = _made[factory, name] = factory(name)
            by_name(made, factory, name)
        return _made[factory, name]
