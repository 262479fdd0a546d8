"""What leaves must have said, where nobody wrote it down.

A log keeps what tactics did, not what the leaves inside them and on the way to them answered.
From what was chosen follows what they must have said, or may have: an answer of one leaf for each
thing that is known. Refuses nothing: where nothing follows, there is no answer.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from astraweave.behavior import nodes
from astraweave.behavior.status import FAILURE, RUNNING, SKIPPED, SUCCESS, Status

Answers = dict[str, Status]
"""Path of an action or a condition → what it says."""

_FALLBACKS = (nodes.Fallback, nodes.ReactiveFallback, nodes.AsyncFallback)
_SEQUENCES = (
    nodes.Sequence,
    nodes.ReactiveSequence,
    nodes.AsyncSequence,
    nodes.SequenceWithMemory,
    nodes.TryCatch,
)
_RUNNERS = (nodes.Action, nodes.Sleep)
_SPEAKERS = (nodes.Action, nodes.Condition)
_BRANCHES = (nodes.IfThenElse, nodes.WhileDoElse)
_OTHER = {SUCCESS: FAILURE, FAILURE: SUCCESS}


def saying(node: nodes.Node, wanted: Status) -> Iterator[tuple[str, Status]]:
    """Answers of the leaves below with which the node says `wanted`."""
    if isinstance(node, nodes.Action):
        yield node.path, wanted
    elif isinstance(node, nodes.Condition):
        yield node.path, SUCCESS if wanted is RUNNING else wanted
    elif isinstance(node, nodes.Inverter):
        yield from saying(node.children[0], _OTHER.get(wanted, wanted))
    elif isinstance(node, (*_SEQUENCES, *_FALLBACKS)):
        passing = SUCCESS if isinstance(node, _SEQUENCES) else FAILURE
        yield from _in_order(node.children, wanted, passing=passing)
    elif isinstance(node, _BRANCHES):
        yield from saying(node.children[0], SUCCESS)
        yield from saying(node.children[1], wanted)
    elif not isinstance(node, nodes.WeightedFallback):
        # What is inside a choice speaks for itself: its own decision was recorded.
        for child in node.children:
            yield from saying(child, wanted)


def _in_order(
    children: Sequence[nodes.Node], wanted: Status, *, passing: Status
) -> Iterator[tuple[str, Status]]:
    """Children let one another pass up to the one that decides."""
    for i, child in enumerate(children):
        can = _holds(child, _RUNNERS if wanted is RUNNING else _SPEAKERS)
        decides = wanted is not passing and (can or i == len(children) - 1)
        yield from saying(child, wanted if decides else passing)
        if decides:
            return


def _holds(node: nodes.Node, kinds: tuple[type[nodes.Node], ...]) -> bool:
    """Whether such a leaf is there, outside of choices."""
    if isinstance(node, nodes.WeightedFallback):
        return False
    return isinstance(node, kinds) or any(_holds(child, kinds) for child in node.children)


def passing(way: Sequence[nodes.Node]) -> Iterator[tuple[str, Status]]:
    """Answers of the leaves that stand before a way down the tree, so that it can be gone.

    Args:
        way: a node, its child, and so on.
    """
    for sibling, said in _before(way):
        yield from saying(sibling, said)


def passed(way: Sequence[nodes.Node]) -> Iterator[str]:
    """Names of the choices that must have succeeded for the way to be gone, if they were made."""
    for sibling, said in _before(way):
        for node in nodes.walk(sibling):
            if said is SUCCESS and isinstance(node, nodes.WeightedFallback):
                yield node.name


def _before(way: Sequence[nodes.Node]) -> Iterator[tuple[nodes.Node, Status]]:
    """What stands before a way, and what it must have said."""
    for parent, child in pairwise(way):
        at = next(i for i, other in enumerate(parent.children) if other is child)
        if isinstance(parent, _BRANCHES):
            said = SUCCESS if at == 1 else FAILURE
            at = min(at, 1)
        elif isinstance(parent, (*_SEQUENCES, *_FALLBACKS)):
            said = SUCCESS if isinstance(parent, _SEQUENCES) else FAILURE
        else:
            continue
        for sibling in parent.children[:at]:
            yield sibling, said


def recorded(result: str) -> Status:
    """What a chosen child said in the tick in which its decision ended."""
    return {"success": SUCCESS, "partial": SUCCESS, "failure": FAILURE}.get(result, SKIPPED)
