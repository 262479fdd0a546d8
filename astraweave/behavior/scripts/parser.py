"""The scripting language of BehaviorTree.CPP 4.10: text → statements, bounded in size and depth.

Precedence, loosest first: assignments, ``? :``, ``||``, ``&&``, comparisons, ``| ^``, ``&``,
``+ - ..``, ``* /``, unary ``- ~ !``. Statements follow one another; ``;`` between them is
customary and not needed. Refuses more than 4,000 characters, 512 tokens and 64 levels.
"""

import functools
from collections.abc import Callable
from typing import NoReturn

import msgspec

from astraweave.behavior.scripts.tokens import place, refuse, tokens

MAX_CHARS, MAX_TOKENS, MAX_LEVELS = 4_000, 512, 64
MAX_WHOLE = 2**63 - 1

ASSIGNMENTS = (":=", "=", "+=", "-=", "*=", "/=")
COMPARISONS = ("==", "!=", "<=", ">=", "<", ">")
_POWER = dict.fromkeys(ASSIGNMENTS, 2) | {"?": 4, "||": 6, "&&": 8} | dict.fromkeys(COMPARISONS, 10)
_POWER |= {"|": 12, "^": 12, "&": 14, "+": 16, "-": 16, "..": 16, "*": 18, "/": 18}
_UNARY = ("-", "~", "!")
_ASSIGNMENT, _CHOICE, _COMPARISON, _PREFIX = 2, 4, 10, 20


class Number(msgspec.Struct, frozen=True, gc=False):
    """A literal. An int is whole (int64); a float, and true and false as 1.0 and 0.0, a double."""

    value: int | float


class Text(msgspec.Struct, frozen=True, gc=False):
    """A string literal."""

    value: str


class Name(msgspec.Struct, frozen=True, gc=False):
    """An entry of the blackboard or a fact, read each time; ``@name`` is the root's."""

    name: str


class Unary(msgspec.Struct, frozen=True, gc=False):
    """``-x``, ``~x`` (bits), or ``!x``: 1 when x is 0, else 0."""

    op: str
    operand: "Expression"


class Binary(msgspec.Struct, frozen=True, gc=False):
    """Arithmetic, bits, ``..``, logic, or a comparison of two. Both sides are always evaluated.

    Numbers are doubles here: ``x / 0`` is ±infinity and ``0 / 0`` NaN. Comparison and logic give
    1 or 0. As in BehaviorTree.CPP, numbers no further apart than 2⁻²³ are ``==``, so infinity is
    not (∞ − ∞ is NaN); ``a < b`` is "not a >= b" and so on, which NaN makes true.
    """

    op: str
    left: "Expression"
    right: "Expression"


class Chain(msgspec.Struct, frozen=True, gc=False):
    """A comparison of three or more, ``a < b <= c``: every neighbouring pair must hold.

    Evaluated from the left, each operand once, up to the first pair that does not hold.
    """

    operands: tuple["Expression", ...]
    ops: tuple[str, ...]


class Choice(msgspec.Struct, frozen=True, gc=False):
    """``condition ? yes : no``; only the chosen one is evaluated."""

    condition: "Expression"
    yes: "Expression"
    no: "Expression"


class Assign(msgspec.Struct, frozen=True, gc=False):
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


class Script(msgspec.Struct, frozen=True, eq=False, gc=False):
    """A parsed script: its text, its statements, and the names it reads and writes.

    `reads` and `writes` are in order of appearance, without repetition, a ``@`` included. A name
    that ``+=`` changes is in both; one that is only assigned to is only in `writes`. `enums` are
    no names any more but numbers; where a string is compared with a number they are looked up.
    """

    text: str
    statements: tuple[Expression, ...]
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    enums: Enums = ()

    def __eq__(self, other: object) -> bool:
        """The text says everything, together with the enums."""
        if not isinstance(other, Script):
            return NotImplemented
        return self.text == other.text and self.enums == other.enums

    def __hash__(self) -> int:
        """Of what `==` compares."""
        return hash((self.text, self.enums))

    @property
    def expression(self) -> Expression:
        """The last statement: its value is the script's."""
        return self.statements[-1]


EMPTY = Script("", ())
"""What an empty <Script> runs: nothing."""


@functools.lru_cache(maxsize=4096)
def parse_script(text: str, enums: Enums = ()) -> Script:
    """Parse a script, in which `enums` are numbers.

    Raises:
        TreeError: what is wrong and at which character (counted from 1); `where` is the caller's.
    """
    if len(text) > MAX_CHARS:
        refuse(f"script is longer than {MAX_CHARS:,} characters", text[:40], "shorten it")
    return _Parser(text, enums).script()


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


