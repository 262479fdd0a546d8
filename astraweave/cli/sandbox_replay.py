"""A rejection's episode again, as lines, as data, as a picture, moving or in a window.

Of a save, or of a verdict that `validate --json` wrote, with what was judged. Refuses to show what
has changed since: another tree or game would play another episode; and to mark what was not seen.
"""

import argparse
import os
import runpy
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from astraweave.arena import Arena
from astraweave.behavior.groot.writer import write_file
from astraweave.behavior.render import svg_of
from astraweave.cli.common import declared, one_pair, opened, playable
from astraweave.cli.output import add_json, complain, say, say_json
from astraweave.cli.sandbox_contest import add_contest, contest_in, gate_in
from astraweave.cli.sandbox_game import rules_of
from astraweave.errors import AstraweaveError, InputError, UsageError
from astraweave.learning.shown import (
    DECIDES,
    Contest,
    Shown,
    check_unchanged,
    contest_of,
    shown_again,
    shown_by,
)
from astraweave.learning.told import detail_of, facts_of, sheet, text_of
from astraweave.learning.variants import as_played
from astraweave.model.facts import FactSheet
from astraweave.model.reading import read_file
from astraweave.model.shipped import shipped
from astraweave.model.verdict import Verdict
from astraweave.model.weights import Proposal, moves

MAX_BYTES = 4 * 2**20
PICTURES = ("png", "svg", "gif")


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--save", metavar="PATH", type=Path, help="the save file")
    source.add_argument(
        "--verdict",
        metavar="V.json",
        type=Path,
        help="what `validate --json` wrote; give what was judged with the same arguments",
    )
    parser.add_argument("--companion", metavar="ID", help="whose rejection, if a save has several")
    parser.add_argument(
        "--proposal", metavar="K", type=int, help="its number (default: the last one rejected)"
    )
    add_contest(parser, tree=False)
    drawn = parser.add_mutually_exclusive_group()
    for form in PICTURES:
        line = "moving, with the trace beside it" if form == "gif" else "draw it as a picture"
        drawn.add_argument(f"--{form}", metavar=f"OUT.{form}", type=Path, help=line)
    drawn.add_argument("--window", action="store_true", help="play it in a window")
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Show it; 1 when nothing was rejected, or what was said of it is not seen."""
    _check_out(arguments)
    if arguments.save is not None:
        where = f"--save {arguments.save}"
        contest, verdict, about, more = _of_save(arguments, where)
    else:
        where = f"--verdict {arguments.verdict}"
        contest, verdict, about, more = _of_verdict(arguments, where)
    arena = isinstance(contest.game.environment, Arena)
    if arguments.window or arguments.gif or (arguments.png and arena):
        found = _drawn(arguments, contest, verdict, where)
    else:
        found = shown_again(contest, verdict, where)
        _told(arguments, found, contest, about, more)
    if not found.seen:
        complain(f"{where}: {detail_of(found)}; give the verdict as it was written, or judge again")
    return 0 if found.seen else 1


def _told(
    arguments: argparse.Namespace, found: Shown, contest: Contest, about: str, more: dict[str, Any]
) -> None:
    """As lines, as data, or as a picture that any game has."""
    if arguments.svg or arguments.png:
        _sheet(arguments, found, contest.game.sheet)
    elif arguments.json:
        say_json(more | facts_of(found))
    else:
        about = about if found.seen or arguments.save else "the verdict says: "
        say(f"{about}{found.verdict.reason}\n{text_of(found)}")


def _of_save(
    arguments: argparse.Namespace, where: str
) -> tuple[Contest, Verdict, str, dict[str, Any]]:
    """What a save's proposal was judged as, its verdict, and what is said of it first."""
    with opened(arguments.save) as store:
        pair = one_pair(store, arguments.player, arguments.companion)
        proposal, verdict = chosen(store.verdicts(*pair), arguments.proposal)
        shown_by(verdict, where)
        game, _ = playable(declared(store, None, None), arguments.environment, store.path)
        game = as_played(store, game, *pair)
    contest = contest_of(game, proposal)
    rules = rules_of(arguments.rules, game.environment)
    contest = contest._replace(gate=gate_in(game, (), rules))
    check_unchanged(contest, verdict)
    number, version = proposal.number, proposal.candidate.version
    moved = moves(proposal.changes, 5) or "no change"
    about = f"proposal {number} (version {version}), {moved}, was rejected: "
    return contest, verdict, about, {"proposal": number, "version": version}


