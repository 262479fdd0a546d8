"""A rejection's episode again, as lines, as data or as a picture.

Refuses to show what has changed since: another tree or game would play another episode.
"""

import argparse
import runpy
from collections.abc import Sequence
from pathlib import Path

from astraweave.cli.common import ARENA, declared, one_pair, opened, playable
from astraweave.cli.output import add_json, say, say_json
from astraweave.cli.sandbox_game import add_environment
from astraweave.errors import AstraweaveError, InputError, UsageError
from astraweave.learning.judge import replayed, shown_by
from astraweave.model.shipped import shipped
from astraweave.model.verdict import Counterexample, Verdict
from astraweave.model.weights import Proposal
from astraweave.sandbox import Frame, narrate

STEPS_AROUND = 20


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--save", metavar="PATH", type=Path, required=True, help="the save file")
    parser.add_argument("--player", metavar="ID", help="whose rejection, if there are several")
    parser.add_argument("--companion", metavar="ID", help="whose rejection, if there are several")
    parser.add_argument(
        "--proposal", metavar="K", type=int, help="its number (default: the last one rejected)"
    )
    add_environment(parser, "the save's, if it is ours")
    parser.add_argument("--png", metavar="OUT.png", type=Path, help="draw the moment as a picture")
    parser.add_argument("--window", action="store_true", help="play it in a window")
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Show it; 1 when nothing was rejected."""
    with opened(arguments.save) as store:
        pair = one_pair(store, arguments.player, arguments.companion)
        proposal, verdict = chosen(store.verdicts(*pair), arguments.proposal)
        spec, drawn = declared(store, None, None), arguments.png or arguments.window
        if drawn:
            _check_drawable(arguments.environment or spec.environment, store.path)
        else:
            game, _ = playable(spec, arguments.environment, store.path)
            frames = replayed(game, proposal, verdict)
    example = shown_by(verdict)
    if drawn:
        return _drawn(arguments, pair, proposal)
    if arguments.json:
        say_json(
            {
                "proposal": proposal.number,
                "version": proposal.candidate.version,
                "reason": verdict.reason,
                "counterexample": example,
                "frames": frames,
            }
        )
    else:
        say(render(proposal, verdict, example, frames))
    return 0


def chosen(
    judged: Sequence[tuple[Proposal, Verdict]], number: int | None
) -> tuple[Proposal, Verdict]:
    """The proposal of that number, else the last that play rejected.

    Raises:
        UsageError: there is none.
    """
    if number is not None:
        for proposal, verdict in judged:
            if proposal.number == number:
                shown_by(verdict)
                return proposal, verdict
        what = f"there is no proposal {number}"
        raise UsageError(what=what, where="replay", fix=f"the save has {len(judged)}")
    for proposal, verdict in reversed(judged):
        if verdict.counterexample is not None:
            return proposal, verdict
    refused = sum(not verdict.approved for _, verdict in judged)
    what = f"no proposal was rejected in play ({len(judged)} made, {refused} refused without play)"
    raise UsageError(what=what, where="replay", fix="`astraweave status` shows all verdicts")


def render(
    proposal: Proposal, verdict: Verdict, example: Counterexample, frames: Sequence[Frame]
) -> str:
    """What was rejected and why, and the moment with what led to it."""
    moved = sorted(proposal.changes, key=lambda c: -abs(c.after / c.before - 1.0))[:5]
    words = ", ".join(f"{c.tactic} {c.after / c.before - 1:+.0%}" for c in moved)
    who = "the designer's weights" if example.policy == "designer" else f"{words}"
    return "\n".join(
        [
            f"proposal {proposal.number} (version {proposal.candidate.version}) was rejected: "
            f"{verdict.reason}",
            f"playing: {who}; beside: {example.players}",
            f"{example.rule} in {example.scenario}, seed {example.seed}: {example.detail}",
            *drawn_lines(example),
            "",
            *narrate(frames, around=example.tick, steps=STEPS_AROUND),
            f"tick {example.tick:5d}  ◀ {example.rule}",
        ]
    )


def drawn_lines(example: Counterexample) -> list[str]:
    """What was made simple of it."""
    if not example.plays:
        return []
    draw = ", ".join(f"{name} {value:g}" for name, value in example.draw.items())
    return [f"the simplest of {example.plays:,} episodes played to show it: {draw or 'any draw'}"]


def _check_drawable(environment: str | None, where: str) -> None:
    """The demo draws its own game; no other's code runs for a picture."""
    if environment != ARENA:
        raise InputError(
            what="only the reference game can be drawn",
            got=environment or "a game that is not named",
            where=where,
            fix="without --png and --window it is told in lines",
        )


def _drawn(arguments: argparse.Namespace, pair: tuple[str, str], proposal: Proposal) -> int:
    """Let the demo draw it; it is a program beside the package."""
    file = shipped("demos", "companion", "replay.py")
    if not file.is_file():
        raise AstraweaveError(what="the demo is not installed", where=str(file))
    given = ["--save", str(arguments.save), "--proposal", str(proposal.number)]
    given += ["--player", pair[0], "--companion", pair[1]]
    if arguments.png is not None:
        given += ["--png", str(arguments.png)]
    main = runpy.run_path(str(file), run_name="astraweave_replay")["main"]
    return int(main(given))
