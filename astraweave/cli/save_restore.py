"""`astraweave save restore SAVE [WHICH]`: list the backups, or put one back.

What stood there is kept beside it, so that this can be undone.
"""

import argparse
import shlex

from astraweave.cli.output import add_json, say, say_json, table
from astraweave.cli.text import several
from astraweave.memory.checkup import Kept
from astraweave.memory.keeping import listed, put_back


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("save", metavar="SAVE", help="the save file; it may be gone")
    parser.add_argument(
        "which",
        metavar="WHICH",
        nargs="?",
        help="'newest' sound one, a number of the list, or a file; without it, list them",
    )
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """List, or put back. Exit code 1 when there is none to list."""
    if arguments.which is None:
        found = listed(arguments.save)
        if arguments.json:
            say_json({"backups": found})
        else:
            say(render(arguments.save, found))
        return 0 if found else 1
    used, aside = put_back(arguments.save, arguments.which)
    if arguments.json:
        say_json({"restored": used, "aside": None if aside is None else str(aside)})
    else:
        held = several(used.episodes, "episode")
        say(f"{arguments.save}: put back {used.file} of {used.made}, {held}")
        if aside is not None:
            say(f"what stood there is now {aside}")
    return 0


def render(save: str, found: list[Kept]) -> str:
    """The list, for a person."""
    if not found:
        return f"{save}: there is no backup; `astraweave save backup` makes one"
    rows = [("number", "made", "bytes", "episodes", "")]
    rows += [
        (
            f"{kept.number:6d}",
            kept.made,
            f"{kept.bytes:,}",
            f"{kept.episodes:8d}",
            "sound" if kept.sound else f"DAMAGED: {kept.problem}",
        )
        for kept in found
    ]
    return table(rows) + f"\n`astraweave save restore {shlex.quote(save)} NUMBER` puts one back"
