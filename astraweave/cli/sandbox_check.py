"""`astraweave sandbox check FILE…`: whether scenarios and rules are right, and fit the game.

0: all are; 2: one is not, and stderr has a line for each fault of each file. A scenario that is
right is also begun once, since only the game knows what it can begin.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from astraweave.cli.common import environment_of
from astraweave.cli.output import add_json, complain, say, say_json
from astraweave.cli.patience import patience
from astraweave.cli.sandbox_game import add_environment, rules_of
from astraweave.errors import AstraweaveError, InputError, RuleError, ScenarioError
from astraweave.model.ports import BatchEnvironment
from astraweave.model.scenario import Scenario
from astraweave.sandbox import Rule, rules_for, settings_of
from astraweave.sandbox.reading import read_toml
from astraweave.sandbox.rulebook import rule_faults
from astraweave.sandbox.rules_file import read_rules
from astraweave.sandbox.scenario import read_scenario, scenario_files, twin

SCENARIO, RULES = "scenario", "rules"


class Checked(NamedTuple):
    """A file, what it is, what it holds, and what is wrong with it."""

    file: str
    kind: str
    names: tuple[str, ...]
    faults: tuple[AstraweaveError, ...]


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "files",
        metavar="FILE|FOLDER|NAME|MODULE:NAME",
        nargs="+",
        help="scenarios and rules in TOML, a folder of scenarios, shipped ones, rules in Python",
    )
    add_environment(parser)
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Check each."""
    game = environment_of(arguments.environment)
    rules_for(game, ())
    checked = [each for given in arguments.files for each in _given(given, game)]
    faults = [fault for each in checked for fault in each.faults]
    if arguments.json:
        files = [
            {"file": each.file, "kind": each.kind, "names": each.names, "faults": len(each.faults)}
            for each in checked
        ]
        say_json({"files": files, "errors": list(map(str, faults))})
    else:
        for each in checked:
            if not each.faults:
                say(f"{each.file}: fine, {each.kind} {', '.join(each.names)}")
    for fault in faults:
        complain(str(fault))
    return 2 if faults else 0


def _given(given: str, game: BatchEnvironment) -> Iterator[Checked]:
    """What one argument stands for."""
    if given.endswith(".py") or (":" in given and not Path(given).exists()):
        yield _rules_of(given, game)
        return
    try:
        files = scenario_files(given)
    except InputError as error:
        yield Checked(given, SCENARIO, (), (error,))
        return
    names: set[str] = set()
    for file in files:
        checked = _file(file, game)
        if checked.kind == SCENARIO and names & set(checked.names):
            fault = twin(checked.names[0], checked.file)
            checked = checked._replace(faults=(*checked.faults, fault))
        names |= set(checked.names)
        yield checked


def _file(file: Path, game: BatchEnvironment) -> Checked:
    where = str(file)
    if _holds_rules(file):
        rules, faults = read_rules(file)
        return _held(where, rules, game, faults)
    scenario, wrong = read_scenario(file, game)
    if scenario is None:
        return Checked(where, SCENARIO, (), wrong)
    return Checked(where, SCENARIO, (scenario.name,), tuple(_start(scenario, game, where)))


def _holds_rules(file: Path) -> bool:
    """Whether it means to be rules: nothing of a scenario is in it, and only tables."""
    try:
        raw = read_toml(file, InputError, "a file", "")
    except InputError:
        return False
    if set(raw) & set(Scenario.__struct_fields__):
        return False
    return bool(raw) and all(isinstance(value, dict) for value in raw.values())


def _rules_of(name: str, game: BatchEnvironment) -> Checked:
    try:
        return _held(name, rules_of([name]), game)
    except RuleError as error:
        return Checked(name, RULES, (), (error,))


def _held(
    where: str, rules: tuple[Rule, ...], game: BatchEnvironment, faults: tuple[RuleError, ...] = ()
) -> Checked:
    """Rules beside those that the game is held to anyway."""
    known = rules_for(game, settings_of(game, None).rules)
    own = [rule for rule in rules if rule not in known]
    found = (*faults, *rule_faults((*known, *own), game, where))
    return Checked(where, RULES, tuple(rule.name for rule in rules), found)


def _start(scenario: Scenario, game: BatchEnvironment, where: str) -> Iterator[AstraweaveError]:
    """What the game says when it is to begin there."""
    try:
        with patience(f"{where}: the game is still asked to begin there"):
            game.reset(scenario, np.zeros(1, dtype=np.int64), None)
    except Exception as error:  # noqa: BLE001  # whatever it is, it is said in a line
        kind = "" if isinstance(error, AstraweaveError) else f"{type(error).__name__}: "
        fix = "the scenario may lack a range that the game needs"
        yield ScenarioError(
            what="the game cannot begin there", got=f"{kind}{error}", where=where, fix=fix
        )
