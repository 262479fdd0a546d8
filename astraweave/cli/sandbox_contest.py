"""Who is judged, against what, in which game, beside whom: what `validate` asks and `replay` shows.

Refuses weights the tree has no tactic for, and a contest of a tree with itself.
"""

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from astraweave.behavior import Tree, load_tree
from astraweave.cli.sandbox_game import (
    Person,
    add_environment,
    add_player,
    add_rules,
    add_scenarios,
    cast_with,
    game_in,
    person_of,
    rules_of,
    weights_of,
)
from astraweave.errors import InputError
from astraweave.learning import Game
from astraweave.learning.declaration import ARENA
from astraweave.learning.reward import TYPICAL_SECONDS
from astraweave.learning.shown import Contest
from astraweave.model.weights import WeightSet, designer_weights
from astraweave.sandbox import STEPS, GateSettings, Rule, check_rules, settings_of
from astraweave.sandbox.gate import PLAYED

DEPLOYED = "deployed"


def add_contest(parser: argparse.ArgumentParser, *, tree: bool) -> None:
    """Add the arguments; `tree` says whether there must be one."""
    nargs = None if tree else "?"
    line = "a Groot2 file, or the name of a shipped one, as companion.xml"
    parser.add_argument("tree", metavar="TREE", nargs=nargs, help=line)
    parser.add_argument(
        "--weights",
        metavar="W.json",
        type=Path,
        help='the candidate: {"weights": {"tactic": factor}} (default: the designer\'s)',
    )
    parser.add_argument(
        "--against",
        metavar="W0.json|deployed",
        help="what is in use (default: the designer's; `deployed`: that of --player's save)",
    )
    parser.add_argument(
        "--against-tree",
        metavar="TREE",
        help="the tree in use, where it is another: a frozen tree against the one it was made of",
    )
    # Of a save its own game is replayed, unless another is named.
    add_environment(parser, ARENA if tree else "the save's, if it is ours; of a verdict the arena")
    add_scenarios(parser)
    add_rules(parser)
    add_player(parser)
    parser.add_argument(
        "--skip",
        metavar="STEP",
        action="append",
        default=[],
        choices=[step.replace(" ", "-") for step in STEPS],
        help="leave out a step, once for each: static, safety, not-worse, floor, trial; the "
        "verdict says so",
    )


def contest_in(arguments: argparse.Namespace) -> Contest:
    """What the arguments say.

    Raises:
        InputError: something of it is wrong, or there is nothing to judge.
    """
    tree = load_tree(arguments.tree)
    in_use = tree if arguments.against_tree is None else load_tree(arguments.against_tree)
    candidate = designer_weights(tree.tactics)
    if arguments.weights is not None:
        candidate = weights_of(arguments.weights, tree, version=1)
    elif in_use.content_hash == tree.content_hash:
        fix = "give --weights W.json, or --against-tree TREE"
        raise InputError(what="nothing to judge: no weights and one tree", where="sandbox", fix=fix)
    person = person_of(arguments.player)
    deployed = _deployed(arguments.against, in_use, person)
    game = game_in(tree, arguments.environment or ARENA, arguments.scenarios)
    cast = cast_with(game, arguments.player, person)
    gate = gate_in(game, arguments.skip, rules_of(arguments.rules, game.environment))
    return Contest(game, candidate, deployed, in_use, cast, gate, TYPICAL_SECONDS)


def gate_in(game: Game, skip: Sequence[str], rules: tuple[Rule, ...]) -> GateSettings | None:
    """The game's own gate without these steps and with these rules; None for that as it is."""
    if not (skip or rules) or game.environment is None:
        return None
    gate = settings_of(game.environment, None)
    check_rules((*gate.rules, *rules), game.environment)
    left_out = gate.skip | {step.replace("-", " ") for step in skip}
    if left_out >= PLAYED:
        what, fix = "nothing would be played", "keep one of safety, not-worse and floor"
        raise InputError(what=what, where="--skip", fix=fix)
    return replace(gate, skip=left_out, rules=(*gate.rules, *rules))


def _deployed(against: str | None, tree: Tree, person: Person | None) -> WeightSet:
    if against is None:
        return designer_weights(tree.tactics)
    if against != DEPLOYED:
        return weights_of(Path(against), tree, version=0)
    if person is None:
        fix = "give --player SAVE"
        raise InputError(what="--against deployed needs a save", where="sandbox", fix=fix)
    return designer_weights(tree.tactics) if person.deployed is None else person.deployed
