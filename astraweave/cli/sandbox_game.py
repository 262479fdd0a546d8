"""What `sandbox` verbs share: the game that is played, whom with, and what it is held to.

Refuses weights the tree has no tactic for, or out of bounds, before anything is played.
"""

import argparse
from collections.abc import Iterable
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

import msgspec

from astraweave.arena import Arena, bot_matrix, load_bot
from astraweave.arena.players import player_names
from astraweave.behavior import Tree
from astraweave.cli.common import environment_of, find_code_here, one_pair, opened
from astraweave.errors import AstraweaveError, BotError, RuleError, WeightsError, said_of
from astraweave.learning import Game, with_environment
from astraweave.learning.declaration import ARENA
from astraweave.learning.judge import Cast, cast_of
from astraweave.learning.report import known_profile
from astraweave.model.actions import nearest
from astraweave.model.ports import BatchEnvironment
from astraweave.model.profile import PreferenceProfile
from astraweave.model.weights import MAX_WEIGHT, MIN_WEIGHT, WeightSet
from astraweave.model.weights_file import load_weights
from astraweave.sandbox import Rule, load_rules, load_scenarios, weights_fault
from astraweave.sandbox.rulebook import rule_faults


class Person(NamedTuple):
    """Whom a save is about, and what is in use for them."""

    profile: PreferenceProfile | None
    deployed: WeightSet | None


def add_environment(parser: argparse.ArgumentParser, default: str = ARENA) -> None:
    """Add `--environment`."""
    parser.add_argument(
        "--environment",
        metavar="MODULE:FACTORY",
        default=ARENA if default == ARENA else None,
        help=f"the game: a function without arguments, in this folder too (default: {default})",
    )


def add_scenarios(
    parser: argparse.ArgumentParser, default: str = "the game's own, or three"
) -> None:
    """Add `--scenarios`."""
    parser.add_argument(
        "--scenarios",
        metavar="FOLDER|FILE|NAME",
        help=f"TOML files, a shipped one, `strata` or `all` (default: {default})",
    )


def add_rules(parser: argparse.ArgumentParser) -> None:
    """Add `--rules`."""
    parser.add_argument(
        "--rules",
        metavar="FILE.toml|MODULE:NAME",
        action="append",
        default=[],
        help="rules beside the shipped ones and the game's; may be given more than once",
    )


def add_player(parser: argparse.ArgumentParser) -> None:
    """Add `--player`."""
    parser.add_argument(
        "--player",
        metavar="SAVE|BOT.toml|NAME",
        help="whom it plays with: a save's player, or a bot (default: all shipped bots)",
    )


def weights_of(path: Path, tree: Tree, version: int) -> WeightSet:
    """Weights of this tree's tactics; a tactic that is not named keeps factor 1."""
    given = load_weights(path)
    fault = weights_fault(given, tree.tactics, MIN_WEIGHT, MAX_WEIGHT)
    if fault is not None:
        fix = f"tactics are the children of {tree.path}'s WeightedFallbacks"
        raise WeightsError(what=fault, where=str(path), fix=fix)
    return WeightSet(version=version, weights={**dict.fromkeys(tree.tactics, 1.0), **given})


def person_of(player: str | None) -> Person | None:
    """What a save knows; None for a bot, or nobody."""
    if player is None or player.endswith(".toml") or not Path(player).exists():
        return None
    with opened(Path(player)) as store:
        pair = one_pair(store, None, None)
        found = store.deployed(*pair)
        return Person(known_profile(store, *pair), None if found is None else found[0])


def game_in(tree: Tree, environment: str, scenarios: str | None) -> Game:
    """The game that was named, with its scenarios or those asked for.

    Raises:
        InputError: the environment or a scenario is wrong.
    """
    made = environment_of(environment)
    game = Game(tree=tree, vocabulary=made.vocabulary, sheet=made.facts)
    if scenarios is not None:
        game = replace(game, scenarios=load_scenarios(scenarios, made))
    return with_environment(game, made)


def cast_with(game: Game, player: str | None, person: Person | None) -> Cast:
    """Who plays: a save's person, a bot, or without a name whoever the game draws.

    Raises:
        BotError: the name leads to nobody.
    """
    environment = game.environment
    if environment is None:
        raise AssertionError
    everyone = cast_of(environment, None if person is None else person.profile)
    if player is None or person is not None:
        return everyone
    if not player.endswith(".toml") and player not in player_names():
        fix = nearest(player, player_names())
        raise BotError(what=f"no save, no bot file and no bot {player!r}", fix=fix)
    bot = load_bot(player)
    if not isinstance(environment, Arena):
        what, fix = "bots play in the arena only, this game has players of its own", "leave it out"
        raise BotError(what=what, got=player, where="--player", fix=fix)
    name = f"bot {msgspec.json.encode(bot).decode()}"
    return Cast(lambda seeds: bot_matrix([bot] * len(seeds)), everyone.archetypes, name)


def rules_of(names: Iterable[str], game: BatchEnvironment | None = None) -> tuple[Rule, ...]:
    """Rules of files and modules, in order; a module may lie in the current folder.

    Raises:
        RuleError: a file is wrong, a name leads to no rules, or to some that are not for this game.
    """
    found = {name: _rules(name) for name in names}
    if game is not None:
        faults = (
            fault for name, rules in found.items() for fault in rule_faults(rules, game, name)
        )
        for fault in faults:
            raise fault
    return tuple(rule for rules in found.values() for rule in rules)


def _rules(name: str) -> tuple[Rule, ...]:
    if name.endswith(".toml") or (Path(name).is_file() and not name.endswith(".py")):
        return load_rules(name)
    module, _, member = name.partition(":")
    if not module or not member:
        fix = f"give a file NAME.toml, or {Path(name).stem or 'module'}:NAME for rules in Python"
        what = "neither a TOML file nor MODULE:NAME"
        raise RuleError(what=what, got=name, where="--rules", fix=fix)
    find_code_here()
    try:
        found = getattr(import_module(module), member)
        rules = (found,) if isinstance(found, Rule) else tuple(found)
    except AstraweaveError:
        raise
    except (Exception, SystemExit) as error:
        raise RuleError(
            what="cannot get the rules",
            got=said_of(error),
            where=name,
            fix="name a rule, or several in a tuple, as module:NAME",
        ) from error
    for rule in rules:
        if not isinstance(rule, Rule):
            fix = "make them with sandbox.rule"
            raise RuleError(what="is no rule", got=type(rule).__name__, where=name, fix=fix)
    return rules
