"""Edges from a node to its children, and what stands at their ends. Refuses nothing.

Edges of a weighted choice are as wide as their share: together they are a ribbon that leaves the
parent in one piece and parts on its way.
"""

from collections.abc import Sequence

from astraweave.behavior.render.boxes import SMALL, Measured
from astraweave.behavior.render.cards import Card
from astraweave.behavior.render.layout import Place
from astraweave.behavior.render.metrics import cut, width_of
from astraweave.behavior.render.palette import EDGE, LESS, MORE, STATUSES, WEIGHED
from astraweave.behavior.render.shapes import FAINT, INK, PALE, Curve, Shape, Stroke, Words
from astraweave.behavior.status import IDLE, SKIPPED

PLAIN, LABEL = 44.0, 60.0
RIBBON, THINNEST = 34.0, 0.8
_SHARE_SIZE = 11.5
_FAN, _MOST_FAN = 5.0, 70.0


def gap_before(card: Card, siblings: int) -> float:
    """Pixels to keep free between a node and its parent's column: more where many edges fan out."""
    free = PLAIN + min(_FAN * siblings, _MOST_FAN)
    if card.share is not None:
        return free + LABEL + 8.0
    return free + (_role_room(card) if card.role else 0.0)


def _role_room(card: Card) -> float:
    return min(LABEL, width_of(card.role, SMALL)) + 10.0


def edges_of(
    i: int, boxes: Sequence[Measured], places: Sequence[Place], bend: float
) -> list[Shape]:
    """Curves from node `i` to its children; those that the tick took lie on top.

    bend: where its column ends: up to there another box may lie above or below.
    """
    card, place = boxes[i].card, places[i]
    x, room = place.x + boxes[i].wide, min(RIBBON, boxes[i].high - 12.0)
    y = place.y - room / 2.0
    found: list[tuple[bool, Shape]] = []
    for child in card.children:
        told, at = boxes[child].card, places[child]
        asked = told.status is not None and told.status is not IDLE
        if told.share is None:
            start, end, width = (x, place.y), at.x, 2.4 if asked else 1.5
            end -= _role_room(told) if told.role else 0.0
        else:
            exact = room * told.share.now
            width, end = max(THINNEST, exact), at.x - LABEL - 8.0
            start, y = (x, y + exact / 2.0), y + exact
        found.append((asked, Curve(start, bend, (end, at.y), _colour(told), width)))
    return [shape for _, shape in sorted(found, key=lambda pair: pair[0])]


def _colour(card: Card) -> str:
    if card.status is SKIPPED:
        return STATUSES[IDLE].strong
    if card.status is not None and card.status is not IDLE:
        return STATUSES[card.status].strong
    usual = EDGE if card.share is None else WEIGHED
    return usual if card.status is None else {EDGE: "#d5dbe3", WEIGHED: "#ddd4ea"}[usual]


def label_of(card: Card, place: Place) -> list[Shape]:
    """What stands before a node's box: its role, or its share with what was learned."""
    share, quiet = card.share, card.status in (IDLE, SKIPPED)
    if share is None:
        if not card.role:
            return []
        text = cut(card.role, LABEL, SMALL)
        left = place.x - _role_room(card) + 4.0
        return [Words(left, place.y + 3.5, text, SMALL, PALE if quiet else FAINT, LABEL)]
    left, learned = place.x - LABEL, share.factor is not None
    base = place.y + (-1.5 if learned else 4.0)
    ink = FAINT if quiet else INK
    shapes: list[Shape] = [Words(left, base, share.label, _SHARE_SIZE, ink, LABEL - 4.0, bold=True)]
    if learned:
        room = LABEL - 4.0
        shapes.append(Words(left, base + 13.0, share.learned, SMALL - 0.5, FAINT, room))
        if share.trend:
            beside = left + width_of(share.label, _SHARE_SIZE, bold=True) + 7.0
            shapes.append(arrow(beside, base - 4.0, share.trend, MORE if share.trend > 0 else LESS))
    return shapes


def arrow(x: float, y: float, way: int, colour: str) -> Stroke:
    """A small filled triangle that points up (1) or down (−1), centred at (x, y)."""
    points = ((x - 3.2, y + 2.4 * way), (x + 3.2, y + 2.4 * way), (x, y - 3.0 * way))
    return Stroke((*points, points[0]), colour, 0.8, fill=colour)
