"""`astraweave demo`: play beside Mira. Finds the demo's file and runs it; imports no demo.

Refuses nothing of the game itself: the demo says what is wrong with a bot, a keymap or a save.
"""

import argparse
import runpy
from pathlib import Path

from astraweave.cli.output import add_json
from astraweave.errors import UsageError
from astraweave.model.shipped import shipped


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "--autopilot",
        metavar="NAME|FILE",
        help="let a bot play: berserker, cautious, kiter, caster, healer, tactician, hybrid or "
        "a TOML file",
    )
    parser.add_argument(
        "--episodes",
        metavar="N",
        type=_positive,
        help="fights to play (default: until the window is closed; headless 3)",
    )
    parser.add_argument("--headless", action="store_true", help="play without a window")
    parser.add_argument("--seed", metavar="N", type=_seed, help="decides all chance (default 7)")
    parser.add_argument("--save", metavar="PATH", type=Path, help="the save file (made if new)")
    parser.add_argument("--player", metavar="NAME", type=_name, help="who plays (default: you)")
    parser.add_argument(
        "--keys", metavar="FILE", type=Path, help="a TOML keymap; assets/keys.toml is an example"
    )
    parser.add_argument("--screenshot", metavar="PNG", type=Path, help="save a picture")
    parser.add_argument(
        "--screenshot-at",
        choices=("first", "fight", "panel"),
        help="its moment: the first frame, four seconds into the last fight, or when that was "
        "learned from (default panel)",
    )
    tape = parser.add_mutually_exclusive_group()
    tape.add_argument(
        "--record", metavar="FILE", type=Path, help="write down what comes into each fight"
    )
    tape.add_argument(
        "--replay",
        metavar="FILE",
        type=Path,
        help="play such a file again, and say whether each fight is the same episode",
    )
    parser.add_argument("--frames", type=_positive, help=argparse.SUPPRESS)
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Run the demo's file; returns its exit code."""
    path = shipped("demos", "companion", "main.py")
    if not path.is_file():
        raise UsageError(
            what="the demo is not part of this installation",
            where=str(path),
            fix="reinstall astraweave from its wheel, or run it from a checkout",
        )
    return int(runpy.run_path(str(path), run_name="astraweave_demo")["main"](vars(arguments)))


def _positive(text: str) -> int:
    number = _whole(text)
    if not 1 <= number <= 10_000_000:
        msg = f"must be at least 1, got {text}"
        raise argparse.ArgumentTypeError(msg)
    return number


def _seed(text: str) -> int:
    number = _whole(text)
    if not 0 <= number < 2**31:
        msg = f"must be in [0, {2**31 - 1}], got {text}"
        raise argparse.ArgumentTypeError(msg)
    return number


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        msg = f"must be a whole number, got {text!r}"
        raise argparse.ArgumentTypeError(msg) from None


def _name(text: str) -> str:
    if not 1 <= len(text) <= 60 or not text.isprintable() or not text.strip():
        msg = "must be 1 to 60 printable characters"
        raise argparse.ArgumentTypeError(msg)
    return text