def _of_verdict(
    arguments: argparse.Namespace, where: str
) -> tuple[Contest, Verdict, str, dict[str, Any]]:
    """The same of a verdict in a file."""
    if arguments.tree is None:
        fix = "replay --verdict V.json TREE …, with the arguments of validate"
        raise InputError(what="which tree was judged?", where=where, fix=fix)
    verdict = _read(arguments.verdict, where)
    shown_by(verdict, where)
    contest = contest_in(arguments)
    check_unchanged(contest, verdict, DECIDES)
    return contest, verdict, "rejected: ", {}


def _read(path: Path, where: str) -> Verdict:
    fix = "give what `astraweave sandbox validate … --json` wrote"
    try:
        data = read_file(path, MAX_BYTES)
        if len(data) > MAX_BYTES:
            raise InputError(what="a verdict is at most 4 MiB", got="more", where=where, fix=fix)
        return msgspec.json.decode(data, type=Verdict)
    except OSError as error:
        raise InputError(what="cannot read", got=error.strerror, where=where, fix=fix) from error
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(what="is no verdict", got=str(error), where=where, fix=fix) from error


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
                return proposal, verdict
        what = f"there is no proposal {number}"
        raise UsageError(what=what, where="replay", fix=f"the save has {len(judged)}")
    for proposal, verdict in reversed(judged):
        if verdict.counterexample is not None:
            return proposal, verdict
    refused = sum(not verdict.approved for _, verdict in judged)
    what = f"no proposal was rejected in play ({len(judged)} made, {refused} refused without play)"
    raise UsageError(what=what, where="replay", fix="`astraweave status` shows all verdicts")


def _check_out(arguments: argparse.Namespace) -> None:
    """Refuse what no picture could be written to, before anything is played."""
    for form in PICTURES:
        out: Path | None = getattr(arguments, form)
        if out is not None and (out.suffix.lower() != f".{form}" or not out.parent.is_dir()):
            raise InputError(
                what=f"a picture must be a .{form} file in a folder that exists",
                got=str(out),
                where=f"--{form}",
                fix="name such a file",
            )


def _sheet(arguments: argparse.Namespace, found: Shown, facts: FactSheet) -> None:
    """Time to the right, facts below each other: what can be drawn of any game."""
    picture = sheet(found, facts)
    if arguments.svg is not None:
        write_file(arguments.svg, svg_of(picture), replace=True)
        return
    out: Path = arguments.png
    part = out.with_name(f".{out.name[:100]}.{os.getpid()}.png")
    try:
        _demo("tree_png")(picture, part)
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)


def _drawn(arguments: argparse.Namespace, contest: Contest, verdict: Verdict, where: str) -> Shown:
    """Let the demo draw its own game."""
    if not isinstance(contest.game.environment, Arena):
        raise InputError(
            what="only fights of the reference game move",
            got=type(contest.game.environment).__name__,
            where="--gif" if arguments.gif else "--window",
            fix="take --svg or --png: any game's facts over time, and its tree",
        )
    out = arguments.png or arguments.gif
    found: Shown = _demo("replay")(contest, verdict, out, where)
    return found


def _demo(name: str) -> Any:
    """`main` of one of the demo's files: a program beside the package, which knows pygame."""
    file = shipped("demos", "companion", f"{name}.py")
    if not file.is_file():
        fix = "take --svg"
        raise AstraweaveError(what="the demo is not installed", where=str(file), fix=fix)
    return runpy.run_path(str(file), run_name=f"astraweave_{name}")["main"]
