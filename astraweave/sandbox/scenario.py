"""Scenarios from TOML: typed, bounded, every key known.

Refuses a file over 64 KiB, one that is no file or leads out of its folder, unknown keys (naming
their path), ranges that are empty, not finite or unknown to the environment, and time limits that
are not in (0, 600] seconds.
"""

import os
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, Protocol, get_type_hints, runtime_checkable

import msgspec

from astraweave.errors import ScenarioError
from astraweave.model.actions import nearest
from astraweave.model.arguments import public
from astraweave.model.scenario import Scenario, check_playable, check_range
from astraweave.model.shipped import shipped
from astraweave.sandbox.reading import read_toml

MAX_FILES = 256
MOST_STEPS = 100_000
"""An episode's decision steps: ten minutes, decided 160 times a second."""
SLACK = 1e-9
"""Of a step by which a scenario of one step may be shorter, for numbers are rounded."""
MAX_RANGES = 64
ALL, STRATA = "all", "strata"
"""What `load_scenarios` takes beside paths: every shipped scenario, or only the strata."""
_TYPES = get_type_hints(Scenario, include_extras=True)
_NEEDED = ("name", "threat", "seconds")
_RULES_FIX = "keep rules in a file of their own, outside of the folder, and give it with --rules"
_NAME_ONE = "name a TOML file, or one of the shipped scenarios"


@runtime_checkable
class HasRanges(Protocol):
    """Whatever declares the names a scenario may set.

    It may also have `bounds`, range name → [least, most], and `player_names`, whom `players` of a
    scenario may name.
    """

    @property
    def ranges(self) -> tuple[str, ...]:
        """Names of the ranges."""
        ...


@public
def load_scenario(path: str | Path) -> Scenario:
    """Read one scenario.

    Args:
        path: a TOML file, or the bare name of a shipped scenario, e.g. ``"ambush"``.

    Raises:
        ScenarioError: naming the file and the key.
    """
    scenario, faults = read_scenario(path)
    if scenario is None:
        raise faults[0]
    return scenario


def read_scenario(
    path: str | Path, environment: HasRanges | None = None
) -> tuple[Scenario | None, tuple[ScenarioError, ...]]:
    """A scenario, or every fault of it.

    Args:
        path: as for `load_scenario`.
        environment: if given, what can be set.
    """
    try:
        file = _file(path)
        raw = read_toml(file, ScenarioError, "a scenario", _NAME_ONE)
    except ScenarioError as error:
        return None, (error,)
    where = str(file)
    faults = list(_faults(raw, where))
    if faults:
        return None, tuple(faults)
    scenario = msgspec.convert({"description": "", "ranges": {}, **raw}, Scenario)
    if environment is not None:
        faults = list(_unplayable(scenario, environment, where))
    return None if faults else scenario, tuple(faults)


def _file(path: str | Path) -> Path:
    file = Path(path)
    if file.parent == Path() and not file.suffix and not os.path.lexists(file):
        known = {each.stem: each for each in shipped_files(ALL)}
        if file.name not in known:
            fix = nearest(file.name, tuple(known))
            raise ScenarioError(what="no such scenario", got=file.name, fix=fix)
        return known[file.name]
    try:
        inside = file.resolve().is_relative_to(file.parent.resolve())
    except (OSError, RuntimeError, ValueError):  # a link to itself; what cannot be is said later
        inside = True
    if not inside:
        what, fix = "leads out of its folder", "put the file itself there"
        raise ScenarioError(what=what, got=file.resolve().name, where=str(file), fix=fix)
    return file


def _faults(raw: dict[str, Any], where: str) -> Iterator[ScenarioError]:
    """Everything that is wrong with a file, whoever plays it."""
    for key, value in raw.items():
        if key not in _TYPES:
            fix = _RULES_FIX if key == "rules" else nearest(key, tuple(_TYPES))
            yield ScenarioError(what=f"unknown key `$.{key}`", where=where, fix=fix)
        elif key == "ranges":
            yield from _range_faults(value, where)
        else:
            try:
                msgspec.convert(value, _TYPES[key])
            except msgspec.ValidationError as error:
                fix = "e" + str(error)[1:].removesuffix(" - at `$`")
                if key == "name":
                    fix = "give 1 to 64 letters, digits, `_`, `-`, dots and spaces"
                what = f"`$.{key}` is wrong"
                yield ScenarioError(what=what, got=repr(value), where=where, fix=fix)
    absent = [f"`{key}`" for key in _NEEDED if key not in raw]
    if absent:
        what = f"lacks {', '.join(absent)}"
        yield ScenarioError(what=what, where=where, fix="write one line for each")


def _range_faults(ranges: object, where: str) -> Iterator[ScenarioError]:
    if not isinstance(ranges, dict) or len(ranges) > MAX_RANGES:
        got = type(ranges).__name__ if not isinstance(ranges, dict) else f"{len(ranges)} ranges"
        what = f"`$.ranges` must be a table of at most {MAX_RANGES} ranges"
        yield ScenarioError(what=what, got=got, where=where, fix="write [ranges]")
        return
    for name, value in ranges.items():
        try:
            check_range(name, value, None, where)
        except ScenarioError as error:
            yield error


