"""`astraweave player export SAVE PLAYER --to FILE`: everything that is held about a player.

One JSON object a line, each with its "record". That it was exported is written into the audit. Exit
code 2 when damaged rows could not be read.
"""

import argparse
import sys
from pathlib import Path

from astraweave.cli.common import opened
from astraweave.cli.output import add_json, complain, say, say_json
from astraweave.learning.held import write_held


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("save", metavar="SAVE", type=Path, help="the save file")
    parser.add_argument("player", metavar="PLAYER", help="the player's id")
    parser.add_argument("--to", metavar="FILE", default="-", help="a file; default: stdout")
    parser.add_argument("--overwrite", action="store_true", help="the file may be there already")
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Write the file and say what is in it."""
    to = sys.stdout.buffer if arguments.to == "-" else Path(arguments.to)
    with opened(arguments.save) as store:
        told = write_held(store, arguments.player, to, overwrite=arguments.overwrite)
    if told.damaged:
        complain(f"{arguments.save}: {told.damaged} damaged rows are missing")
    if told.file is not None:
        if arguments.json:
            say_json(told)
        else:
            counts = ", ".join(f"{kind} {count}" for kind, count in told.records.items())
            say(f"{told.player_id}: {counts} in {told.file}")
    return 2 if told.damaged else 0
