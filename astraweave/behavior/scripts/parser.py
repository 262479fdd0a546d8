"""The expressions of `_skipIf` and ScriptCondition: text → small tree, bounded in size and depth.

The language is BehaviorTree.CPP's for numbers, with its precedence, loosest first:
``? :``, ``||``, ``&&``, comparisons, ``+ -``, ``* /``, unary ``- !``. Refuses assignments,
strings, bit operations and function calls, more than 1,000 characters, 256 tokens and 32 levels.
"""

import functools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from astraweave.errors import TreeError

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_CHARS, MAX_TOKENS, MAX_LEVELS = 1_000, 256, 32

_TOKEN = re.compile(
    r"""(?P<number>0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
      | (?P<name>[^\W\d]\w*)
      | (?P<op>&&|\|\||==|!=|<=|>=|[-+*/<>!?:()])""",
    re.VERBOSE,
)
_COMPARISONS = ("==", "!=", "<=", ">=", "<", ">")
_LITERALS = {"true": 1.0, "false": 0.0}
_LEVELS = (("||",), ("&&",), _COMPARISONS, ("+", "-"), ("*", "/"))
_LOGIC, _COMPARE = 1, 2


@dataclass(frozen=True, slots=True)
class Number:
    """A literal; true is 1, false is 0."""

    value: float


@dataclass(frozen=True, slots=True)
class Name:
    """A fact, read when the expression is evaluated."""

    name: str


@dataclass(frozen=True, slots=True)
class Unary:
    """``-x``, or ``!x``: 1 when x is 0, else 0."""

    op: str
    operand: "Expression"


@dataclass(frozen=True, slots=True)
class Binary:
    """Arithmetic, comparison or logic. Comparison and logic give 1 or 0.

    ``x / 0`` is ±infinity and ``0 / 0`` NaN (IEEE 754). Numbers closer than 2⁻²³ are ``==``, as
    in BehaviorTree.CPP. NaN is unequal to everything, not ordered, and true as a condition.
    """

    op: str
    left: "Expression"
    right: "Expression"


@dataclass(frozen=True, slots=True)
class Choice:
    """``condition ? yes : no``."""

    condition: "Expression"
    yes: "Expression"
    no: "Expression"


Expression = Number | Name | Unary | Binary | Choice


@dataclass(frozen=True, slots=True)
class Script:
    """A parsed expression, its text, and the facts it reads in order of appearance."""

    text: str
    expression: Expression
    reads: tuple[str, ...]
    writes: tuple[str, ...] = ()


@functools.lru_cache(maxsize=4096)
def parse_script(text: str) -> Script:
    """Parse one expression; a closing ``;`` is allowed.

    Raises:
        TreeError: what is wrong and at which character (counted from 1); `where` is the caller's.
    """
    if len(text) > MAX_CHARS:
        _refuse(f"script is longer than {MAX_CHARS} characters", text[:40], "shorten it")
    parser = _Parser(text.rstrip().removesuffix(";"))
    expression = parser.choice(0)
    parser.expect_end()
    return Script(text, expression, tuple(dict.fromkeys(_names(expression))))


def _names(expression: Expression) -> "Iterator[str]":
    if isinstance(expression, Name):
        yield expression.name
    elif isinstance(expression, Unary):
        yield from _names(expression.operand)
    elif isinstance(expression, Binary):
        yield from _names(expression.left)
        yield from _names(expression.right)
    elif isinstance(expression, Choice):
        for part in (expression.condition, expression.yes, expression.no):
            yield from _names(part)


def _tokens(text: str) -> "Iterator[tuple[str, str, int]]":
    """Kind, text and place of each token, closed by ("end", "", length)."""
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        found = _TOKEN.match(text, at)
        if found is None:
            _refuse(_unknown(text[at]), text, f"see character {at + 1}")
        kind = str(found.lastgroup)
        yield kind, found.group(), at
        at = found.end()
    yield "end", "", len(text)


