"""The scripting language of BehaviorTree.CPP 4.10: text → statements, bounded in size and depth.

Precedence, loosest first: assignments, ``? :``, ``||``, ``&&``, comparisons, ``| ^``, ``&``,
``+ - ..``, ``* /``, unary ``- ~ !``. Statements follow one another; ``;`` between them is
customary and not needed. Refuses more than 4,000 characters, 512 tokens and 64 levels.
"""

import functools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NoReturn

from astraweave.behavior.scripts.tokens import Token, refuse, tokens

MAX_CHARS, MAX_TOKENS, MAX_LEVELS = 4_000, 512, 64
MAX_WHOLE = 2**63 - 1

ASSIGNMENTS = (":=", "=", "+=", "-=", "*=", "/=")
COMPARISONS = ("==", "!=", "<=", ">=", "<", ">")
_POWER = dict.fromkeys(ASSIGNMENTS, 2) | {"?": 4, "||": 6, "&&": 8} | dict.fromkeys(COMPARISONS, 10)
_POWER |= {"|": 12, "^": 12, "&": 14, "+": 16, "-": 16, "..": 16, "*": 18, "/": 18}
_ASSIGNMENT, _CHOICE, _COMPARISON, _PREFIX = 2, 4, 10, 20


@dataclass(frozen=True, slots=True)
class Number:
    """A literal. An int is whole (int64); a float, and true and false as 1.0 and 0.0, a double."""

    value: int | float


@dataclass(frozen=True, slots=True)
class Text:
    """A string literal."""

    value: str


@dataclass(frozen=True, slots=True)
class Name:
    """An entry of the blackboard or a fact, read each time; ``@name`` is the root's."""

    name: str


@dataclass(frozen=True, slots=True)
class Unary:
    """``-x``, ``~x`` (bits), or ``!x``: 1 when x is 0, else 0."""

    op: str
    operand: "Expression"


@dataclass(frozen=True, slots=True)
class Binary:
    """Arithmetic, bits, ``..``, logic, or a comparison of two. Both sides are always evaluated.

    Numbers are doubles here: ``x / 0`` is ±infinity and ``0 / 0`` NaN. Comparison and logic give
    1 or 0. As in BehaviorTree.CPP, numbers no further apart than 2⁻²³ are ``==``, so infinity is
    not (∞ − ∞ is NaN); ``a < b`` is "not a >= b" and so on, which NaN makes true.
    """

    op: str
    left: "Expression"
    right: "Expression"


@dataclass(frozen=True, slots=True)
class Chain:
    """A comparison of three or more, ``a < b <= c``: every neighbouring pair must hold.

    Evaluated from the left, each operand once, up to the first pair that does not hold.
    """

    operands: tuple["Expression", ...]
    ops: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """``condition ? yes : no``; only the chosen one is evaluated."""

    condition: "Expression"
    yes: "Expression"
    no: "Expression"


@dataclass(frozen=True, slots=True)
class Assign:
    """An assignment, whose value is what the entry then holds.

    ``:=`` makes the entry when there is none, the others need it. name: "" when the left side is
    no name, which is an error when the script runs, as in BehaviorTree.CPP.
    """

    name: str
    op: str
    value: "Expression"


Expression = Number | Text | Name | Unary | Binary | Chain | Choice | Assign


Enums = tuple[tuple[str, int], ...]
"""Names that stand for a number in every script, as `BehaviorTreeFactory` registers them."""


@dataclass(frozen=True, slots=True)
class Script:
    """A parsed script: its text, its statements, and the names it reads and writes.

    `reads` and `writes` are in order of appearance, without repetition, a ``@`` included. A name
    that ``+=`` changes is in both; one that is only assigned to is only in `writes`. `enums` are
    no names any more but numbers; where a string is compared with a number they are looked up.
    """

    text: str
    statements: tuple[Expression, ...] = field(compare=False)
    reads: tuple[str, ...] = field(compare=False)
    writes: tuple[str, ...] = field(default=(), compare=False)
    enums: Enums = ()

    @property
    def expression(self) -> Expression:
        """The last statement: its value is the script's."""
        return self.statements[-1]


EMPTY = Script("", (), ())
"""What an empty <Script> runs: nothing."""


@functools.lru_cache(maxsize=4096)
def parse_script(text: str, enums: Enums = ()) -> Script:
    """Parse a script, in which `enums` are numbers.

    Raises:
        TreeError: what is wrong and at which character (counted from 1); `where` is the caller's.
    """
    if len(text) > MAX_CHARS:
        refuse(f"script is longer than {MAX_CHARS:,} characters", text[:40], "shorten it")
    statements = _Parser(text, dict(enums)).statements()
    used = [use for statement in statements for use in _names(statement)]
    return Script(
        text,
        statements,
        tuple(dict.fromkeys(name for name, read, _ in used if read)),
        tuple(dict.fromkeys(name for name, _, written in used if written)),
        enums,
    )


def parts(node: Expression) -> tuple[Expression, ...]:
    """The expressions that stand directly in this one, in order of evaluation."""
    match node:
        case Unary(_, operand):
            return (operand,)
        case Binary(_, left, right):
            return (left, right)
        case Chain(operands):
            return operands
        case Choice(condition, yes, no):
            return (condition, yes, no)
        case Assign(_, _, value):
            return (value,)
    return ()


