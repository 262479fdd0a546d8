"""One card as shapes: a box in the kind's outline, its sign, its lines, its status.

Control: rounded; decorator: square corners; condition: round ends; subtree: two outlines;
weighted: thick. Refuses nothing: what is too long is cut, and stands whole in the tip.
"""

import re
from dataclasses import dataclass, field

from astraweave.behavior.render.cards import Card
from astraweave.behavior.render.icons import LETTERS, MARKS, STROKES
from astraweave.behavior.render.metrics import cut, width_of
from astraweave.behavior.render.palette import KINDS, STATUSES, Hue
from astraweave.behavior.render.shapes import FAINT, INK, PALE, Box, Shape, Stroke, Words
from astraweave.behavior.render.wording import Line
from astraweave.behavior.status import IDLE, RUNNING, SKIPPED, Status

TITLE, SMALL = 13.0, 10.5
ROW, HEAD, PAD = 15.0, 18.0, 8.0
SIGN, LEFT, RIGHT = 18.0, 34.0, 14.0
MOST_WIDE, LEAST_WIDE = 360.0, 96.0
MOST_LINES = 5
_BADGE, _MARK = 9.0, 4.2
_QUIET = (IDLE, SKIPPED)


@dataclass(frozen=True, slots=True)
class Row:
    """One line inside a box: words, then code, each with the width it takes."""

    words: str
    code: str
    room: float
    split: float


@dataclass(slots=True)
class Measured:
    """A card with what fits of it, and the size of its box."""

    card: Card
    title: str
    rows: list[Row]
    wide: float = field(init=False)
    high: float = field(init=False)

    def __post_init__(self) -> None:
        room = max([width_of(self.title, TITLE, bold=True), *(row.room for row in self.rows)])
        self.wide = max(LEAST_WIDE, LEFT + room + RIGHT)
        self.high = 2 * PAD + HEAD + ROW * len(self.rows)


def measured(card: Card) -> Measured:
    """Cut a card's text to what a box may hold."""
    room = MOST_WIDE - LEFT - RIGHT
    told = [] if card.type == card.title else [_row(card.type, "", room)]
    shown = card.lines if len(card.lines) <= MOST_LINES else card.lines[: MOST_LINES - 1]
    told += [row for line in shown for row in _rows(line, room)]
    if len(shown) < len(card.lines):
        told.append(_row(f"… and {len(card.lines) - len(shown)} more", "", room))
    return Measured(card, cut(card.title, room, TITLE, bold=True), told)


def _rows(line: Line, room: float) -> list[Row]:
    """A line, or two where code goes on: it is parted before "&&" or "||", and after ";"."""
    first, *rest = re.split(r" (?=&&|\|\|)|(?<=;) ", line.code)
    free = room - width_of(line.words, SMALL) - 4.0
    while rest and width_of(f"{first} {rest[0]}", SMALL, mono=True) <= free:
        first = f"{first} {rest.pop(0)}"
    more = [_row("", " ".join(rest), room)] if rest else []
    return [_row(line.words, first, room), *more]


def _row(words: str, code: str, room: float) -> Row:
    words = cut(words, room if not code else room / 2.0, SMALL)
    split = width_of(words, SMALL) + (4.0 if words and code else 0.0)
    code = cut(code, room - split, SMALL, mono=True)
    return Row(words, code, split + width_of(code, SMALL, mono=True), split)


def box_of(measure: Measured, x: float, y: float) -> list[Shape]:
    """Shapes of a card whose left edge is at x and whose middle is at y."""
    card, wide, high = measure.card, measure.wide, measure.high
    hue, top = KINDS[card.kind], y - high / 2.0
    quiet = card.status in _QUIET
    strong = PALE if quiet else hue.strong
    shapes: list[Shape] = [_outline(card, x, top, wide, high, hue)]
    shapes += _sign(card, x, top, strong)
    base = top + PAD + 13.0
    colour = FAINT if quiet else INK
    room = wide - LEFT - RIGHT
    shapes.append(Words(x + LEFT, base, measure.title, TITLE, colour, room, bold=True))
    for i, row in enumerate(measure.rows):
        line = base + 1.5 + ROW * (i + 1)
        colour = PALE if quiet else FAINT
        if row.words:
            shapes.append(Words(x + LEFT, line, row.words, SMALL, colour, row.split))
        if row.code:
            place, room = x + LEFT + row.split, row.room - row.split
            shapes.append(Words(place, line, row.code, SMALL, colour, room, mono=True))
    if card.status is not None and card.status is not IDLE:
        shapes += badge(x + wide - 3.0, top + 3.0, card.status)
    return shapes


def _outline(card: Card, x: float, top: float, wide: float, high: float, hue: Hue) -> Box:
    radius = {"condition": min(high / 2.0, 17.0), "decorator": 0.0}.get(card.kind, 6.0)
    line, fill, width = hue.strong, hue.tint, 1.2
    if card.kind == "weighted":
        width = 2.0
    if card.status is not None:
        line, fill = STATUSES[card.status]
        width = {IDLE: 1.0, RUNNING: 2.6}.get(card.status, 1.8)
    return Box(x, top, wide, high, radius, fill, line, width, double=card.kind == "subtree")


def _sign(card: Card, x: float, top: float, colour: str) -> list[Shape]:
    """The sign of the node's type, in a filled square."""
    left, middle = x + 8.0, top + PAD + HEAD / 2.0
    radius = SIGN / 2.0 if card.kind == "condition" else 2.0 if card.kind == "decorator" else 4.0
    ground = Box(left, middle - SIGN / 2.0, SIGN, SIGN, radius, colour)
    centre = left + SIGN / 2.0
    if card.sign in STROKES:
        return [ground, *_strokes(STROKES[card.sign], centre, middle, 5.4, "#ffffff", 1.6)]
    letter = LETTERS.get(card.sign, card.sign[:1])
    size = 10.0 if len(letter) > 1 else 12.0
    base = middle + size * 0.36
    return [ground, Words(centre, base, letter, size, "#ffffff", SIGN, bold=True, middle=True)]


def _strokes(
    lines: tuple[tuple[tuple[float, float], ...], ...],
    x: float,
    y: float,
    size: float,
    colour: str,
    width: float,
) -> list[Shape]:
    return [
        Stroke(tuple((x + size * px, y + size * py) for px, py in line), colour, width)
        for line in lines
    ]


def badge(x: float, y: float, status: Status) -> list[Shape]:
    """A disc with the status's mark, centred at (x, y)."""
    colour = STATUSES[status].strong
    disc = Box(
        x - _BADGE, y - _BADGE, 2 * _BADGE, 2 * _BADGE, _BADGE, colour, line="#ffffff", width=1.5
    )
    lines = MARKS[status]
    if status is RUNNING:
        points = tuple((x + _MARK * px, y + _MARK * py) for px, py in lines[0])
        return [disc, Stroke(points, "#ffffff", 1.0, fill="#ffffff")]
    return [disc, *_strokes(lines, x, y, _MARK, "#ffffff", 2.2)]
