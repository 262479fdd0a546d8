"""Cards → a picture: a heading, boxes in tidy columns, edges as wide as they are likely, a key.

Refuses nothing; a tree of ten thousand nodes is a large picture.
"""

from collections.abc import Sequence

from astraweave.behavior.render.boxes import Measured, box_of, measured
from astraweave.behavior.render.cards import Card
from astraweave.behavior.render.edges import edges_of, gap_before, label_of
from astraweave.behavior.render.key import key_of
from astraweave.behavior.render.layout import Place, tidy
from astraweave.behavior.render.metrics import clean, cut
from astraweave.behavior.render.shapes import FAINT, INK, PAPER, Box, Group, Picture, Shape, Words

MARGIN, BETWEEN = 24.0, 12.0
_TITLE, _CAPTION = 17.0, 12.0


def picture_of(cards: Sequence[Card], title: str, caption: str = "") -> Picture:
    """Draw cards.

    Args:
        cards: from `cards_of`.
        title: of the picture.
        caption: a line under it: whose weights, which tick.
    """
    boxes = [measured(card) for card in cards]
    top = MARGIN + 32.0 + (18.0 if caption else 0.0)
    places = [
        Place(place.x + MARGIN, place.y + top)
        for place in tidy(
            [card.children for card in cards],
            [(box.wide, box.high) for box in boxes],
            between=BETWEEN,
            before=[
                gap_before(card, len(cards[card.parent].children) if card.parent >= 0 else 0)
                for card in cards
            ],
        )
    ]
    bends = _column_ends(boxes, places)
    right = max(p.x + box.wide for p, box in zip(places, boxes, strict=True))
    bottom = max(p.y + box.high / 2.0 for p, box in zip(places, boxes, strict=True))
    right = max(right, MARGIN + 520.0)
    key, end = key_of(cards, MARGIN, bottom + MARGIN, right)
    wide, high = right + MARGIN, end + MARGIN / 2.0
    groups = [
        Group((Box(0.0, 0.0, wide, high, 8.0, PAPER), *_heading(title, caption, wide))),
        Group(tuple(s for i in range(len(cards)) for s in edges_of(i, boxes, places, bends[i]))),
    ]
    groups += [
        Group((*box_of(box, p.x, p.y), *label_of(box.card, p)), box.card.tip)
        for box, p in zip(boxes, places, strict=True)
    ]
    groups.append(Group(tuple(key)))
    return Picture(
        f"Behaviour tree {clean(title)}", wide, high, tuple(g for g in groups if g.shapes)
    )


def _column_ends(boxes: Sequence[Measured], places: Sequence[Place]) -> list[float]:
    """Right edge of the widest box in each node's column."""
    ends: dict[float, float] = {}
    for box, place in zip(boxes, places, strict=True):
        ends[place.x] = max(ends.get(place.x, 0.0), place.x + box.wide)
    return [ends[place.x] for place in places]


def _heading(title: str, caption: str, wide: float) -> list[Shape]:
    room = wide - 2 * MARGIN
    words = cut(clean(title), room, _TITLE, bold=True)
    shapes: list[Shape] = [Words(MARGIN, MARGIN + 14.0, words, _TITLE, INK, room, bold=True)]
    if caption:
        words = cut(clean(caption), room, _CAPTION)
        shapes.append(Words(MARGIN, MARGIN + 33.0, words, _CAPTION, FAINT, room))
    return shapes
