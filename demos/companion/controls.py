"""Keys and gamepads, turned into what the player wants. Knows nothing of the fight but names.

A short press counts: it waits until the player's hands are free, for at most half a second.
"""

from dataclasses import dataclass, field

import pygame

from astraweave import InputError
from astraweave.arena import VOCABULARY
from astraweave.model.actions import nearest
from companion.keys import FIGHTING, MOVES, Keymap
from companion.session import Wish

PATIENCE_TICKS = 30
DEAD_ZONE = 0.25
ACTION_INDEX = {name: i for i, name in enumerate(VOCABULARY)}


def bindings(keymap: Keymap) -> dict[int, str]:
    """pygame's key codes → actions; the display must be initialised.

    Raises:
        InputError: a name that is no key.
    """
    found = {}
    for action, names in keymap.keys.items():
        for name in names:
            try:
                found[pygame.key.key_code(name)] = action
            except ValueError as error:
                raise InputError(
                    what="no such key",
                    got=name,
                    where=f"{keymap.where}: keys.{action}",
                    fix=nearest(name, [*known_keys(), "space", "left", "right", "up", "down"]),
                ) from error
    return found


def known_keys() -> list[str]:
    """Names that a typo may have meant."""
    named = ("return", "tab", "backspace", "left shift", "right shift", "left ctrl", "escape")
    return [*"abcdefghijklmnopqrstuvwxyz0123456789", *(f"f{i}" for i in range(1, 13)), *named]


@dataclass(slots=True)
class Controls:
    """What is held down, and the last short press."""

    keys: dict[int, str]
    pad: dict[int, str]
    held: list[str] = field(default_factory=list)
    tapped: str | None = None
    patience: int = 0
    sticks: dict[int, pygame.joystick.JoystickType] = field(default_factory=dict)

    def take(self, event: pygame.event.Event) -> str | None:
        """Note an event; the action that was pressed just now, if any."""
        if event.type == pygame.KEYDOWN:
            return self._press(self.keys.get(event.key))
        if event.type == pygame.KEYUP:
            self._release(self.keys.get(event.key))
        elif event.type == pygame.JOYBUTTONDOWN:
            return self._press(self.pad.get(event.button))
        elif event.type == pygame.JOYBUTTONUP:
            self._release(self.pad.get(event.button))
        elif event.type == pygame.JOYDEVICEADDED:
            stick = pygame.joystick.Joystick(event.device_index)
            self.sticks[stick.get_instance_id()] = stick
        elif event.type == pygame.JOYDEVICEREMOVED:
            self.sticks.pop(event.instance_id, None)
        elif event.type == pygame.WINDOWFOCUSLOST:
            # Whoever looks elsewhere lets go of the keys, and no event says so.
            self.release_all()
        return None

    def _press(self, action: str | None) -> str | None:
        if action is None:
            return None
        if action not in self.held:
            self.held.append(action)
        if action in FIGHTING:
            self.tapped, self.patience = action, PATIENCE_TICKS
        return action

    def _release(self, action: str | None) -> None:
        if action in self.held:
            self.held.remove(action)

    def release_all(self) -> None:
        """As if no key were down."""
        self.held.clear()
        self.tapped = None

    def wish(self) -> Wish:
        """What the player wants in this tick: the latest press, else what is held."""
        wanted = self.tapped
        if wanted is not None:
            self.patience -= 1
            if self.patience <= 0:
                self.tapped = None
        else:
            wanted = next((name for name in reversed(self.held) if name in FIGHTING), None)
        move_x, move_y = self._stick()
        for name in self.held:
            step = MOVES.get(name)
            if step is not None:
                move_x, move_y = move_x + step[0], move_y + step[1]
        return Wish(None if wanted is None else ACTION_INDEX[wanted], move_x, move_y)

    def started(self, action: str) -> None:
        """The player has started an action: a press for it has been heard."""
        if action == self.tapped:
            self.tapped = None

    def _stick(self) -> tuple[float, float]:
        for stick in self.sticks.values():
            x = stick.get_axis(0) if stick.get_numaxes() > 1 else 0.0
            y = stick.get_axis(1) if stick.get_numaxes() > 1 else 0.0
            if stick.get_numhats():
                across, up = stick.get_hat(0)
                x, y = x + across, y - up
            if abs(x) > DEAD_ZONE or abs(y) > DEAD_ZONE:
                return x, y
        return 0.0, 0.0
