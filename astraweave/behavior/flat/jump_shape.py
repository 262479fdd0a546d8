"""What jump code must know of a tree before it is compiled, and which trees it can run.

Refuses nothing: `jumpable` gives the reason instead.
"""

from dataclasses import dataclass, field

from astraweave.behavior import nodes
from astraweave.behavior.flat.jump_formula import constant, number
from astraweave.behavior.scopes import Scope, Scopes
from astraweave.behavior.scripts.functions import pure
from astraweave.behavior.scripts.parser import Binary, Chain, Choice, Expression, Script, Unary

PASSES = (nodes.Inverter, nodes.ForceSuccess, nodes.ForceFailure, nodes.SubTree)
ORDERED = (nodes.Sequence, nodes.Fallback, nodes.ReactiveSequence, nodes.ReactiveFallback)
REACTIVE = (nodes.ReactiveSequence, nodes.ReactiveFallback, nodes.WhileDoElse)
BRANCHES = (nodes.IfThenElse, nodes.WhileDoElse)
LEAVES = (nodes.Action, nodes.ScriptCondition, nodes.AlwaysSuccess, nodes.AlwaysFailure)
KNOWN = (*PASSES, *ORDERED, *BRANCHES, *LEAVES, nodes.WeightedFallback)
CHILDREN = 64
"""A WeightedFallback of more has no bit mask."""


@dataclass(slots=True)
class Shape:
    """A node. children and above: numbers in preorder; above: the reactive nodes that hold it.

    first, last: the numbers of the leaves below it, last not among them. choice: number of the
    first WeightedFallback from here on. skippable: whether it may say SKIPPED.
    """

    node: nodes.Node
    number: int
    first: int
    choice: int
    above: tuple[int, ...]
    last: int = 0
    children: list[int] = field(default_factory=list)
    skippable: bool = False


def shapes(root: nodes.Node) -> list[Shape]:
    """All nodes in preorder."""
    found: list[Shape] = []
    stack: list[tuple[nodes.Node, int | None]] = [(root, None)]
    leaves = choices = 0
    while stack:
        node, parent = stack.pop()
        shape = Shape(node, len(found), leaves, choices, ())
        if parent is not None:
            found[parent].children.append(shape.number)
            reactive = isinstance(found[parent].node, REACTIVE)
            shape.above = (*found[parent].above, *((parent,) if reactive else ()))
        leaves += isinstance(node, nodes.Action)
        choices += isinstance(node, nodes.WeightedFallback)
        found.append(shape)
        stack.extend((child, shape.number) for child in reversed(node.children))
    for shape in reversed(found):
        own = shape.first + isinstance(shape.node, nodes.Action)
        shape.last = found[shape.children[-1]].last if shape.children else own
        shape.skippable = shape.node.skip_if is not None or _inherits(shape, found)
    return found


def _inherits(shape: Shape, found: list[Shape]) -> bool:
    """Whether a node may be SKIPPED because its children are."""
    below = [found[child].skippable for child in shape.children]
    if isinstance(shape.node, BRANCHES):
        return any(below[1:])
    return bool(below) and all(below)


def jumpable(root: nodes.Node) -> str | None:
    """Why jump code cannot run a tree, None when it can.

    It runs Sequence, Fallback, ReactiveSequence, ReactiveFallback, Inverter, ForceSuccess,
    ForceFailure, SubTree, WeightedFallback, Action, ScriptCondition, AlwaysSuccess and
    AlwaysFailure, with `_skipIf`, whose scripts compute with facts alone. And IfThenElse and
    WhileDoElse whose condition cannot be skipped; their branches cannot be either when the
    condition of an IfThenElse holds an Action, and in a WhileDoElse, whose condition holds none.
    """
    scopes = Scopes(root)
    for shape, scope in zip(found := shapes(root), scopes.scope_of, strict=True):
        why = _outside(shape, found)
        for script in _scripts(shape.node):
            why = why or _unread(script, scope, scopes)
        if why is not None:
            return f"{shape.node.at}: {why}"
    return None


def _unread(script: Script, scope: Scope, scopes: Scopes) -> str | None:
    """Why jump code cannot ask a script."""
    if not pure(script):
        return f"the script {script.text!r} does more than compute with facts"
    for name in script.reads:
        if scopes.entry(scope, name) is not None:
            return f"{name!r} is an entry of the blackboard"
    own = script.reads and all(scope.home(name)[1] == name for name in script.reads)
    if not (own or _is_answer(script.expression)):
        # A fact under another name is read over the blackboard, which takes no number below 0.
        return f"the script {script.text!r} may be a negative number"
    return None


def _is_answer(node: Expression) -> bool:
    """Whether an expression can only be true or false, or is a constant that is not negative."""
    if constant(node):
        return not number(node) < 0.0
    match node:
        case Choice(_, yes, no):
            return _is_answer(yes) and _is_answer(no)
        case Unary(op, _) | Binary(op, _, _):
            return op not in ("+", "-", "*", "/")
    return isinstance(node, Chain)


def _outside(shape: Shape, found: list[Shape]) -> str | None:
    node = shape.node
    kind = type(node).__name__
    if not isinstance(node, KNOWN):
        return f"{kind} needs memory of its own"
    if node.hooks != nodes.Hooks(skip_if=node.skip_if):
        return "of the attributes of a node only _skipIf is asked by jump code"
    if len(node.children) > CHILDREN and isinstance(node, nodes.WeightedFallback):
        return f"a choice among more than {CHILDREN}"
    return _branch(shape, found) if isinstance(node, BRANCHES) else None


def _branch(shape: Shape, found: list[Shape]) -> str | None:
    """Why jump code cannot run a branch, None when it can."""
    kind = type(shape.node).__name__
    if len(shape.children) not in (2, 3):
        return f"{kind} without two or three children fails"
    condition, *ways = [found[i] for i in shape.children]
    acts, reactive = condition.first < condition.last, isinstance(shape.node, nodes.WhileDoElse)
    if condition.skippable:
        return f"the condition of {kind} may be skipped"
    if acts and reactive:
        return f"an Action in the condition of {kind} runs beside another"
    if (acts or reactive) and any(way.skippable for way in ways):
        # Elsewhere a node in which a leaf ran is never SKIPPED, so that what was asked before
        # it need not be remembered.
        return f"{kind} may be skipped when a leaf of it has run"
    return None


def _scripts(node: nodes.Node) -> list[Script]:
    code = [node.code] if isinstance(node, nodes.ScriptCondition) else []
    return code if node.skip_if is None else [*code, node.skip_if]
