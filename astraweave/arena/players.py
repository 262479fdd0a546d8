"""Bots that play the person: data from TOML, rows of numbers for the kernels.

Refuses unknown keys, numbers outside their ranges and files over 16 KiB, naming the key.
"""

import functools
import os
import tomllib
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Annotated, Literal, get_args

import msgspec
import numpy as np
import numpy.typing as npt
from msgspec import Meta

from astraweave.arena.kernels.layout import TRAITS
from astraweave.errors import BotError, UsageError
from astraweave.model.actions import nearest
from astraweave.model.arguments import public
from astraweave.model.episode import Count, Name, Unit
from astraweave.model.reading import read_file

Floats = npt.NDArray[np.float64]
MAX_BYTES = 16 * 1024
ODD = "odd"
"""Folder of the bots that do not play along: no archetypes, only scenarios name them."""


class Style(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Shares, relative within two groups: how a bot attacks, and what it does instead.

    melee, ranged, magic: of its attacks. defensive (blocks), support (heals), movement (evades,
    retreats), utility (gathers strength): of the rest.
    """

    melee: Unit = 0.0
    ranged: Unit = 0.0
    magic: Unit = 0.0
    defensive: Unit = 0.0
    support: Unit = 0.0
    movement: Unit = 0.0
    utility: Unit = 0.0


class Bot(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One player.

    aggression: share of opportunities in which it attacks or closes in. engage_at_health: below
    this share of health it keeps away and dares half as much. preferred_range_m: distance it
    keeps to the nearest enemy. heal_threshold: share of health below which it heals when it can.
    lapse: probability of an action at random. idle: share of moments in which it does nothing.
    walk: "fights" keeps its range, "stands" stays where it is, "strays" runs into the companion's
    line of fire and away from her. From episode `switch_at_episode` on (0 is the first) it plays
    like the shipped bot `switch_to`; with `switch_every_s` it takes turns with it within a fight.
    """

    name: Name
    description: str = ""
    style: Style
    aggression: Unit
    engage_at_health: Unit
    preferred_range_m: Annotated[float, Meta(ge=0.5, le=12.0)]
    heal_threshold: Unit
    lapse: Unit = 0.0
    idle: Unit = 0.0
    walk: Literal["fights", "stands", "strays"] = "fights"
    switch_at_episode: Count | None = None
    switch_every_s: Annotated[int, Meta(ge=1, le=600)] | None = None
    switch_to: Name | None = None


WALKS: tuple[str, ...] = get_args(Bot.__annotations__["walk"])
"""The place of each is its code in `kernels.straying`."""


@public
def load_bot(name: str | Path) -> Bot:
    """Read a bot: a TOML file, or the bare name of a shipped one, e.g. ``"berserker"``.

    Raises:
        BotError: the file cannot be read, a key is unknown, missing or out of range, or the bot
            it switches to is none of the shipped ones.
    """
    path = Path(name)
    if path.parent == Path() and not path.suffix and not os.path.lexists(path):
        return load_shipped(path.name)
    return _read(path)


def load_shipped(name: str) -> Bot:
    """One of `player_names`.

    Raises:
        BotError: there is no such bot.
    """
    if name not in player_names():
        fix = nearest(name, player_names())
        raise BotError(what="no such bot", got=name, where="load_bot", fix=fix)
    folder = _folder() if name in shipped_names() else _folder() / ODD
    return _read(folder / f"{name}.toml")


@functools.cache
def shipped_bots() -> dict[str, Bot]:
    """The archetypes that come with Astraweave: name → bot, by name."""
    return {name: _read(_folder() / f"{name}.toml") for name in shipped_names()}


def _folder() -> Path:
    return Path(str(resources.files("astraweave.arena"))) / "bots"


@functools.cache
def _odd_names() -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in (_folder() / ODD).glob("*.toml")))


@functools.cache
def shipped_names() -> tuple[str, ...]:
    """Of `shipped_bots`, in order."""
    return tuple(sorted(path.stem for path in _folder().glob("*.toml")))


