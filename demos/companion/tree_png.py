"""A tree's picture as a PNG: the shapes of `astraweave.behavior.render`, drawn with pygame.

`astraweave tree render --format png` runs this file. It opens no window. Drawn at twice its size
and scaled down, in bands, so that lines are smooth and memory stays small. Refuses what would be
more than 40 million pixels.
"""

import math
import os
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from astraweave.behavior.render.shapes import Box, Curve, Picture, Point, Shape, Stroke, Words
from astraweave.errors import InputError

os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
try:
    import pygame
except ImportError as error:
    raise InputError(
        what="a PNG needs pygame",
        where="--format png",
        fix='pip install "astraweave[demo]", or take --format svg',
    ) from error

SCALES = (2, 1)
MAX_PIXELS = 40_000_000
OVER = 2
BAND = 400
INSET = 3.0
STEPS = 28
FACES = {
    "sans": "helveticaneue,helvetica,arial,liberationsans,nimbussans,dejavusans",
    "mono": "menlo,consolas,liberationmono,dejavusansmono,nimbusmonops",
}
DEFAULT_FONT = 0.6875
"""pygame's own font is made this much smaller than the size it is asked for."""


def main(picture: Picture, path: Path) -> tuple[int, int]:
    """Draw the picture into a file; returns its width and height in pixels.

    Raises:
        InputError: it would be too large.
    """
    pygame.font.init()
    scale = next((s for s in SCALES if picture.wide * picture.high * s * s <= MAX_PIXELS), None)
    if scale is None:
        raise InputError(
            what=f"a PNG of this tree would have {picture.wide:.0f} × {picture.high:.0f} pixels",
            where="--format png",
            fix="take --format svg",
        )
    wide, high = math.ceil(picture.wide * scale), math.ceil(picture.high * scale)
    whole = pygame.Surface((wide, high), depth=24)
    shapes = [shape for group in picture.groups for shape in group.shapes]
    for top in range(0, high, BAND):
        band = pygame.Surface((wide * OVER, BAND * OVER), depth=24)
        band.fill("white")
        brush = Brush(band, scale * OVER, top / scale)
        for shape in shapes:
            if brush.sees(shape):
                brush.draw(shape)
        whole.blit(pygame.transform.smoothscale(band, (wide, BAND)), (0, top))
    pygame.image.save(whole, str(path))
    return wide, high


