"""Scripts over numbers → postfix code for `kernels.scripts`, which says what an operation does.

What is known of a value's type when a script is compiled costs nothing when it runs. Refuses what
kernels cannot do: texts, numbers that no double holds, names that are neither entry nor fact.
"""

from typing import NamedTuple, NoReturn, Protocol

from astraweave.behavior.kernels import layout as at
from astraweave.behavior.scripts.parser import (
    Assign,
    Binary,
    Chain,
    Choice,
    Expression,
    Name,
    Number,
    Script,
    Unary,
)
from astraweave.errors import TreeError

Row = tuple[int, int, int]
_OPERATIONS = {
    "+": at.ADD,
    "-": at.SUBTRACT,
    "*": at.MULTIPLY,
    "/": at.DIVIDE,
    "<": at.LESS,
    "<=": at.LESS_EQUAL,
    ">": at.GREATER,
    ">=": at.GREATER_EQUAL,
    "==": at.EQUAL,
    "!=": at.UNEQUAL,
    "&&": at.AND,
    "||": at.OR,
    "&": at.BITS_AND,
    "|": at.BITS_OR,
    "^": at.BITS_XOR,
}
_LOGIC, _BITS, _ARITHMETIC = ("&&", "||"), ("&", "|", "^"), ("+", "-", "*", "/")
_UNARY = {"-": at.NEGATE, "!": at.NOT, "~": at.BITS_NOT}
_ASSIGN = {":=": at.SET, "=": at.SET, "+=": at.PLUS, "-=": at.MINUS, "*=": at.TIMES, "/=": at.PARTS}


class Names(Protocol):
    """What a script's names mean, and where its constants lie."""

    def entry(self, name: str, /) -> int | None:
        """Number of the entry, None when only a fact can be meant."""
        ...

    def fact(self, name: str, /) -> int | None:
        """Cell of the fact behind the name, None when there is none."""
        ...

    def constant(self, value: float, /) -> int:
        """Cell of a constant."""
        ...

    def unknown(self, name: str, /) -> TreeError:
        """The error for a name that is neither."""
        ...


class Type(NamedTuple):
    """What is known of a value: DOUBLE, WHOLE (a literal), or LATER, known when it runs."""

    kind: int
    literal: float = 0.0


_DOUBLE, _LATER, _TRUTH = Type(at.DOUBLE), Type(at.ABSENT), Type(at.DOUBLE, 1.0)
"""_TRUTH: a double that is not negative, which a condition takes."""


