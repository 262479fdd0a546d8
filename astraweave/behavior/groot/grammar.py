"""What each tag of a tree may carry: ports of which type, how many children, and its class.

Numbers of children and types are BehaviorTree.CPP 4.10's, which looks at some only when the node
is ticked: an IfThenElse with one child is read here and refused there. Refuses nothing itself.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from astraweave.behavior import nodes
from astraweave.behavior.groot.xml_reader import Element
from astraweave.behavior.scripts.environment import Kind
from astraweave.errors import TreeError

MAX_WEIGHTED = 64
MANY = 10_000
MAX_PATH = 400


class PortRule(NamedTuple):
    """A port of a built-in node. kind: its type; "script" and "entry" are no values but names.

    field: of the node's class. empty: an empty text is a value here, so that one that is not given
    is `NOT_GIVEN`.
    """

    kind: Kind | Literal["script", "entry"]
    field: str
    empty: bool = False


CHECKED = ("int", "unsigned", "int64", "double", "bool")
"""Types whose literals are converted when they are read; a status is when it is used."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A built-in node type. fixed: fields of its class that this tag sets, unless a port does."""

    make: Callable[..., nodes.Node]
    fewest: int
    most: int
    ports: Mapping[str, PortRule] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    fixed: Mapping[str, object] = field(default_factory=dict)


def _ports(kind: Kind | Literal["script", "entry"], *names: str) -> dict[str, PortRule]:
    return {name: PortRule(kind, name) for name in names}


def _control(make: Callable[..., nodes.Node], ports: Mapping[str, PortRule] | None = None) -> Rule:
    return Rule(make, 1, MANY, ports or {})


def _decorator(
    make: Callable[..., nodes.Node],
    ports: Mapping[str, PortRule] | None = None,
    needs: tuple[str, ...] = (),
    **fixed: object,
) -> Rule:
    return Rule(make, 1, 1, ports or {}, needs, fixed)


def _leaf(
    make: Callable[..., nodes.Node],
    ports: Mapping[str, PortRule] | None = None,
    needs: tuple[str, ...] = (),
    **fixed: object,
) -> Rule:
    return Rule(make, 0, 0, ports or {}, needs, fixed)


def _switch(cases: int) -> Rule:
    names = ("variable", *(f"case_{i}" for i in range(1, cases + 1)))
    return _control(nodes.Switch, {name: PortRule("string", name, empty=True) for name in names})


def _loop(kind: Kind) -> Rule:
    ports = {**_ports("any", "queue"), **_ports("status", "if_empty"), **_ports(kind, "value")}
    return _decorator(nodes.Loop, ports, ("queue",), kind=kind)


CONTROLS: dict[str, Rule] = {
    "Sequence": _control(nodes.Sequence),
    "AsyncSequence": _control(nodes.AsyncSequence),
    "SequenceWithMemory": _control(nodes.SequenceWithMemory),
    "ReactiveSequence": _control(nodes.ReactiveSequence),
    "Fallback": _control(nodes.Fallback),
    "AsyncFallback": _control(nodes.AsyncFallback),
    "ReactiveFallback": _control(nodes.ReactiveFallback),
    "Parallel": _control(nodes.Parallel, _ports("int", "success_count", "failure_count")),
    "ParallelAll": _control(nodes.ParallelAll, _ports("int", "max_failures")),
    "IfThenElse": _control(nodes.IfThenElse),
    "WhileDoElse": _control(nodes.WhileDoElse),
    **{f"Switch{cases}": _switch(cases) for cases in range(2, 7)},
    "TryCatch": Rule(nodes.TryCatch, 2, MANY, _ports("bool", "catch_on_halt")),
    "WeightedFallback": Rule(
        nodes.WeightedFallback, 1, MAX_WEIGHTED, _ports("any", "weights", "policy", "temperature")
    ),
}
_ENTRY = _ports("entry", "entry")
DECORATORS: dict[str, Rule] = {
    "Inverter": _decorator(nodes.Inverter),
    "ForceSuccess": _decorator(nodes.ForceSuccess),
    "ForceFailure": _decorator(nodes.ForceFailure),
    "Repeat": _decorator(nodes.Repeat, _ports("int", "num_cycles")),
    "RetryUntilSuccessful": _decorator(nodes.RetryUntilSuccessful, _ports("int", "num_attempts")),
    "KeepRunningUntilFailure": _decorator(nodes.KeepRunningUntilFailure),
    "Delay": _decorator(nodes.Delay, _ports("unsigned", "delay_msec")),
    "Timeout": _decorator(nodes.Timeout, _ports("unsigned", "msec")),
    "RunOnce": _decorator(nodes.RunOnce, _ports("bool", "then_skip")),
    "Precondition": _decorator(
        nodes.Precondition,
        {"if": PortRule("script", "if_"), "else": PortRule("status", "else_")},
        ("if",),
    ),
    "SkipUnlessUpdated": _decorator(nodes.EntryUpdated, _ENTRY, ("entry",), otherwise="SKIPPED"),
    "WaitValueUpdate": _decorator(nodes.EntryUpdated, _ENTRY, ("entry",), otherwise="RUNNING"),
    "LoopInt": _loop("int"),
    "LoopBool": _loop("bool"),
    "LoopDouble": _loop("double"),
    "LoopString": _loop("string"),
}
LEAVES: dict[str, Rule] = {
    "AlwaysSuccess": _leaf(nodes.AlwaysSuccess),
    "AlwaysFailure": _leaf(nodes.AlwaysFailure),
    "Script": _leaf(nodes.RunScript, _ports("script", "code"), ("code",)),
    "ScriptCondition": _leaf(nodes.ScriptCondition, _ports("script", "code"), ("code",)),
    "SetBlackboard": _leaf(
        nodes.SetBlackboard,
        {"value": PortRule("any", "value", empty=True), **_ports("any", "output_key")},
        output_key="",
    ),
    "UnsetBlackboard": _leaf(nodes.UnsetBlackboard, _ports("string", "key"), key=""),
    "WasEntryUpdated": _leaf(nodes.WasEntryUpdated, _ENTRY, ("entry",)),
    "Sleep": _leaf(nodes.Sleep, _ports("unsigned", "msec")),
}
BUILT_IN: dict[str, Rule] = {**CONTROLS, **DECORATORS, **LEAVES}
EXPLICIT = ("Action", "Condition", "Control", "Decorator", "SubTree")
"""Tags that name their node type by ID."""

