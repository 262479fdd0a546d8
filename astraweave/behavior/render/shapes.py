"""What a picture is made of: boxes, curves, lines and words, in pixels, y downwards.

Every drawer (SVG here, PNG beside the demo) draws these and knows nothing of trees. Refuses
nothing: whoever makes a shape has cut and cleaned its text.
"""

from dataclasses import dataclass

Point = tuple[float, float]

PAPER, INK, FAINT, PALE, RULE = "#ffffff", "#1f2733", "#5b6675", "#808b9a", "#d7dde5"


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle. radius: of its corners. double: a second outline inside the first."""

    x: float
    y: float
    wide: float
    high: float
    radius: float = 0.0
    fill: str | None = None
    line: str | None = None
    width: float = 1.0
    double: bool = False


@dataclass(frozen=True, slots=True)
class Curve:
    """From the left to the right: level as far as `bend`, then a cubic that arrives level."""

    start: Point
    bend: float
    end: Point
    colour: str
    width: float


@dataclass(frozen=True, slots=True)
class Stroke:
    """Straight pieces with round ends; closed and filled when `fill` is given."""

    points: tuple[Point, ...]
    colour: str
    width: float
    fill: str | None = None


@dataclass(frozen=True, slots=True)
class Words:
    """One line of text; (x, y) is on its baseline, at its left end or its middle.

    room: the width that was kept for it. mono: all characters of one width.
    """

    x: float
    y: float
    text: str
    size: float
    colour: str
    room: float
    bold: bool = False
    mono: bool = False
    middle: bool = False


Shape = Box | Curve | Stroke | Words


@dataclass(frozen=True, slots=True)
class Group:
    """Shapes that belong together; `tip` is what a viewer shows under the pointer."""

    shapes: tuple[Shape, ...]
    tip: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture to be drawn in order. name: what it is of, for those who cannot see it."""

    name: str
    wide: float
    high: float
    groups: tuple[Group, ...]
