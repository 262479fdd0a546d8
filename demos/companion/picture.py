"""One whole frame: strips, field, panel, and what lies over them. Knows nothing of events.

The picture is drawn at 1280 × 720 and only stretched when the window has another size.
"""

from dataclasses import dataclass, field

import pygame

from companion import screens
from companion.effects import Effects
from companion.field import Field
from companion.hud import BOTTOM, TOP, Hud
from companion.keys import Keymap
from companion.paint import Pen
from companion.palette import INK
from companion.panel import Panel, Shown
from companion.view import Scene

SIZE = (1280, 720)


@dataclass(slots=True)
class Stage:
    """What is on stage.

    `over` names a screen that lies over the fight, with its `lines`; `above` one that hides it
    for a while. `note` is a passing line; `watched` names the bot that plays for the person.
    """

    scene: Scene | None = None
    effects: Effects = field(default_factory=Effects)
    title: str = ""
    shown: Shown | None = None
    panel: bool = True
    over: str | None = None
    above: str | None = None
    lines: tuple[str, ...] = ()
    progress: float = 0.0
    note: str = ""
    watched: str | None = None


class Picture:
    """Draws stages."""

    def __init__(self, keymap: Keymap, companion: str, player: str) -> None:
        """`pygame.font` must be initialised."""
        self.pen = Pen()
        self.field = Field(self.pen, companion, player)
        self._hud = Hud(self.pen, keymap, companion, player)
        self._panel = Panel(self.pen, SIZE[1])
        self._keymap = keymap

    def draw(
        self, surface: pygame.Surface, stage: Stage, side: pygame.Surface | None = None
    ) -> None:
        """Draw a stage onto a surface of `SIZE`; `side` stands in the place of the panel."""
        surface.fill(INK)
        if side is None and stage.panel and stage.shown is not None:
            side = self._panel.picture(stage.shown)
        wide = SIZE[0] - (0 if side is None else side.get_width())
        if stage.scene is not None:
            self._fight(surface, stage, stage.scene, wide)
        if side is not None:
            surface.blit(side, (wide, 0))
        middle = pygame.Rect(0, 0, wide, SIZE[1])
        over = stage.above or stage.over
        if over is not None:
            screens.OVER[over](surface, middle, self.pen, self._keymap, stage)
        if stage.note:
            screens.note(surface, middle, self.pen, stage.note)

    def _fight(self, surface: pygame.Surface, stage: Stage, scene: Scene, wide: int) -> None:
        self._hud.top(surface, pygame.Rect(0, 0, wide, TOP), scene, stage.title)
        place = pygame.Rect(0, SIZE[1] - BOTTOM, wide, BOTTOM)
        self._hud.bottom(surface, place, scene, stage.watched)
        image = self.field.picture(scene, stage.effects)
        room = pygame.Rect(0, TOP, wide, SIZE[1] - TOP - BOTTOM)
        surface.blit(image, image.get_rect(center=room.center))
