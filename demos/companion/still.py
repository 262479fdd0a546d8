"""Screenshots of a headless run, drawn without a screen (SDL's dummy driver)."""

import os
from typing import TYPE_CHECKING

from astraweave.errors import UsageError
from companion.keys import load_keymap
from companion.options import Options
from companion.session import COMPANION, TICKS_A_SECOND, Session
from companion.summary import status_of
from companion.view import scene_of

if TYPE_CHECKING:
    from pathlib import Path

SHOT_TICK = 4 * TICKS_A_SECOND


class Still:
    """Watches a headless run and keeps one frame of it."""

    def __init__(self, options: Options) -> None:
        """Open a screen nobody sees.

        Raises:
            UsageError: pygame is missing.
        """
        os.environ["SDL_VIDEODRIVER"] = "dummy"
        os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
        try:
            import pygame  # noqa: PLC0415  # only a screenshot needs it here

            from companion.picture import SIZE, Picture, Stage  # noqa: PLC0415
        except ImportError as error:
            raise UsageError(
                what="a screenshot needs pygame",
                where="--screenshot",
                fix='pip install "astraweave[demo]"',
            ) from error
        pygame.display.init()
        pygame.font.init()
        self._surface = pygame.display.set_mode(SIZE)
        self._picture = Picture(load_keymap(options.keys), COMPANION, options.player)
        self._stage = Stage()
        self._save = pygame.image.save
        self._at = options.screenshot_at
        self._path: Path | None = options.screenshot
        self._taken = False

    def see(self, session: Session, *, first: bool, last: bool) -> None:
        """Called after each tick of a fight."""
        if session.duel.ticks == 1:
            self._stage.effects = type(self._stage.effects)()
        seconds = session.scenario.seconds
        self._stage.scene = scene_of(session.duel, session.tactic, seconds)
        self._stage.effects.see(self._stage.scene)
        now = session.duel.ticks
        opening = self._at == "first" and first and now == 1
        fighting = self._at == "fight" and last and now == SHOT_TICK
        if opening or fighting:
            self._take(session)

    def finish(self, session: Session) -> None:
        """Called when the last fight was learned from; a shorter one is shown at its end."""
        if not self._taken:
            self._take(session)

    def _take(self, session: Session) -> None:
        from companion.panel import Shown  # noqa: PLC0415

        self._taken = True
        stage, bot = self._stage, session.bot
        stage.title = f"Fight {session.number + (1 if session.playing else 0)}"
        stage.shown = Shown(status_of(session))
        stage.watched = None if bot is None else bot.name
        self._picture.draw(self._surface, stage)
        self._save(self._surface, str(self._path))
