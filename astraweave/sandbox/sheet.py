"""An episode of any game as one picture: what was done, what the facts did, what the tree said.

Time runs to the right, from a little before the decision that matters to a little after the end.
Shapes of `behavior.render`, so it is an SVG here and a PNG beside the demo. Refuses nothing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from astraweave.behavior.render.metrics import clean, cut, width_of
from astraweave.behavior.render.shapes import (
    FAINT,
    INK,
    PAPER,
    RULE,
    Box,
    Curve,
    Group,
    Picture,
    Point,
    Shape,
    Stroke,
    Words,
)
from astraweave.model.facts import FactSheet
from astraweave.sandbox.replay import Frame

BEFORE, AFTER, LEAST = 12, 4, 24
"""Steps shown before the decision and after the end, and in all."""
MOST_FACTS = 10
SHORT = 4
"""Characters of a unit that is told with each number."""
RED, PALE_RED = "#c23b12", "#fbeae4"
COLOURS = (
    *("#0072b2", "#009e73", "#e69f00", "#cc79a7", "#56b4e9", "#7a5195", "#8c6d31", "#5b6675"),
    *("#003f66", "#7cc9ae", "#a34700", "#e3a9c9", "#20262e", "#a8a000"),
)
"""Of tactics, in the order in which they are met; told apart by colour-blind people too."""
SECOND = "#0072b2"
"""The line of the policy that is compared with."""
_WIDE, _EDGE, _NAMES, _LANE, _ROW = 1120.0, 28.0, 190.0, 34.0, 46.0


class Lane(NamedTuple):
    """One policy's play."""

    name: str
    frames: Sequence[Frame]


class Story(NamedTuple):
    """What a sheet tells. first, end: frames of the decision and of what came of it.

    why: how the end is marked. lines: what is said under the title. tree: the tree at the
    decision, drawn below; None for none. seen: whether anything came of it; without, `why` is said
    and nothing is marked.
    """

    title: str
    lines: Sequence[str]
    why: str
    lanes: Sequence[Lane]
    first: int
    end: int
    tree: Picture | None = None
    seen: bool = True


class _Axis(NamedTuple):
    """Steps begin … last at places across the sheet."""

    begin: int
    last: int

    def x(self, step: float) -> float:
        """Where a step begins."""
        room = _WIDE - 2 * _EDGE - _NAMES
        return _EDGE + _NAMES + room * (step - self.begin) / (self.last + 1 - self.begin)


def sheet_of(story: Story, facts: FactSheet) -> Picture:
    """Draw it.

    Args:
        story: at least one lane, with at least one frame.
        facts: as declared: their ranges are the heights of the lines.
    """
    longest = max(len(lane.frames) for lane in story.lanes)
    end = min(story.end, longest - 1)
    story = story._replace(first=min(story.first, end), end=end)
    last = min(longest - 1, max(story.end + AFTER, story.first - BEFORE + LEAST))
    axis = _Axis(max(0, min(story.first - BEFORE, last - LEAST)), last)
    lines = [part for line in story.lines for part in _wrapped(line)]
    shapes: list[Shape] = list(_heading(story.title, lines))
    y = top = 60.0 + 20.0 * len(lines)
    colours: dict[str, str] = {}
    for i, lane in enumerate(story.lanes):
        shapes += _lane(lane, axis, y, colours, second=i > 0)
        y += _LANE + 8.0
    key = list(_key(colours, y + 4.0))
    shapes += key
    y = 12.0 + max((shape.y for shape in key if isinstance(shape, Words)), default=y)
    for name in _told(story, facts, axis):
        shapes += _fact(name, facts, story.lanes, axis, y)
        y += _ROW
    marks = _marks(story, axis, top, y)
    shapes += _time(story, axis, y)
    y += 34.0
    groups = [Group(tuple(marks)), Group(tuple(shapes))]
    wide = _WIDE
    if story.tree is not None:
        told = "The tree when it was decided" if story.seen else "What the tree said"
        label = Words(_EDGE, y + 10.0, told, 14.0, INK, 400.0, bold=True)
        groups += [Group((label,)), *_below(story.tree, y + 14.0)]
        wide, y = max(wide, story.tree.wide), y + 14.0 + story.tree.high
    paper = Box(0.0, 0.0, wide, y, 8.0, PAPER)
    return Picture(story.title, wide, y, (Group((paper,)), *groups))


def _wrapped(text: str) -> Iterator[str]:
    """Lines that fit across the sheet."""
    line = ""
    for word in clean(text).split():
        longer = f"{line} {word}".strip()
        if line and width_of(longer, 13.0) > _WIDE - 2 * _EDGE:
            yield line
            longer = word
        line = longer
    yield line


def _heading(title: str, lines: Sequence[str]) -> Iterator[Shape]:
    room = _WIDE - 2 * _EDGE
    words = cut(clean(title), room, 20.0, bold=True)
    yield Words(_EDGE, 38.0, words, 20.0, RED, room, bold=True)
    for i, line in enumerate(lines):
        yield Words(_EDGE, 60.0 + 20.0 * i, cut(line, room, 13.0), 13.0, INK, room)


def _lane(
    lane: Lane, axis: _Axis, y: float, found: dict[str, str], *, second: bool
) -> Iterator[Shape]:
    """What was done, as boxes: a new one wherever something was chosen. Colours are `found`."""
    colour = SECOND if second else INK
    yield Words(_EDGE, y + 21.0, clean(lane.name), 13.0, colour, _NAMES - 12.0, bold=True)
    frames = list(enumerate(lane.frames))[axis.begin : axis.last + 1]
    at = 0
    while at < len(frames):
        start, frame = frames[at]
        name = _done(frame)
        until = at + 1
        while until < len(frames) and _goes_on(frames[until][1], name):
            until += 1
        x, wide = axis.x(start), axis.x(start + until - at) - axis.x(start)
        if name:
            fill = found.setdefault(name, COLOURS[len(found) % len(COLOURS)])
            yield Box(x + 1.0, y, wide - 2.0, _LANE, 5.0, fill)
            told = cut(_spoken(name), wide - 12.0, 12.0)
            if len(told) > 2:
                yield Words(x + wide / 2, y + 21.0, told, 12.0, PAPER, wide - 8.0, middle=True)
        at = until


