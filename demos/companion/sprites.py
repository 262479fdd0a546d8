"""The four fighters seen from above, drawn large, turned and shrunk once for each heading.

Each kind has a shape of its own (circle, kite, square, triangle), so that no one needs colours
to tell them apart.
"""

import math
from collections.abc import Callable
from functools import partial

import pygame

from companion.palette import (
    ARCHER,
    BRUTE,
    INK,
    MIRA,
    PLAYER,
    TEXT,
    WALL_TOP,
    WHITE,
    YELLOW,
    Colour,
    mix,
)

HEADINGS = 48
FINE = 4
METRES = 2.4
"""Side of a sprite in metres; bodies have a radius of .4, weapons reach further."""

Draw = Callable[[pygame.Surface, float], None]


def _rim(colour: Colour) -> Colour:
    return mix(colour, INK, 0.55)


def _place(surface: pygame.Surface, unit: float, x: float, y: float) -> tuple[float, float]:
    """Metres from the middle, facing right, to pixels."""
    middle = surface.get_width() / 2
    return middle + x * unit, middle + y * unit


def _disc(surface: pygame.Surface, unit: float, x: float, y: float, r: float, c: Colour) -> None:
    pygame.draw.circle(surface, c, _place(surface, unit, x, y), r * unit)


def _shape(
    surface: pygame.Surface, unit: float, points: list[tuple[float, float]], colour: Colour
) -> None:
    spots = [_place(surface, unit, x, y) for x, y in points]
    pygame.draw.polygon(surface, colour, spots)


def _stroke(
    surface: pygame.Surface,
    unit: float,
    start: tuple[float, float],
    end: tuple[float, float],
    width: float,
    colour: Colour,
) -> None:
    a, b = _place(surface, unit, *start), _place(surface, unit, *end)
    pygame.draw.line(surface, colour, a, b, max(1, round(width * unit)))
    for spot in (a, b):
        pygame.draw.circle(surface, colour, spot, width * unit / 2)


def _swollen(points: list[tuple[float, float]], by: float) -> list[tuple[float, float]]:
    """The same outline, `by` metres further from the middle."""
    return [(x * (1 + by / math.hypot(x, y)), y * (1 + by / math.hypot(x, y))) for x, y in points]


def _player(surface: pygame.Surface, unit: float) -> None:
    _stroke(surface, unit, (0.18, 0.42), (1.0, 0.30), 0.09, TEXT)
    _stroke(surface, unit, (0.30, 0.30), (0.36, 0.52), 0.09, WALL_TOP)
    _stroke(surface, unit, (0.30, -0.58), (0.52, -0.22), 0.15, mix(PLAYER, WHITE, 0.35))
    _disc(surface, unit, 0, 0, 0.50, _rim(PLAYER))
    _disc(surface, unit, 0, 0, 0.43, PLAYER)
    _disc(surface, unit, 0.06, 0, 0.22, mix(PLAYER, WHITE, 0.45))
    _disc(surface, unit, 0.20, 0, 0.07, INK)


def _mira(surface: pygame.Surface, unit: float) -> None:
    outline = [(0.62, 0.0), (0.10, 0.50), (-0.58, 0.28), (-0.40, 0.0), (-0.58, -0.28), (0.10, -0.5)]
    _stroke(surface, unit, (-0.30, 0.56), (0.78, 0.46), 0.08, mix(MIRA, INK, 0.5))
    _disc(surface, unit, 0.82, 0.455, 0.13, YELLOW)
    _shape(surface, unit, _swollen(outline, 0.08), _rim(MIRA))
    _shape(surface, unit, outline, MIRA)
    _disc(surface, unit, 0.10, 0, 0.22, mix(MIRA, WHITE, 0.5))
    _disc(surface, unit, 0.22, 0, 0.07, INK)


def _brute(surface: pygame.Surface, unit: float) -> None:
    for y in (-0.42, 0.42):
        _disc(surface, unit, 0.52, y, 0.21, _rim(BRUTE))
        _disc(surface, unit, 0.52, y, 0.15, mix(BRUTE, WHITE, 0.25))
    body = [(0.44, 0.52), (-0.52, 0.52), (-0.52, -0.52), (0.44, -0.52)]
    _shape(surface, unit, _swollen(body, 0.09), _rim(BRUTE))
    _shape(surface, unit, body, BRUTE)
    _stroke(surface, unit, (0.12, -0.24), (0.12, 0.24), 0.20, mix(BRUTE, INK, 0.45))
    for y in (-0.15, 0.15):
        _disc(surface, unit, 0.16, y, 0.07, YELLOW)


def _archer(surface: pygame.Surface, unit: float) -> None:
    bow = [
        _place(surface, unit, 0.18 + 0.52 * math.cos(a), 0.66 * math.sin(a))
        for a in (math.pi * (i / 12 - 0.5) for i in range(13))
    ]
    pygame.draw.lines(surface, mix(ARCHER, WHITE, 0.5), False, bow, max(1, round(0.08 * unit)))
    pygame.draw.line(surface, TEXT, bow[0], bow[-1], max(1, round(0.03 * unit)))
    body = [(0.52, 0.0), (-0.46, 0.48), (-0.46, -0.48)]
    _shape(surface, unit, _swollen(body, 0.10), _rim(ARCHER))
    _shape(surface, unit, body, ARCHER)
    _disc(surface, unit, -0.12, 0, 0.19, mix(ARCHER, INK, 0.45))
    _disc(surface, unit, 0.02, 0, 0.06, WHITE)


KINDS: dict[str, Draw] = {"player": _player, "mira": _mira, "brute": _brute, "archer": _archer}


class Sprites:
    """Sprites at one scale, made when first asked for; `white` ones flash when hit."""

    def __init__(self, pixels_a_metre: float) -> None:
        """Make none yet."""
        self._side = round(METRES * pixels_a_metre)
        self._unit = pixels_a_metre
        self._large: dict[str, pygame.Surface] = {}
        self._made: dict[tuple[str, int, bool], pygame.Surface] = {}

    def get(self, kind: str, heading: float, *, white: bool = False) -> pygame.Surface:
        """The sprite of a kind that faces `heading` (radians, 0 is right, down is positive)."""
        step = round(heading / math.tau * HEADINGS) % HEADINGS
        key = (kind, step, white)
        if key not in self._made:
            self._made[key] = self._make(kind, step, white=white)
        return self._made[key]

    def warm(self) -> list[Callable[[], pygame.Surface]]:
        """One small piece of work a sprite: done while preparing, no frame pays for it later."""
        return [
            partial(self.get, kind, step * math.tau / HEADINGS)
            for kind in KINDS
            for step in range(HEADINGS)
        ]

    def _make(self, kind: str, step: int, *, white: bool) -> pygame.Surface:
        if kind not in self._large:
            large = pygame.Surface((self._side * FINE, self._side * FINE), pygame.SRCALPHA)
            KINDS[kind](large, self._unit * FINE)
            self._large[kind] = large
        turned = pygame.transform.rotate(self._large[kind], -step * 360 / HEADINGS)
        cut = turned.get_rect(center=turned.get_rect().center)
        size = (round(cut.width / FINE), round(cut.height / FINE))
        small = pygame.transform.smoothscale(turned, size)
        if white:
            small.fill((85, 85, 85, 0), special_flags=pygame.BLEND_RGBA_ADD)
        return small
