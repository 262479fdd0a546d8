"""What a node can say at all, and with it which of its siblings are never reached.

A set of statuses always holds every status that can occur, so what is called unreachable is.
"""

from collections.abc import Callable, Sequence

from astraweave.behavior import nodes
from astraweave.behavior.check.remark import Remark

Outcomes = frozenset[str]
ALL = frozenset("SFRK")
"""SUCCESS, FAILURE, RUNNING, SKIPPED."""

_LEAVES: dict[type[nodes.Node], str] = {
    nodes.AlwaysSuccess: "S",
    nodes.AlwaysFailure: "F",
    nodes.RunScript: "S",
    nodes.SetBlackboard: "S",
    nodes.UnsetBlackboard: "S",
    nodes.ScriptCondition: "SF",
    nodes.WasEntryUpdated: "SF",
    nodes.Sleep: "SR",
}
_CHANGES: dict[type[nodes.Node], dict[str, str]] = {
    nodes.Inverter: {"S": "F", "F": "S", "R": "R", "K": "K"},
    nodes.ForceSuccess: {"S": "S", "F": "S", "R": "R", "K": "K"},
    nodes.ForceFailure: {"S": "F", "F": "F", "R": "R", "K": "K"},
    nodes.KeepRunningUntilFailure: {"S": "R", "F": "F", "R": "R", "K": "K"},
    nodes.Delay: {"S": "SR", "F": "FR", "R": "R", "K": "KR"},
    nodes.Timeout: {"S": "S", "F": "F", "R": "RF", "K": "K"},
    nodes.SubTree: {"S": "S", "F": "F", "R": "R", "K": "K"},
}
_PASSED_BY: dict[type[nodes.Node], str] = {
    **dict.fromkeys((nodes.Sequence, nodes.ReactiveSequence), "SK"),
    **dict.fromkeys((nodes.AsyncSequence, nodes.SequenceWithMemory), "SK"),
    **dict.fromkeys((nodes.Fallback, nodes.ReactiveFallback, nodes.AsyncFallback), "FK"),
}
"""What a child must say for the next one to be asked."""
_PAUSES = (nodes.AsyncSequence, nodes.AsyncFallback)
_BRANCHES = (nodes.IfThenElse, nodes.WhileDoElse)


def unreachable(root: nodes.Node) -> list[Remark]:
    """A remark for the first child of each node that is never reached."""
    remarks: list[Remark] = []
    outcomes(root, remarks.append)
    return remarks


def outcomes(node: nodes.Node, remark: Callable[[Remark], None]) -> Outcomes:
    """Statuses that a node can have; `remark` is told of children that are never reached."""
    below = [outcomes(child, remark) for child in node.children]
    kind = type(node)
    if kind in _LEAVES:
        found = frozenset(_LEAVES[kind])
    elif kind in _CHANGES:
        found = frozenset("".join(_CHANGES[kind][status] for status in below[0]))
    elif kind in _PASSED_BY:
        found = _in_order(node, below, _PASSED_BY[kind], remark)
    else:
        if isinstance(node, _BRANCHES):
            _branches(node, below, remark)
        found = ALL
    return found | _hooked(node)


def _hooked(node: nodes.Node) -> Outcomes:
    """What conditions before a node can make of it."""
    hooks = node.hooks
    skips = hooks.skip_if is not None or hooks.while_ is not None
    given = ((hooks.failure_if is not None, "F"), (hooks.success_if is not None, "S"), (skips, "K"))
    return frozenset(status for is_there, status in given if is_there)


def _in_order(
    node: nodes.Node, below: Sequence[Outcomes], passes: str, remark: Callable[[Remark], None]
) -> Outcomes:
    """A Sequence or a Fallback: each child is asked when the one before it lets it."""
    found: set[str] = {"R"} if isinstance(node, _PAUSES) else set()
    for i, said in enumerate(below):
        last = i == len(below) - 1
        found |= said - {"K"}
        if not last and not said & set(passes):
            _never(node, i + 1, remark)
            break
    if all("K" in said for said in below):
        found.add("K")
    return frozenset(found)


def _branches(
    node: nodes.Node, below: Sequence[Outcomes], remark: Callable[[Remark], None]
) -> None:
    for i, wanted in ((1, "S"), (2, "F")):
        if i < len(below) and wanted not in below[0]:
            _never(node, i, remark)


def _never(node: nodes.Node, i: int, remark: Callable[[Remark], None]) -> None:
    child, before = node.children[i], node.children[0 if isinstance(node, _BRANCHES) else i - 1]
    more = len(node.children) - i - 1
    others = f", nor are {more} behind it" if more and not isinstance(node, _BRANCHES) else ""
    what = f"is never reached{others}: {before.name!r} before it decides {node.name!r}"
    fix = "change their order, or take it away"
    remark(Remark(child.where, child.path, what, fix, "unreachable"))
