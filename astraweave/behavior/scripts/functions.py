"""Scripts that only compute with facts → one Python function each, over the facts themselves.

`values.run` runs every script, over an environment; this is the short way for most conditions.
Python code is built from syntax-tree nodes with fact names as quoted constants: no text of a tree
file is ever evaluated. Refuses scripts that are not `pure`.
"""

import ast
import functools
import math
from collections.abc import Callable, Mapping
from typing import NoReturn, cast

from astraweave.behavior.kernels.layout import SAME
from astraweave.behavior.scripts.parser import (
    Binary,
    Chain,
    Choice,
    Expression,
    Name,
    Number,
    Script,
    Unary,
    parts,
)
from astraweave.errors import TreeError

Facts = Mapping[str, float]
_ARITHMETIC: dict[str, type[ast.operator] | None] = {
    "+": ast.Add,
    "-": ast.Sub,
    "*": ast.Mult,
    "/": None,
}
"""None: done by `divide`, because Python's division raises."""
# a < b is "not a >= b", which differs for NaN; "not" in front of a jump costs nothing.
_ORDER: dict[str, type[ast.cmpop]] = {"<": ast.GtE, "<=": ast.Gt, ">": ast.LtE, ">=": ast.Lt}
_LOGIC: dict[str, type[ast.operator]] = {"&&": ast.BitAnd, "||": ast.BitOr}
_EQUAL = ("==", "!=")
_PURE = {*_ARITHMETIC, *_ORDER, *_LOGIC, *_EQUAL}
MAX_EXACT = 2**53 - 1


def divide(a: float, b: float) -> float:
    """IEEE 754 division: ±infinity or NaN where Python raises."""
    if b != 0.0:
        return a / b
    if a == 0.0 or math.isnan(a):
        return math.nan
    return math.copysign(math.inf, a) * math.copysign(1.0, b)


def same(a: float, b: float) -> bool:
    """Whether two numbers count as equal: no further apart than BehaviorTree.CPP's epsilon."""
    return abs(a - b) <= SAME


_GLOBALS = {"__builtins__": {}, "float": float, "bool": bool, "divide": divide, "same": same}


@functools.lru_cache(maxsize=4096)
def pure(script: Script) -> bool:
    """Whether a condition only computes with numbers: no assignment, no string, no bits.

    And no whole number where true or false is wanted, which is an error unless it is 0 or 1.
    """
    return _computes(script) and _is_truth(script.expression)


def _computes(script: Script) -> bool:
    return len(script.statements) == 1 and _is_pure(script.expression)


def _is_pure(node: Expression) -> bool:
    match node:
        case Number(number):
            return isinstance(number, float) or number <= MAX_EXACT
        case Unary(op):
            here = op != "~"
        case Binary(op):
            here = op in _PURE and not (op in _LOGIC and not all(map(_is_truth, parts(node))))
        case Chain(operands):
            # One in the middle stands in two comparisons: nested chains would double it each time.
            here = all(isinstance(middle, (Name, Number)) for middle in operands[1:-1])
        case _:
            here = isinstance(node, (Name, Choice))
    return here and all(map(_is_pure, parts(node)))


def _is_truth(node: Expression) -> bool:
    """False for what may give a whole number that is neither 0 nor 1."""
    if isinstance(node, Choice):
        return _is_truth(node.yes) and _is_truth(node.no)
    return not isinstance(node, Number) or isinstance(node.value, float) or node.value in (0, 1)


@functools.lru_cache(maxsize=4096)
def condition(script: Script) -> Callable[[Facts], bool]:
    """Whether a pure script holds (is not 0) for these facts; KeyError names an unknown fact.

    Raises:
        TreeError: the script is not pure.
    """
    if not pure(script):
        _refuse(script)
    return cast("Callable[[Facts], bool]", _function(_truth(script.expression)))


@functools.lru_cache(maxsize=4096)
def value(script: Script) -> Callable[[Facts], float]:
    """The number of a script that only computes; KeyError names an unknown fact.

    Raises:
        TreeError: the script does more.
    """
    if not _computes(script):
        _refuse(script)
    return _function(_number(script.expression))