def _key(colours: dict[str, str], y: float) -> Iterator[Shape]:
    """Which colour is what: a box may be too small for its name."""
    x = _EDGE + _NAMES
    for name, colour in colours.items():
        told = _spoken(name)
        wide = width_of(told, 11.5)
        if x + wide + 20.0 > _WIDE - _EDGE:
            x, y = _EDGE + _NAMES, y + 18.0
        yield Box(x, y, 11.0, 11.0, 2.0, colour)
        yield Words(x + 16.0, y + 10.0, told, 11.5, FAINT, wide)
        x += wide + 34.0


def _spoken(name: str) -> str:
    return clean(name.rpartition("/")[2].replace("_", " "))


def _done(frame: Frame) -> str:
    return frame.tactic or frame.command or ""


def _goes_on(frame: Frame, name: str) -> bool:
    return _done(frame) == name and not frame.chosen


def _told(story: Story, facts: FactSheet, axis: _Axis) -> list[str]:
    """Facts worth a row: those that move, the widest movement first; in declared order."""
    moved: dict[str, float] = {}
    for fact in facts.facts:
        seen = [
            frame.facts[fact.name]
            for lane in story.lanes
            for frame in lane.frames[axis.begin : axis.last + 1]
        ]
        span = (fact.high - fact.low) or 1.0
        moved[fact.name] = (max(seen) - min(seen)) / span if seen else 0.0
    most = sorted((n for n in moved if moved[n] > 0.0), key=lambda n: -moved[n])[:MOST_FACTS]
    return [name for name in facts.names if name in most]


def _fact(
    name: str, facts: FactSheet, lanes: Sequence[Lane], axis: _Axis, y: float
) -> Iterator[Shape]:
    """One row: the name, the least and the most that was seen, a line for each policy."""
    seen = [
        [frame.facts[name] for frame in lane.frames[axis.begin : axis.last + 1]] for lane in lanes
    ]
    low, high = min(map(min, filter(None, seen))), max(map(max, filter(None, seen)))
    unit = next(fact.unit for fact in facts.facts if fact.name == name)
    bottom, room = y + _ROW - 10.0, _ROW - 16.0
    yield Stroke(((axis.x(axis.begin), bottom + 4), (axis.x(axis.last + 1), bottom + 4)), RULE, 1.0)
    words = cut(clean(name.replace("_", " ")), _NAMES - 62.0, 12.0)
    yield Words(_EDGE, y + 25.0, words, 12.0, INK, _NAMES - 62.0)
    for value, at in ((high, y + 16.0), (low, y + 35.0)):
        told = f"{round(value, 6):.3g} {unit if len(unit) <= SHORT else ''}".strip()
        wide = width_of(told, 10.5)
        yield Words(_EDGE + _NAMES - 10.0 - wide, at, told, 10.5, FAINT, wide)
    for i, values in reversed(list(enumerate(seen))):
        points: list[Point] = []
        for step, value in enumerate(values, axis.begin):
            level = bottom - room * (value - low) / (high - low)
            points += [(axis.x(step), level), (axis.x(step + 1), level)]
        if points:
            yield Stroke(tuple(points), SECOND if i else INK, 1.6)


def _marks(story: Story, axis: _Axis, top: float, bottom: float) -> Iterator[Shape]:
    """The stretch from the decision to the end, and a line at each."""
    begin, end = axis.x(story.first), axis.x(story.end + 1)
    if not story.seen:
        return
    if len(story.lanes) == 1:
        yield Box(begin, top - 8.0, end - begin, bottom - top + 8.0, 0.0, PALE_RED)
    yield Stroke(((begin, top - 8.0), (begin, bottom)), RED, 1.5)
    yield Stroke(((end, top - 8.0), (end, bottom)), RED, 3.0)


def _time(story: Story, axis: _Axis, y: float) -> Iterator[Shape]:
    """Below the rows: where it was decided, and what came of it."""
    frames = story.lanes[0].frames
    begin, end = axis.x(story.first), axis.x(story.end + 1)
    word = "decided here" if len(story.lanes) == 1 else "they part here"
    decided = f"{word}, tick {frames[min(story.first, len(frames) - 1)].tick}"
    if story.seen:
        wide = width_of(decided, 12.0)
        left = max(_EDGE, begin - wide - 8.0)
        yield Words(left, y + 16.0, decided, 12.0, RED, wide)
    why = clean(story.why)
    wide = width_of(why, 13.0, bold=True)
    left = min(end + 8.0, _WIDE - _EDGE - wide)
    yield Words(left, y + 16.0, why, 13.0, RED, wide, bold=True)


def _below(picture: Picture, y: float) -> Iterator[Group]:
    """A picture's groups, moved down."""
    for group in picture.groups:
        yield replace(group, shapes=tuple(_moved(shape, y) for shape in group.shapes))


def _moved(shape: Shape, y: float) -> Shape:
    if isinstance(shape, Curve):
        (x0, y0), (x1, y1) = shape.start, shape.end
        return replace(shape, start=(x0, y0 + y), end=(x1, y1 + y))
    if isinstance(shape, Stroke):
        return replace(shape, points=tuple((px, py + y) for px, py in shape.points))
    return replace(shape, y=shape.y + y)
