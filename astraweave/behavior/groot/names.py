"""Which names an attribute, a port and a tree may have: BehaviorTree.CPP 4.10's rules."""

import functools
from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

FORBIDDEN = frozenset(" \t\r\n<>&\"'/\\:*?|.")
"""Characters that no model and no port may have in its name; nor control characters."""

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
    first = attribute[0]
    return "port" if first.isascii() and first.isalpha() and not forbidden(attribute) else "extra"


def forbidden(name: str) -> str:
    """The first character that makes a name none, "" when there is none."""
    return next((c for c in name if c in FORBIDDEN or c < " " or c == "\x7f"), "")


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
