"""What a tree said in a replay, beside the field: the nodes of a tick, and the tactics so far."""

from dataclasses import dataclass

import pygame

from astraweave.behavior import nodes
from astraweave.behavior.trace import Choice, Tick
from companion.film import Film
from companion.paint import SMALL, TITLE, Pen
from companion.palette import (
    FAINT,
    GREEN,
    LINE,
    ORANGE,
    PANEL,
    RAISED,
    SKY,
    TEXT,
    VERMILION,
    Colour,
)

WIDTH, EDGE, ROW = 440, 18, 22
HISTORY = 5
COLOURS: dict[str, Colour] = {
    "SUCCESS": GREEN,
    "FAILURE": VERMILION,
    "RUNNING": ORANGE,
    "SKIPPED": FAINT,
    "IDLE": FAINT,
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the trace: from this tick on, this tactic; `broken` names what happened."""

    tick: int
    tactic: str
    status: str
    broken: str


def lines_of(film: Film) -> list[Line]:
    """A new line where a tactic is chosen or something happened; without both, none."""
    found: list[Line] = []
    for frame in film.side.frames:
        if frame.tactic is None and not frame.events:
            continue
        tactic = (frame.tactic or "no tactic").rpartition("/")[2].replace("_", " ")
        broken = ", ".join(name.replace("_", " ") for name in frame.events)
        last = found[-1] if found else None
        if last is None or broken or frame.chosen or last.tactic != tactic or last.broken:
            found.append(Line(frame.tick, tactic, frame.status, broken))
        else:
            found[-1] = Line(last.tick, tactic, frame.status, "")
    return found


@dataclass(frozen=True, slots=True)
class Said:
    """One node in one tick, `deep` levels down. note: what its guard read, or what was chosen."""

    deep: int
    name: str
    status: str
    note: str


def said_of(film: Film, step: int) -> list[Said]:
    """The nodes that a tick met, in the tree's order; empty where there is no trace."""
    ticks = film.side.ticks
    if not 0 <= step < len(ticks):
        return []
    tick = ticks[step]
    chosen = {choice.node: choice for choice in tick.choices}
    return [
        Said(deep, node.name, tick.steps[node.path].status.name, _note(node, tick, chosen))
        for node, deep in _walked(film.side.tree.root, 0)
        if node.path in tick.steps
    ]


def _walked(node: nodes.Node, deep: int) -> list[tuple[nodes.Node, int]]:
    below = [pair for child in node.children for pair in _walked(child, deep + 1)]
    return [(node, deep), *below]


def _note(node: nodes.Node, tick: Tick, chosen: dict[str, Choice]) -> str:
    """What decided: the guard that held, and with what; of a choice how likely it was."""
    choice = chosen.get(node.name)
    if choice is not None and isinstance(node, nodes.WeightedFallback):
        kept = tick.now_s is not None and choice.since_s < tick.now_s
        share = "" if kept or choice.propensity is None else f", {100 * choice.propensity:.0f} %"
        return f"{'keeps to' if kept else 'chose'} {choice.tactic.rpartition('/')[2]}{share}"
    held = [a for a in tick.steps[node.path].asked if a.value is True]
    if not held:
        return ""
    return held[0].script.replace("\n", " ")


class TracePanel:
    """Draws the trace at a tick: what happened so far, and what each node said."""

    def __init__(self, pen: Pen, film: Film, height: int) -> None:
        """A panel `height` pixels high."""
        self.surface = pygame.Surface((WIDTH, height))
        self._pen, self._film, self._lines = pen, film, lines_of(film)

    def picture(self, tick: int) -> pygame.Surface:
        """The panel at a tick."""
        pen, surface, film = self._pen, self.surface, self._film
        surface.fill(PANEL)
        pygame.draw.line(surface, LINE, (0, 0), (0, surface.get_height()))
        pen.write(surface, film.wrong, (EDGE, 16), TITLE, VERMILION, width=WIDTH - 2 * EDGE)
        y = 48
        where = f"{film.shown.scenario}, seed {film.shown.seed}"
        for text, most in ((film.detail, 2 if film.found.seen else 5), (where, 1), (film.draw, 4)):
            for part in pen.wrapped(text, SMALL, WIDTH - 2 * EDGE, most) if text else ():
                pen.write(surface, part, (EDGE, y), SMALL, FAINT)
                y += 18
        y = self._heading("WHAT MIRA DID", y + 8)
        y = self._history(y, tick)
        step = tick // film.scale
        y = self._heading(f"WHAT HER TREE SAID, TICK {step * film.scale}", y + 4)
        self._nodes(y, step)
        return surface

    def _heading(self, text: str, y: int) -> int:
        pygame.draw.line(self.surface, LINE, (EDGE, y), (WIDTH - EDGE, y))
        self._pen.write(self.surface, text, (EDGE, y + 9), SMALL, SKY)
        return y + 34

    def _history(self, top: int, tick: int) -> int:
        now = max(sum(line.tick <= tick for line in self._lines) - 1, 0)
        first = max(0, min(now - HISTORY + 2, len(self._lines) - HISTORY))
        for i, line in enumerate(self._lines[first : first + HISTORY]):
            y = top + i * ROW
            if first + i == now:
                strip = pygame.Rect(EDGE - 8, y - 3, WIDTH - 2 * EDGE + 16, ROW)
                pygame.draw.rect(self.surface, RAISED, strip, border_radius=5)
            pen, surface = self._pen, self.surface
            at = (EDGE + 36, y)
            pen.write(surface, str(line.tick), at, SMALL, FAINT, anchor="topright")
            pen.write(surface, line.tactic, (EDGE + 48, y), SMALL, TEXT, width=150)
            colour = VERMILION if line.broken else COLOURS.get(line.status.upper(), FAINT)
            told = line.broken or line.status
            pen.write(surface, told, (EDGE + 204, y), SMALL, colour, width=WIDTH - 2 * EDGE - 204)
        return top + min(HISTORY, len(self._lines)) * ROW

    def _nodes(self, top: int, step: int) -> None:
        """A dot in the colour of what each said, its name, and what decided."""
        pen, surface = self._pen, self.surface
        room = (surface.get_height() - top - 8) // ROW
        said = said_of(self._film, step)
        for i, node in enumerate(said[:room]):
            y, left = top + i * ROW, EDGE + 14 * min(node.deep, 6)
            if i == room - 1 and len(said) > room:
                more = f"and {len(said) - i} nodes more"
                pen.write(surface, more, (left, y), SMALL, FAINT)
                return
            runs = node.status == "RUNNING"
            if runs:
                strip = pygame.Rect(EDGE - 8, y - 3, WIDTH - 2 * EDGE + 16, ROW)
                pygame.draw.rect(surface, RAISED, strip, border_radius=5)
            colour = COLOURS[node.status]
            hollow = 2 if node.status in ("IDLE", "SKIPPED") else 0
            pygame.draw.circle(surface, colour, (left + 5, y + 7), 5, hollow)
            bright = TEXT if node.status not in ("IDLE", "SKIPPED") else FAINT
            pen.write(surface, node.name, (left + 18, y), SMALL, bright, width=160)
            note = node.note or ("" if node.status == "IDLE" else node.status.lower())
            at = (EDGE + 204, y)
            pen.write(surface, note, at, SMALL, colour, width=WIDTH - 2 * EDGE - 204)
