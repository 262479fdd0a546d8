"""Where the nodes of a tree stand: levels are columns, children in order below one another.

Tidy in Reingold and Tilford's sense: nothing overlaps, a parent stands at the middle of its
children, and a subtree looks the same wherever it stands. Siblings are packed once from the top
and once from the bottom, and the mean of both is taken (Kennedy, "Drawing Trees", 1996): what
lies between two large subtrees is then spread evenly. Refuses nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

Extent = list[tuple[float, float]]
"""Topmost and bottommost y of a subtree at each level below its root, relative to its centre."""
_COUSINS = 1.7


@dataclass(frozen=True, slots=True)
class Place:
    """Left edge and middle of a node, in pixels; the topmost node's top edge is y = 0."""

    x: float
    y: float


def tidy(
    children: Sequence[Sequence[int]],
    sizes: Sequence[tuple[float, float]],
    *,
    between: float,
    before: Sequence[float],
) -> list[Place]:
    """Places of all nodes.

    Args:
        children: of each node, as indices; parents come before their children, the root is 0.
        sizes: width and height of each node.
        between: pixels kept free between two siblings; between cousins it is `_COUSINS` times.
        before: pixels kept free to the left of each node; a column takes the largest.
    """
    levels = [0] * len(children)
    for parent, below in enumerate(children):
        for child in below:
            levels[child] = levels[parent] + 1
    offsets = [0.0] * len(children)
    extents: list[Extent] = [[] for _ in children]
    for node in reversed(range(len(children))):
        half = sizes[node][1] / 2.0
        inner = [extents[child] for child in children[node]]
        shifts = _shifts(inner, between)
        for child, shift in zip(children[node], shifts, strict=True):
            offsets[child] = shift
        extents[node] = [(-half, half), *_merged(inner, shifts)]
        for child in children[node]:
            extents[child] = []
    ys = _absolute(children, offsets)
    top = min(y - high / 2.0 for y, (_, high) in zip(ys, sizes, strict=True))
    xs = _columns(levels, sizes, before)
    return [Place(xs[level], y - top) for level, y in zip(levels, ys, strict=True)]


def _shifts(extents: list[Extent], between: float) -> list[float]:
    """Where siblings stand, relative to their parent."""
    down = _packed(extents, between)
    mirrored = [[(-low, -high) for high, low in extent] for extent in reversed(extents)]
    up = [-shift for shift in reversed(_packed(mirrored, between))]
    if not down:
        return []
    middle_down, middle_up = (down[0] + down[-1]) / 2.0, (up[0] + up[-1]) / 2.0
    return [(a - middle_down + b - middle_up) / 2.0 for a, b in zip(down, up, strict=True)]


def _packed(extents: list[Extent], between: float) -> list[float]:
    """Each as close to those before it as it goes, the first at 0."""
    shifts: list[float] = []
    bottom: list[float] = []
    for extent in extents:
        shift = max(
            (
                low - top + between * (_COUSINS if level else 1.0)
                for level, (low, (top, _)) in enumerate(zip(bottom, extent, strict=False))
            ),
            default=0.0,
        )
        shifts.append(shift)
        bottom[: len(extent)] = [shift + low for _, low in extent]
    return shifts


def _merged(extents: list[Extent], shifts: list[float]) -> Extent:
    """The extent of siblings together."""
    merged: Extent = []
    for extent, shift in zip(extents, shifts, strict=True):
        for level, (top, low) in enumerate(extent):
            moved = (top + shift, low + shift)
            if level == len(merged):
                merged.append(moved)
            else:
                above, below = merged[level]
                merged[level] = (min(above, moved[0]), max(below, moved[1]))
    return merged


def _absolute(children: Sequence[Sequence[int]], offsets: list[float]) -> list[float]:
    ys = [0.0] * len(children)
    for parent, below in enumerate(children):
        for child in below:
            ys[child] = ys[parent] + offsets[child]
    return ys


def _columns(
    levels: list[int], sizes: Sequence[tuple[float, float]], before: Sequence[float]
) -> list[float]:
    """Left edge of each column: each is as wide as its widest node."""
    deepest = max(levels)
    wide, free = [0.0] * (deepest + 1), [0.0] * (deepest + 1)
    for level, (width, _), gap in zip(levels, sizes, before, strict=True):
        wide[level] = max(wide[level], width)
        free[level] = max(free[level], gap)
    xs = [0.0]
    for level in range(1, deepest + 1):
        xs.append(xs[-1] + wide[level - 1] + free[level])
    return xs
