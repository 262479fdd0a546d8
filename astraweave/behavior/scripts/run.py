"""Every script, compiled once to Python closures over an `Environment`.

Statements run in order, the last one's value is the script's. Both sides of an operator are
evaluated, also of ``&&`` and ``||``; of a choice only the chosen one. Refuses at run time, with
the name: a name that has no value, an assignment to an entry that is not there or of another type.
"""

import functools
from collections.abc import Callable, Mapping

from astraweave.behavior.scripts import values
from astraweave.behavior.scripts.environment import Environment, Value
from astraweave.behavior.scripts.parser import (
    Assign,
    Binary,
    Chain,
    Choice,
    Expression,
    Name,
    Number,
    Script,
    Text,
    Unary,
)
from astraweave.errors import TreeError

Run = Callable[[Environment], Value]
Operation = Callable[[str, Value, Value], Value]
_OPERATIONS: dict[str, Operation] = dict.fromkeys(("+", "-", "*", "/", ".."), values.arithmetic)
_OPERATIONS |= dict.fromkeys(("&", "|", "^"), values.bits)
_OPERATIONS |= dict.fromkeys(("&&", "||"), values.logic)


@functools.lru_cache(maxsize=4096)
def run(script: Script) -> Run:
    """A function that runs a script and gives its value.

    The function raises `TreeError` without a place: a name without a value (`got` is the name),
    a value that an operator or an entry does not take.
    """
    if not script.statements:
        return lambda _environment: 0.0
    enums = dict(script.enums)
    first, *rest = [_compiled(statement, enums) for statement in script.statements]

    def go(environment: Environment) -> Value:
        value = first(environment)
        for statement in rest:
            value = statement(environment)
        return value

    return _reported(go if rest else first)


@functools.lru_cache(maxsize=4096)
def holds(script: Script) -> Callable[[Environment], bool]:
    """A function that runs a script and says whether its value is true; errors as of `run`."""
    whole, truth = run(script), values.truth
    return lambda environment: truth(whole(environment))


def _reported(go: Run) -> Run:
    def reported(environment: Environment) -> Value:
        try:
            return go(environment)
        except KeyError as error:
            raise TreeError(
                what="script reads a name that has no value",
                got=error.args[0] if error.args else None,
                fix="set it before, or see whether it is spelt as the facts are",
            ) from None

    return reported


def _compiled(node: Expression, enums: Mapping[str, int]) -> Run:
    if isinstance(node, (Number, Text)):
        constant = node.value
        return lambda _environment: constant
    if isinstance(node, Name):
        name = node.name
        return lambda environment: environment.get(name)
    if isinstance(node, Assign):
        return _assignment(node, enums)
    return _operation(node, enums)


def _operation(node: Unary | Binary | Chain | Choice, enums: Mapping[str, int]) -> Run:
    if isinstance(node, Unary):
        op, operand, unary = node.op, _compiled(node.operand, enums), values.unary
        return lambda environment: unary(op, operand(environment))
    if isinstance(node, Choice):
        return _choice(node, enums)
    if isinstance(node, Binary) and node.op in _OPERATIONS:
        return _binary(node, enums)
    return _comparison(node, enums)


def _binary(node: Binary, enums: Mapping[str, int]) -> Run:
    op, operation = node.op, _OPERATIONS[node.op]
    left, right = _compiled(node.left, enums), _compiled(node.right, enums)
    return lambda environment: operation(op, left(environment), right(environment))


def _comparison(node: Binary | Chain, enums: Mapping[str, int]) -> Run:
    operands, ops = (
        (node.operands, node.ops)
        if isinstance(node, Chain)
        else ((node.left, node.right), (node.op,))
    )
    first, *others = [_compiled(operand, enums) for operand in operands]
    steps = list(zip(ops, others, strict=True))

    def compare(environment: Environment) -> Value:
        left = first(environment)
        for op, operand in steps:
            right = operand(environment)
            if not values.holds(op, left, right, enums):
                return 0.0
            left = right
        return 1.0

    return compare


def _choice(node: Choice, enums: Mapping[str, int]) -> Run:
    condition, yes, no = (_compiled(p, enums) for p in (node.condition, node.yes, node.no))

    def choose(environment: Environment) -> Value:
        chosen = yes if values.double(condition(environment)) != 0.0 else no
        return chosen(environment)

    return choose


def _assignment(node: Assign, enums: Mapping[str, int]) -> Run:
    name, op, compute = node.name, node.op, _compiled(node.value, enums)

    def assign(environment: Environment) -> Value:
        if not name:
            raise TreeError(what="only an entry can be assigned to", fix="write its name before it")
        if environment.entry(name) is None:
            if op != ":=":
                fix = "make it with := (a fact cannot be written)"
                raise TreeError(what="no such entry to assign to", got=name, fix=fix)
            environment.create(name)
        new = compute(environment)
        kind, old = environment.entry(name) or ("any", None)
        try:
            if op in (":=", "="):
                result = values.assigned(kind, old, new, enums)
            else:
                result = values.changed(op, old, new)
        except TreeError as error:
            raise TreeError(
                what=f"entry {name!r}: {error.what}", got=error.got, fix=error.fix
            ) from None
        environment.set(name, result)
        return result

    return assign
