"""A rejection as one still picture: the moments up to it, its end ringed, the tree beside."""

import itertools
import math
from collections.abc import Iterator, Sequence

import pygame

from companion.effects import Effects
from companion.field import SIZE as FIELD_SIZE
from companion.field import UNIT, Field
from companion.film import Film
from companion.paint import BODY, SMALL, TITLE, Pen
from companion.palette import INK, LINE, ORANGE, TEXT, VERMILION, WHITE, Colour
from companion.trace import WIDTH, TracePanel
from companion.view import Scene

CUT, GAP, ACROSS, MOMENTS = (408, 272), 8, 2, 6
LEAD_TICKS, SEEN_TICKS = 60, 3
"""How long before the decision it begins, and when what went wrong is best to be seen."""
PLAYER, MIRA = 0, 1
SUBJECTS = {
    "harmed_player": (MIRA, PLAYER),
    "player_died_heal_ready": (PLAYER,),
    "idle_while_attacked": (MIRA, PLAYER),
}
"""Whom an event is about, the one who did it first; of others it is Mira."""


def strip(films: Sequence[Film]) -> pygame.Surface:
    """Moments up to what went wrong; of a comparison a row for each policy."""
    pen, film = Pen(), films[0]
    rows = MOMENTS // ACROSS
    compared = film.found.other is not None
    about = film.found.verdict.reason if compared and film.found.seen else film.detail
    told = pen.wrapped(about, BODY, ACROSS * (CUT[0] + GAP) + WIDTH - 32, 2)
    head = 50 + 24 * len(told)
    high = head + rows * (CUT[1] + GAP)
    surface = pygame.Surface((ACROSS * (CUT[0] + GAP) + GAP + WIDTH, high))
    surface.fill(INK)
    pen.write(surface, film.title, (16, 12), TITLE, VERMILION)
    for i, part in enumerate(told):
        pen.write(surface, part, (16, 44 + 24 * i), BODY, TEXT)
    for i, (label, colour, image) in enumerate(_images(films, pen)):
        place = pygame.Rect(GAP + i % ACROSS * (CUT[0] + GAP), 0, *CUT)
        place.y = head + i // ACROSS * (CUT[1] + GAP)
        surface.blit(image, place)
        pygame.draw.rect(surface, colour, place, 3 if colour == VERMILION else 1)
        _tag(surface, pen, label, ORANGE if colour == LINE else colour, place.topleft)
    panel = TracePanel(pen, film, high - head)
    surface.blit(panel.picture(film.first), (surface.get_width() - WIDTH, head))
    return surface


def _images(films: Sequence[Film], pen: Pen) -> Iterator[tuple[str, Colour, pygame.Surface]]:
    """Each moment with its label and the colour of its frame."""
    if len(films) == 1:
        yield from _of_one(films[0], pen)
        return
    # The same moments of both, side by side; at last each one's end.
    first, last = films[0].first, min(film.end for film in films)
    rows = MOMENTS // ACROSS
    for row in range(rows):
        for film in films:
            tick = film.end if row == rows - 1 else first + (last - first) * row // (rows - 1)
            lost = film is films[0] and row == rows - 1 and film.found.seen
            left = film.scenes[tick].enemies
            label = f"{film.side.name}, tick {tick}: {left} {'enemy' if left == 1 else 'enemies'}"
            yield label, VERMILION if lost else LINE, whole(film, pen, tick)


