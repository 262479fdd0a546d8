"""The tactics of a replay, line by line, and a strip of its moments as one picture."""

from dataclasses import dataclass

import pygame

from companion.effects import Effects
from companion.field import SIZE as FIELD_SIZE
from companion.field import UNIT, Field
from companion.film import Film
from companion.paint import BODY, SMALL, TITLE, Pen
from companion.palette import (
    FAINT,
    GREEN,
    INK,
    LINE,
    ORANGE,
    PANEL,
    RAISED,
    SKY,
    TEXT,
    VERMILION,
    Colour,
)
from companion.view import Scene

WIDTH, EDGE, ROW = 440, 18, 22
MOMENTS, APART_TICKS = 6, 30
CUT = (408, 272)
COLOURS: dict[str, Colour] = {"success": GREEN, "failure": VERMILION, "running": FAINT}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the trace: from this tick on, this tactic; `broken` names what happened."""

    tick: int
    tactic: str
    status: str
    broken: str


def lines_of(film: Film) -> list[Line]:
    """A new line where the tactic changes or something happened; without both, none."""
    found: list[Line] = []
    for frame in film.frames:
        if frame.tactic is None and not frame.events:
            continue
        tactic = (frame.tactic or "no tactic").rpartition("/")[2].replace("_", " ")
        broken = ", ".join(name.replace("_", " ") for name in frame.events)
        last = found[-1] if found else None
        ended = last is not None and last.status != "running"
        if last is None or broken or ended or last.tactic != tactic or last.broken:
            found.append(Line(frame.tick, tactic, frame.status, broken))
        else:
            found[-1] = Line(last.tick, tactic, frame.status, "")
    return found


class TracePanel:
    """Draws the trace with the line that plays now in the middle."""

    def __init__(self, pen: Pen, film: Film, height: int) -> None:
        """A panel `height` pixels high."""
        self.surface = pygame.Surface((WIDTH, height))
        self._pen, self._film, self._lines = pen, film, lines_of(film)

    def picture(self, tick: int) -> pygame.Surface:
        """The panel at a tick."""
        pen, surface, shown = self._pen, self.surface, self._film.shown
        surface.fill(PANEL)
        pygame.draw.line(surface, LINE, (0, 0), (0, surface.get_height()))
        name = shown.rule.replace("_", " ")
        pen.write(surface, name, (EDGE, 16), TITLE, VERMILION, width=WIDTH - 2 * EDGE)
        where = f"{shown.scenario}, seed {shown.seed}, tick {shown.tick}"
        pen.write(surface, where, (EDGE, 48), SMALL, FAINT, width=WIDTH - 2 * EDGE)
        y = 72
        for part in pen.wrapped(shown.detail, SMALL, WIDTH - 2 * EDGE, 2):
            pen.write(surface, part, (EDGE, y), SMALL, FAINT)
            y += 18
        y += 8
        pygame.draw.line(surface, LINE, (EDGE, y), (WIDTH - EDGE, y))
        pen.write(surface, "WHAT MIRA DID", (EDGE, y + 9), SMALL, SKY)
        self._rows(y + 34, tick)
        return surface

    def _rows(self, top: int, tick: int) -> None:
        room = (self.surface.get_height() - top - 8) // ROW
        now = max(sum(line.tick <= tick for line in self._lines) - 1, 0)
        first = max(0, min(now - room // 2, len(self._lines) - room))
        for i, line in enumerate(self._lines[first : first + room]):
            y = top + i * ROW
            if first + i == now:
                strip = pygame.Rect(EDGE - 8, y - 3, WIDTH - 2 * EDGE + 16, ROW)
                pygame.draw.rect(self.surface, RAISED, strip, border_radius=5)
            pen, surface = self._pen, self.surface
            at = (EDGE + 36, y)
            pen.write(surface, str(line.tick), at, SMALL, FAINT, anchor="topright")
            pen.write(surface, line.tactic, (EDGE + 48, y), SMALL, TEXT, width=150)
            colour = VERMILION if line.broken else COLOURS.get(line.status, FAINT)
            told = line.broken or line.status
            pen.write(surface, told, (EDGE + 204, y), SMALL, colour, width=WIDTH - 2 * EDGE - 204)


def strip(film: Film) -> pygame.Surface:
    """Six moments that lead to the broken rule, with the trace beside them."""
    pen = Pen()
    field = Field(pen, film.proposal.companion_id, film.proposal.player_id)
    rows = -(-MOMENTS // 2)
    told = pen.wrapped(film.title, BODY, 2 * (CUT[0] + 8) + WIDTH - 150, 2)
    gap, head = 8, 34 + 24 * len(told)
    high = head + rows * (CUT[1] + gap)
    surface = pygame.Surface((2 * (CUT[0] + gap) + gap + WIDTH, high))
    surface.fill(INK)
    pen.write(surface, "Rejected", (16, 16), TITLE, VERMILION)
    for i, part in enumerate(told):
        pen.write(surface, part, (130, 20 + 24 * i), BODY, TEXT)
    for i, (tick, image) in enumerate(_moments(film, field)):
        place = pygame.Rect(gap + i % 2 * (CUT[0] + gap), head + i // 2 * (CUT[1] + gap), *CUT)
        surface.blit(image, place)
        last = i == MOMENTS - 1
        pygame.draw.rect(surface, VERMILION if last else LINE, place, 3 if last else 1)
        label = pen.line(f"tick {tick}", SMALL, INK)
        box = label.get_rect().inflate(14, 8)
        box.topleft = (place.x + 8, place.y + 8)
        pygame.draw.rect(surface, VERMILION if last else ORANGE, box, border_radius=8)
        surface.blit(label, label.get_rect(center=box.center))
    panel = TracePanel(pen, film, high - head)
    surface.blit(panel.picture(film.shown.tick), (surface.get_width() - WIDTH, head))
    return surface


def _moments(film: Film, field: Field) -> list[tuple[int, pygame.Surface]]:
    """The last moments up to the broken rule, cut out round the two friends."""
    end = min(max(film.shown.tick, 0), len(film.scenes) - 1)
    wanted = {max(0, end - APART_TICKS * back): None for back in range(MOMENTS)}
    effects = Effects()
    found = []
    for scene in film.scenes[: end + 1]:
        effects.see(scene)
        if scene.tick in wanted:
            image = field.picture(scene, effects)
            found.append((scene.tick, image.subsurface(_window(scene)).copy()))
    return found


def _window(scene: Scene) -> pygame.Rect:
    ours = [f for f in scene.fighters if f.slot < 2]
    window = pygame.Rect(0, 0, *CUT)
    middle = (sum(f.x for f in ours) / len(ours), sum(f.y for f in ours) / len(ours))
    window.center = (round(middle[0] * UNIT), round(middle[1] * UNIT))
    return window.clamp(pygame.Rect(0, 0, *FIELD_SIZE))
