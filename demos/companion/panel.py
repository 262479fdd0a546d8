"""The panel: what Mira believes, what she does about it, and what the sandbox said.

Drawn from `Status` alone, onto a surface of its own, and only when something changed.
"""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pygame

from astraweave.model.weights import MAX_WEIGHT

if TYPE_CHECKING:
    from astraweave.learning import Status
    from astraweave.model.profile import PreferenceProfile, Trait
from companion.paint import BODY, SMALL, TITLE, Pen, bar, curve, pill, triangle
from companion.palette import (
    FAINT,
    GREEN,
    LINE,
    ORANGE,
    PANEL,
    PURPLE,
    RAISED,
    SKY,
    TEXT,
    VERMILION,
    YELLOW,
)

WIDTH, EDGE = 440, 18
CURVE_TOP = 1.6


@dataclass(frozen=True, slots=True)
class Shown:
    """What the panel shows. `busy`: what learning is doing now, empty when it rests."""

    status: "Status"
    busy: str = ""


class Panel:
    """Keeps its picture until it is asked for another one."""

    def __init__(self, pen: Pen, height: int) -> None:
        """A panel `height` pixels high."""
        self.surface = pygame.Surface((WIDTH, height))
        self._pen = pen
        self._shown: Shown | None = None

    def picture(self, shown: Shown) -> pygame.Surface:
        """The panel's surface, drawn anew if `shown` is not what it shows already."""
        if shown != self._shown:
            self._shown = shown
            self._draw(shown)
        return self.surface

    def _draw(self, shown: Shown) -> None:
        surface, status = self.surface, shown.status
        surface.fill(PANEL)
        pygame.draw.line(surface, LINE, (0, 0), (0, surface.get_height()))
        y = self._head(status)
        y = self._profile(y, status.profile)
        y = self._weights(y, status)
        y = self._verdict(y, shown)
        self._curve(y, status)

    def _title(self, y: int, text: str, right: str = "") -> int:
        pen, surface = self._pen, self.surface
        pygame.draw.line(surface, LINE, (EDGE, y), (WIDTH - EDGE, y))
        pen.write(surface, text, (EDGE, y + 9), SMALL, SKY)
        if right:
            pen.write(surface, right, (WIDTH - EDGE, y + 9), SMALL, FAINT, anchor="topright")
        return y + 30

    def _head(self, status: "Status") -> int:
        pen, surface = self._pen, self.surface
        names = f"{status.companion_id.title()} and {status.player_id}"
        version = "designer's weights" if status.version == 0 else f"version {status.version}"
        place = pill(
            pen,
            surface,
            version,
            (WIDTH - EDGE, 16),
            PURPLE if status.version else FAINT,
            anchor="topright",
        )
        pen.write(surface, names, (EDGE, 17), TITLE, width=place.left - EDGE - 10)
        fights = "1 fight" if status.episodes == 1 else f"{status.episodes} fights"
        line = f"{fights} learned from, {status.approved} of {status.proposals} changes approved"
        pen.write(surface, line, (EDGE, 50), SMALL, FAINT)
        if status.frozen:
            pill(pen, surface, "frozen", (WIDTH - EDGE, 43), SKY, anchor="topright")
        return 76

    def _profile(self, y: int, profile: "PreferenceProfile | None") -> int:
        pen, surface = self._pen, self.surface
        if profile is None:
            y = self._title(y, "HOW YOU PLAY")
            pen.write(surface, "Mira has not seen you fight yet.", (EDGE, y), BODY, FAINT)
            return y + 34
        style = profile.playstyle
        y = self._title(y, "HOW YOU PLAY", f"wants {style.support_preference.value} help")
        y = self._trait(y, "aggression", style.aggression)
        y = self._trait(y, "risk", style.risk_tolerance)
        column = (WIDTH - 2 * EDGE + 8) / max(1, len(style.styles))
        for i, (name, share) in enumerate(style.styles.items()):
            x = EDGE + i * column
            likely = name == style.combat_style.value
            pen.write(surface, name, (x, y + 2), SMALL, TEXT if likely else FAINT)
            place = pygame.Rect(x, y + 20, column - 46, 8)
            bar(surface, place, share, YELLOW if likely else FAINT)
            at = (place.right + 5, y + 24)
            pen.write(surface, f"{share:.0%}", at, SMALL - 1, FAINT, anchor="midleft")
        y += 38
        favourites = "   ".join(f"{t.action} {t.share:.0%}" for t in style.preferred_tactics)
        pen.write(surface, favourites, (EDGE, y), SMALL, FAINT, width=WIDTH - 2 * EDGE)
        return y + 24

    def _trait(self, y: int, name: str, trait: "Trait") -> int:
        pen, surface = self._pen, self.surface
        pen.write(surface, name, (EDGE, y), BODY)
        place = pygame.Rect(120, y + 2, 196, 12)
        bar(surface, place, trait.mean, ORANGE, interval=(trait.low, trait.high))
        told = f"{trait.mean:.0%}  ({trait.low * 100:.0f}–{trait.high * 100:.0f})"
        pen.write(surface, told, (WIDTH - EDGE, y), SMALL, FAINT, anchor="topright")
        return y + 23

    def _weights(self, y: int, status: "Status") -> int:
        pen, surface = self._pen, self.surface
        y = self._title(y, "WHAT MIRA DOES", "× the designer's weight")
        # Tall trees still fit: rows come closer together down to the height of a line.
        rows = status.weights[:16]
        height = 19 if len(rows) <= 13 else 16
        left, right = 158, 318
        middle, span = (left + right) / 2, (right - left) / 2
        for weight in rows:
            centre = y + height // 2 - 2
            name = weight.tactic.rpartition("/")[2].replace("_", " ")
            pen.write(surface, name, (EDGE, y), SMALL, width=left - EDGE - 6)
            track = pygame.Rect(left, centre - 4, right - left, 9)
            pygame.draw.rect(surface, RAISED, track, border_radius=4)
            reach = math.log(weight.learned) / math.log(MAX_WEIGHT) * span
            start, end = sorted((middle, middle + max(-span, min(span, reach))))
            colour = GREEN if reach > 0 else ORANGE
            pygame.draw.rect(surface, colour, (start, centre - 4, max(0, end - start), 9))
            pygame.draw.line(surface, TEXT, (middle, centre - 6), (middle, centre + 6))
            pen.write(surface, f"{weight.learned:.2f}", (360, y), SMALL, anchor="topright")
            self._change(weight.change, y, centre)
            y += height
        return y + 6

    def _change(self, change: float, y: int, centre: int) -> None:
        if abs(change) < 0.005:
            return
        colour = GREEN if change > 0 else ORANGE
        triangle(self.surface, (377, centre), 6, colour, up=change > 0)
        told = f"{abs(change):.0%}"
        self._pen.write(self.surface, told, (WIDTH - EDGE, y), SMALL, colour, anchor="topright")

    def _verdict(self, y: int, shown: Shown) -> int:
        pen, surface = self._pen, self.surface
        y = self._title(y, "LAST PROPOSAL", shown.busy)
        if not shown.status.promotions:
            line = "Nothing was proposed yet."
            pen.write(surface, line, (EDGE, y), SMALL, FAINT, width=WIDTH - 2 * EDGE)
            return y + 86
        last = shown.status.promotions[-1]
        word, colour = ("approved", GREEN) if last.approved else ("rejected", VERMILION)
        place = pill(pen, surface, word, (EDGE, y - 2), colour, anchor="topleft")
        told = f"version {last.version}: largest step {last.largest_change:.0%}, {last.proof}"
        pen.write(
            surface, told, (place.right + 10, y + 2), SMALL, width=WIDTH - EDGE - place.right - 10
        )
        at = "" if last.rule is None else f" ({last.rule}: {last.scenario}, tick {last.tick})"
        for i, line in enumerate(pen.wrapped(last.reason + at, SMALL, WIDTH - 2 * EDGE, 3)):
            pen.write(surface, line, (EDGE, y + 26 + 18 * i), SMALL, FAINT)
        return y + 86

    def _curve(self, y: int, status: "Status") -> int:
        values = status.curve
        last = f"last {values[-1]:.2f}" if values else ""
        y = self._title(y, "REWARD, FIGHT BY FIGHT", last)
        place = pygame.Rect(EDGE + 20, y, WIDTH - 2 * EDGE - 20, self.surface.get_height() - y - 14)
        highest = max(CURVE_TOP, *values) if values else CURVE_TOP
        for share in (0.0, 1.0):
            at = (EDGE + 14, place.bottom - share * place.height)
            anchor = "bottomright" if share == 0.0 else "midright"
            self._pen.write(
                self.surface, f"{share * highest:.1f}"[:3], at, SMALL - 2, FAINT, anchor=anchor
            )
        curve(self.surface, place, values, highest, SKY, YELLOW)
        return self.surface.get_height()
