"""A rejection as a GIF: the field with the tree's trace beside it, slow where it matters.

Refuses nothing but a machine without Pillow, which writes the file.
"""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import pygame

from astraweave.errors import InputError
from companion.effects import Effects
from companion.field import Field
from companion.film import Film
from companion.paint import SMALL, TITLE, Pen
from companion.palette import INK, ORANGE, TEXT, VERMILION
from companion.strip import rings, window_of
from companion.trace import WIDTH, TracePanel

VIEW = (560, 640)
HEAD = 64
LEAD_TICKS, TAIL_TICKS, MOST_FRAMES = 60, 45, 72
FRAME_MS, DECIDED_MS, WRONG_MS, LAST_MS = 70, 900, 1800, 1200


def save_gif(films: Sequence[Film], out: Path) -> None:
    """Write it; of a comparison both fights beside each other.

    Raises:
        InputError: Pillow is missing.
    """
    try:
        from PIL import Image  # noqa: PLC0415  # an extra, which only this needs
    except ImportError as error:
        fix = 'pip install "astraweave[demo]", or take --png'
        raise InputError(what="a GIF needs Pillow", where="--gif", fix=fix) from error
    shots = list(_shots(films))
    images = [
        Image.frombytes("RGB", shot.get_size(), pygame.image.tobytes(shot, "RGB"))
        for shot, _ in shots
    ]
    # One palette for all: a picture of its own each flickers, and is twice as large.
    palette = images[len(images) // 2].quantize(128)
    images = [image.quantize(palette=palette, dither=Image.Dither.NONE) for image in images]
    part = out.with_name(f".{out.name[:100]}.{os.getpid()}.gif")
    try:
        images[0].save(
            part,
            format="GIF",
            save_all=True,
            append_images=images[1:],
            duration=[ms for _, ms in shots],
            loop=0,
            optimize=False,
        )
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)


def _shots(films: Sequence[Film]) -> Iterator[tuple[pygame.Surface, int]]:
    """Pictures, and how long each stands in milliseconds."""
    pen = Pen()
    players = [_Player(pen, film) for film in films]
    panel = TracePanel(pen, films[0], HEAD + VIEW[1])
    first, end = films[0].first, max(film.end for film in films)
    begin = max(0, first - LEAD_TICKS)
    last = min(max(len(film.scenes) for film in films) - 1, end + TAIL_TICKS)
    apart = max(2, -(-(last - begin) // MOST_FRAMES))
    moments = {*range(begin, last + 1, apart), first, end, last}
    for tick in sorted(moments):
        surface = pygame.Surface((VIEW[0] * len(films) + WIDTH, HEAD + VIEW[1]))
        surface.fill(INK)
        pen.write(surface, films[0].title, (16, 10), TITLE, VERMILION)
        for i, player in enumerate(players):
            image = player.picture(tick)
            top = HEAD + (VIEW[1] - image.get_height()) // 2
            surface.blit(image, (i * VIEW[0], top))
            name = f"{player.film.side.name}, tick {min(tick, len(player.film.scenes) - 1)}"
            colour = VERMILION if tick >= end else ORANGE if tick >= first else TEXT
            colour = colour if films[0].found.seen else TEXT
            pen.write(surface, name, (16 + i * VIEW[0], 42), SMALL, colour)
        surface.blit(panel.picture(min(tick, films[0].end)), (VIEW[0] * len(films), 0))
        holds = {first: DECIDED_MS, last: LAST_MS, end: WRONG_MS}
        yield surface, holds.get(tick, FRAME_MS)


class _Player:
    """One fight, drawn tick after tick."""

    def __init__(self, pen: Pen, film: Film) -> None:
        self.film = film
        self._field, self._effects = Field(pen, "mira", "you"), Effects()
        self._seen = -1

    def picture(self, tick: int) -> pygame.Surface:
        """The field at a tick, no earlier than the last one that was asked for."""
        film = self.film
        tick = min(tick, len(film.scenes) - 1)
        for scene in film.scenes[max(self._seen + 1, tick - LEAD_TICKS) : tick + 1]:
            self._effects.see(scene)
        self._seen = tick
        scene = film.scenes[tick]
        image = self._field.picture(scene, self._effects)
        marked = film.found.seen and film.found.other is None
        if marked and film.end <= tick <= film.end + TAIL_TICKS // 3:
            rings(image, film, scene)
        return image.subsurface(window_of(scene, _fitting(image))).copy()


def _fitting(image: pygame.Surface) -> tuple[int, int]:
    return min(VIEW[0], image.get_width()), min(VIEW[1], image.get_height())
