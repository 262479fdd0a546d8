"""The gate's answer about weights in a file, in words and tables.

Refuses weights the tree has no tactic for, or out of bounds, before anything is played.
"""

import argparse
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import msgspec

from astraweave.arena import bot_matrix, load_bot, shipped_bots
from astraweave.behavior import Tree, load_tree
from astraweave.cli.common import ARENA, environment_of, one_pair, opened, progress, wipe
from astraweave.cli.output import say, say_json, table
from astraweave.errors import BotError, InputError, WeightsError
from astraweave.learning import Game, LearnSettings, with_environment
from astraweave.learning.judge import Cast, cast_of, judge
from astraweave.learning.report import known_profile
from astraweave.model.actions import nearest
from astraweave.model.profile import PreferenceProfile
from astraweave.model.verdict import Verdict
from astraweave.model.weights import MAX_WEIGHT, MIN_WEIGHT, WeightSet, designer_weights
from astraweave.model.weights_file import load_weights
from astraweave.sandbox import GateSettings, load_scenarios, settings_of, weights_fault
from astraweave.sandbox.cluster import cluster
from astraweave.sandbox.hands import Hands, processes

DEPLOYED = "deployed"


class Person(NamedTuple):
    """Whom a save is about, and what is in use for them."""

    profile: PreferenceProfile | None
    deployed: WeightSet | None


def run_validate(arguments: argparse.Namespace) -> int:
    """Judge; 0 approved, 1 rejected."""
    tree = load_tree(arguments.tree)
    in_use = tree if arguments.against_tree is None else load_tree(arguments.against_tree)
    candidate = designer_weights(tree.tactics)
    if arguments.weights is not None:
        candidate = _weights(arguments.weights, tree, version=1)
    elif in_use.content_hash == tree.content_hash:
        fix = "give --weights W.json, or --against-tree TREE"
        raise InputError(what="nothing to judge: no weights and one tree", where="sandbox", fix=fix)
    person = _person(arguments.player)
    deployed = _deployed(arguments.against, in_use, person)
    game = _game(tree, arguments.environment or ARENA, arguments.scenarios)
    cast = _cast(game, arguments.player, person)
    gate = _gate(game, arguments.skip)
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
            )
    finally:
        wipe()
    if arguments.json:
        say_json(msgspec.structs.asdict(verdict))
    else:
        say(render(verdict))
    return 0 if verdict.approved else 1


def _gate(game: Game, skip: Sequence[str]) -> GateSettings | None:
    """The game's own gate without these steps; None for all of it."""
    if not skip or game.environment is None:
        return None
    left_out = frozenset(step.replace("-", " ") for step in skip)
    return replace(settings_of(game.environment, None), skip=left_out)


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
    parts.append(f"{verdict.episodes} episodes, seed {verdict.seed}, alpha {verdict.alpha:g}")
    return "\n\n".join(parts)


def _weights(path: Path, tree: Tree, version: int) -> WeightSet:
    """Weights of this tree's tactics; a tactic that is not named keeps factor 1."""
    given = load_weights(path)
    fault = weights_fault(given, tree.tactics, MIN_WEIGHT, MAX_WEIGHT)
    if fault is not None:
        fix = f"tactics are the children of {tree.path}'s WeightedFallbacks"
        raise WeightsError(what=fault, where=str(path), fix=fix)
    return WeightSet(version=version, weights={**dict.fromkeys(tree.tactics, 1.0), **given})


def _person(player: str | None) -> Person | None:
    """What a save knows; None for a bot, or nobody."""
    if player is None or player.endswith(".toml") or not Path(player).exists():
        return None
    with opened(Path(player)) as store:
        pair = one_pair(store, None, None)
        found = store.deployed(*pair)
        return Person(known_profile(store, *pair), None if found is None else found[0])


def _deployed(against: str | None, tree: Tree, person: Person | None) -> WeightSet:
    if against is None:
        return designer_weights(tree.tactics)
    if against != DEPLOYED:
        return _weights(Path(against), tree, version=0)
    if person is None:
        fix = "give --player SAVE"
        raise InputError(what="--against deployed needs a save", where="sandbox", fix=fix)
    return designer_weights(tree.tactics) if person.deployed is None else person.deployed


def _game(tree: Tree, environment: str, scenarios: Path | None) -> Game:
    made = environment_of(environment)
    game = Game(tree=tree, vocabulary=made.vocabulary, sheet=made.facts)
    if scenarios is not None:
        game = Game(
            tree=tree,
            vocabulary=made.vocabulary,
            sheet=made.facts,
            scenarios=load_scenarios(scenarios, made),
        )
    return with_environment(game, made)


def _cast(game: Game, player: str | None, person: Person | None) -> Cast:
    environment = game.environment
    if environment is None:
        raise AssertionError
    everyone = cast_of(environment, None if person is None else person.profile)
    if player is None or person is not None:
        return everyone
    if not player.endswith(".toml") and player not in shipped_bots():
        fix = nearest(player, tuple(shipped_bots()))
        raise BotError(what=f"no save, no bot file and no bot {player!r}", fix=fix)
    bot = load_bot(player)
    return Cast(lambda seeds: bot_matrix([bot] * len(seeds)), everyone.archetypes)
