"""`astraweave sandbox list`: which scenarios can be played, and which rules a companion is held to.

Without --environment what is shipped; with it what that game is played in and held to.
"""

import argparse
import textwrap
from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from astraweave.cli.common import environment_of
from astraweave.cli.output import add_json, say, say_json, table
from astraweave.cli.sandbox_game import add_environment, add_rules, add_scenarios, rules_of
from astraweave.model.ports import BatchEnvironment
from astraweave.model.scenario import Scenario
from astraweave.sandbox import (
    RULES,
    Rule,
    rules_for,
    settings_of,
    watching,
)
from astraweave.sandbox.scenario import (
    ALL,
    check_scenarios,
    read_scenario,
    scenario_files,
    shipped_files,
    twin,
)
from astraweave.sandbox.thresholds import Threshold

WIDTH = 100
THREE, STRATA, GAME, OWN = "default", "strata", "game", "own"
"""Where a scenario is from: the shipped three, the shipped strata, the game itself, own files."""


class Found(NamedTuple):
    """A scenario, where it is from, and its file."""

    scenario: Scenario
    source: str
    file: str | None


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_environment(parser, "none: what is shipped, whoever plays it")
    add_scenarios(parser, "the game's own, or all that are shipped")
    add_rules(parser)
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Scenarios, then rules."""
    game = None if arguments.environment is None else environment_of(arguments.environment)
    found = _found(arguments.scenarios, game)
    rules = _rules(rules_of(arguments.rules, game), game)
    if arguments.json:
        told = [
            msgspec.to_builtins(each.scenario) | {"from": each.source, "file": each.file}
            for each in found
        ]
        say_json({"scenarios": told, "rules": [_facts(rule) for rule in rules]})
    else:
        say(f"{_scenario_text(found)}\n\n{_rule_text(rules)}")
    return 0


def _scenario_text(found: list[Found]) -> str:
    if not found:
        return "no shipped scenario fits this game: name its own with --scenarios FOLDER"
    rows = [("scenario", "threat", "at most", "from", "file")]
    for s, source, file in found:
        rows.append((s.name, f"{s.threat:6.2f}", f"{s.seconds:5.0f} s", source, file or ""))
    return _described(rows, [each.scenario.description for each in found])


def _rule_text(rules: tuple[Rule, ...]) -> str:
    rows = [("rule", "kind", "severity", "counted in", "broken by")]
    for rule in rules:
        told = _facts(rule)
        what = "its own code" if told["broken_by"] is None else str(told["broken_by"])
        rows.append((rule.name, rule.kind, rule.severity, rule.unit, what))
    return _described(rows, [rule.doc for rule in rules])


def _described(rows: Sequence[tuple[str, ...]], about: Sequence[str]) -> str:
    """A table with a sentence under each row but the first."""
    lines = table(rows).splitlines()
    told = lines[:1]
    for line, text in zip(lines[1:], about, strict=True):
        told += [line, *textwrap.wrap(text, WIDTH, initial_indent="    ", subsequent_indent="    ")]
    return "\n".join(told)


def _facts(rule: Rule) -> dict[str, Any]:
    """A rule as data; `broken_by` is its event or limit, None where only its code says it."""
    numeric = rule.broken if isinstance(rule.broken, Threshold) else None
    names = ("name", "kind", "severity", "unit", "doc", "event")
    return {name: getattr(rule, name) for name in names} | {
        "broken_by": rule.event if numeric is None else str(numeric),
        "limit": None if numeric is None else msgspec.to_builtins(numeric),
    }


def _found(asked: str | None, game: BatchEnvironment | None) -> list[Found]:
    own = tuple(getattr(game, "scenarios", ()))
    if game is not None and asked is None and own:
        check_scenarios(own, game)
        return [Found(scenario, GAME, None) for scenario in own]
    three, shipped = set(shipped_files()), set(shipped_files(ALL))
    found: list[Found] = []
    for file in scenario_files(ALL if asked is None else asked):
        scenario, faults = read_scenario(file, game)
        if faults and asked is not None:
            raise faults[0]
        if scenario is not None:  # what is shipped need not fit a game of one's own
            if any(each.scenario.name == scenario.name for each in found):
                raise twin(scenario.name, str(file))
            source = THREE if file in three else STRATA if file in shipped else OWN
            found.append(Found(scenario, source, str(file)))
    return found


def _rules(given: tuple[Rule, ...], game: BatchEnvironment | None) -> tuple[Rule, ...]:
    """What is shipped and given; of a game, its own too, and only what applies to it."""
    if game is None:
        return (*RULES, *given)
    rules = rules_for(game, (*settings_of(game, None).rules, *given))
    events = watching(game, rules).events
    return tuple(rule for rule in rules if rule.applies(events))