class Postfix:
    """Compiles scripts behind the code that is there; `code` grows."""

    def __init__(self, code: list[Row], names: Names) -> None:
        """`code` is where all scripts of a program lie."""
        self.code, self.names = code, names
        self._strict = True

    def script(self, script: Script, *, condition: bool, strict: bool) -> int:
        """Row where the script begins; a `condition` fails on what is neither true nor false.

        strict: a negative number is neither. Where facts alone are computed with, it is true.

        Raises:
            TreeError: kernels cannot do it; `where` is the caller's.
        """
        start, self._strict = len(self.code), strict
        for i, statement in enumerate(script.statements):
            if i > 0:
                self.emit(at.POP)
            kind = self.expression(statement)
        if condition:
            self._truth(kind, 0)
        self.emit(at.END_OF_CODE)
        return start

    def name(self, name: str, last: tuple[int, int]) -> int:
        """Row where code begins that gives what a name holds, and then does `last`."""
        start = len(self.code)
        self._typed(self.expression(Name(name)))
        self.emit(last[0], 0, last[1])
        self.emit(at.END_OF_CODE)
        return start

    def constant(self, value: float) -> int:
        """Row where code begins that gives a constant."""
        start = len(self.code)
        self.emit(at.LOAD, self.names.constant(value))
        self.emit(at.END_OF_CODE)
        return start

    def emit(self, operation: int, first: int = 0, second: int = 0) -> int:
        """Append an operation; its row."""
        self.code.append((operation, first, second))
        return len(self.code) - 1

    def _land(self, jump: int) -> None:
        """Let a jump go to the next row."""
        operation, _, second = self.code[jump]
        self.code[jump] = (operation, len(self.code), second)

    # What follows emits code for parts of an expression, and says what is known of their types.

    def expression(self, node: Expression) -> Type:  # noqa: PLR0911  # one a node type
        """Code that puts an expression's value on the stack."""
        match node:
            case Number(value):
                return self._number(value)
            case Name(name):
                return self._read(name)
            case Unary(op, operand):
                return self._unary(op, operand)
            case Binary(op, left, right) if op in _OPERATIONS:
                return self._binary(op, left, right)
            case Chain(operands, ops):
                return self._chain(operands, ops)
        if isinstance(node, Choice):
            return self._choice(node)
        if not isinstance(node, Assign):
            _refuse("kernels compute with numbers only", getattr(node, "value", ".."))
        return self._assign(node)

    def _unary(self, op: str, operand: Expression) -> Type:
        self._double(self.expression(operand), 0)
        self.emit(_UNARY[op])
        return _TRUTH if op == "!" else _DOUBLE

    def _number(self, value: float) -> Type:
        if float(value) != value:
            _refuse("no double holds this whole number exactly", value)
        self.emit(at.LOAD, self.names.constant(float(value)))
        if isinstance(value, int):
            return Type(at.WHOLE, float(value))
        return _TRUTH if value >= 0.0 else _DOUBLE

    def _read(self, name: str) -> Type:
        entry, fact = self.names.entry(name), self.names.fact(name)
        if entry is not None:
            self.emit(at.ENTRY, entry, -1 if fact is None else fact)
            return _LATER
        if fact is None:
            raise self.names.unknown(name)
        self.emit(at.LOAD, fact)
        return _DOUBLE

    def _double(self, kind: Type, depth: int, *, lenient: int = 0) -> None:
        """Fail unless the value at this depth is a double, or can be one without a loss.

        lenient: 1 takes a text that is a number, 2 any whole number.
        """
        if kind is _LATER:
            self.emit(at.NUMBER, depth, lenient)
        elif kind.kind == at.WHOLE and abs(kind.literal) > at.MAX_EXACT and lenient < 2:
            self.emit(at.FAIL, at.TOO_LARGE, -1)

    def _truth(self, kind: Type, depth: int) -> None:
        """Fail unless the value at this depth is true or false."""
        if kind is _LATER:
            self.emit(at.TRUTH, depth)
        elif kind is _DOUBLE and self._strict:
            self.emit(at.POSITIVE, depth)
        elif kind.kind == at.WHOLE and kind.literal not in (0.0, 1.0):
            self.emit(at.FAIL, at.NOT_A_TRUTH, -1)

    def _typed(self, kind: Type) -> None:
        """Put the type of the value on top beside the stack."""
        if kind is not _LATER:
            self.emit(at.TYPE, kind.kind)

    def _binary(self, op: str, left: Expression, right: Expression) -> Type:
        if op not in (*_LOGIC, *_BITS, *_ARITHMETIC):
            return self._chain((left, right), (op,))
        kinds = self.expression(left), self.expression(right)
        for kind, depth in zip(kinds, (1, 0), strict=True):
            if op in _LOGIC:
                self._truth(kind, depth)
            else:
                self._double(kind, depth, lenient=2 if op in _BITS else 0)
        self.emit(_OPERATIONS[op])
        return _TRUTH if op in _LOGIC else _DOUBLE

    def _chain(self, operands: tuple[Expression, ...], ops: tuple[str, ...]) -> Type:
        """A comparison of two or more; what comes after a pair that does not hold is not run."""
        typed = any(self._later(operand) for operand in operands)
        self._side(operands[0], typed=typed)
        ends = []
        for i, (op, operand) in enumerate(zip(ops, operands[1:], strict=True)):
            self._side(operand, typed=typed)
            if typed:
                self.emit(at.COMPARABLE)
            if i < len(ops) - 1:
                ends.append(self.emit(at.CHAIN, 0, _OPERATIONS[op]))
            else:
                self.emit(_OPERATIONS[op])
        for end in ends:
            self._land(end)
        return _TRUTH

    def _side(self, node: Expression, *, typed: bool) -> None:
        """A side of a comparison, `typed` with its type beside the stack."""
        kind = self.expression(node)
        if kind is not _LATER:
            self._double(kind, 0)
        if typed:
            self._typed(kind)

    def _later(self, node: Expression) -> bool:
        """Whether an expression's type is known only when it runs."""
        if isinstance(node, Name):
            return self.names.entry(node.name) is not None
        if isinstance(node, Choice):
            whole = any(
                isinstance(n, Number) and isinstance(n.value, int) for n in (node.yes, node.no)
            )
            return whole or self._later(node.yes) or self._later(node.no)
        return isinstance(node, Assign)

    def _choice(self, node: Choice) -> Type:
        self._double(self.expression(node.condition), 0, lenient=1)
        other = self.emit(at.JUMP_UNLESS)
        yes = self.expression(node.yes)
        self._typed(yes)
        end = self.emit(at.JUMP)
        self._land(other)
        no = self.expression(node.no)
        self._typed(no)
        self._land(end)
        if yes is no:
            return yes
        return _DOUBLE if yes.kind == no.kind == at.DOUBLE else _LATER

    def _assign(self, node: Assign) -> Type:
        entry = self.names.entry(node.name) if node.name else None
        if entry is None:
            self.emit(at.FAIL, at.NO_NAME, -1)
            return _LATER
        self.emit(at.MAKE if node.op == ":=" else at.NEED, entry)
        self._typed(self.expression(node.value))
        self.emit(at.ASSIGN, entry, _ASSIGN[node.op])
        return _LATER


def _refuse(what: str, got: object) -> NoReturn:
    raise TreeError(what=what, got=got, fix="leave such scripts to the scalar engine")
