"""Choices by weight: whether they can come to nothing, and what their weights say."""

from collections.abc import Iterator

from astraweave.behavior import nodes
from astraweave.behavior.check.remark import Remark

HARDLY = 1e-3
"""A share of a roulette below which a child is as good as never chosen."""
_TRIES_ON = (nodes.Fallback, nodes.ReactiveFallback, nodes.AsyncFallback)


def choice_remarks(root: nodes.Node) -> Iterator[Remark]:
    """Remarks on every WeightedFallback of a tree."""
    stack = [(root, False)]
    while stack:
        node, backed = stack.pop()
        if isinstance(node, nodes.WeightedFallback):
            yield from _remarks(node, backed)
        last = len(node.children) - 1
        tries_on = isinstance(node, _TRIES_ON)
        stack += [(c, backed or (tries_on and i < last)) for i, c in enumerate(node.children)]


def _remarks(node: nodes.WeightedFallback, backed: bool) -> Iterator[Remark]:
    if not backed and all(map(_guarded, node.children)):
        yield Remark(
            node.where,
            node.path,
            "every child has a _skipIf or a _while, so there may be nothing to choose",
            "leave one child without, or put a Fallback with something else around it",
            "empty-choice",
        )
    total = sum(node.weights)
    for child, weight in zip(node.children, node.weights, strict=True):
        if node.policy == "roulette" and weight < HARDLY * total:
            yield Remark(
                child.where,
                child.path,
                f"is hardly ever chosen: its weight is {weight:g} of {total:g}",
                "raise it, or take the child away",
                "tiny-weight",
            )


def _guarded(child: nodes.Node) -> bool:
    return child.hooks.skip_if is not None or child.hooks.while_ is not None