def _of_one(film: Film, pen: Pen) -> Iterator[tuple[str, Colour, pygame.Surface]]:
    """Before it, the decision, the way there, what went wrong, and after."""
    first, shown = film.first, min(len(film.scenes) - 1, film.end + SEEN_TICKS)
    frame = film.side.frames[min(first // film.scale, len(film.side.frames) - 1)]
    does = (frame.tactic or frame.command or "nothing").rpartition("/")[2].replace("_", " ")
    marks = {}
    if film.found.seen:
        marks = {
            first: (f"tick {first}: decides on {does}", ORANGE),
            shown: (f"tick {film.shown.tick}: {film.wrong}", VERMILION),
        }
    for tick in moments(first, shown, len(film.scenes) - 1):
        label, colour = marks.get(tick, (f"tick {tick}", LINE))
        yield label, colour, _moment(film, pen, tick, ring=film.found.seen and tick == shown)


def moments(first: int, shown: int, last: int) -> list[int]:
    """Different ticks that tell of a decision and of what came of it, as many as there is room for.

    Half a second and a second before and a little after; where there is no such tick, the middles
    of the longest stretches between those that are there.

    Args:
        first, shown: of the decision, and at which what came of it is seen; 0 <= first <= shown.
        last: of the fight.
    """
    wanted = (first - LEAD_TICKS // 2, shown + 24, first - LEAD_TICKS, shown + 60)
    found = {first, shown, *(tick for tick in wanted if 0 <= tick <= last)}
    while len(found) < min(MOMENTS, last + 1):
        ticks = sorted(found)
        gaps = [(after - before, before) for before, after in itertools.pairwise(ticks)]
        longest, before = max(gaps, key=lambda gap: gap[0], default=(0, 0))
        beside = ticks[-1] + 1 if ticks[-1] < last else ticks[0] - 1
        found.add(before + longest // 2 if longest > 1 else beside)
    return sorted(found)


def whole(film: Film, pen: Pen, tick: int) -> pygame.Surface:
    """All of the field at a tick, made small: where two fights part, so do the two friends."""
    return pygame.transform.smoothscale(_field(film, pen, tick, ring=False)[0], CUT)


def _moment(film: Film, pen: Pen, tick: int, *, ring: bool) -> pygame.Surface:
    """The field at a tick, cut out round the two friends; what went wrong is ringed."""
    image, scene = _field(film, pen, tick, ring=ring)
    return image.subsurface(window_of(scene, CUT)).copy()


def _field(film: Film, pen: Pen, tick: int, *, ring: bool) -> tuple[pygame.Surface, Scene]:
    field, effects = Field(pen, "mira", "you"), Effects()
    tick = min(tick, len(film.scenes) - 1)
    scene = film.scenes[tick]
    for before in film.scenes[max(0, tick - LEAD_TICKS) : tick + 1]:
        effects.see(before)
    image = field.picture(scene, effects)
    if ring:
        rings(image, film, scene)
    return image, scene


def rings(image: pygame.Surface, film: Film, scene: Scene) -> None:
    """Rings round those whom it is about, and an arrow from who did it."""
    frames = film.side.frames
    happened = frames[min(film.found.end, len(frames) - 1)].events
    about = next((SUBJECTS[name] for name in happened if name in SUBJECTS), (MIRA,))
    found = [scene.slot(slot) for slot in about]
    spots = [(round(f.x * UNIT), round(f.y * UNIT)) for f in found if f is not None]
    for spot in spots:
        pygame.draw.circle(image, WHITE, spot, 31, 2)
        pygame.draw.circle(image, VERMILION, spot, 29, 4)
    if len(spots) > 1:
        pygame.draw.line(image, WHITE, spots[0], spots[-1], 7)
        pygame.draw.line(image, VERMILION, spots[0], spots[-1], 4)
        _head(image, spots[0], spots[-1])


def _head(image: pygame.Surface, begin: tuple[int, int], end: tuple[int, int]) -> None:
    """The head of an arrow."""
    angle = math.atan2(end[1] - begin[1], end[0] - begin[0])
    turns = ((0.0, 0.0), (2.6, 18.0), (-2.6, 18.0))
    points = [
        (end[0] + far * math.cos(angle + turn), end[1] + far * math.sin(angle + turn))
        for turn, far in turns
    ]
    pygame.draw.polygon(image, VERMILION, points)
    pygame.draw.polygon(image, WHITE, points, 1)


def window_of(scene: Scene, size: tuple[int, int]) -> pygame.Rect:
    """A part of the field of this size with both friends in it."""
    ours = [f for f in scene.fighters if f.slot < 2]
    window = pygame.Rect(0, 0, *size)
    middle = (sum(f.x for f in ours) / len(ours), sum(f.y for f in ours) / len(ours))
    window.center = (round(middle[0] * UNIT), round(middle[1] * UNIT))
    return window.clamp(pygame.Rect(0, 0, *FIELD_SIZE))


def _tag(surface: pygame.Surface, pen: Pen, text: str, colour: Colour, at: tuple[int, int]) -> None:
    label = pen.line(text, SMALL, INK)
    box = label.get_rect().inflate(14, 8)
    box.topleft = (at[0] + 8, at[1] + 8)
    pygame.draw.rect(surface, colour, box, border_radius=8)
    surface.blit(label, label.get_rect(center=box.center))
