"""The field seen from above: floor, walls, fighters, what flies, what passes."""

import math

import pygame

from companion.effects import SHOOTERS, Effects, draw_effect
from companion.paint import BODY, SMALL, Pen, bar
from companion.palette import (
    FLOOR,
    FLOOR_LINE,
    GREEN,
    INK,
    LINE,
    MIRA,
    SKY,
    TEXT,
    VERMILION,
    WALL,
    WALL_TOP,
    WHITE,
    YELLOW,
    mix,
)
from companion.sprites import Sprites
from companion.view import FIELD, Fighter, Scene, Shot

UNIT = 34
"""Pixels a metre."""
SIZE = (round(FIELD[0] * UNIT), round(FIELD[1] * UNIT))
AURAS = {
    "defensive_stance": (3.0, SKY),
    "cover_player": (2.6, SKY),
    "draw_aggro": (1.6, VERMILION),
    "close_support": (3.0, SKY),
}
CHARMS = {"buff_player": YELLOW, "heal_player": GREEN}


class Field:
    """Draws scenes onto a surface of its own; floor and walls are kept between frames."""

    def __init__(self, pen: Pen, companion: str, player: str) -> None:
        """Names stand over the two friends."""
        self.surface = pygame.Surface(SIZE)
        self.sprites = Sprites(UNIT)
        self._pen, self._names = pen, {0: player, 1: companion.title()}
        self._ground = pygame.Surface(SIZE)
        self._walls: object = None
        self._shadow = _shadow()

    def picture(self, scene: Scene, effects: Effects) -> pygame.Surface:
        """The field's surface with one scene on it."""
        if scene.walls != self._walls:
            self._walls = scene.walls
            self._lay(scene)
        surface = self.surface
        surface.blit(self._ground, (0, 0))
        self._auras(scene)
        standing = [f for f in scene.fighters if f.hp > 0.0]
        for fighter in standing:
            surface.blit(
                self._shadow, self._shadow.get_rect(center=_spot(fighter.x, fighter.y + 0.18))
            )
        for shot in scene.shots:
            _draw_shot(surface, shot)
        # Who stands lower stands before; ours on top of all.
        for fighter in sorted(standing, key=lambda f: (f.slot < 2, f.y)):
            self._fighter(fighter, effects)
        for effect in effects.going:
            draw_effect(surface, effect, _spot, UNIT, self._pen)
        # Foes first: what stands over Mira is never covered.
        for fighter in sorted(standing, key=lambda f: -f.slot if f.slot > 1 else f.slot):
            self._over_head(fighter, scene)
        return surface

    def _lay(self, scene: Scene) -> None:
        """Floor tiles and walls, once a fight."""
        ground = self._ground
        ground.fill(FLOOR)
        for x in range(int(FIELD[0])):
            for y in range(int(FIELD[1])):
                if (x + y) % 2:
                    tile = pygame.Rect(x * UNIT, y * UNIT, UNIT, UNIT)
                    pygame.draw.rect(ground, FLOOR_LINE, tile)
        pygame.draw.rect(ground, LINE, ground.get_rect(), 2)
        for left, top, right, bottom in scene.walls:
            (x, y), (end, low) = _spot(left, top), _spot(right, bottom)
            place = pygame.Rect(x, y, end - x, low - y)
            shade = place.move(4, 6)
            pygame.draw.rect(ground, mix(FLOOR, INK, 0.5), shade, border_radius=5)
            pygame.draw.rect(ground, WALL, place, border_radius=5)
            lid = place.inflate(-8, -8).move(0, -3)
            pygame.draw.rect(ground, WALL_TOP, lid, border_radius=4)

    def _auras(self, scene: Scene) -> None:
        """What Mira's tactic does, as rings on the floor."""
        mira, player = scene.slot(1), scene.slot(0)
        if mira is None or player is None or mira.hp <= 0.0:
            return
        tactic = (scene.tactic or "").rpartition("/")[2]
        pulse = 0.5 + 0.5 * math.sin(scene.tick / 9.0)
        if tactic in AURAS:
            reach, colour = AURAS[tactic]
            colour = mix(colour, FLOOR, 0.45 + 0.25 * pulse)
            pygame.draw.circle(self.surface, colour, _spot(mira.x, mira.y), reach * UNIT, 2)
        if tactic in CHARMS:
            colour = mix(CHARMS[tactic], FLOOR, 0.3 + 0.3 * pulse)
            _dashed(self.surface, (mira.x, mira.y), (player.x, player.y), colour, scene.tick)
            pygame.draw.circle(self.surface, colour, _spot(player.x, player.y), 0.85 * UNIT, 2)

    def _fighter(self, fighter: Fighter, effects: Effects) -> None:
        heading = effects.headings.get(fighter.slot, 0.0)
        white = fighter.slot in effects.flashes
        image = self.sprites.get(fighter.kind, heading, white=white)
        at = _spot(fighter.x, fighter.y)
        self.surface.blit(image, image.get_rect(center=at))
        if fighter.blocking:
            box = pygame.Rect(0, 0, round(1.7 * UNIT), round(1.7 * UNIT))
            box.center = at
            pygame.draw.arc(self.surface, WHITE, box, -heading - 1.1, -heading + 1.1, 4)

    def _over_head(self, fighter: Fighter, scene: Scene) -> None:
        """Health, and for friends a name; for Mira what she is doing."""
        x, y = _spot(fighter.x, fighter.y)
        ours = fighter.slot < 2
        wide = 52 if ours else 40
        place = pygame.Rect(0, 0, wide, 7 if ours else 5)
        below = ours and _under_friend(fighter, scene)
        place.midbottom = (x, y + 34 if below else max(26 if ours else 12, y - 27))
        frame = place.inflate(4, 4)
        frame.clamp_ip(self.surface.get_rect())
        place.center = frame.center
        pygame.draw.rect(self.surface, INK, frame, border_radius=4)
        colour = (GREEN if fighter.health > 0.3 else VERMILION) if ours else VERMILION
        bar(self.surface, place, fighter.health, colour)
        self._marks(fighter, frame)
        if fighter.slot == 1 and scene.tactic is not None:
            tactic = scene.tactic.rpartition("/")[2].replace("_", " ")
            self._label(tactic, (frame.centerx, frame.bottom + 25 if below else frame.top - 2))
        elif ours:
            name = self._pen.clipped(self._names[fighter.slot], SMALL, 120)
            colour = mix(MIRA if fighter.slot else SKY, WHITE, 0.3)
            shade = self._pen.line(name, SMALL, INK)
            image = self._pen.line(name, SMALL, colour)
            at = image.get_rect(
                midbottom=(frame.centerx, frame.bottom + 17 if below else frame.top - 1)
            )
            at.clamp_ip(self.surface.get_rect())
            self.surface.blit(shade, at.move(1, 1))
            self.surface.blit(image, at)

    def _label(self, text: str, at: tuple[int, int]) -> None:
        """Mira's tactic on a ground of its own, so that it is read at a glance."""
        image = self._pen.line(text, BODY, TEXT)
        box = image.get_rect().inflate(14, 6)
        box.midbottom = at
        box.clamp_ip(self.surface.get_rect())
        pygame.draw.rect(self.surface, INK, box, border_radius=6)
        pygame.draw.rect(self.surface, MIRA, box, 2, border_radius=6)
        self.surface.blit(image, image.get_rect(center=box.center))

    def _marks(self, fighter: Fighter, frame: pygame.Rect) -> None:
        """Small letters beside an enemy's bar: taunted, pinned, hexed."""
        marks = (("!", fighter.taunted), ("×", fighter.pinned), ("?", fighter.hexed))
        text = "".join(mark for mark, shown in marks if shown)
        if text:
            at = (frame.right + 3, frame.centery)
            self._pen.write(self.surface, text, at, BODY + 3, YELLOW, anchor="midleft")


