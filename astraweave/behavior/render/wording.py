"""What is said of a node, in words: its type as BehaviorTree.CPP calls it, its ports, its guards.

Refuses nothing: a node type without words of its own is called by its class.
"""

from collections.abc import Callable, Iterator
from typing import Any, Literal, NamedTuple

from astraweave.behavior import nodes
from astraweave.behavior.render.metrics import clean

Kind = Literal["control", "weighted", "decorator", "subtree", "condition", "action"]
_CONDITIONS = (nodes.Condition, nodes.ScriptCondition, nodes.WasEntryUpdated)
HOOKS = {
    "failure_if": "fail if",
    "success_if": "succeed if",
    "skip_if": "skip if",
    "while_": "while",
    "on_halted": "on halt:",
    "on_failure": "on failure:",
    "on_success": "on success:",
    "post": "at the end:",
}
_LOOPS = {"int": "LoopInt", "bool": "LoopBool", "double": "LoopDouble", "string": "LoopString"}


class Line(NamedTuple):
    """Something said of a node: in words, then as code. guard: it says when the node is asked."""

    words: str
    code: str = ""
    guard: bool = False

    @property
    def text(self) -> str:
        """Both."""
        return f"{self.words} {self.code}".strip()


def kind_of(node: nodes.Node) -> Kind:
    """What sort of node it is, as editors sort them."""
    if isinstance(node, nodes.WeightedFallback):
        return "weighted"
    if isinstance(node, nodes.SubTree):
        return "subtree"
    if isinstance(node, _CONDITIONS):
        return "condition"
    if not node.children:
        return "action"
    return "decorator" if type(node).__module__.endswith(".decorators") else "control"


def type_of(node: nodes.Node) -> str:
    """The type's name in XML; an action's or a condition's is its ID."""
    if isinstance(node, (nodes.Action, nodes.Condition)):
        return clean(node.id)
    if isinstance(node, nodes.SubTree) and node.id != node.name:
        return f"SubTree {clean(node.id)}"
    if isinstance(node, nodes.Switch):
        return f"Switch{len(node.cases)}"
    if isinstance(node, nodes.EntryUpdated):
        return "WaitValueUpdate" if node.otherwise == "RUNNING" else "SkipUnlessUpdated"
    if isinstance(node, nodes.Loop):
        return _LOOPS.get(node.kind, "Loop")
    return "Script" if isinstance(node, nodes.RunScript) else type(node).__name__


def port(value: nodes.Port) -> str:
    """A port as it is written in XML."""
    return f"{{{clean(value.name)}}}" if isinstance(value, nodes.Key) else clean(value)


def lines_of(node: nodes.Node) -> Iterator[Line]:
    """What to know of a node besides its name and type: guards first, scripts after it last."""
    told = node.hooks._asdict()
    for name in ("failure_if", "success_if", "skip_if", "while_"):
        if told[name] is not None:
            yield Line(HOOKS[name], clean(told[name].text), guard=True)
    own = _OWN.get(type(node))
    if own is not None:
        yield from own(node)
    for name in ("on_halted", "on_failure", "on_success", "post"):
        if told[name] is not None:
            yield Line(HOOKS[name], clean(told[name].text))


def roles_of(node: nodes.Node) -> tuple[str, ...]:
    """What each child is to its parent, where its place alone does not say it; else empty."""
    count = len(node.children)
    if isinstance(node, nodes.IfThenElse):
        return ("if", "then", "else")[:count]
    if isinstance(node, nodes.WhileDoElse):
        return ("while", "do", "else")[:count]
    if isinstance(node, nodes.Switch):
        return (*(port(case) for case in node.cases), "default")[:count]
    if isinstance(node, nodes.TryCatch):
        return (*("try",) * (count - 1), "catch")
    return ("",) * count


def _ports(node: nodes.Action | nodes.Condition) -> Iterator[Line]:
    for name, value in node.ports:
        yield Line(f"{clean(name)} =", port(value))


def _weighted(node: nodes.WeightedFallback) -> Iterator[Line]:
    warm = f", temperature {node.temperature:g}" if node.policy == "softmax" else ""
    yield Line(f"{node.policy}{warm}")


def _subtree(node: nodes.SubTree) -> Iterator[Line]:
    for name, value in node.remap:
        yield Line(f"{clean(name)} =", port(value))
    if node.autoremap:
        yield Line("autoremap")


def _times(node: nodes.Repeat) -> Iterator[Line]:
    yield Line("for ever" if node.num_cycles == "-1" else f"{port(node.num_cycles)} times")


def _attempts(node: nodes.RetryUntilSuccessful) -> Iterator[Line]:
    given = node.num_attempts
    yield Line("for ever" if given == "-1" else f"{port(given)} attempts")


def _loop(node: nodes.Loop) -> Iterator[Line]:
    yield Line("for", f"{port(node.value)} in {port(node.queue)}")
    if node.if_empty != "SUCCESS":
        yield Line(f"{port(node.if_empty)} when empty")


def _precondition(node: nodes.Precondition) -> Iterator[Line]:
    yield Line("if", clean(node.if_.text), guard=True)
    yield Line(f"else {port(node.else_)}")


def _catch(node: nodes.TryCatch) -> Iterator[Line]:
    if node.catch_on_halt not in ("", "false", "0"):
        yield Line("catches a halt too")


_OWN: dict[type[nodes.Node], Callable[[Any], Iterator[Line]]] = {
    nodes.Action: _ports,
    nodes.Condition: _ports,
    nodes.Delay: lambda n: iter([Line(f"{port(n.delay_msec)} ms")]),
    nodes.EntryUpdated: lambda n: iter([Line("when", port(n.entry))]),
    nodes.Loop: _loop,
    nodes.Parallel: lambda n: iter(
        [Line(f"success at {port(n.success_count)}, failure at {port(n.failure_count)}")]
    ),
    nodes.ParallelAll: lambda n: iter([Line(f"failure at {port(n.max_failures)}")]),
    nodes.Precondition: _precondition,
    nodes.Repeat: _times,
    nodes.RetryUntilSuccessful: _attempts,
    nodes.RunOnce: lambda n: iter(
        [Line("then as it ended" if n.then_skip in ("false", "0") else "then skipped")]
    ),
    nodes.RunScript: lambda n: iter([Line("", clean(n.code.text))]),
    nodes.ScriptCondition: lambda n: iter([Line("", clean(n.code.text))]),
    nodes.SetBlackboard: lambda n: iter(
        [Line("", f"{port(n.output_key).strip('{}')} := {port(n.value)}")]
    ),
    nodes.Sleep: lambda n: iter([Line(f"{port(n.msec)} ms")]),
    nodes.SubTree: _subtree,
    nodes.Switch: lambda n: iter([Line("on", port(n.variable))]),
    nodes.Timeout: lambda n: iter([Line(f"{port(n.msec)} ms")]),
    nodes.TryCatch: _catch,
    nodes.UnsetBlackboard: lambda n: iter([Line("", port(n.key).strip("{}"))]),
    nodes.WasEntryUpdated: lambda n: iter([Line("", port(n.entry))]),
    nodes.WeightedFallback: _weighted,
}
