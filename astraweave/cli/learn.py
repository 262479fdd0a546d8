"""`astraweave learn --save S`: learn from what a save remembers, prove the change, deploy it.

Exit code 1 when the last proposal of any pair was rejected.
"""

import argparse
from datetime import UTC, datetime

import msgspec

from astraweave.cli.common import (
    add_game,
    add_save,
    check_seed,
    declared,
    opened,
    pairs_of,
    playable,
    wipe,
)
from astraweave.cli.output import add_json, own_stdout, say, say_json
from astraweave.cli.text import several
from astraweave.errors import InputError, UsageError
from astraweave.learning import Game, LearnReport, LearnSettings, learn, remember
from astraweave.learning.methods import check_learner
from astraweave.memory import MemoryStore
from astraweave.model.sources import checked_trust

MAX_STEPS = 10_000


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_save(parser)
    add_game(parser)
    parser.add_argument(
        "--environment",
        metavar="MODULE:FACTORY",
        help="the game to prove changes in (default: the save's, else logged play is the proof)",
    )
    parser.add_argument(
        "--learner",
        metavar="NAME",
        help="posterior, q or dynamic-scripting, with options as q:alpha=.2; the save remembers "
        "it (default: the save's)",
    )
    parser.add_argument(
        "--trust",
        metavar="SOURCE=SHARE",
        action="append",
        help="what play counts that is not the person's: shared=.5, bot=.25 (default: the save's)",
    )
    parser.add_argument(
        "--steps", metavar="N", type=int, default=1, help="steps of learning (default 1)"
    )
    parser.add_argument(
        "--seed", metavar="N", type=int, default=0, help="of the sandbox (default 0)"
    )
    parser.add_argument(
        "--now", metavar="SECONDS", type=float, help="since 1970, as the date (default: the clock)"
    )
    add_json(parser)


@own_stdout()
def run(arguments: argparse.Namespace) -> int:
    """Learn for each pair; one step more than play has paid for changes nothing."""
    _check(arguments)
    with opened(arguments.save, mend=True) as store:
        pairs = pairs_of(store, arguments.player, arguments.companion)
        spec = declared(store, arguments.tree, arguments.actions)
        if arguments.learner is not None:
            spec = msgspec.structs.replace(spec, learner=arguments.learner)
        if arguments.trust is not None:
            spec = msgspec.structs.replace(spec, trust=spec.trust | _trust(arguments.trust))
        game, settings = playable(spec, arguments.environment, store.path)
        declares = (arguments.tree, arguments.actions, arguments.learner, arguments.trust)
        if any(given is not None for given in declares):
            remember(store, spec)
        reports = [r for pair in pairs for r in _steps(store, game, settings, pair, arguments)]
    wipe()
    if arguments.json:
        say_json({"reports": reports})
    else:
        say("\n".join(_line(report) for report in reports))
    last = {(r.player_id, r.companion_id): r.verdict for r in reports if r.verdict is not None}
    return 0 if all(verdict.approved for verdict in last.values()) else 1


def _trust(words: list[str]) -> dict[str, float]:
    """What was said with --trust.

    Raises:
        InputError: it is none.
    """
    told = {}
    for word in words:
        name, _, share = word.partition("=")
        try:
            told[name] = float(share)
        except ValueError as error:
            fix = "for instance --trust bot=.1"
            raise InputError(what="--trust takes SOURCE=SHARE", got=word, fix=fix) from error
    try:
        checked_trust(told, "--trust")
    except UsageError as error:
        raise InputError(
            what=error.what, got=error.got, where="--trust", fix=error.fix or "correct it"
        ) from error
    return told


def _check(arguments: argparse.Namespace) -> None:
    if arguments.learner is not None:
        check_learner(arguments.learner)
    if not 1 <= arguments.steps <= MAX_STEPS:
        what = f"--steps must be 1 to {MAX_STEPS:,}"
        raise InputError(what=what, got=arguments.steps, fix="correct it")
    check_seed(arguments.seed)
    if arguments.now is not None and not 0.0 <= arguments.now <= 4e11:
        raise InputError(what="--now must be seconds since 1970", got=arguments.now, fix="leave it")


def _steps(
    store: MemoryStore,
    game: Game,
    settings: LearnSettings,
    pair: tuple[str, str],
    arguments: argparse.Namespace,
) -> list[LearnReport]:
    reports: list[LearnReport] = []
    for _ in range(arguments.steps):
        now = datetime.now(UTC).timestamp() if arguments.now is None else arguments.now
        report = learn(
            store,
            game,
            player_id=pair[0],
            companion_id=pair[1],
            seed=arguments.seed,
            now=now,
            settings=settings,
        )
        reports.append(report)
        if report.proposal is None and report.deployment is None:
            break
    return reports


def _line(report: LearnReport) -> str:
    news = f"{report.learned} new of {several(report.episodes, 'episode')}"
    return f"{report.player_id} & {report.companion_id}: {news}; {report.message}"