def _refuse(script: Script) -> NoReturn:
    raise TreeError(
        what="the script does more than compute with facts",
        got=script.text,
        fix="run it over a blackboard",
    )


def _function(body: ast.expr) -> Callable[[Facts], float]:
    arguments = ast.arguments(
        posonlyargs=[], args=[ast.arg("facts")], kwonlyargs=[], kw_defaults=[], defaults=[]
    )
    tree = ast.fix_missing_locations(ast.Expression(ast.Lambda(arguments, body)))
    function: Callable[[Facts], float] = eval(compile(tree, "<script>", "eval"), dict(_GLOBALS))
    return function


def _read(name: str) -> ast.expr:
    return ast.Subscript(ast.Name("facts", ast.Load()), ast.Constant(name), ast.Load())


def _call(function: str, *arguments: ast.expr) -> ast.expr:
    return ast.Call(ast.Name(function, ast.Load()), list(arguments), [])


def _truth(node: Expression) -> ast.expr:
    """Code whose truth is that of the expression."""
    if isinstance(node, Name):
        return _read(node.name)
    if isinstance(node, Chain):
        return _chain(node)
    if isinstance(node, Unary) and node.op == "!":
        return ast.UnaryOp(ast.Not(), _truth(node.operand))
    if isinstance(node, Choice):
        return ast.IfExp(_truth(node.condition), _truth(node.yes), _truth(node.no))
    if isinstance(node, Binary) and node.op not in _ARITHMETIC:
        return _both(node) if node.op in _LOGIC else _comparison(node.op, node.left, node.right)
    return _number(node)


def _both(node: Binary) -> ast.expr:
    """Logic evaluates both sides, as in BehaviorTree.CPP: a missing fact is always found."""
    return ast.BinOp(_bool(node.left), _LOGIC[node.op](), _bool(node.right))


def _bool(node: Expression) -> ast.expr:
    """As `_truth`, and a bool."""
    match node:
        case Binary(op) if op not in _ARITHMETIC:
            return _truth(node)
        case Unary("!") | Chain():
            return _truth(node)
        case Choice(condition, yes, no):
            return ast.IfExp(_truth(condition), _bool(yes), _bool(no))
    return ast.Compare(_side(node), [ast.NotEq()], [ast.Constant(0.0)])


def _comparison(op: str, left: Expression, right: Expression) -> ast.expr:
    if op in _ORDER:
        return ast.UnaryOp(ast.Not(), ast.Compare(_side(left), [_ORDER[op]()], [_side(right)]))
    equal = _call("same", _number(left), _number(right))
    return equal if op == "==" else ast.UnaryOp(ast.Not(), equal)


def _chain(node: Chain) -> ast.expr:
    """Pairs joined by `and`: what stands behind a pair that does not hold is not evaluated."""
    sides = zip(node.ops, node.operands, node.operands[1:], strict=False)
    return ast.BoolOp(ast.And(), [_comparison(op, left, right) for op, left, right in sides])


def _side(node: Expression) -> ast.expr:
    """A side of a comparison by order: a fact needs no conversion there."""
    return _read(node.name) if isinstance(node, Name) else _number(node)


def _number(node: Expression) -> ast.expr:
    """Code whose value is the expression's float."""
    match node:
        case Number(number):
            return ast.Constant(float(number))
        case Name(name):
            return _call("float", _read(name))
        case Unary("-", operand):
            return ast.UnaryOp(ast.USub(), _number(operand))
        case Binary(op, left, right) if op in _ARITHMETIC:
            return _arithmetic(_ARITHMETIC[op], _number(left), _number(right))
        case Choice(condition, yes, no):
            return ast.IfExp(_truth(condition), _number(yes), _number(no))
    return ast.IfExp(_truth(node), ast.Constant(1.0), ast.Constant(0.0))


def _arithmetic(operator: type[ast.operator] | None, left: ast.expr, right: ast.expr) -> ast.expr:
    if operator is None:
        return _call("divide", left, right)
    return ast.BinOp(left, operator(), right)
