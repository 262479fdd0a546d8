"""What each tag of a tree may carry: attributes, children, models. Refuses what is unknown."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from astraweave.behavior.groot.xml_reader import Element
from astraweave.errors import TreeError
from astraweave.model.actions import nearest

MAX_WEIGHTED = 64
MANY = 10_000
MAX_PATH = 400


@dataclass(frozen=True, slots=True)
class Rule:
    """Attributes of a node type, those it needs, and how many children it takes."""

    ports: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    fewest: int = 0
    most: int = 0


CONTROLS: dict[str, Rule] = {
    "Sequence": Rule(fewest=1, most=MANY),
    "ReactiveSequence": Rule(fewest=1, most=MANY),
    "Fallback": Rule(fewest=1, most=MANY),
    "ReactiveFallback": Rule(fewest=1, most=MANY),
    "WeightedFallback": Rule(ports=("weights", "policy"), fewest=1, most=MAX_WEIGHTED),
}
DECORATORS: dict[str, Rule] = {"Inverter": Rule(fewest=1, most=1)}
LEAVES: dict[str, Rule] = {"ScriptCondition": Rule(ports=("code",), needs=("code",))}
BUILT_IN: dict[str, Rule] = {**CONTROLS, **DECORATORS, **LEAVES}
EXPLICIT: dict[str, Mapping[str, Rule]] = {"Control": CONTROLS, "Decorator": DECORATORS}
BY_ID = ("Action", "Condition", "SubTree")
MODEL_KINDS = ("Action", "Condition", "Control", "Decorator", "SubTree")
PORT_TAGS = ("input_port", "output_port", "inout_port")

NOT_RUN = frozenset(
    [
        "AlwaysFailure",
        "AlwaysSuccess",
        "AsyncFallback",
        "AsyncSequence",
        "Delay",
        "ForceFailure",
        "ForceSuccess",
        "IfThenElse",
        "KeepRunningUntilFailure",
        "LoopBool",
        "LoopDouble",
        "LoopInt",
        "LoopString",
        "Parallel",
        "ParallelAll",
        "Precondition",
        "Repeat",
        "RetryUntilSuccessful",
        "RunOnce",
        "Script",
        "SequenceWithMemory",
        "SetBlackboard",
        "SkipUnlessUpdated",
        "Sleep",
        "SubTreePlus",
        "Switch2",
        "Switch3",
        "Switch4",
        "Switch5",
        "Switch6",
        "Timeout",
        "TryCatch",
        "UnsetBlackboard",
        "WaitValueUpdate",
        "WasEntryUpdated",
        "WhileDoElse",
    ]
)
"""Node types of BehaviorTree.CPP that this version does not run, so that the error can say so."""

NOT_OBEYED = frozenset(
    ("_failureIf", "_successIf", "_while", "_onSuccess", "_onFailure", "_onHalted", "_post")
)
"""Attributes with a meaning that would be silently lost if they were tolerated."""


@dataclass(frozen=True, slots=True)
class Model:
    """A declared node: "Action", "Condition" or another kind of TreeNodesModel, and its ports."""

    kind: str
    ports: tuple[str, ...] = field(default=())


def place(file: str, element: Element, path: str = "") -> str:
    """``file:line:col`` or ``file:line:col: path``; an element knows the file it was read from."""
    at = f"{element.file or file}:{element.line}:{element.column}"
    if len(path) > MAX_PATH:
        path = "…" + path[-MAX_PATH:]
    return f"{at}: {path}" if path else at


def read_models(file: str, root: Element, declared: Mapping[str, Model]) -> dict[str, Model]:
    """Declared leaves: the caller's and those of the document's TreeNodesModel."""
    models = dict(declared)
    holders = [child for child in root.children if child.tag == "TreeNodesModel"]
    if len(holders) > 1:
        raise TreeError(
            what="a second <TreeNodesModel>", where=place(file, holders[1]), fix="merge the two"
        )
    for element in holders[0].children if holders else ():
        if element.tag == "MetadataFields":
            continue
        if element.tag not in MODEL_KINDS:
            raise TreeError(
                what="unknown kind of model",
                got=element.tag,
                where=place(file, element),
                fix=nearest(element.tag, MODEL_KINDS),
            )
        name = needed(file, element, "ID")
        models[name] = Model(element.tag, _ports(file, element))
    return models


def _ports(file: str, model: Element) -> tuple[str, ...]:
    for port in model.children:
        if port.tag not in (*PORT_TAGS, "MetadataFields"):
            raise TreeError(
                what="unknown element in a model",
                got=port.tag,
                where=place(file, port),
                fix=nearest(port.tag, PORT_TAGS),
            )
    return tuple(needed(file, p, "name") for p in model.children if p.tag in PORT_TAGS)


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
