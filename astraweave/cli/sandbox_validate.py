"""The gate's answer about weights in a file, in words and tables.

Refuses weights the tree has no tactic for, or out of bounds, before anything is played.
"""

import argparse
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path

import msgspec

from astraweave.behavior import Tree, load_tree
from astraweave.cli.common import bad_input, progress, wipe
from astraweave.cli.output import add_json, complain, say, say_json, table
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
from astraweave.errors import EnvironmentFailure, InputError
from astraweave.learning import Game, LearnSettings
from astraweave.learning.judge import judge
from astraweave.model.verdict import Verdict
from astraweave.model.weights import WeightSet, designer_weights
from astraweave.sandbox import STEPS, GateSettings, Rule, check_rules, settings_of
from astraweave.sandbox.cluster import cluster
from astraweave.sandbox.folder import FolderCache, user_folder
from astraweave.sandbox.gate import PLAYED
from astraweave.sandbox.hands import Hands, processes

DEPLOYED = "deployed"
FAILED = "environment"
"""The step of a verdict that says nothing but that the game failed."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("tree", metavar="TREE", help="a Groot2 file, or the name of a shipped one")
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
    who = parser.add_mutually_exclusive_group()
    who.add_argument(
        "--workers", metavar="N", type=int, help="processes that play (default: this one alone)"
    )
    who.add_argument(
        "--cluster",
        metavar="ADDRESS",
        help="Dask workers that play: tcp://HOST:PORT of a scheduler, or local:N",
    )
    add_environment(parser)
    add_scenarios(parser)
    add_rules(parser)
    add_player(parser)
    parser.add_argument("--seed", metavar="N", type=int, default=0, help="default 0")
    parser.add_argument(
        "--no-cache", action="store_true", help="play, even what was asked before on this machine"
    )
    parser.add_argument(
        "--skip",
        metavar="STEP",
        action="append",
        default=[],
        choices=[step.replace(" ", "-") for step in STEPS],
        help="leave out a step, once for each: static, safety, not-worse, floor, trial; the "
        "verdict says so",
    )
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Judge; 0 approved, 1 rejected, 2 when the game cannot be played."""
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
    game = game_in(tree, arguments.environment, arguments.scenarios)
    cast = cast_with(game, arguments.player, person)
    gate = _gate(game, arguments.skip, rules_of(arguments.rules, game.environment))
    try:
        with _hands(arguments) as hands:
            verdict = judge(
                game,
                candidate,
                deployed,
                cast,
                settings=LearnSettings(gate=gate, progress=progress()),
                seed=arguments.seed,
                deployed_tree=in_use,
                hands=hands,
                cache=None if arguments.no_cache else FolderCache(user_folder()),
            )
    except EnvironmentFailure as error:  # before anything could be played
        raise bad_input(error) from error
    finally:
        wipe()
    failed = verdict.step == FAILED
    if arguments.json:
        say_json(msgspec.structs.asdict(verdict))
    elif not failed:
        say(render(verdict))
    if failed:
        # Nothing was said about the weights: the game that was given cannot be played.
        complain(verdict.reason)
        return 2
    return 0 if verdict.approved else 1


def _gate(game: Game, skip: Sequence[str], rules: tuple[Rule, ...]) -> GateSettings | None:
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


def _hands(arguments: argparse.Namespace) -> AbstractContextManager[Hands | None]:
    """Whoever plays, to be let go of; None for this process alone."""
    if arguments.cluster is not None:
        return cluster(arguments.cluster)
    if arguments.workers is not None:
        return processes(arguments.workers)
    return nullcontext()


def render(verdict: Verdict) -> str:
    """The verdict for a person: the answer, what was counted, how sure it is."""
    word = "APPROVED" if verdict.approved else f"REJECTED ({verdict.step})"
    parts = [f"{word}: {verdict.reason}"]
    if verdict.rules:
        rows = [("rule", "kind", "scenario", "breaks", "deployed", "episodes", "rate below", "")]
        rows += [
            (
                r.rule,
                r.kind,
                r.scenario,
                f"{r.breaks:6d}",
                f"{r.baseline_breaks:8d}",
                f"{r.episodes:8d}",
                f"{r.bound:10.4f}",
                "ok" if r.passed else "BROKEN" if r.breaks or r.baseline_breaks else "not shown",
            )
            for r in verdict.rules
            if r.episodes or r.breaks or r.baseline_breaks  # a "no" leaves later steps unplayed
        ]
        parts.append(table(rows))
    if verdict.scenarios:
        rows2 = [("scenario", "against", "pairs", "score", "e accept", "e reject", "")]
        rows2 += [
            (
                s.scenario,
                s.against,
                f"{s.pairs:5d}",
                f"{s.mean:.4f}",
                f"{s.e_accept:8.3g}",
                f"{s.e_reject:8.3g}",
                s.decision,
            )
            for s in verdict.scenarios
            if s.pairs
        ]
        if len(rows2) > 1:
            parts.append(table(rows2))
    parts.append(", ".join(f"{step}: {said}" for step, said in verdict.steps.items()))
    known = ", cached: the same question was played before" if verdict.cached else ""
    parts.append(
        f"{verdict.episodes} episodes, seed {verdict.seed}, alpha {verdict.alpha:g}{known}"
    )
    return "\n\n".join(parts)


def _deployed(against: str | None, tree: Tree, person: Person | None) -> WeightSet:
    if against is None:
        return designer_weights(tree.tactics)
    if against != DEPLOYED:
        return weights_of(Path(against), tree, version=0)
    if person is None:
        fix = "give --player SAVE"
        raise InputError(what="--against deployed needs a save", where="sandbox", fix=fix)
    return designer_weights(tree.tactics) if person.deployed is None else person.deployed
