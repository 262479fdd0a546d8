"""A public call that breaks on an argument of a wrong type says which, in one line.

Looks at the arguments only after something was raised, so a right call pays for nothing. Refuses
to explain what is not an argument's fault: that is raised as it was.
"""

import inspect
import math
import types
from collections import abc
from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from itertools import islice
from numbers import Integral, Real
from typing import Annotated, Any, Literal, ParamSpec, TypeVar, Union, get_args, get_origin

from astraweave.errors import AstraweaveError, UsageError

P = ParamSpec("P")
T = TypeVar("T")
RAW = (TypeError, AttributeError, ValueError, LookupError, OverflowError, OSError)
LOOKED_AT = 1_000
"""Of a list, and of a mapping, so many are looked at."""
_KINDS = {
    bool: "true or false",
    int: "a whole number",
    float: "a finite number",
    str: "a text",
    type(None): "None",
}


def public(function: Callable[P, T]) -> Callable[P, T]:
    """The same function; where an argument does not fit its annotation, what it raises says so.

    Raises:
        UsageError: what the function raised, naming the argument, what it must be, and the call.
    """

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return function(*args, **kwargs)
        except AstraweaveError:
            raise
        except RAW as error:
            wrong = misfit(function, args, kwargs)
            if wrong is None:
                raise
            raise wrong from error

    return call


def publish(owner: type[T]) -> type[T]:
    """`public`, for every public method of a class that is its own."""
    for name, method in list(vars(owner).items()):
        if inspect.isfunction(method) and (name == "__init__" or not name.startswith("_")):
            setattr(owner, name, public(method))
    return owner


def check(function: Callable[..., Any], **given: Any) -> None:
    """Refuse what does not fit the annotation of the same name of a function.

    Raises:
        UsageError: as of `public`.
    """
    wrong = _misfit(function, given)
    if wrong is not None:
        raise wrong


def misfit(
    function: Callable[..., Any], args: Iterable[Any], kwargs: Mapping[str, Any]
) -> UsageError | None:
    """What is wrong with the first argument that does not fit its annotation; None if all do."""
    try:
        given = inspect.signature(function).bind(*args, **kwargs).arguments
    except TypeError:
        return None  # too many, too few, or one there is not: Python says it well
    return _misfit(function, given)


def _misfit(function: Callable[..., Any], given: Mapping[str, Any]) -> UsageError | None:
    hints, parameters = _hints(function), inspect.signature(function).parameters
    for name in [name for name in given if name in hints]:
        each = [given[name]]
        if parameters[name].kind is inspect.Parameter.VAR_POSITIONAL:
            each = list(given[name])
        elif parameters[name].kind is inspect.Parameter.VAR_KEYWORD:
            each = list(given[name].values())
        for one in each:
            if not fits(one, hints[name]):
                where = function.__qualname__.removesuffix(".__init__")
                what = f"{name} must be {wanted(hints[name])}"
                return UsageError(what=what, got=one, where=where, fix="correct it")
    return None


def _hints(function: Callable[..., Any]) -> dict[str, Any]:
    """Annotations by parameter; those whose names are not at hand when the program runs are left.

    (Imported for a type checker alone, as what would lead the layers in a circle is.)
    """
    found, known = {}, getattr(function, "__globals__", {})
    for name, hint in inspect.get_annotations(function).items():
        try:
            found[name] = eval(hint, known) if isinstance(hint, str) else hint  # noqa: S307
        except NameError:
            continue
    return found


def fits(value: object, hint: Any) -> bool:
    """Whether a value is what an annotation says; of what cannot be told, yes."""
    hint = _bare(hint)
    origin, inside = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return any(fits(value, each) for each in inside)
    if origin is Literal:
        return value in inside
    if origin is None:
        return _is_a(value, hint)
    # One text, where several of something else are meant, is not several letters.
    several = not isinstance(value, (str, bytes)) or inside[:1] == (type(value),)
    return several and _is_a(value, origin) and _filled(value, origin, inside)


def _bare(hint: Any) -> Any:
    """An annotation without what only a type checker or a decoder reads."""
    if get_origin(hint) is Annotated:
        return get_args(hint)[0]
    if isinstance(hint, TypeVar):
        return Any if hint.__bound__ is None else hint.__bound__
    return type(None) if hint is None else hint


def _is_a(value: object, kind: Any) -> bool:
    if kind is Any:
        return True
    if kind is bool:
        return isinstance(value, bool)
    if kind in (int, float):
        return isinstance(value, Integral if kind is int else Real) and _finite(value)
    if kind is str:
        return isinstance(value, str) and "\0" not in value and value.isascii() | _utf8(value)
    try:
        return isinstance(value, kind)
    except TypeError:
        return True


def _finite(number: Any) -> bool:
    try:
        return math.isfinite(number) and abs(number) < 2**63
    except OverflowError:
        return False


def _utf8(text: str) -> bool:
    return not any("\ud800" <= letter <= "\udfff" for letter in text)


def _filled(value: object, origin: Any, inside: tuple[Any, ...]) -> bool:
    """Whether what a container holds fits, too; of those that looking at does not use up."""
    if isinstance(value, Mapping) and len(inside) == 2:
        pairs = islice(value.items(), LOOKED_AT)
        return all(fits(k, inside[0]) and fits(v, inside[1]) for k, v in pairs)
    if isinstance(value, tuple) and origin is tuple and Ellipsis not in inside:
        return len(value) == len(inside) and all(map(fits, value, inside))
    if isinstance(value, (list, tuple, set, frozenset, dict)) and inside:
        return all(fits(each, inside[0]) for each in islice(value, LOOKED_AT))
    return True


def wanted(hint: Any) -> str:
    """An annotation, for a person."""
    hint = _bare(hint)
    origin, inside = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return " or ".join(dict.fromkeys(map(wanted, inside)))
    if origin is Literal:
        return f"one of {', '.join(map(str, inside))}"
    if origin is abc.Callable:
        return "something that can be called"
    if origin is None:
        return _KINDS.get(hint, getattr(hint, "__name__", str(hint)))
    told = [wanted(each) for each in inside if each is not Ellipsis]
    name = getattr(origin, "__name__", str(origin))
    return f"{name} of {', '.join(told)}" if told else name