def _read(path: Path) -> Bot:
    where = str(path)
    try:
        data = read_file(path, MAX_BYTES)
        if len(data) > MAX_BYTES:
            fix = "is it a bot?"
            raise BotError(what="a bot is at most 16 KiB", got="more", where=where, fix=fix)
        bot = msgspec.convert(tomllib.loads(data.decode("utf-8")), Bot)
    except OSError as error:
        fix = f"name a TOML file or one of {', '.join(shipped_names())}"
        raise BotError(
            what="cannot read the bot", got=error.strerror or str(error), where=where, fix=fix
        ) from error
    except msgspec.ValidationError as error:
        fix = "correct that key"
        raise BotError(
            what="a key is unknown, missing or wrong", got=str(error), where=where, fix=fix
        ) from error
    # ValueError: not UTF-8, not TOML, or a number of too many digits. RecursionError: tomllib has
    # no limit of its own on nested brackets.
    except (ValueError, RecursionError) as error:
        fix = "correct it"
        raise BotError(what="is not TOML", got=str(error), where=where, fix=fix) from error
    _check(bot, where)
    return bot


def _check(bot: Bot, where: str) -> None:
    style = bot.style
    if style.melee + style.ranged + style.magic <= 0.0:
        what = "`$.style` needs melee, ranged or magic above 0"
    elif style.defensive + style.support + style.movement + style.utility <= 0.0:
        what = "`$.style` needs defensive, support, movement or utility above 0"
    elif _switches(bot) != (bot.switch_to is not None):
        what = "`$.switch_to` needs `$.switch_at_episode` or `$.switch_every_s`, and each needs it"
    elif bot.switch_to is not None and bot.switch_to not in shipped_names():
        # A name, never a path: a bot from elsewhere opens no other file.
        what = f"`$.switch_to` must name a shipped bot, got {bot.switch_to!r}"
        raise BotError(what=what, where=where, fix=nearest(bot.switch_to, shipped_names()))
    else:
        return
    raise BotError(what=what, where=where, fix="add what is missing")


def _switches(bot: Bot) -> int:
    return (bot.switch_at_episode is not None) + (bot.switch_every_s is not None)


def bot_row(bot: Bot) -> Floats:
    """Traits of one bot, float64[TRAITS]; order in `kernels.layout`."""
    ticks = 60 * (bot.switch_every_s or 0)
    other = load_shipped(bot.switch_to) if bot.switch_to is not None and ticks else bot
    habits = [bot.idle, float(WALKS.index(bot.walk)), float(ticks)]
    return np.array([*_style(bot), *habits, *_style(other)])


def _style(bot: Bot) -> list[float]:
    style = bot.style
    return [
        style.melee,
        style.ranged,
        style.magic,
        style.defensive,
        style.support,
        style.movement,
        style.utility,
        bot.engage_at_health,
        bot.preferred_range_m,
        bot.heal_threshold,
        bot.aggression,
        bot.lapse,
    ]


@public
def bot_matrix(bots: Sequence[Bot], episode_numbers: Sequence[int] | None = None) -> Floats:
    """Who plays: one bot an episode, as the `players` of `Arena.reset`.

    Args:
        bots: n bots.
        episode_numbers: how many episodes each has played before; all 0 when absent.

    Returns:
        float64[n, TRAITS].

    Raises:
        BotError: a switch leads to no shipped bot.
        UsageError: not as many numbers as bots.
    """
    numbers = [0] * len(bots) if episode_numbers is None else list(episode_numbers)
    if len(numbers) != len(bots):
        raise UsageError(
            what="one episode number a bot",
            got=f"{len(numbers)} for {len(bots)} bots",
            where="bot_matrix",
            fix="give as many, or none",
        )
    rows = np.zeros((len(bots), TRAITS))
    for i, (bot, number) in enumerate(zip(bots, numbers, strict=True)):
        rows[i] = bot_row(playing_as(bot, number))
    return rows


def playing_as(bot: Bot, episode_number: int) -> Bot:
    """The bot that this bot plays like in its episode of that number (0 is the first)."""
    if bot.switch_to is None or bot.switch_at_episode is None:
        return bot
    if episode_number < bot.switch_at_episode:
        return bot
    return load_shipped(bot.switch_to)


def player_names() -> tuple[str, ...]:
    """Whom `players` of a scenario may name: the shipped bots, and those who do not play along."""
    return shipped_names() + _odd_names()
