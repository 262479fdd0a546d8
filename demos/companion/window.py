"""The window: sixty frames a second, whatever is being compiled, learned or saved meanwhile.

A frame takes events, lets the match go on and draws. It never reads the save, never learns and
never compiles: the desk's thread and the learner's process do.
"""

import sys
from dataclasses import replace
from pathlib import Path

import pygame

from astraweave.memory import MemoryStore, open_memory
from companion.controls import Controls, bindings
from companion.headless import told_of
from companion.keys import Keymap
from companion.match import Match
from companion.options import Options
from companion.palette import INK
from companion.picture import SIZE, Picture
from companion.session import COMPANION, TICKS_A_SECOND
from companion.tape import Take, load_takes

SHOT_TICK = 4 * TICKS_A_SECOND
SPRITES_A_FRAME = 4


def play_in_window(options: Options, keymap: Keymap) -> int:
    """Open the window, play until it is closed, keep everything; returns the exit code."""
    if options.replay is not None:
        return _replay(options, keymap, options.replay)
    with open_memory(options.save_path()) as memory:
        _play(options, keymap, memory)
    return 0


def _replay(options: Options, keymap: Keymap, path: Path) -> int:
    """What was recorded, fight after fight, as long as the window is left open."""
    takes, same = load_takes(path), []
    for take in takes:
        with open_memory(":memory:") as memory:
            one = replace(options, player=take.player, episodes=1)
            found = _play(one, keymap, memory, take).same
        if found is None:
            break
        same.append(found)
    return told_of(options, takes[: len(same)], same)


def _play(options: Options, keymap: Keymap, memory: MemoryStore, take: Take | None = None) -> Match:
    """One window, from its opening to its end."""
    pygame.display.init()
    pygame.font.init()
    pygame.joystick.init()
    match = None
    try:
        window = Window(options, keymap, memory, take)
        match = window.match
        window.run()
    finally:
        # The window goes at once; what is being learned is finished without it.
        pygame.quit()
        if match is not None:
            match.close()
    return match


class Window:
    """The loop. `match` is what goes on in it, `canvas` the picture before it is stretched."""

    def __init__(
        self, options: Options, keymap: Keymap, memory: MemoryStore, take: Take | None = None
    ) -> None:
        """Open the window and begin to prepare; with a take, to play just that again.

        Raises:
            InputError: the keymap names a key that does not exist.
        """
        pads = {button: action for action, found in keymap.pad.items() for button in found}
        self._controls = Controls(bindings(keymap), pads)
        self._options = options
        self._screen = pygame.display.set_mode(SIZE, pygame.RESIZABLE)
        self.canvas = pygame.Surface(SIZE)
        pygame.display.set_caption("Astraweave: you and Mira")
        self._picture = Picture(keymap, COMPANION, options.player)
        pygame.display.set_icon(self._picture.field.sprites.get("mira", 0.0))
        self._to_draw = self._picture.field.sprites.warm()
        self.match = Match(options, memory, take)
        self._shot = False
        self._works: list[int] = []

    def run(self) -> None:
        """Until it is closed, or all that was asked for is done."""
        clock = pygame.time.Clock()
        while self.frame(clock.tick(TICKS_A_SECOND) / 1e3):
            pass
        if self._options.frames is not None:
            self._tell_frames(clock.get_fps())

    def frame(self, passed: float) -> bool:
        """One frame, `passed` seconds after the last; whether there shall be another."""
        begun = pygame.time.get_ticks()
        match = self.match
        self._take_events()
        for piece in [self._to_draw.pop() for _ in range(min(SPRITES_A_FRAME, len(self._to_draw)))]:
            piece()
        match.step(passed, self._controls, drawn=not self._to_draw)
        self._show()
        self._works.append(pygame.time.get_ticks() - begun)
        if self._options.frames is not None and len(self._works) >= self._options.frames:
            match.going = False
        return match.going

    def _take_events(self) -> None:
        match = self.match
        for event in pygame.event.get():
            if event.type == pygame.QUIT:
                match.going = False
                return
            action = self._controls.take(event)
            if action is not None and match.command(action):
                continue
            if match.mode == "ready" and event.type in (pygame.KEYDOWN, pygame.JOYBUTTONDOWN):
                # The key that begins a fight does nothing in it.
                self._controls.release_all()
                match.begin()

    def _show(self) -> None:
        self._picture.draw(self.canvas, self.match.stage)
        room = self._screen.get_rect()
        place = self.canvas.get_rect().fit(room)
        if place.size == SIZE:
            self._screen.blit(self.canvas, place)
        else:
            # Another shape of window gets bars, not a picture out of shape.
            self._screen.fill(INK)
            self._screen.blit(pygame.transform.smoothscale(self.canvas, place.size), place)
        pygame.display.flip()
        if self._options.screenshot is not None and not self._shot and self._moment():
            self._shot = True
            pygame.image.save(self.canvas, str(self._options.screenshot))

    def _moment(self) -> bool:
        """Whether this frame is the one that was asked for."""
        match, wanted = self.match, self._options.screenshot_at
        if wanted == "panel":
            return not match.going
        if match.session is None or match.mode == "preparing":
            return False
        if wanted == "first":
            return True
        last = self._options.episodes is None or match.all_fought
        return match.mode == "fight" and last and match.session.duel.ticks >= SHOT_TICK

    def _tell_frames(self, fps: float) -> None:
        ordered = sorted(self._works)
        p50, p99 = ordered[len(ordered) // 2], ordered[int(len(ordered) * 0.99)]
        sys.stderr.write(
            f"{len(ordered)} frames, {fps:.1f} a second at the end; work in a frame: median "
            f"{p50} ms, 99 of 100 at most {p99} ms, worst {ordered[-1]} ms\n"
        )
