"""The gate's answer about weights in a file, in words and tables.

Refuses weights the tree has no tactic for, or out of bounds, before anything is played.
"""

import argparse
from contextlib import AbstractContextManager, nullcontext

import msgspec

from astraweave.cli.common import bad_input, check_seed, progress, wipe
from astraweave.cli.output import add_json, complain, say, say_json, table
from astraweave.cli.sandbox_contest import add_contest, contest_in
from astraweave.errors import EnvironmentFailure
from astraweave.learning import LearnSettings
from astraweave.learning.judge import judge
from astraweave.model.verdict import Verdict
from astraweave.sandbox.cluster import cluster
from astraweave.sandbox.folder import FolderCache, user_folder
from astraweave.sandbox.hands import Hands, processes

FAILED = "environment"
"""The step of a verdict that says nothing but that the game failed."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_contest(parser, tree=True)
    who = parser.add_mutually_exclusive_group()
    who.add_argument(
        "--workers", metavar="N", type=int, help="processes that play (default: this one alone)"
    )
    who.add_argument(
        "--cluster",
        metavar="ADDRESS",
        help="Dask workers that play: tcp://HOST:PORT of a scheduler, or local:N",
    )
    parser.add_argument("--seed", metavar="N", type=int, default=0, help="default 0")
    parser.add_argument(
        "--no-cache", action="store_true", help="play, even what was asked before on this machine"
    )
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Judge; 0 approved, 1 rejected, 2 when the game cannot be played."""
    check_seed(arguments.seed)
    contest = contest_in(arguments)
    try:
        with _hands(arguments) as hands:
            verdict = judge(
                contest.game,
                contest.candidate,
                contest.deployed,
                contest.cast,
                settings=LearnSettings(gate=contest.gate, progress=progress()),
                seed=arguments.seed,
                deployed_tree=contest.deployed_tree,
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
