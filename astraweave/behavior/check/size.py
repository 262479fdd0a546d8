"""Trees and numbers that are larger than anybody means them."""

from collections.abc import Iterator

from astraweave.behavior import nodes
from astraweave.behavior.check.remark import Remark

DEEP, MANY = 32, 5_000
HOUR_MS = 3_600_000
_TIMES = ("delay_msec", "msec")


def levels_of(root: nodes.Node) -> int:
    """How deep a tree is; 1 for a leaf."""
    return max(level for _, level in _levels(root))


def size_remarks(root: nodes.Node) -> Iterator[Remark]:
    """Remarks on depth, on the number of nodes, and on times of an hour and more."""
    count, deepest = 0, (root, 0)
    for node, level in _levels(root):
        count += 1
        deepest = max(deepest, (node, level), key=lambda pair: pair[1])
        yield from _times(node)
    fix = "split it, or give parts of it to a SubTree that is used once"
    if deepest[1] > DEEP:
        node, level = deepest
        what = f"stands on level {level}; trees of more than 64 are refused"
        yield Remark(node.where, node.path, what, "flatten it", "deep")
    if count > MANY:
        what = f"the tree has {count:,} nodes; more than 10,000 are refused"
        yield Remark(root.where, root.path, what, fix, "large")


def _levels(root: nodes.Node) -> Iterator[tuple[nodes.Node, int]]:
    stack = [(root, 1)]
    while stack:
        node, level = stack.pop()
        yield node, level
        stack += [(child, level + 1) for child in node.children]


def _times(node: nodes.Node) -> Iterator[Remark]:
    for name in _TIMES:
        value = getattr(node, name, None)
        if isinstance(value, str) and value.isdecimal() and int(value) >= HOUR_MS:
            what = f"{name} is {int(value) / HOUR_MS:,.4g} hours of simulated time"
            yield Remark(node.where, node.path, what, "it counts milliseconds", "long-time")
