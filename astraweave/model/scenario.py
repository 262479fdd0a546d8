"""A situation the sandbox plays: ranges from which each seed draws its start."""

import math
import re
from collections.abc import Collection, Mapping
from typing import Annotated

import msgspec
from msgspec import Meta

from astraweave.errors import ScenarioError
from astraweave.model.actions import nearest
from astraweave.model.episode import Name, Unit

Range = tuple[float, float]
MAX_SECONDS = 600.0
MAX_PLAYERS = 16
ScenarioName = Annotated[str, Meta(pattern=r"\A\w[\w .-]{0,63}\Z")]
"""Letters, digits, `_`, `-`, dots and spaces: it leads to no file."""
_NAME = re.compile(r"\w[\w .-]{0,63}")


class Scenario(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """One situation. Each range [low, high] is drawn uniformly per seed.

    `threat` in [0, 1] is how dangerous it is, `seconds` the time limit of an episode.
    `ranges` are keyed by names that the environment declares (`BatchEnvironment.ranges`).
    `players` are names of players that the environment knows (`player_names`): one of them plays
    in each episode, whoever else would; without any it is whoever the sandbox plays with.
    """

    name: ScenarioName
    description: str
    threat: Unit
    seconds: Annotated[float, Meta(gt=0.0, le=MAX_SECONDS)]
    ranges: dict[str, Range]
    players: Annotated[tuple[Name, ...], Meta(max_length=MAX_PLAYERS)] = ()


def check_playable(
    scenario: Scenario,
    ranges: Collection[str],
    bounds: Mapping[str, Range],
    players: Collection[str],
    where: str | None = None,
    counted: Collection[str] = (),
) -> None:
    """Check a scenario, read or built in code, against what an environment can play.

    Args:
        scenario: to be played.
        ranges: names it may set.
        bounds: what a range may hold, where the environment says so.
        players: names of players the environment knows.
        where: its file, for errors; by default its name stands for it.
        counted: names of ranges that are drawn as whole numbers.

    Raises:
        ScenarioError: a name, number or player that cannot be played.
    """
    where = where or f"scenario {scenario.name}"
    if not _NAME.fullmatch(scenario.name):
        what, fix = "`$.name` may hold letters, digits, `_`, `-`, dots and spaces", "rename it"
        raise ScenarioError(what=what, got=scenario.name, where=where, fix=fix)
    if not 0.0 < scenario.seconds <= MAX_SECONDS:
        what = f"`$.seconds` must be above 0 and at most {MAX_SECONDS:g}"
        fix = "give a time limit in seconds"
        raise ScenarioError(what=what, got=scenario.seconds, where=where, fix=fix)
    for name, value in scenario.ranges.items():
        if name not in ranges:
            what = f"unknown key `$.ranges.{name}`"
            raise ScenarioError(what=what, where=where, fix=nearest(name, tuple(ranges)))
        check_range(name, value, bounds.get(name), where)
        if name in counted and any(end != int(end) for end in value):
            what = f"`$.ranges.{name}` is counted: its ends must be whole numbers"
            raise ScenarioError(what=what, got=list(value), where=where, fix="round them")
    for name in scenario.players:
        if name not in players:
            what = f"`$.players` names {name!r}, whom the environment does not know"
            raise ScenarioError(what=what, where=where, fix=nearest(name, tuple(players)))


def check_range(name: str, value: object, bounds: Range | None, where: str) -> None:
    """Refuse what is no [low, high] inside its bounds.

    Raises:
        ScenarioError: naming the range.
    """
    try:
        low, high = msgspec.convert(value, Range)
    except msgspec.ValidationError as error:
        got = str(error)
    else:
        least, most = bounds or (-math.inf, math.inf)
        if not (math.isfinite(low) and math.isfinite(high)):
            got = f"[{low:g}, {high:g}], which is not finite"
        elif low > high:
            got = f"[{low:g}, {high:g}], which is empty"
        elif not least <= low <= high <= most:
            got = f"[{low:g}, {high:g}]"
        else:
            return
    within = "with low <= high" if bounds is None else f"inside [{bounds[0]:g}, {bounds[1]:g}]"
    what = f"`$.ranges.{name}` must be [low, high] {within}"
    raise ScenarioError(what=what, got=got, where=where, fix="correct the range")
