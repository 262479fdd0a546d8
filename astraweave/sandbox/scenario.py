"""Scenarios from TOML: typed, bounded, every key known.

Refuses a file over 64 KiB, unknown keys (naming their path), ranges that are empty, not finite
or unknown to the environment, and time limits that are not positive and finite.
"""

import math
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol

import msgspec

from astraweave.errors import ScenarioError
from astraweave.model.actions import nearest
from astraweave.model.scenario import Range, Scenario
from astraweave.model.shipped import shipped

MAX_BYTES = 64 * 1024
MAX_FILES = 256
MAX_RANGES = 64


class HasRanges(Protocol):
    """Whatever declares the names a scenario may set."""

    @property
    def ranges(self) -> tuple[str, ...]:
        """Names of the ranges."""
        ...


def load_scenario(path: str | Path) -> Scenario:
    """Read one scenario.

    Args:
        path: a TOML file, or the bare name of a shipped scenario, e.g. ``"low_health"``.

    Raises:
        ScenarioError: naming the file and the key.
    """
    file = Path(path)
    if not file.exists() and file.parent == Path() and not file.suffix:
        file = shipped("sandbox_scenarios", f"{file.name}.toml")
    where = str(file)
    raw = _read(file, where)
    _check_keys(raw, where)
    ranges = raw.get("ranges", {})
    if not isinstance(ranges, dict) or len(ranges) > MAX_RANGES:
        what = f"`$.ranges` must be a table of at most {MAX_RANGES} ranges"
        raise ScenarioError(what=what, got=type(ranges).__name__, where=where, fix="write [ranges]")
    for name, value in ranges.items():
        _check_range(name, value, where)
    try:
        return msgspec.convert({"description": "", **raw, "ranges": ranges}, Scenario)
    except msgspec.ValidationError as error:
        raise ScenarioError(
            what="a key is missing or wrong", got=str(error), where=where, fix="correct that key"
        ) from error


def load_scenarios(
    folder: str | Path | None = None, environment: HasRanges | None = None
) -> tuple[Scenario, ...]:
    """Every ``*.toml`` of a folder, sorted by file name; the shipped ones without a folder.

    Args:
        folder: where they lie.
        environment: if given, what they may set; a file that sets something else is named.

    Raises:
        ScenarioError: a file is wrong, the folder holds none, or two share a name.
    """
    root = shipped("sandbox_scenarios") if folder is None else Path(folder)
    files = sorted(root.glob("*.toml"))
    if not 0 < len(files) <= MAX_FILES:
        raise ScenarioError(
            what=f"a folder of scenarios must hold 1 to {MAX_FILES} *.toml files",
            got=len(files),
            where=str(root),
            fix="name a folder with scenarios",
        )
    found: dict[str, Scenario] = {}
    for file in files:
        scenario = load_scenario(file)
        if scenario.name in found:
            what = f"`$.name` {scenario.name!r} is already another file's"
            raise ScenarioError(what=what, where=str(file), fix="give each scenario its own name")
        if environment is not None:
            check_scenario(scenario, environment, where=str(file))
        found[scenario.name] = scenario
    return tuple(found.values())


def check_scenario(scenario: Scenario, environment: HasRanges, where: str | None = None) -> None:
    """Check a scenario against what an environment can set.

    Scenarios built in code pass here too, so the ranges' numbers are checked again.

    Args:
        scenario: to be played.
        environment: what can be set.
        where: its file, for errors; by default its name stands for it.

    Raises:
        ScenarioError: a range the environment does not declare, or one that is empty.
    """
    where = where or f"scenario {scenario.name}"
    if not (math.isfinite(scenario.seconds) and scenario.seconds > 0):
        fix = "give a time limit in seconds"
        what = "`$.seconds` must be positive and finite"
        raise ScenarioError(what=what, got=scenario.seconds, where=where, fix=fix)
    for name, value in scenario.ranges.items():
        if name not in environment.ranges:
            raise ScenarioError(
                what=f"unknown key `$.ranges.{name}`",
                where=where,
                fix=nearest(name, environment.ranges),
            )
        _check_range(name, value, where)


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


def _read(file: Path, where: str) -> dict[str, Any]:
    try:
        with file.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
        if len(data) <= MAX_BYTES:
            return tomllib.loads(data.decode("utf-8"))
    except OSError as error:
        got = error.strerror or str(error)
        fix = "name a TOML file, or one of the shipped scenarios"
        raise ScenarioError(what="cannot read", got=got, where=where, fix=fix) from error
    # RecursionError: tomllib has no limit of its own on nested brackets.
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        what = "is not TOML"
        raise ScenarioError(what=what, got=str(error), where=where, fix="correct it") from error
    what = f"a scenario is at most {MAX_BYTES // 1024} KiB"
    raise ScenarioError(what=what, got="a larger file", where=where, fix="is it a scenario?")


def _check_keys(raw: dict[str, Any], where: str) -> None:
    for key in raw:
        if key not in Scenario.__struct_fields__:
            fix = nearest(key, Scenario.__struct_fields__)
            raise ScenarioError(what=f"unknown key `$.{key}`", where=where, fix=fix)


def _check_range(name: str, value: object, where: str) -> None:
    try:
        low, high = msgspec.convert(value, Range)
        problem = None
    except msgspec.ValidationError as error:
        low = high = 0.0
        problem = str(error)
    if problem is None and not (math.isfinite(low) and math.isfinite(high)):
        problem = f"[{low:g}, {high:g}], which is not finite"
    if problem is None and low > high:
        problem = f"[{low:g}, {high:g}], which is empty"
    if problem is not None:
        raise ScenarioError(
            what=f"`$.ranges.{name}` must be [low, high] with low <= high",
            got=problem,
            where=where,
            fix="correct the range",
        )
