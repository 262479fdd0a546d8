"""Compiles a `Script` twice: to a Python function over facts, and to postfix code for kernels.

Both give the same float64 for the same facts. Python code is built from syntax-tree nodes with
fact names as quoted constants: no text of a tree file is ever evaluated.
"""

import ast
import functools
import math
from collections.abc import Callable, Mapping
from typing import cast

from astraweave.behavior.kernels.layout import (
    ADD,
    AND,
    DIV,
    EQUAL,
    LESS,
    LESS_EQUAL,
    LOAD,
    MUL,
    NEG,
    NOT,
    OR,
    SAME,
    SELECT,
    SUB,
)
from astraweave.behavior.scripts.parser import (
    Binary,
    Choice,
    Expression,
    Name,
    Number,
    Script,
    Unary,
)

Facts = Mapping[str, float]
_BINARY = {"+": ADD, "-": SUB, "*": MUL, "/": DIV, "&&": AND, "||": OR}
_BINARY |= {"<": LESS, "<=": LESS_EQUAL, "==": EQUAL, ">": LESS, ">=": LESS_EQUAL, "!=": EQUAL}
_LOGIC: dict[str, type[ast.boolop]] = {"&&": ast.And, "||": ast.Or}
_ARITHMETIC: dict[str, type[ast.operator] | None] = {
    "+": ast.Add,
    "-": ast.Sub,
    "*": ast.Mult,
    "/": None,
}
"""None: done by `divide`, because Python's division raises."""
_ORDER: dict[str, type[ast.cmpop]] = {"<": ast.Lt, "<=": ast.LtE, ">": ast.Gt, ">=": ast.GtE}


def divide(a: float, b: float) -> float:
    """IEEE 754 division: ±infinity or NaN where Python raises."""
    if b != 0.0:
        return a / b
    if a == 0.0 or math.isnan(a):
        return math.nan
    return math.copysign(math.inf, a) * math.copysign(1.0, b)


def same(a: float, b: float) -> bool:
    """Whether two numbers count as equal: no further apart than BehaviorTree.CPP's epsilon."""
    return a == b or abs(a - b) <= SAME


_GLOBALS = {"__builtins__": {}, "float": float, "divide": divide, "same": same}


@functools.lru_cache(maxsize=4096)
def condition(script: Script) -> Callable[[Facts], bool]:
    """Whether the expression holds (is not 0) for these facts; KeyError names an unknown fact."""
    return cast("Callable[[Facts], bool]", _function(_truth(script.expression)))


@functools.lru_cache(maxsize=4096)
def value(script: Script) -> Callable[[Facts], float]:
    """The expression's number for these facts; KeyError names an unknown fact."""
    return _function(_number(script.expression))


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
    if isinstance(node, Unary) and node.op == "!":
        return ast.UnaryOp(ast.Not(), _truth(node.operand))
    if isinstance(node, Binary) and node.op in _LOGIC:
        return ast.BoolOp(_LOGIC[node.op](), [_truth(node.left), _truth(node.right)])
    if isinstance(node, Binary) and node.op not in _ARITHMETIC:
        return _comparison(node)
    if isinstance(node, Choice):
        return ast.IfExp(_truth(node.condition), _truth(node.yes), _truth(node.no))
    return _number(node)


def _comparison(node: Binary) -> ast.expr:
    if node.op in _ORDER:
        return ast.Compare(_side(node.left), [_ORDER[node.op]()], [_side(node.right)])
    equal = _call("same", _number(node.left), _number(node.right))
    return equal if node.op == "==" else ast.UnaryOp(ast.Not(), equal)


def _side(node: Expression) -> ast.expr:
    """A side of an order comparison: a fact needs no conversion there."""
    return _read(node.name) if isinstance(node, Name) else _number(node)


def _number(node: Expression) -> ast.expr:
    """Code whose value is the expression's float."""
    if isinstance(node, Number):
        return ast.Constant(node.value)
    if isinstance(node, Name):
        return _call("float", _read(node.name))
    if isinstance(node, Unary) and node.op == "-":
        return ast.UnaryOp(ast.USub(), _number(node.operand))
    if isinstance(node, Binary) and node.op in _ARITHMETIC:
        return _arithmetic(_ARITHMETIC[node.op], _number(node.left), _number(node.right))
    if isinstance(node, Choice):
        return ast.IfExp(_truth(node.condition), _number(node.yes), _number(node.no))
    return ast.IfExp(_truth(node), ast.Constant(1.0), ast.Constant(0.0))


def _arithmetic(operator: type[ast.operator] | None, left: ast.expr, right: ast.expr) -> ast.expr:
    if operator is None:
        return _call("divide", left, right)
    return ast.BinOp(left, operator(), right)


def postfix(node: Expression, cell: Callable[[Name | Number], int]) -> list[tuple[int, int]]:
    """Postfix code of (operation, argument); `cell` says where a fact or a constant lies."""
    if isinstance(node, (Name, Number)):
        return [(LOAD, cell(node))]
    if isinstance(node, Unary):
        return [*postfix(node.operand, cell), (NEG if node.op == "-" else NOT, 0)]
    if isinstance(node, Choice):
        parts = [postfix(part, cell) for part in (node.condition, node.yes, node.no)]
        return [*parts[0], *parts[1], *parts[2], (SELECT, 0)]
    left, right = postfix(node.left, cell), postfix(node.right, cell)
    if node.op in (">", ">="):
        left, right = right, left
    code = [*left, *right, (_BINARY[node.op], 0)]
    return [*code, (NOT, 0)] if node.op == "!=" else code