def _unknown(char: str) -> str:
    if char == "=":
        return "script: assignments have no place in a condition (compare with ==)"
    if char in "'\"":
        return "script: facts are numbers, strings cannot be compared"
    if char in "&|^~":
        return f"script: the bit operator {char!r} is not supported (logic is && and ||)"
    return f"script: unknown character {char!r}"


def _refuse(what: str, text: str, fix: str) -> NoReturn:
    raise TreeError(what=what, got=text, fix=fix)


class _Parser:
    """Precedence climbing; `level` counts nesting so that no input can exhaust the stack."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = list(_tokens(text))
        self.at = 0
        if len(self.tokens) > MAX_TOKENS:
            _refuse(f"script has more than {MAX_TOKENS} tokens", text, "simplify it")

    def choice(self, level: int) -> Expression:
        """``condition ? yes : no``, or what binds tighter."""
        if level > MAX_LEVELS:
            _refuse(f"script nests deeper than {MAX_LEVELS} levels", self.text, "simplify it")
        condition = self.binary(_LEVELS, level)
        if not self.take("?"):
            return condition
        yes = self.choice(level + 1)
        if not self.take(":"):
            self.refuse("expected ':' of the choice")
        return Choice(condition, yes, self.choice(level + 1))

    def binary(self, levels: tuple[tuple[str, ...], ...], level: int) -> Expression:
        """Operators of ``levels[0]``, left to right; comparisons chain as in ``0 < x < 1``."""
        if not levels:
            return self.unary(level)
        left = self.binary(levels[1:], level)
        result: Expression | None = None
        while (op := self.take(*levels[0])) is not None:
            right = self.binary(levels[1:], level)
            step = Binary(op, left if result is None or op in _COMPARISONS else result, right)
            if op in _COMPARISONS:
                result = step if result is None else Binary("&&", result, self.chained(step))
                left = right
            else:
                result = step
        return left if result is None else result

    def chained(self, step: Binary) -> Binary:
        # The middle operand stands twice in the tree; were it an expression, nested chains
        # would double it at each level.
        if not isinstance(step.left, (Name, Number)):
            self.refuse("the middle of a chained comparison must be a name or a number")
        return step

    def unary(self, level: int) -> Expression:
        """``-x``, ``!x``, a number, a name, or an expression in parentheses."""
        if level > MAX_LEVELS:
            _refuse(f"script nests deeper than {MAX_LEVELS} levels", self.text, "simplify it")
        op = self.take("-", "!")
        if op is not None:
            return Unary(op, self.unary(level + 1))
        if self.take("("):
            inner = self.choice(level + 1)
            if not self.take(")"):
                self.refuse("expected ')'")
            return inner
        return self.atom()

    def atom(self) -> Expression:
        kind, token, _ = self.tokens[self.at]
        if kind == "number":
            self.at += 1
            hexadecimal = token[:2].lower() == "0x"
            value = float(int(token, 16)) if hexadecimal and len(token) < 16 else None
            return Number(float(token) if value is None and not hexadecimal else self.small(value))
        if kind == "name":
            self.at += 1
            literal = _LITERALS.get(token)
            return Name(token) if literal is None else Number(literal)
        return self.refuse("expected a number, a name or '('")

    def small(self, value: float | None) -> float:
        if value is None:
            self.refuse("hexadecimal number too long")
        return value

    def take(self, *ops: str) -> str | None:
        """The next token when it is one of these operators, else None."""
        kind, token, _ = self.tokens[self.at]
        if kind == "op" and token in ops:
            self.at += 1
            return token
        return None

    def expect_end(self) -> None:
        """Nothing may follow the expression."""
        if self.tokens[self.at][0] != "end":
            self.refuse("expected an operator or the end")

    def refuse(self, what: str) -> NoReturn:
        """Raise the error for the present token."""
        _, token, place = self.tokens[self.at]
        found = repr(token) if token else "the end"
        _refuse(f"script: {what}", self.text, f"found {found} at character {place + 1}")