def _unplayable(scenario: Scenario, environment: HasRanges, where: str) -> Iterator[ScenarioError]:
    """Everything that this environment cannot play."""
    bare = msgspec.structs.replace(scenario, ranges={}, players=())
    parts = [msgspec.structs.replace(bare, ranges={n: r}) for n, r in scenario.ranges.items()]
    parts += [msgspec.structs.replace(bare, players=(name,)) for name in scenario.players]
    faults: dict[str, ScenarioError] = {}
    for part in parts or [bare]:
        try:
            _check_declared(part, environment, where)
        except ScenarioError as error:
            faults.setdefault(str(error), error)  # of the whole file, each part says it
    if not faults:
        try:
            check_scenario(scenario, environment, where)
        except ScenarioError as error:
            faults[str(error)] = error
    yield from faults.values()


@public
def load_scenarios(
    which: str | Path | None = None, environment: HasRanges | None = None
) -> tuple[Scenario, ...]:
    """Scenarios of a folder, sorted by file name; without one the three that are shipped.

    Args:
        which: a folder, whose ``*.toml`` are read (not those of folders inside it), or what
            `load_scenario` takes; ``"all"`` for every shipped scenario, ``"strata"`` for the
            strata alone. A folder of such a name is ``./all``.
        environment: if given, what they may set; a file that sets something else is named.

    Raises:
        ScenarioError: a file is wrong, there is none, or two share a name.
    """
    found: dict[str, Scenario] = {}
    for file in scenario_files(which):
        scenario = load_scenario(file)
        if scenario.name in found:
            raise twin(scenario.name, str(file))
        if environment is not None:
            check_scenario(scenario, environment, where=str(file))
        found[scenario.name] = scenario
    return tuple(found.values())


def twin(name: str, where: str) -> ScenarioError:
    """What is wrong with a file whose scenario has the name of another's."""
    what, fix = f"`$.name` {name!r} is already another file's", "give each scenario its own name"
    return ScenarioError(what=what, where=where, fix=fix)


def shipped_files(which: str | None = None) -> list[Path]:
    """Files of shipped scenarios: the three; ``"strata"``, those alone; ``"all"``, both."""
    root = shipped("sandbox_scenarios")
    three = sorted(root.glob("*.toml")) if which != STRATA else []
    return three + (sorted(root.glob(f"{STRATA}/*.toml")) if which else [])


def scenario_files(which: str | Path | None) -> list[Path]:
    """The files meant."""
    if which is None or str(which) in (ALL, STRATA):
        return shipped_files(None if which is None else str(which))
    root = Path(which)
    try:
        if not root.is_dir():
            return [root]
        files = sorted(islice(root.glob("*.toml"), MAX_FILES + 1))
    except (OSError, ValueError) as error:
        what, fix = "cannot read the folder", "name a folder with scenarios"
        raise ScenarioError(what=what, got=str(error), where=str(root), fix=fix) from error
    if not 0 < len(files) <= MAX_FILES:
        raise ScenarioError(
            what=f"a folder of scenarios must hold 1 to {MAX_FILES} *.toml files",
            got=len(files),
            where=str(root),
            fix=f"name a folder with scenarios, a TOML file, {ALL} or {STRATA}",
        )
    return files


@public
def check_scenario(scenario: Scenario, environment: HasRanges, where: str | None = None) -> None:
    """Check a scenario against what an environment can play.

    Scenarios built in code pass here too, so everything is checked again.

    Args:
        scenario: to be played.
        environment: what can be set.
        where: its file, for errors; by default its name stands for it.

    Raises:
        ScenarioError: a range the environment does not declare, one that is empty, out of bounds,
            or counted and not whole; a player it does not know; no decision step, or more than
            anybody waits for; or what the environment's own `check_scenario` refuses.
    """
    _check_declared(scenario, environment, where)
    if (check := getattr(environment, "check_scenario", None)) is not None:
        check(scenario, where)


def _check_declared(scenario: Scenario, environment: HasRanges, where: str | None) -> None:
    """`check_scenario`, but for what ranges must be to each other."""
    bounds = getattr(environment, "bounds", {})
    players = getattr(environment, "player_names", ())
    counted = getattr(environment, "counted_ranges", ())
    check_playable(scenario, environment.ranges, bounds, players, where, counted)
    step_s = float(getattr(environment, "step_seconds", 0.0))
    steps = scenario.seconds / step_s if step_s > 0.0 else 1.0
    if not 1.0 - SLACK <= steps <= MOST_STEPS:
        raise ScenarioError(
            what=f"an episode is 1 to {MOST_STEPS:,} decision steps",
            got=f"{scenario.seconds:g} s in steps of {step_s:g} s",
            where=where or f"scenario {scenario.name}",
            fix="correct `$.seconds`, or the game's step_seconds",
        )


def check_scenarios(scenarios: Iterable[Scenario], environment: HasRanges) -> None:
    """`check_scenario` for each; their names must differ, and there must be one."""
    names: set[str] = set()
    for scenario in scenarios:
        check_scenario(scenario, environment)
        if scenario.name in names:
            what = "two scenarios share a name"
            raise ScenarioError(what=what, got=scenario.name, fix="rename one of them")
        names.add(scenario.name)
    if not names:
        raise ScenarioError(what="no scenario to play", fix="give at least one")
