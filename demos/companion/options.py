"""What was asked for on the command line, as data."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from astraweave import InputError
from astraweave.arena import Bot, load_bot

SHOTS = ("first", "fight", "panel")
HEADLESS_FIGHTS, HEADLESS_BOT = 3, "hybrid"
NOT_REPLAYED = ("autopilot", "episodes", "seed", "save", "player", "screenshot", "record")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """`episodes` None: until the window is closed, or three headless.

    `screenshot_at`: "first" is the first frame of the first fight, "fight" four seconds into the
    last one, "panel" what is seen when the last one was learned from. `frames` closes the window
    after that many and says how long each took. `record` takes down what comes into each fight,
    `replay` plays such a file.
    """

    autopilot: str | None = None
    episodes: int | None = None
    headless: bool = False
    seed: int = 7
    save: Path | None = None
    screenshot: Path | None = None
    screenshot_at: str = "panel"
    json: bool = False
    player: str = "you"
    keys: Path | None = None
    frames: int | None = None
    record: Path | None = None
    replay: Path | None = None

    def bot(self) -> Bot | None:
        """Who plays instead of a person; headless there is always somebody.

        Raises:
            BotError: there is no such bot, or its file is wrong.
        """
        name = self.autopilot or (HEADLESS_BOT if self.headless else None)
        return None if name is None else load_bot(name)

    def save_path(self) -> Path:
        """The save; by default one in the user's own data folder, which is made.

        Raises:
            InputError: that folder cannot be made.
        """
        if self.save is not None:
            return self.save
        folder = data_folder()
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(
                what="cannot make the folder for the save",
                got=error.strerror,
                where=str(folder),
                fix="name a file with --save PATH",
            ) from error
        return folder / "demo.db"


def options_of(given: Mapping[str, Any]) -> Options:
    """Options from parsed arguments; what is None is left at its default.

    Raises:
        InputError: the screenshot is not a PNG in a folder that exists, or what is replayed is
            told how to be played.
    """
    known = {field.name for field in fields(Options)}
    options = Options(**{k: v for k, v in given.items() if k in known and v is not None})
    if options.screenshot is not None:
        check_png(options.screenshot, "--screenshot")
    told = [name for name in NOT_REPLAYED if given.get(name) is not None]
    if options.replay is not None and told:
        raise InputError(
            what="a recorded fight says by itself who plays, and with what",
            got=", ".join(f"--{name}" for name in told),
            where="--replay",
            fix="leave them out",
        )
    return options


def check_png(path: Path, where: str) -> None:
    """Refuse what no picture could be written to, before anything is played.

    Raises:
        InputError: the name does not end with .png, or its folder does not exist.
    """
    if path.suffix.lower() != ".png" or not path.parent.is_dir():
        raise InputError(
            what="a picture must be a .png file in a folder that exists",
            got=str(path),
            where=where,
            fix="name such a file",
        )


def data_folder() -> Path:
    """Where this user's programs keep their data."""
    home = Path("~").expanduser()
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = home / "Library" / "Application Support"
    else:
        base = Path(os.environ.get("XDG_DATA_HOME") or home / ".local" / "share")
    return base / "astraweave"