class _Parser:
    """Binding powers as in BehaviorTree.CPP; nesting is counted to spare Python's stack.

    powers: how tightly each token binds as an operator, −1 for what is none. uses: each name that
    came up, and whether it is read and written.
    """

    def __init__(self, text: str, enums: Enums) -> None:
        self.text, self.enums = text, enums
        self.numbers = dict(enums)
        self.kinds, self.texts = tokens(text)
        if len(self.kinds) > MAX_TOKENS:
            refuse(f"script has more than {MAX_TOKENS} tokens", text, "simplify it")
        # No name, number or string is written like an operator.
        self.powers = [_POWER.get(text, -1) for text in self.texts]
        self.uses: list[tuple[str, bool, bool]] = []
        self.at = self.level = 0

    def script(self) -> Script:
        """All statements; there must be one."""
        found = [self.expression(0)]
        while True:
            while self.texts[self.at] == ";":
                self.at += 1
            if self.kinds[self.at] == "end":
                break
            found.append(self.expression(0))
        reads = dict.fromkeys(name for name, read, _ in self.uses if read)
        writes = dict.fromkeys(name for name, _, written in self.uses if written)
        return Script(self.text, tuple(found), tuple(reads), tuple(writes), self.enums)

    def expression(self, least: int) -> Expression:
        """What binds at least as tightly as `least`."""
        self.level += 1
        if self.level > MAX_LEVELS:
            refuse(f"script nests deeper than {MAX_LEVELS} levels", self.text, "simplify it")
        left, powers = self.operand(), self.powers
        while (power := powers[self.at]) >= least:
            left = self.joined(left, power)
            if power <= _CHOICE:  # An assignment and a choice end the expression.
                break
        self.level -= 1
        return left

    def joined(self, left: Expression, power: int) -> Expression:
        """`left` with the operator that follows and its right side."""
        if power == _COMPARISON:
            return self.compared(left)
        op = self.texts[self.at]
        self.at += 1
        if power == _ASSIGNMENT:
            return Assign(self.target(left, op), op, self.expression(0))
        if power == _CHOICE:
            yes = self.expression(0)
            self.expect(":", "of the choice")
            return Choice(left, yes, self.expression(_CHOICE))
        return Binary(op, left, self.expression(power + 1))

    def target(self, left: Expression, op: str) -> str:
        """The name that is assigned to. An enum's name is one too: on this side it is no number."""
        before = self.texts[self.at - 2]
        changed = op not in (":=", "=")
        if isinstance(left, Name):
            self.uses[-1] = (left.name, changed, True)
            return left.name
        if isinstance(left, Number) and before in self.numbers:
            self.uses.append((before, changed, True))
            return before
        return ""

    def compared(self, first: Expression) -> Expression:
        """A comparison, or a chain of them."""
        operands, ops = [first], []
        while self.powers[self.at] == _COMPARISON:
            ops.append(self.texts[self.at])
            self.at += 1
            operands.append(self.expression(_COMPARISON + 1))
        if len(ops) == 1:
            return Binary(ops[0], *operands)
        return Chain(tuple(operands), tuple(ops))

    def operand(self) -> Expression:
        """A literal, a name, a unary operator with its operand, or parentheses."""
        kind, text = self.kinds[self.at], self.texts[self.at]
        self.at += 1
        if kind == "name":
            return self.name(text)
        if kind in _LITERALS:
            return _LITERALS[kind](text, self.text)
        if text in _UNARY:
            return Unary(text, self.expression(_PREFIX))
        if text != "(":
            self.wrong("expected a number, a string, a name or '('", self.at - 1)
        inner = self.expression(0)
        self.expect(")")
        return inner

    def name(self, text: str) -> Name | Number:
        """A name, or the number that it stands for."""
        if text in ("true", "false"):
            return Number(float(text == "true"))
        if text in self.numbers:
            return Number(float(self.numbers[text]))
        self.uses.append((text, True, False))
        return Name(text)

    def expect(self, op: str, of: str = "") -> None:
        """Take this operator, which must come next."""
        if self.texts[self.at] != op:
            self.wrong(f"expected {op!r} {of}".rstrip(), self.at)
        self.at += 1

    def wrong(self, what: str, token: int) -> NoReturn:
        """Raise the error for a token."""
        found = repr(self.texts[token]) if self.kinds[token] != "end" else "the end"
        at = place(self.text, token)
        refuse(f"script: {what}", self.text, f"found {found} at character {at}")


def _whole(text: str, script: str) -> Number:
    number = int(text, 16 if text[:2] in ("0x", "0X") else 10)
    if number > MAX_WHOLE:
        refuse("script: whole number of more than 63 bits", script, f"{text[:40]} is too long")
    return Number(number)


def _real(text: str, script: str) -> Number:
    number = float(text)
    # Zero from digits that are none is an underflow, which BehaviorTree.CPP refuses too.
    if number == float("inf") or (number == 0.0 and text.lower().split("e")[0].strip("0.")):
        refuse("script: number out of range", script, f"{text[:40]} is no double")
    return Number(number)


_LITERALS: dict[str, Callable[[str, str], Expression]] = {
    "whole": _whole,
    "real": _real,
    "text": lambda text, _script: Text(text[1:-1]),
}
