"""`astraweave sandbox validate|replay`: ask the gate about weights; see a rejection again.

`validate` answers with its exit code: 0 approved, 1 rejected. Refuses weights of tactics that the
tree does not have, and to replay what has changed since it was judged.
"""

import argparse
from pathlib import Path

from astraweave.cli.common import ARENA
from astraweave.cli.output import add_json
from astraweave.cli.sandbox_replay import run_replay
from astraweave.cli.sandbox_validate import run_validate
from astraweave.sandbox import STEPS


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of both."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    line = "ask the gate whether weights may be played"
    validate = actions.add_parser("validate", help=line, description=f"{line.capitalize()}.")
    validate.set_defaults(act=run_validate)
    _validate_arguments(validate)
    line = "show the episode that a rejection points at"
    replay = actions.add_parser("replay", help=line, description=f"{line.capitalize()}.")
    replay.set_defaults(act=run_replay)
    _replay_arguments(replay)
    for each in (validate, replay):
        each.add_argument(
            "--environment",
            metavar="MODULE:FACTORY",
            help=f"the game to play (default: {ARENA} for validate, the save's for replay)",
        )
        add_json(each)


def run(arguments: argparse.Namespace) -> int:
    """One of both."""
    return int(arguments.act(arguments))


def _validate_arguments(parser: argparse.ArgumentParser) -> None:
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
    parser.add_argument(
        "--player",
        metavar="SAVE|BOT.toml|NAME",
        help="whom it plays with: a save's player, or a bot (default: all shipped bots)",
    )
    parser.add_argument(
        "--scenarios", metavar="FOLDER", type=Path, help="TOML files (default: the shipped ones)"
    )
    parser.add_argument("--seed", metavar="N", type=int, default=0, help="default 0")
    parser.add_argument(
        "--skip",
        metavar="STEP",
        action="append",
        default=[],
        choices=[step.replace(" ", "-") for step in STEPS],
        help="leave out a step, once for each: static, safety, not-worse, floor, trial; the "
        "verdict says so",
    )


def _replay_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--save", metavar="PATH", type=Path, required=True, help="the save file")
    parser.add_argument("--player", metavar="ID", help="whose rejection, if there are several")
    parser.add_argument("--companion", metavar="ID", help="whose rejection, if there are several")
    parser.add_argument(
        "--proposal", metavar="K", type=int, help="its number (default: the last one rejected)"
    )
    parser.add_argument("--png", metavar="OUT.png", type=Path, help="draw the moment as a picture")
    parser.add_argument("--window", action="store_true", help="play it in a window")