def _under_friend(fighter: Fighter, scene: Scene) -> bool:
    """Whether the other friend stands close above, so that labels must hang below."""
    other = scene.slot(1 - fighter.slot)
    if other is None or other.hp <= 0.0:
        return False
    lower = fighter.y > other.y or (fighter.y == other.y and fighter.slot == 1)
    return lower and abs(fighter.x - other.x) < 3.2 and fighter.y - other.y < 2.6


def _spot(x: float, y: float) -> tuple[int, int]:
    return round(x * UNIT), round(y * UNIT)


def _shadow() -> pygame.Surface:
    image = pygame.Surface((UNIT, round(UNIT * 0.8)), pygame.SRCALPHA)
    pygame.draw.ellipse(image, (*INK, 90), image.get_rect())
    return image


def _draw_shot(surface: pygame.Surface, shot: Shot) -> None:
    kind = ("player", "mira")[shot.shooter] if shot.shooter < 2 else "archer"
    speed = max(1e-6, math.hypot(shot.vx, shot.vy))
    ux, uy = shot.vx / speed, shot.vy / speed
    colour = SHOOTERS[kind]
    tail = _spot(shot.x - ux * 0.7, shot.y - uy * 0.7)
    tip = _spot(shot.x, shot.y)
    pygame.draw.line(surface, mix(colour, FLOOR, 0.35), tail, tip, 3)
    if kind == "archer":
        left = _spot(shot.x - ux * 0.25 - uy * 0.14, shot.y - uy * 0.25 + ux * 0.14)
        right = _spot(shot.x - ux * 0.25 + uy * 0.14, shot.y - uy * 0.25 - ux * 0.14)
        pygame.draw.polygon(surface, colour, [tip, left, right])
    else:
        pygame.draw.circle(surface, mix(colour, WHITE, 0.5), tip, 4)


def _dashed(
    surface: pygame.Surface,
    start: tuple[float, float],
    end: tuple[float, float],
    colour: tuple[int, int, int],
    tick: int,
) -> None:
    length = math.dist(start, end)
    if length < 0.2:
        return
    ux, uy = (end[0] - start[0]) / length, (end[1] - start[1]) / length
    along = (tick % 20) / 20 * 0.6
    while along < length:
        until = min(length, along + 0.3)
        a = _spot(start[0] + ux * along, start[1] + uy * along)
        b = _spot(start[0] + ux * until, start[1] + uy * until)
        pygame.draw.line(surface, colour, a, b, 3)
        along += 0.6
