"""A picture of a save that grows, as SVG: cost over episodes, both logarithmic."""

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise

WIDTH, HEIGHT = 760, 420
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 210, 46, 54
_LINES = (
    ("open", 1e3, "open", "#8a5cc4"),
    ("update", 1.0, "learn one more", "#c2542d"),
    ("asked", 1.0, "a question", "#2f7fbf"),
    ("write", 1.0, "write one more", "#3c8c4a"),
    ("record", 1.0, "record an observation", "#7a7a7a"),
)
_UNITS = ((1e6, "s"), (1e3, "ms"), (1.0, "µs"), (1e-3, "ns"))


def drawn(costs: Sequence[Mapping[str, float]]) -> str:
    """The picture; `costs` as `bench.growth.Cost._asdict()` gives them, smallest save first."""
    sizes = [cost["episodes"] for cost in costs]
    values = [cost[name] * per for name, per, *_ in _LINES for cost in costs]
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    right, bottom = WIDTH - _RIGHT, HEIGHT - _BOTTOM

    def x(size: float) -> float:
        first, last = math.log10(sizes[0]), math.log10(sizes[-1])
        return _LEFT + (right - _LEFT) * (math.log10(size) - first) / (last - first)

    def y(value: float) -> float:
        return bottom - (bottom - _TOP) * (math.log10(value) - low) / (high - low)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        'font-family="sans-serif" font-size="13" fill="#222">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        f'<text x="{_LEFT}" y="26" font-size="15">What one more costs, by episodes in the save'
        "</text>",
    ]
    for power in range(low, high + 1):
        at = y(10.0**power)
        parts.append(f'<path d="M{_LEFT} {at:.1f}H{right}" stroke="#e2e2e2"/>')
        parts.append(
            f'<text x="{_LEFT - 8}" y="{at + 4:.1f}" text-anchor="end">{_time(10.0**power)}</text>'
        )
    parts += [
        f'<text x="{x(size):.1f}" y="{bottom + 22}" text-anchor="middle">{_count(size)}</text>'
        for size in sizes
    ]
    parts.append(
        f'<text x="{(_LEFT + right) / 2:.0f}" y="{HEIGHT - 8}" text-anchor="middle">episodes '
        f"({max(cost['bytes'] for cost in costs) / 1000:.1f} kB each at most)</text>"
    )
    ends = [y(costs[-1][name] * per) for name, per, *_ in _LINES]
    for (name, per, label, colour), end in zip(_LINES, _apart(ends), strict=True):
        points = [(x(cost["episodes"]), y(cost[name] * per)) for cost in costs]
        parts += [
            f'<path d="M{ax:.1f} {ay:.1f}L{bx:.1f} {by:.1f}" stroke="{colour}" stroke-width="2"/>'
            for (ax, ay), (bx, by) in pairwise(points)
        ]
        parts += [
            f'<circle cx="{px:.1f}" cy="{py:.1f}" r="3.5" fill="{colour}"/>' for px, py in points
        ]
        told = f"{label}, {_time(costs[-1][name] * per)}"
        parts.append(f'<text x="{right + 10}" y="{end + 4:.1f}" fill="{colour}">{told}</text>')
    return "\n".join([*parts, "</svg>", ""])


def _apart(heights: Sequence[float], least: float = 17.0) -> list[float]:
    """`heights` moved down where needed, so that no two labels touch."""
    placed = dict[int, float]()
    below = -math.inf
    for i in sorted(range(len(heights)), key=lambda i: heights[i]):
        below = placed[i] = max(heights[i], below + least)
    return [placed[i] for i in range(len(heights))]


def _count(size: float) -> str:
    """Two figures: a save that is measured again has a few hundred more."""
    return f"{round(size, 1 - math.floor(math.log10(size))):,.0f}"


def _time(micros: float) -> str:
    """A time with two figures and its unit."""
    per, unit = next(((per, unit) for per, unit in _UNITS if micros >= per), _UNITS[-1])
    value = micros / per
    return f"{value:.0f} {unit}" if value >= 10 or value == int(value) else f"{value:.1f} {unit}"
