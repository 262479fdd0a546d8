"""What lies over the fight: preparing, ready, pause, help, the end of a fight, passing notes."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pygame

from companion.keys import FIGHTING, LABELS, Keymap
from companion.paint import BODY, HUGE, SMALL, TITLE, Pen, bar
from companion.palette import FAINT, INK, LINE, PANEL, SKY, TEXT, YELLOW

if TYPE_CHECKING:
    from companion.picture import Stage

Screen = Callable[[pygame.Surface, pygame.Rect, Pen, Keymap, "Stage"], None]
DARK = 150
_veils: dict[tuple[int, int], pygame.Surface] = {}


def _veil(surface: pygame.Surface, place: pygame.Rect) -> None:
    """Darken what lies below."""
    if place.size not in _veils:
        veil = pygame.Surface(place.size, pygame.SRCALPHA)
        veil.fill((*INK, DARK))
        _veils[place.size] = veil
    surface.blit(_veils[place.size], place)


def _box(surface: pygame.Surface, place: pygame.Rect, wide: int, high: int) -> pygame.Rect:
    box = pygame.Rect(0, 0, min(wide, place.width - 40), high)
    box.center = place.center
    pygame.draw.rect(surface, PANEL, box, border_radius=14)
    pygame.draw.rect(surface, LINE, box, 2, border_radius=14)
    return box


def preparing(
    surface: pygame.Surface, place: pygame.Rect, pen: Pen, _keymap: Keymap, stage: "Stage"
) -> None:
    """While kernels are compiled: it moves, so that nobody thinks it hangs."""
    x, y = place.center
    pen.write(surface, "Astraweave", (x, y - 90), HUGE, SKY, anchor="center")
    pen.write(surface, "Preparing the arena…", (x, y - 20), TITLE, anchor="center")
    track = pygame.Rect(0, 0, 420, 10)
    track.center = (x, y + 24)
    bar(surface, track, 0.0, SKY)
    runner = track.copy()
    runner.width = 90
    runner.x = track.x + round((track.width - 90) * (0.5 - 0.5 * _swing(stage.progress)))
    pygame.draw.rect(surface, SKY, runner, border_radius=5)
    for i, line in enumerate(stage.lines):
        at = (x, y + 64 + 24 * i)
        pen.write(surface, line, at, BODY, FAINT, anchor="center", width=place.width - 40)


def _swing(share: float) -> float:
    """From 1 to −1 and back while `share` goes from 0 to 1."""
    return 1.0 - 4.0 * min(share % 1.0, 1.0 - share % 1.0)


def ready(
    surface: pygame.Surface, place: pygame.Rect, pen: Pen, keymap: Keymap, stage: "Stage"
) -> None:
    """Before the first fight of a person."""
    _veil(surface, place)
    first, *rest = stage.lines or ("",)
    told = [(first, TEXT)]
    told += [(p, FAINT) for line in rest for p in pen.wrapped(line, BODY, 580, 3)]
    moves = " ".join(keymap.first(f"move_{way}") for way in ("up", "left", "down", "right"))
    actions = "    ".join(f"{keymap.first(name)}: {name}" for name in FIGHTING)
    told += [("", TEXT), (f"{moves}: move", TEXT), (actions, TEXT)]
    box = _box(surface, place, 640, 170 + 25 * len(told))
    x = box.centerx
    pen.write(surface, "You and Mira", (x, box.y + 44), HUGE - 10, SKY, anchor="center")
    for i, (line, colour) in enumerate(told):
        at = (x, box.y + 92 + 25 * i)
        pen.write(surface, line, at, BODY, colour, anchor="center", width=box.width - 30)
    at = (x, box.bottom - 44)
    pen.write(surface, "Press any key to begin", at, TITLE, YELLOW, anchor="center")


def paused(
    surface: pygame.Surface, place: pygame.Rect, pen: Pen, keymap: Keymap, _stage: "Stage"
) -> None:
    """The fight stands still."""
    _veil(surface, place)
    x, y = place.center
    pen.write(surface, "Paused", (x, y - 16), HUGE, anchor="center")
    line = f"{keymap.first('pause')} goes on, {keymap.first('quit')} quits"
    pen.write(surface, line, (x, y + 34), BODY, FAINT, anchor="center")


def helping(
    surface: pygame.Surface, place: pygame.Rect, pen: Pen, keymap: Keymap, _stage: "Stage"
) -> None:
    """Every action with its keys."""
    _veil(surface, place)
    high = 26
    box = _box(surface, place, 640, 150 + high * len(LABELS))
    pen.write(surface, "Keys", (box.centerx, box.y + 36), TITLE + 6, SKY, anchor="center")
    y = box.y + 72
    for action, label in LABELS.items():
        pen.write(surface, label, (box.x + 40, y), BODY, width=330)
        at = (box.right - 40, y)
        pen.write(surface, keymap.told(action), at, BODY, YELLOW, anchor="topright", width=230)
        y += high
    lines = (
        "Mira remembers every fight, learns how you play, and changes only what the",
        "sandbox has proved safe. --keys FILE changes keys; gamepads work too.",
    )
    for i, line in enumerate(lines):
        at = (box.centerx, box.bottom - 52 + 20 * i)
        pen.write(surface, line, at, SMALL, FAINT, anchor="center", width=box.width - 30)


def over(
    surface: pygame.Surface, place: pygame.Rect, pen: Pen, _keymap: Keymap, stage: "Stage"
) -> None:
    """The end of a fight: how it went, what Mira does with it."""
    title, *rest = stage.lines or ("",)
    told = [part for line in rest for part in pen.wrapped(line, BODY, 640, 2)]
    box = _box(surface, place, 700, 84 + 26 * len(told))
    at = (box.centerx, box.y + 36)
    pen.write(surface, title, at, TITLE + 10, SKY, anchor="center", width=box.width - 30)
    for i, part in enumerate(told):
        at = (box.centerx, box.y + 78 + 26 * i)
        pen.write(surface, part, at, BODY, FAINT, anchor="center", width=box.width - 30)


def note(surface: pygame.Surface, place: pygame.Rect, pen: Pen, text: str) -> None:
    """A passing line at the top of the field."""
    image = pen.line(pen.clipped(text, BODY, place.width - 120), BODY, INK)
    box = image.get_rect().inflate(32, 14)
    box.midtop = (place.centerx, place.y + 58)
    pygame.draw.rect(surface, YELLOW, box, border_radius=box.height // 2)
    surface.blit(image, image.get_rect(center=box.center))


OVER: dict[str, Screen] = {
    "preparing": preparing,
    "ready": ready,
    "paused": paused,
    "help": helping,
    "over": over,
}
