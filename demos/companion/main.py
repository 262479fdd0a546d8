"""`astraweave demo`, or ``python demos/companion/main.py``: a window if there is one, else not.

It is run as a file, wherever it lies: its folder becomes importable as `companion`.
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_FOLDER = str(Path(__file__).resolve().parents[1])


def main(given: Mapping[str, Any]) -> int:
    """Play with parsed arguments (see `astraweave.cli.demo`); returns the exit code."""
    if _FOLDER not in sys.path:
        sys.path.insert(0, _FOLDER)
    from companion.headless import play_headless  # noqa: PLC0415
    from companion.keys import load_keymap  # noqa: PLC0415
    from companion.options import HEADLESS_BOT, options_of  # noqa: PLC0415

    options = options_of(given)
    keymap = load_keymap(options.keys)
    options.bot()
    if not options.headless:
        reason = no_window()
        if reason is None:
            from companion.window import play_in_window  # noqa: PLC0415

            return play_in_window(options, keymap)
        who = options.autopilot or HEADLESS_BOT
        done = f"{who} plays headless" if options.replay is None else "replayed headless"
        sys.stderr.write(f"astraweave: {reason}: {done}\n")
        options = options_of({**given, "headless": True})
    return play_headless(options)


def no_window() -> str | None:
    """Why there can be no window, or None when there can."""
    os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
    os.environ.setdefault("SDL_AUDIODRIVER", "dummy")
    if sys.platform.startswith("linux"):
        # SDL would copy each frame through OpenGL, 6 ms where that is software; .1 ms without.
        os.environ.setdefault("SDL_FRAMEBUFFER_ACCELERATION", "0")
        os.environ.setdefault("SDL_VIDEO_X11_WMCLASS", "astraweave")
    drawn = ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER")
    if sys.platform.startswith("linux") and not any(os.environ.get(name) for name in drawn):
        return "no display (DISPLAY and WAYLAND_DISPLAY are unset)"
    try:
        import pygame  # noqa: PLC0415  # an extra: everything but the window works without it
    except ImportError:
        return 'pygame is missing (pip install "astraweave[demo]")'
    try:
        pygame.display.init()
    except pygame.error as error:
        return f"no display ({error})"
    return None


if __name__ == "__main__":
    from astraweave.cli import main as command

    sys.exit(command(["demo", *sys.argv[1:]]))
