"""Which names an attribute, a port and a tree may have: BehaviorTree.CPP 4.10's rules."""

import functools
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

_BAD = r""" <>&"'/\\:*?|.\x00-\x1f\x7f"""
_FORBIDDEN = re.compile(f"[{_BAD}]")
_PORT = re.compile(f"[A-Za-z][^{_BAD}]*")

HOOKS: Mapping[str, str] = MappingProxyType(
    {
        "_failureIf": "failure_if",
        "_successIf": "success_if",
        "_skipIf": "skip_if",
        "_while": "while_",
        "_onHalted": "on_halted",
        "_onFailure": "on_failure",
        "_onSuccess": "on_success",
        "_post": "post",
    }
)
"""The attributes that hold scripts, and their fields of `nodes.Hooks`."""

OWN = ("name", "ID", "_autoremap")
Role = Literal["own", "hook", "port", "extra"]


@functools.lru_cache(maxsize=4096)
def role(attribute: str) -> Role:
    """What an attribute of a node is.

    "own": name, ID and _autoremap; "hook": a script that every node may have; "port": must be
    one of the node's; "extra": means nothing and is kept.
    """
    if attribute in OWN:
        return "own"
    if attribute in HOOKS:
        return "hook"
    return "port" if _PORT.fullmatch(attribute) else "extra"


def forbidden(name: str) -> str:
    """The first character that makes a name none, "" when there is none."""
    found = _FORBIDDEN.search(name)
    return found.group() if found is not None else ""


def bad_model(name: str) -> str:
    """Why a tree or a node type cannot have this name, "" when it can."""
    if name in ("root", "Root"):
        return "a reserved name"
    found = forbidden(name)
    return f"a name must not have {found!r} in it" if found else ""


def bad_port(name: str) -> str:
    """Why a port cannot have this name, "" when it can."""
    if not name:
        return "a port must have a name"
    if name[0] in "0123456789":
        return "the name of a port must not begin with a digit"
    if name in OWN or name in HOOKS:
        return "the name of a port must not be that of another attribute"
    found = forbidden(name)
    return f"the name of a port must not have {found!r} in it" if found else ""
