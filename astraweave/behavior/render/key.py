"""The key below a picture: what outlines, marks and widths mean, of those that it holds.

Refuses nothing.
"""

from collections.abc import Callable, Sequence

from astraweave.behavior.render.boxes import badge
from astraweave.behavior.render.cards import Card
from astraweave.behavior.render.edges import arrow
from astraweave.behavior.render.metrics import width_of
from astraweave.behavior.render.palette import KINDS, LESS, MORE, WEIGHED
from astraweave.behavior.render.shapes import FAINT, RULE, Box, Curve, Shape, Stroke, Words
from astraweave.behavior.render.wording import Kind
from astraweave.behavior.status import IDLE, Status

SIZE, ROW = 11.0, 24.0
_SWATCH, _APART = 26.0, 22.0
_WORDS: dict[Kind, str] = {
    "control": "control",
    "weighted": "weighted choice",
    "decorator": "decorator",
    "subtree": "subtree",
    "condition": "condition",
    "action": "action",
}
Draw = Callable[[float, float], list[Shape]]
"""Draws a sample into a place `_SWATCH` wide, whose left end and middle are given."""


def key_of(
    cards: Sequence[Card], left: float, top: float, right: float
) -> tuple[list[Shape], float]:
    """The key's shapes, and where it ends.

    Args:
        cards: what the picture holds.
        left, top, right: where it may stand, in pixels; at least 520 wide.
    """
    right = max(right, left + 520.0)
    shapes: list[Shape] = [Stroke(((left, top), (right, top)), RULE, 1.0)]
    x, y = left, top + ROW
    for draw, text in _entries(cards):
        wide = _SWATCH + 8.0 + width_of(text, SIZE)
        if x > left and x + wide > right:
            x, y = left, y + ROW
        shapes += draw(x, y)
        place, room = x + _SWATCH + 8.0, width_of(text, SIZE)
        shapes.append(Words(place, y + 4.0, text, SIZE, FAINT, room))
        x += wide + _APART
    return shapes, y + ROW / 2.0


def _entries(cards: Sequence[Card]) -> list[tuple[Draw, str]]:
    kinds = {card.kind for card in cards}
    found: list[tuple[Draw, str]] = [
        (_swatch(kind), words) for kind, words in _WORDS.items() if kind in kinds
    ]
    asked = {card.status for card in cards if card.status is not None}
    found += [
        (_badge(status), status.name) for status in Status if status in asked and status is not IDLE
    ]
    shares = [card.share for card in cards if card.share is not None]
    if any(not share.rank for share in shares):
        found.append((_ribbon, "chance, while none is skipped"))
    if any(share.rank for share in shares):
        found.append((_ribbon, "#1 is tried first"))
    if any(share.factor is not None for share in shares):
        found.append((_arrows, "likelier or less likely than designed; × learned factor"))
    return found


def _swatch(kind: Kind) -> Draw:
    def draw(x: float, y: float) -> list[Shape]:
        hue = KINDS[kind]
        radius = {"condition": 7.0, "decorator": 0.0}.get(kind, 4.0)
        width = 2.0 if kind == "weighted" else 1.2
        double = kind == "subtree"
        return [Box(x, y - 7.0, _SWATCH, 14.0, radius, hue.tint, hue.strong, width, double=double)]

    return draw


def _badge(status: Status) -> Draw:
    return lambda x, y: badge(x + _SWATCH - 9.0, y, status)


def _ribbon(x: float, y: float) -> list[Shape]:
    return [
        Curve((x, y - 2.0), x, (x + _SWATCH, y - 5.0), WEIGHED, 5.0),
        Curve((x, y + 1.5), x, (x + _SWATCH, y + 6.0), WEIGHED, 1.6),
    ]


def _arrows(x: float, y: float) -> list[Shape]:
    return [arrow(x + 8.0, y, 1, MORE), arrow(x + 19.0, y, -1, LESS)]