class Brush:
    """Draws shapes onto a surface whose top edge lies at `top` of the picture."""

    def __init__(self, surface: pygame.Surface, scale: float, top: float) -> None:
        """`scale`: pixels of the surface for one of the picture."""
        self.surface, self.scale, self.top = surface, scale, top
        self.low = top + surface.get_height() / scale
        self._fonts: dict[tuple[float, bool, bool], pygame.font.Font] = {}

    def sees(self, shape: Shape) -> bool:
        """Whether any of the shape may lie on the surface."""
        ys = [y for _, y in _corners(shape)]
        return max(ys) >= self.top and min(ys) <= self.low

    def draw(self, shape: Shape) -> None:
        """Draw one shape."""
        if isinstance(shape, Box):
            self._box(shape)
        elif isinstance(shape, Curve):
            self._curve(shape)
        elif isinstance(shape, Stroke):
            self._stroke(shape)
        else:
            self._words(shape)

    def _at(self, point: Point) -> Point:
        return point[0] * self.scale, (point[1] - self.top) * self.scale

    def _rect(self, box: Box, grow: float) -> tuple[pygame.Rect, int]:
        """The box, larger by `grow` on each side, and the radius of its corners."""
        left, top = self._at((box.x - grow, box.y - grow))
        right, low = self._at((box.x + box.wide + grow, box.y + box.high + grow))
        place = pygame.Rect(round(left), round(top), round(right - left), round(low - top))
        return place, round(max(0.0, box.radius + grow) * self.scale) if box.radius else 0

    def _filled(self, box: Box, grow: float, colour: str) -> None:
        place, radius = self._rect(box, grow)
        pygame.draw.rect(self.surface, colour, place, border_radius=radius)

    def _box(self, box: Box) -> None:
        half, ground = box.width / 2.0, box.fill or "white"
        outlines = [] if box.line is None else [0.0, *([-INSET] if box.double else [])]
        for at in outlines:
            self._filled(box, at + half, str(box.line))
            self._filled(box, at - half, ground)
        if not outlines:
            self._filled(box, 0.0, ground)

    def _curve(self, curve: Curve) -> None:
        """The polygon between its two sides."""
        (begin, y), (to_x, to_y), x = curve.start, curve.end, curve.bend
        half = max(curve.width / 2.0, 0.4)
        upper, lower = [self._at((begin, y - half))], [self._at((begin, y + half))]
        for i in range(STEPS + 1):
            t = i / STEPS
            # Both controls lie half-way across, level with their end: x and y part.
            bend = t * t * (3.0 - 2.0 * t)
            across = x + (to_x - x) * (1.5 * t - 1.5 * t * t + t * t * t)
            dx = (to_x - x) * (1.5 - 3.0 * t + 3.0 * t * t)
            dy = (to_y - y) * 6.0 * t * (1.0 - t)
            long = math.hypot(dx, dy) or 1.0
            aside, down = -dy / long * half, dx / long * half
            middle = y + (to_y - y) * bend
            upper.append(self._at((across - aside, middle - down)))
            lower.append(self._at((across + aside, middle + down)))
        pygame.draw.polygon(self.surface, curve.colour, [*upper, *reversed(lower)])

    def _stroke(self, stroke: Stroke) -> None:
        points = [self._at(point) for point in stroke.points]
        if stroke.fill is not None and len(points) > 2:
            pygame.draw.polygon(self.surface, stroke.fill, points)
        radius = max(1.0, stroke.width * self.scale / 2.0)
        for (x, y), (to_x, to_y) in pairwise(points):
            long = math.hypot(to_x - x, to_y - y) or 1.0
            aside, down = (to_y - y) / long * radius, (to_x - x) / long * radius
            ends = [(x - aside, y + down), (to_x - aside, to_y + down)]
            ends += [(to_x + aside, to_y - down), (x + aside, y - down)]
            pygame.draw.polygon(self.surface, stroke.colour, ends)
        for point in points:
            pygame.draw.circle(self.surface, stroke.colour, point, radius)

    def _words(self, words: Words) -> None:
        """Text that came out wider than the room kept for it is condensed."""
        font = self._font(words)
        image = font.render(words.text, True, words.colour)
        room = round(words.room * self.scale)
        if image.get_width() > room > 0:
            image = pygame.transform.smoothscale(image, (room, image.get_height()))
        x, y = self._at((words.x, words.y))
        left = x - image.get_width() / 2.0 if words.middle else x
        self.surface.blit(image, (round(left), round(y - font.get_ascent())))

    def _font(self, words: Words) -> pygame.font.Font:
        key = (words.size, words.bold, words.mono)
        if key not in self._fonts:
            self._fonts[key] = _font(words.size * self.scale, bold=words.bold, mono=words.mono)
        return self._fonts[key]


def _font(size: float, *, bold: bool, mono: bool) -> pygame.font.Font:
    """A font of the system whose widths are those of the layout, else pygame's own."""
    found: str | None = pygame.font.match_font(FACES["mono" if mono else "sans"], bold=bold)
    return pygame.font.Font(found, round(size if found else size / DEFAULT_FONT))


def _corners(shape: Shape) -> Iterator[Point]:
    """Points between which the shape lies, with room for its line."""
    if isinstance(shape, Box):
        yield shape.x, shape.y - shape.width
        yield shape.x + shape.wide, shape.y + shape.high + shape.width
    elif isinstance(shape, Words):
        yield shape.x, shape.y - 1.5 * shape.size
        yield shape.x, shape.y + shape.size
    else:
        ends = (shape.start, shape.end) if isinstance(shape, Curve) else shape.points
        for x, y in ends:
            yield x, y - shape.width
            yield x, y + shape.width