RENAMED = {
    "SequenceStar": "SequenceWithMemory",
    "FallbackStar": "ReactiveFallback",
    "Selector": "Fallback",
    "SubTreePlus": "SubTree",
    "BlackboardCheckInt": "Precondition",
    "BlackboardCheckDouble": "Precondition",
    "BlackboardCheckString": "Precondition",
    "BlackboardCheckBool": "Precondition",
}
"""Node types of BehaviorTree.CPP 3, and what took their place."""

PORT_TAGS = ("input_port", "output_port", "inout_port")
KINDS: dict[str, Kind] = {
    **dict.fromkeys(("int", "int32_t"), "int"),
    **dict.fromkeys(("unsigned int", "unsigned", "uint32_t"), "unsigned"),
    **dict.fromkeys(("int64_t", "long"), "int64"),
    **dict.fromkeys(("double", "float"), "double"),
    "bool": "bool",
    **dict.fromkeys(("std::string", "string"), "string"),
    **dict.fromkeys(("BT::NodeStatus", "NodeStatus"), "status"),
}
"""Types as Groot2 writes them, and what they are here; any other is "any"."""


@dataclass(frozen=True, slots=True)
class PortModel:
    """A declared port. type: as in Groot2, e.g. "double"; default: for one that is not given."""

    name: str
    direction: Literal["input", "output", "inout"] = "input"
    type: str = ""
    default: str = ""

    @property
    def kind(self) -> Kind:
        """Its type, as far as it is one that can be checked."""
        return KINDS.get(self.type, "any")


@dataclass(frozen=True, slots=True)
class Model:
    """A declared node: "Action", "Condition" or another kind of TreeNodesModel, and its ports.

    A port that is only a name is an input of any type.
    """

    kind: str
    ports: tuple[PortModel | str, ...] = field(default=())

    @property
    def named(self) -> dict[str, PortModel]:
        """Its ports by name, in declared order."""
        models = (PortModel(port) if isinstance(port, str) else port for port in self.ports)
        return {model.name: model for model in models}


def place(file: str, element: Element, path: str = "") -> str:
    """``file:line:col`` or ``file:line:col: path``; an element knows the file it was read from."""
    at = f"{element.file or file}:{element.line}:{element.column}"
    if len(path) > MAX_PATH:
        path = "…" + path[-MAX_PATH:]
    return f"{at}: {path}" if path else at


def needed(file: str, element: Element, attribute: str, path: str = "") -> str:
    """An attribute that must be there and not be empty."""
    value = element.attributes.get(attribute)
    if not value:
        raise TreeError(
            what=f"<{element.tag[:60]}> must have the attribute {attribute}",
            where=place(file, element, path),
            fix=f'write {attribute}="…"',
        )
    return value


def title(element: Element) -> str:
    """How an element is called: its name, else its ID, else its tag."""
    attributes = element.attributes
    return attributes.get("name") or attributes.get("ID") or element.tag
