"""`astraweave save compact SAVE`: pack old observations, and give free space back to the disk."""

import argparse

from astraweave.cli.output import add_json, say, say_json
from astraweave.cli.text import several
from astraweave.errors import InputError
from astraweave.memory.keeping import compact
from astraweave.memory.memories import wall_clock

DAYS = 30.0
DAY_S = 86_400.0


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("save", metavar="SAVE", help="the save file")
    parser.add_argument(
        "--days",
        metavar="N",
        type=float,
        default=DAYS,
        help=f"pack the observations of episodes older than N days ({DAYS:g})",
    )
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Compact, and say how small it became."""
    if not 0.0 <= arguments.days < float("inf"):
        raise InputError(what="--days must be a number from 0 on", got=arguments.days)
    done = compact(arguments.save, before_s=wall_clock() - arguments.days * DAY_S)
    if arguments.json:
        say_json(done)
    else:
        share = f", {several(done.packed, 'episode')} packed" if done.packed else ""
        say(f"{done.path}: {done.before:,} → {done.after:,} bytes{share}")
    return 0
