"""Text of a script → tokens, cut as BehaviorTree.CPP 4.10 cuts them.

Numbers begin with a digit (``.5`` and ``5.`` are none), names with an ASCII letter, ``_`` or
``@``, strings stand in single quotes and know no escapes. Refuses any other character.
"""

import re
from typing import NoReturn

from astraweave.errors import TreeError

BLANK = " \t\r\n"
# A number must not run into a name or a dot, save the operator `..`: "3x" is not 3 and then x.
_TOKEN = re.compile(
    r"""[ \t\r\n]*(?:
        (?P<name>[A-Za-z_@][A-Za-z0-9_]*)
      | (?P<op>\.\.|&&|\|\||[=!<>:+*/-]=|[-+*/&|^~!<>=?:();])
      | (?P<whole>0[xX][0-9a-fA-F]+(?![\w.])|[0-9]+(?![\w@]|\.(?!\.)))
      | (?P<real>[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?(?![\w@]|\.(?!\.)))
      | (?P<text>'[^']*')
      | (?P<none>.)
    )""",
    re.VERBOSE | re.DOTALL | re.ASCII,
)


def refuse(what: str, script: str, fix: str) -> NoReturn:
    """Raise the error for a script; `where` is added by who knows the node."""
    raise TreeError(what=what, got=script, fix=fix)


def tokens(script: str) -> tuple[list[str], list[str]]:
    """Kinds and texts of the tokens, closed by one of kind "end".

    Kinds: "name", "op", "whole", "real" and "text".

    Raises:
        TreeError: a character, a number or a string that is none of the language.
    """
    kinds, texts = [], []
    for found in _TOKEN.finditer(script.rstrip(BLANK)):
        kind = found.lastgroup or "none"
        if kind == "none":
            refuse(_unknown(found["none"]), script, f"see character {found.end()}")
        kinds.append(kind)
        texts.append(found[kind])
    return [*kinds, "end"], [*texts, ""]


def place(script: str, token: int) -> int:
    """Where a token begins: characters, counted from 1."""
    text = script.rstrip(BLANK)
    for number, found in enumerate(_TOKEN.finditer(text)):
        if number == token:
            return found.start(found.lastgroup or 0) + 1
    return len(script) + 1


def _unknown(char: str) -> str:
    if char == "'":
        return "script: a string without its closing quote"
    if char == '"':
        return "script: strings stand in single quotes"
    if char.isdigit() and char.isascii():
        return "script: malformed number"
    return f"script: unknown character {char!r}"
