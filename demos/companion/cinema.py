"""A replay in the window: plays to the broken rule, stops there, and can be stepped through."""

from copy import deepcopy

import pygame

from companion.effects import Effects
from companion.film import Film
from companion.keys import load_keymap
from companion.picture import SIZE, Picture, Stage
from companion.session import TICKS_A_SECOND
from companion.trace import TracePanel

STEP, LEAD_TICKS = 6, 120
KEYS = "Space: go on or stop   Left, Right: one decision   Home: from the start   Esc: close"


def show(film: Film) -> None:
    """Play the film until the window is closed."""
    pygame.display.init()
    pygame.font.init()
    try:
        screen = pygame.display.set_mode(SIZE)
        pygame.display.set_caption("Astraweave: a rejected change")
        cinema = Cinema(film)
        clock = pygame.time.Clock()
        while cinema.take(pygame.event.get()):
            cinema.step()
            cinema.draw(screen)
            pygame.display.flip()
            clock.tick(TICKS_A_SECOND)
    finally:
        pygame.quit()


class Cinema:
    """Where the film is, and whether it runs."""

    def __init__(self, film: Film) -> None:
        """A little before the decision, running."""
        self._film = film
        self._picture = Picture(load_keymap(), "mira", "player")
        self._panel = TracePanel(self._picture.pen, film, SIZE[1])
        self._stage = Stage(title=film.title, watched=f"a {film.shown.players} bot")
        self.at, self.running = max(0, film.first - LEAD_TICKS), True

    def take(self, events: list[pygame.event.Event]) -> bool:
        """Obey the keys; whether the window stays open."""
        for event in events:
            if event.type == pygame.QUIT:
                return False
            if event.type == pygame.KEYDOWN:
                if event.key == pygame.K_ESCAPE:
                    return False
                self._key(event.key)
        return True

    def _key(self, key: int) -> None:
        last = len(self._film.scenes) - 1
        if key == pygame.K_SPACE:
            self.running = not self.running
        elif key == pygame.K_HOME:
            self.at, self.running = 0, True
        elif key in (pygame.K_LEFT, pygame.K_RIGHT):
            self.running = False
            step = STEP if key == pygame.K_RIGHT else -STEP
            self.at = min(last, max(0, self.at + step))

    def step(self) -> None:
        """One tick further; it stops where the rule was broken, and at the end."""
        if not self.running:
            return
        if self.at == self._film.end or self.at >= len(self._film.scenes) - 1:
            self.running = False
        if self.running:
            self.at += 1

    @property
    def note(self) -> str:
        """What is said below the fight at this tick."""
        film = self._film
        if self.at != film.end:
            return KEYS
        return f"here: {film.wrong}" if film.found.seen else film.wrong

    def draw(self, surface: pygame.Surface) -> None:
        """The fight and the trace at this tick."""
        stage, film = self._stage, self._film
        tick = film.scenes[self.at].tick
        if stage.scene is None or tick != stage.scene.tick:
            if stage.scene is None or tick != stage.scene.tick + 1:
                stage.effects = Effects()
            # A copy: what is seen is moved a little, and may be seen again.
            stage.scene = deepcopy(film.scenes[self.at])
            stage.effects.see(stage.scene)
        stage.note = self.note
        self._picture.draw(surface, stage, side=self._panel.picture(self.at))
