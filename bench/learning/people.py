"""Who plays: bots from a folder of TOML, and how each changes from episode to episode."""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from astraweave.arena import Bot, bot_matrix, load_bot, shipped_bots
from astraweave.errors import BotError

Floats = npt.NDArray[np.float64]
TROLLED_UNTIL = 10
MAX_PLAYERS = 64


@dataclass(frozen=True, slots=True)
class Person:
    """One player. `later`: whom it plays like from episode `change` on (0 is the first).

    back: from which episode on it plays like itself again; None: never.
    """

    name: str
    bot: Bot
    later: Bot | None = None
    change: int = 0
    back: int | None = None

    def row(self, episode: int) -> Floats:
        """float64[TRAITS] in the episode of that number, 0 the first."""
        away = self.change <= episode < (math.inf if self.back is None else self.back)
        bot = self.later if self.later is not None and away else self.bot
        return np.asarray(bot_matrix((bot,), (episode,))[0])


def load_people(folder: str | Path | None = None) -> list[Person]:
    """Every ``*.toml`` of a folder by name; the shipped bots without one.

    Raises:
        BotError: a file is wrong, or there is none, more than 64, or two of one name.
    """
    if folder is None:
        return [Person(name, bot) for name, bot in shipped_bots().items()]
    files = sorted(Path(folder).glob("*.toml"))
    if not 0 < len(files) <= MAX_PLAYERS:
        what, fix = f"a folder of players holds 1 to {MAX_PLAYERS} *.toml", "name another folder"
        raise BotError(what=what, got=len(files), where=str(folder), fix=fix)
    bots = [load_bot(file) for file in files]
    names = [bot.name for bot in bots]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        what, fix = "two files name one player", "give each a name of its own"
        raise BotError(what=what, got=twice, where=str(folder), fix=fix)
    return [Person(bot.name, bot) for bot in bots]


def switching(people: list[Person], change: int) -> list[Person]:
    """Each plays like the farthest of the others from episode `change` on."""
    found = []
    for one in people:
        others = [other for other in people if other is not one]
        if others:
            later = max(others, key=lambda other: _apart(one, other))
            found.append(Person(f"{one.name} → {later.name}", one.bot, later.bot, change))
    return found


def returning(people: list[Person], change: int, back: int) -> list[Person]:
    """Each plays like the farthest of the others from episode `change` on, until `back`."""
    return [
        Person(one.name, one.bot, other.later, change, back)
        for one, other in zip(people, switching(people, change), strict=True)
    ]


def trolling(people: list[Person], until: int = TROLLED_UNTIL) -> list[Person]:
    """Each plays like the farthest of the others for `until` episodes: a bait, and then itself."""
    return [
        Person(one.name, other.later, one.bot, until)
        for one, other in zip(people, switching(people, until), strict=True)
        if other.later is not None
    ]


def _apart(one: Person, other: Person) -> float:
    """How differently two play: shares and aggression, each in [0, 1]."""
    a, b = one.row(0), other.row(0)
    attack = np.abs(a[:3] / a[:3].sum() - b[:3] / b[:3].sum()).sum()
    rest = np.abs(a[3:7] / a[3:7].sum() - b[3:7] / b[3:7].sum()).sum()
    return float(attack + rest + 2.0 * abs(a[10] - b[10]))