def _names(expression: Expression) -> Iterator[tuple[str, bool, bool]]:
    """(name, read, written) in order of appearance."""
    stack = [expression]
    while stack:
        node = stack.pop()
        if isinstance(node, Name):
            yield node.name, True, False
        elif isinstance(node, Assign) and node.name:
            yield node.name, node.op not in (":=", "="), True
        stack.extend(reversed(parts(node)))


class _Parser:
    """Binding powers as in BehaviorTree.CPP; nesting is counted to spare Python's stack."""

    def __init__(self, text: str, enums: Mapping[str, int]) -> None:
        self.text, self.enums = text, enums
        self.tokens: list[Token] = []
        for token in tokens(text):
            self.tokens.append(token)
            if len(self.tokens) > MAX_TOKENS:
                refuse(f"script has more than {MAX_TOKENS} tokens", text, "simplify it")
        self.at = self.level = 0

    def statements(self) -> tuple[Expression, ...]:
        """All statements; there must be one."""
        found = [self.expression(0)]
        while True:
            while self.take(";"):
                pass
            if self.tokens[self.at].kind == "end":
                return tuple(found)
            found.append(self.expression(0))

    def expression(self, least: int) -> Expression:
        """What binds at least as tightly as `least`."""
        self.level += 1
        if self.level > MAX_LEVELS:
            refuse(f"script nests deeper than {MAX_LEVELS} levels", self.text, "simplify it")
        left, power = self.operand(), self.power()
        while power >= least:
            left = self.joined(left, power)
            # An assignment and a choice take all that follows and end the expression.
            power = -1 if power <= _CHOICE else self.power()
        self.level -= 1
        return left

    def power(self) -> int:
        """How tightly the next token binds as an operator, −1 when it is none."""
        kind, text, _ = self.tokens[self.at]
        return _POWER.get(text, -1) if kind == "op" else -1

    def joined(self, left: Expression, power: int) -> Expression:
        """`left` with the operator that follows and its right side."""
        if power == _COMPARISON:
            return self.compared(left)
        op = self.next().text
        if power == _ASSIGNMENT:
            return Assign(self.target(left), op, self.expression(0))
        if power == _CHOICE:
            yes = self.expression(0)
            if not self.take(":"):
                self.wrong("expected ':' of the choice")
            return Choice(left, yes, self.expression(_CHOICE))
        return Binary(op, left, self.expression(power + 1))

    def target(self, left: Expression) -> str:
        """The name that is assigned to. An enum's name is one too: on this side it is no number."""
        before = self.tokens[self.at - 2]
        if isinstance(left, Name):
            return left.name
        return before.text if before.text in self.enums and isinstance(left, Number) else ""

    def compared(self, first: Expression) -> Expression:
        """A comparison, or a chain of them."""
        operands, ops = [first], []
        while self.power() == _COMPARISON:
            ops.append(self.next().text)
            operands.append(self.expression(_COMPARISON + 1))
        if len(ops) == 1:
            return Binary(ops[0], *operands)
        return Chain(tuple(operands), tuple(ops))

    def operand(self) -> Expression:
        """A literal, a name, a unary operator with its operand, or parentheses."""
        kind, text, _ = self.tokens[self.at]
        if kind in _LITERALS:
            return _LITERALS[kind](self.next().text, self)
        if kind == "op" and text in ("-", "~", "!"):
            self.next()
            return Unary(text, self.expression(_PREFIX))
        if not self.take("("):
            self.wrong("expected a number, a string, a name or '('")
        inner = self.expression(0)
        if not self.take(")"):
            self.wrong("expected ')'")
        return inner

    def next(self) -> Token:
        """The next token, taken."""
        token = self.tokens[self.at]
        self.at += 1
        return token

    def take(self, op: str) -> bool:
        """Whether the next token was this operator; then it is taken."""
        kind, text, _ = self.tokens[self.at]
        if kind != "op" or text != op:
            return False
        self.at += 1
        return True

    def wrong(self, what: str) -> NoReturn:
        """Raise the error for the present token."""
        _, text, place = self.tokens[self.at]
        found = repr(text) if text else "the end"
        refuse(f"script: {what}", self.text, f"found {found} at character {place + 1}")


def _whole(text: str, parser: _Parser) -> Number:
    number = int(text, 16 if text[:2] in ("0x", "0X") else 10)
    if number > MAX_WHOLE:
        refuse("script: whole number of more than 63 bits", parser.text, f"{text[:40]} is too long")
    return Number(number)


def _real(text: str, parser: _Parser) -> Number:
    number = float(text)
    # Zero from digits that are none is an underflow, which BehaviorTree.CPP refuses too.
    if number == float("inf") or (number == 0.0 and text.lower().split("e")[0].strip("0.")):
        refuse("script: number out of range", parser.text, f"{text[:40]} is no double")
    return Number(number)


def _name(text: str, parser: _Parser) -> Name | Number:
    if text in ("true", "false"):
        return Number(float(text == "true"))
    number = parser.enums.get(text)
    return Name(text) if number is None else Number(float(number))


_LITERALS: dict[str, Callable[[str, _Parser], Expression]] = {
    "whole": _whole,
    "real": _real,
    "name": _name,
    "text": lambda text, _parser: Text(text[1:-1]),
}
