"""Above and below the field: the fight, both friends' strength, the actions and their keys."""

import pygame

from companion.keys import FIGHTING, Keymap
from companion.paint import BODY, SMALL, TITLE, Pen, bar
from companion.palette import (
    FAINT,
    HEALTH,
    INK,
    LINE,
    MANA,
    MIRA,
    PLAYER,
    RAISED,
    SKY,
    SLATE,
    STAMINA,
    TEXT,
    VERMILION,
    mix,
)
from companion.view import Scene

TOP, BOTTOM = 50, 126
DOES = {
    "defensive_stance": "shields you: half of each blow",
    "cover_player": "steps between you and them",
    "heal_player": "mends your wounds",
    "aggressive_attack": "closes in and swings hard",
    "flank_enemy": "dashes behind an enemy",
    "draw_aggro": "taunts those still far away",
    "wait_for_player": "catches her breath beside you",
    "close_support": "fights carefully at your side",
    "melee_combo": "answers each of your strikes",
    "covering_fire": "shoots at the nearest enemy",
    "suppress_enemy": "pins enemies down for your shots",
    "buff_player": "strengthens your spells",
    "debuff_enemy": "hexes enemies for your spells",
}


class Hud:
    """Draws the two strips."""

    def __init__(self, pen: Pen, keymap: Keymap, companion: str, player: str) -> None:
        """Names and keys as they are shown."""
        self._pen, self._keymap = pen, keymap
        self._companion, self._player = companion.title(), player

    def top(self, surface: pygame.Surface, place: pygame.Rect, scene: Scene, title: str) -> None:
        """Fight, enemies left, time left."""
        pen = self._pen
        pygame.draw.rect(surface, SLATE, place)
        room = place.width - 340
        at = (place.x + 16, place.centery)
        pen.write(surface, title, at, TITLE, anchor="midleft", width=room)
        clock = f"{scene.seconds_left:.0f} s"
        pen.write(surface, clock, (place.right - 16, place.centery), TITLE, anchor="midright")
        x = place.right - 100
        for fighter in reversed([f for f in scene.fighters if f.slot >= 2]):
            box = pygame.Rect(0, 0, 16, 16)
            box.center = (x, place.centery)
            colour = VERMILION if fighter.hp > 0.0 else RAISED
            pygame.draw.rect(surface, colour, box, border_radius=3)
            x -= 22
        pen.write(surface, "enemies", (x, place.centery), SMALL, FAINT, anchor="midright")

    def bottom(
        self, surface: pygame.Surface, place: pygame.Rect, scene: Scene, watched: str | None
    ) -> None:
        """Both friends and the actions; `watched` names the bot that plays instead of a person."""
        pygame.draw.rect(surface, SLATE, place)
        player, mira = scene.slot(0), scene.slot(1)
        if player is None or mira is None:
            return
        wide = 216
        ready = (player.health, scene.stamina, scene.mana)
        self._friend(
            surface, pygame.Rect(place.x + 16, place.y, wide, 0), self._player, PLAYER, ready
        )
        hers = (mira.health, scene.companion_stamina, scene.companion_mana)
        right = pygame.Rect(place.right - 16 - wide, place.y, wide, 0)
        self._friend(surface, right, self._companion, MIRA, hers)
        tactic = (scene.tactic or "").rpartition("/")[2]
        does = DOES.get(tactic, tactic.replace("_", " ")) if mira.hp > 0.0 else "is down"
        at = (right.x, place.bottom - 10)
        self._pen.write(surface, does, at, SMALL, FAINT, anchor="bottomleft", width=wide + 10)
        middle = pygame.Rect(place.x + 16 + wide, place.y, right.x - place.x - 16 - wide, BOTTOM)
        self._actions(surface, middle, scene)
        hint = f"{watched} plays for you" if watched else self._hint()
        at = (place.x + 16, place.bottom - 10)
        self._pen.write(surface, hint, at, SMALL, FAINT, anchor="bottomleft", width=wide + 150)

    def _hint(self) -> str:
        shown = (("help", "help"), ("panel", "panel"), ("pause", "pause"))
        return "   ".join(f"{self._keymap.first(a)} {word}" for a, word in shown)

    def _friend(
        self,
        surface: pygame.Surface,
        place: pygame.Rect,
        name: str,
        colour: tuple[int, int, int],
        shares: tuple[float, float, float],
    ) -> None:
        pen = self._pen
        y = place.y + 8
        pen.write(surface, name, (place.x, y), BODY, mix(colour, TEXT, 0.25), width=place.width)
        y += 21
        rows = zip(("health", "stamina", "mana"), shares, (HEALTH, STAMINA, MANA), strict=True)
        for word, share, filled in rows:
            pen.write(surface, word, (place.x, y + 7), SMALL, FAINT, anchor="midleft")
            strip = pygame.Rect(place.x + 68, y + 2, place.width - 110, 10)
            bar(surface, strip, share, filled)
            at = (place.right, y + 7)
            pen.write(surface, f"{share:.0%}", at, SMALL, anchor="midright")
            y += 22

    def _actions(self, surface: pygame.Surface, place: pygame.Rect, scene: Scene) -> None:
        """One button an action: lit while it happens, dark while it cannot."""
        side, gap = 60, 10
        total = len(FIGHTING) * side + (len(FIGHTING) - 1) * gap
        x = place.centerx - total // 2
        player = scene.slot(0)
        swing = player.swing if player is not None else 99
        for name in FIGHTING:
            box = pygame.Rect(x, place.y + 14, side, side)
            busy = scene.player_action == name and swing < min(12, scene.tick)
            ready = _ready(name, scene)
            pygame.draw.rect(surface, RAISED if ready else INK, box, border_radius=8)
            pygame.draw.rect(surface, SKY if busy else LINE, box, 3 if busy else 1, border_radius=8)
            colour = TEXT if ready else FAINT
            key = self._keymap.first(name)
            size = TITLE if len(key) <= 2 else SMALL
            at = (box.centerx, box.y + 22)
            self._pen.write(surface, key, at, size, colour, anchor="center", width=side - 4)
            at = (box.centerx, box.bottom - 12)
            self._pen.write(surface, name, at, SMALL, FAINT, anchor="center")
            x += side + gap


def _ready(name: str, scene: Scene) -> bool:
    if name == "heal":
        return scene.heal_wait <= 0.0 and scene.mana >= 0.05
    return name != "cast" or scene.mana >= 0.02
