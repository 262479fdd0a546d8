"""What moves between two ticks: blows, sparks, numbers, rings. Told by comparing two scenes.

Effects are drawn, never simulated: nothing here reaches the game.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import pygame

from companion.paint import BODY, Pen
from companion.palette import (
    FLOOR,
    GREEN,
    INK,
    MIRA,
    ORANGE,
    PLAYER,
    SKY,
    TEXT,
    VERMILION,
    WHITE,
    YELLOW,
    Colour,
    mix,
)
from companion.view import Elbows, Fighter, Scene, heading_of

Spot = Callable[[float, float], tuple[int, int]]
"""Metres to pixels."""
MOST = 80
FLASH_TICKS = 6
SHOOTERS: dict[str, Colour] = {"player": SKY, "mira": MIRA, "archer": ORANGE, "brute": ORANGE}


@dataclass(slots=True)
class Effect:
    """One passing thing; `age` in ticks of `life`. What the numbers mean depends on `kind`."""

    kind: str
    x: float
    y: float
    colour: Colour
    life: int
    angle: float = 0.0
    reach: float = 0.0
    text: str = ""
    slot: int = -1
    age: int = 0

    @property
    def share(self) -> float:
        """How much of its life is over, in [0, 1]."""
        return self.age / self.life


@dataclass(slots=True)
class Effects:
    """The passing things of one fight, and where everybody looks."""

    going: list[Effect] = field(default_factory=list)
    headings: dict[int, float] = field(default_factory=dict)
    flashes: dict[int, int] = field(default_factory=dict)
    wounds: dict[int, float] = field(default_factory=dict)
    elbows: Elbows = field(default_factory=Elbows)
    _before: Scene | None = None

    def see(self, scene: Scene) -> None:
        """Age what goes on, and add what this tick brought; gives the fighters elbow room."""
        self.elbows.part(scene)
        for effect in self.going:
            effect.age += 1
        self.going = [effect for effect in self.going if effect.age < effect.life][-MOST:]
        self.flashes = {slot: left - 1 for slot, left in self.flashes.items() if left > 1}
        before, self._before = self._before, scene
        for fighter in scene.fighters:
            old = self.headings.get(fighter.slot, math.pi if fighter.slot > 1 else 0.0)
            self.headings[fighter.slot] = heading_of(fighter, scene, old)
            was = before.slot(fighter.slot) if before is not None else None
            if was is not None and fighter.hp >= 0.0:
                self._compare(fighter, was, scene)

    def _compare(self, fighter: Fighter, was: Fighter, scene: Scene) -> None:
        lost = was.hp - fighter.hp
        if lost > 0.05:
            self._hurt(fighter, was, lost, scene.tick)
        elif lost < -1.2:
            self._mended(fighter, -lost)
        if fighter.swing < was.swing and fighter.hp > 0.0:
            self._acted(fighter, scene)

    def _hurt(self, fighter: Fighter, was: Fighter, lost: float, tick: int) -> None:
        ours = fighter.slot < 2
        self.flashes[fighter.slot] = FLASH_TICKS
        # Small wounds add up to a number worth reading.
        total = self.wounds.get(fighter.slot, 0.0) + lost
        if total >= 2.0:
            colour = VERMILION if ours else TEXT
            text = f"{'−' if ours else ''}{total:.0f}"
            # Numbers that follow each other rise side by side.
            side = (-0.45, 0.0, 0.45)[tick // 8 % 3]
            self._add("number", fighter.x + side, fighter.y - 0.9, colour, 42, text=text)
            total = 0.0
        self.wounds[fighter.slot] = total
        if fighter.hp <= 0.0 < was.hp:
            colour = {"brute": VERMILION, "archer": ORANGE, "player": PLAYER}.get(
                fighter.kind, MIRA
            )
            self._add("burst", fighter.x, fighter.y, colour, 34, reach=1.5)

    def _mended(self, fighter: Fighter, gained: float) -> None:
        self._add("number", fighter.x, fighter.y - 1.0, GREEN, 55, text=f"+{gained:.0f}")
        self._add("pluses", fighter.x, fighter.y, GREEN, 40, slot=fighter.slot)

    def _acted(self, fighter: Fighter, scene: Scene) -> None:
        angle = self.headings[fighter.slot]
        if fighter.kind == "player":
            self._player_acted(fighter, scene, angle)
        elif fighter.kind == "mira":
            self._add("sweep", fighter.x, fighter.y, MIRA, 12, angle, 1.25, slot=fighter.slot)
        elif fighter.kind == "brute":
            self._add("sweep", fighter.x, fighter.y, VERMILION, 12, angle, 1.15, slot=fighter.slot)

    def _player_acted(self, fighter: Fighter, scene: Scene, angle: float) -> None:
        action = scene.player_action
        target = scene.slot(scene.aim)
        if target is not None and target.slot != fighter.slot:
            angle = math.atan2(target.y - fighter.y, target.x - fighter.x)
        if action == "strike":
            self._add("sweep", fighter.x, fighter.y, WHITE, 12, angle, 1.4, slot=fighter.slot)
        elif action == "cast" and target is not None:
            reach = math.hypot(target.x - fighter.x, target.y - fighter.y)
            self._add("bolt", fighter.x, fighter.y, YELLOW, 16, angle, reach)
            self._add("ring", target.x, target.y, YELLOW, 20, reach=0.9)
        elif action in ("evade", "advance", "retreat"):
            self._add("ring", fighter.x, fighter.y, mix(FLOOR, TEXT, 0.5), 18, reach=0.7)
        elif action in ("focus", "heal"):
            colour = GREEN if action == "heal" else SKY
            self._add("ring", fighter.x, fighter.y, colour, 20, reach=0.8)

    def _add(
        self,
        kind: str,
        x: float,
        y: float,
        colour: Colour,
        life: int,
        angle: float = 0.0,
        reach: float = 0.0,
        **more: object,
    ) -> None:
        self.going.append(Effect(kind, x, y, colour, life, angle, reach, **more))  # type: ignore[arg-type]


def draw_effect(surface: pygame.Surface, effect: Effect, spot: Spot, unit: float, pen: Pen) -> None:
    """Draw one; colours fade into the floor, which costs less than transparency."""
    DRAWN[effect.kind](surface, effect, spot, unit, pen)


def _fading(effect: Effect) -> Colour:
    return mix(effect.colour, FLOOR, effect.share**2)


def _sweep(surface: pygame.Surface, effect: Effect, spot: Spot, unit: float, _pen: Pen) -> None:
    end = effect.angle - 1.0 + 2.0 * min(1.0, effect.share * 1.8)
    start = max(effect.angle - 1.0, end - 1.2)
    for wide, reach in ((4, effect.reach), (2, effect.reach * 0.86)):
        points = [
            spot(effect.x + reach * math.cos(a), effect.y + reach * math.sin(a))
            for a in (start + (end - start) * i / 10 for i in range(11))
        ]
        pygame.draw.lines(surface, _fading(effect), False, points, max(1, round(wide * unit / 35)))


def _bolt(surface: pygame.Surface, effect: Effect, spot: Spot, unit: float, _pen: Pen) -> None:
    pieces = max(3, round(effect.reach * 2))
    points = []
    for i in range(pieces + 1):
        along = effect.reach * i / pieces
        # A fixed zigzag that jumps every fourth tick: a bolt without chance.
        aside = 0.0 if i in (0, pieces) else 0.22 * math.sin(i * 2.4 + effect.age // 4 * 1.9)
        c, s = math.cos(effect.angle), math.sin(effect.angle)
        points.append(spot(effect.x + along * c - aside * s, effect.y + along * s + aside * c))
    pygame.draw.lines(surface, mix(_fading(effect), WHITE, 0.4), False, points, 3)


def _ring(surface: pygame.Surface, effect: Effect, spot: Spot, unit: float, _pen: Pen) -> None:
    radius = effect.reach * (0.4 + 0.6 * effect.share) * unit
    pygame.draw.circle(surface, _fading(effect), spot(effect.x, effect.y), radius, 2)


def _burst(surface: pygame.Surface, effect: Effect, spot: Spot, unit: float, _pen: Pen) -> None:
    for i in range(9):
        angle = i * math.tau / 9 + 0.3
        far = effect.reach * math.sqrt(effect.share) * (0.6 + 0.4 * (i % 3) / 2)
        at = spot(effect.x + far * math.cos(angle), effect.y + far * math.sin(angle))
        pygame.draw.circle(surface, _fading(effect), at, max(1.0, (1 - effect.share) * 0.2 * unit))


def _pluses(surface: pygame.Surface, effect: Effect, spot: Spot, unit: float, _pen: Pen) -> None:
    arm = round(0.13 * unit)
    for i in range(4):
        rise = 0.3 + effect.share * 1.1 + 0.18 * (i % 2)
        x, y = spot(effect.x + (i - 1.5) * 0.36, effect.y - rise + 0.5)
        pygame.draw.line(surface, _fading(effect), (x - arm, y), (x + arm, y), 3)
        pygame.draw.line(surface, _fading(effect), (x, y - arm), (x, y + arm), 3)


def _number(surface: pygame.Surface, effect: Effect, spot: Spot, _unit: float, pen: Pen) -> None:
    x, y = spot(effect.x, effect.y - 0.8 * effect.share)
    shade = pen.line(effect.text, BODY + 3, INK)
    image = pen.line(effect.text, BODY + 3, effect.colour)
    surface.blit(shade, shade.get_rect(center=(x + 1, y + 2)))
    surface.blit(image, image.get_rect(center=(x, y)))


DRAWN: dict[str, Callable[[pygame.Surface, Effect, Spot, float, Pen], None]] = {
    "sweep": _sweep,
    "bolt": _bolt,
    "ring": _ring,
    "burst": _burst,
    "pluses": _pluses,
    "number": _number,
}
