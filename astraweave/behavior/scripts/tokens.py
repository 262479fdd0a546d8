"""Text of a script → tokens, cut as BehaviorTree.CPP 4.10 cuts them.

Numbers begin with a digit (``.5`` and ``5.`` are none), names with an ASCII letter, ``_`` or
``@``, strings stand in single quotes and know no escapes. Refuses any other character.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple, NoReturn

from astraweave.errors import TreeError

# A number must not run into a name or a dot, save the operator `..`: "3x" is not 3 and then x.
_TOKEN = re.compile(
    r"""(?P<text>'[^']*')
      | (?P<whole>0[xX][0-9a-fA-F]+(?![\w.])|[0-9]+(?![\w@]|\.(?!\.)))
      | (?P<real>[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?(?![\w@]|\.(?!\.)))
      | (?P<name>[A-Za-z_@][A-Za-z0-9_]*)
      | (?P<op>\.\.|&&|\|\||[=!<>:+*/-]=|[-+*/&|^~!<>=?:();])
      | (?P<blank>[ \t\r\n]+)""",
    re.VERBOSE,
)


class Token(NamedTuple):
    """One token. kind: "text", "whole", "real", "name", "op" or "end"; at: its place, from 0."""

    kind: str
    text: str
    at: int


def refuse(what: str, script: str, fix: str) -> NoReturn:
    """Raise the error for a script; `where` is added by who knows the node."""
    raise TreeError(what=what, got=script, fix=fix)


def tokens(script: str) -> Iterator[Token]:
    """The tokens of a script, closed by one of kind "end".

    Raises:
        TreeError: a character, a number or a string that is none of the language.
    """
    at = 0
    while at < len(script):
        found = _TOKEN.match(script, at)
        if found is None:
            refuse(_unknown(script[at]), script, f"see character {at + 1}")
        kind = str(found.lastgroup)
        if kind != "blank":
            yield Token(kind, found.group(), at)
        at = found.end()
    yield Token("end", "", len(script))


def _unknown(char: str) -> str:
    if char == "'":
        return "script: a string without its closing quote"
    if char == '"':
        return "script: strings stand in single quotes"
    if char.isdigit() and char.isascii():
        return "script: malformed number"
    return f"script: unknown character {char!r}"
