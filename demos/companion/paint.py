"""Text and bars: the few things every part of the picture is made of. Needs pygame.

Rendering text costs more than drawing it, so each rendered line is kept, up to a bound.
"""

from collections import OrderedDict
from collections.abc import Sequence

import pygame

from companion.palette import INK, LINE, RAISED, TEXT, Colour

KEPT_LINES = 700
SMALL, BODY, TITLE, HUGE = 19, 21, 30, 56
Point = tuple[float, float]


class Pen:
    """Draws text with pygame's own font; looking for system fonts would take seconds."""

    def __init__(self) -> None:
        """`pygame.font` must be initialised."""
        self._fonts: dict[int, pygame.font.Font] = {}
        self._lines: OrderedDict[tuple[str, int, Colour], pygame.Surface] = OrderedDict()

    def font(self, size: int) -> pygame.font.Font:
        """The font in a size (height of a line in pixels, about)."""
        if size not in self._fonts:
            self._fonts[size] = pygame.font.Font(None, size)
        return self._fonts[size]

    def line(self, text: str, size: int = BODY, colour: Colour = TEXT) -> pygame.Surface:
        """A rendered line."""
        key = (text, size, colour)
        found = self._lines.get(key)
        if found is None:
            found = self.font(size).render(text, True, colour)
            self._lines[key] = found
            if len(self._lines) > KEPT_LINES:
                self._lines.popitem(last=False)
        else:
            self._lines.move_to_end(key)
        return found

    def write(
        self,
        surface: pygame.Surface,
        text: str,
        at: Point,
        size: int = BODY,
        colour: Colour = TEXT,
        *,
        anchor: str = "topleft",
        width: float | None = None,
    ) -> pygame.Rect:
        """Draw one line; `anchor` names the point of it that lies at `at`, as pygame.Rect does.

        With a `width` in pixels what does not fit is cut and ends with an ellipsis.
        """
        if width is not None:
            text = self.clipped(text, size, width)
        image = self.line(text, size, colour)
        place = image.get_rect(**{anchor: (round(at[0]), round(at[1]))})
        return surface.blit(image, place)

    def clipped(self, text: str, size: int, width: float) -> str:
        """The longest beginning of `text` that fits, with an ellipsis when it is cut."""
        font = self.font(size)
        if font.size(text)[0] <= width:
            return text
        while text and font.size(text + "…")[0] > width:
            text = text[:-1]
        return text.rstrip() + "…"

    def wrapped(self, text: str, size: int, width: float, lines: int) -> list[str]:
        """Lines of whole words that fit; the last is cut when more would be needed."""
        font, rest = self.font(size), text.split()
        out: list[str] = []
        while rest and len(out) < lines:
            taken = 1
            while taken < len(rest) and font.size(" ".join(rest[: taken + 1]))[0] <= width:
                taken += 1
            if len(out) == lines - 1:
                taken = len(rest)
            out.append(self.clipped(" ".join(rest[:taken]), size, width))
            rest = rest[taken:]
        return out


def bar(
    surface: pygame.Surface,
    place: pygame.Rect,
    share: float,
    colour: Colour,
    *,
    interval: tuple[float, float] | None = None,
    ground: Colour = RAISED,
) -> None:
    """A bar filled to `share` of [0, 1]; `interval` is drawn as a whisker over it."""
    radius = min(4, place.height // 2)
    pygame.draw.rect(surface, ground, place, border_radius=radius)
    filled = place.copy()
    filled.width = round(place.width * min(1.0, max(0.0, share)))
    if filled.width:
        pygame.draw.rect(surface, colour, filled, border_radius=min(radius, filled.width // 2))
    if interval is not None:
        low, high = (place.x + place.width * min(1.0, max(0.0, end)) for end in interval)
        middle = place.centery
        pygame.draw.line(surface, TEXT, (low, middle), (high, middle), 2)
        for end in (low, high):
            pygame.draw.line(surface, TEXT, (end, middle - 4), (end, middle + 4), 2)


def pill(
    pen: Pen, surface: pygame.Surface, text: str, at: Point, colour: Colour, *, anchor: str
) -> pygame.Rect:
    """A short word on a rounded ground; returns the place it took."""
    image = pen.line(text, SMALL, INK)
    place = image.get_rect().inflate(16, 8)
    setattr(place, anchor, (round(at[0]), round(at[1])))
    pygame.draw.rect(surface, colour, place, border_radius=place.height // 2)
    surface.blit(image, image.get_rect(center=place.center))
    return place


def triangle(surface: pygame.Surface, at: Point, size: float, colour: Colour, *, up: bool) -> None:
    """A small arrow head centred at `at`; the font has no arrows."""
    x, y = at
    tip = -size if up else size
    points = [(x, y + tip * 0.6), (x - size * 0.7, y - tip * 0.5), (x + size * 0.7, y - tip * 0.5)]
    pygame.draw.polygon(surface, colour, points)


def curve(
    surface: pygame.Surface,
    place: pygame.Rect,
    values: Sequence[float],
    highest: float,
    dot: Colour,
    line: Colour,
    *,
    over: int = 5,
) -> None:
    """Values as dots from left to right, and the mean of the last `over` as a line."""
    pygame.draw.line(surface, LINE, place.bottomleft, place.bottomright)
    for part in (0.5, 1.0):
        y = place.bottom - place.height * part
        for x in range(place.left, place.right, 8):
            pygame.draw.line(surface, LINE, (x, y), (x + 2, y))
    if not values:
        return
    step = place.width / max(1, len(values) - 1) if len(values) > 1 else 0.0
    step = min(step, place.width / 14)

    def spot(i: int, value: float) -> Point:
        return place.left + 4 + (step * i) * (1 - 8 / place.width), place.bottom - (
            place.height * min(1.0, max(0.0, value / highest))
        )

    means = [
        sum(values[max(0, i + 1 - over) : i + 1]) / len(values[max(0, i + 1 - over) : i + 1])
        for i in range(len(values))
    ]
    for i, value in enumerate(values):
        pygame.draw.circle(surface, dot, spot(i, value), 3)
    if len(values) > 1:
        path = [spot(i, mean) for i, mean in enumerate(means)]
        pygame.draw.lines(surface, line, False, path, 3)
