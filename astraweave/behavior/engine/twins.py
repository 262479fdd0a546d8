"""Which node of a tree that takes another's place is which: what `Run.adopt` asks."""

from collections.abc import Sequence

from astraweave.behavior.engine.running import Run
from astraweave.behavior.nodes import Node


def same(old: Node, new: Node) -> bool:
    """Whether two siblings, or roots, of an old and a new tree are one node."""
    return (
        type(old) is type(new)
        and old.path == new.path
        and getattr(old, "id", None) == getattr(new, "id", None)
    )


def twin(old: Run, children: Sequence[Run]) -> int | None:
    """Place of the child that an old child has become, None when it is gone."""
    for place, child in enumerate(children):
        if same(old.node, child.node):
            return place
    return None


def place_after(old: Sequence[Run], at: int, new: Sequence[Run]) -> int:
    """Where to go on among new children when the old ones before `at` were done.

    At the same child, or else behind the last of the done ones that is still there.
    """
    if at < len(old) and (place := twin(old[at], new)) is not None:
        return place
    done = [twin(child, new) for child in old[:at]]
    return max((place + 1 for place in done if place is not None), default=0)


def skipped_after(old: Sequence[Run], skipped: int, at: int, new: Sequence[Run], then: int) -> int:
    """How many count as skipped before `then`, when `skipped` did before `at`."""
    if [child.node.path for child in old] == [child.node.path for child in new]:
        return skipped
    return then if skipped == at else 0
