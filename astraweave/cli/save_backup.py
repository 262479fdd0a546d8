"""`astraweave save backup SAVE`: a backup beside it, or a copy elsewhere. The save stays."""

import argparse
from pathlib import Path

from astraweave.cli.output import add_json, say, say_json
from astraweave.cli.text import several
from astraweave.errors import InputError
from astraweave.memory.checkup import kept_as
from astraweave.memory.keeping import backup_now, copy_now
from astraweave.memory.rolling import KEPT


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("save", metavar="SAVE", help="the save file; it may be in use")
    parser.add_argument("--to", metavar="PATH", type=Path, help="to this new file instead")
    parser.add_argument(
        "--keep", metavar="N", type=int, default=KEPT, help=f"how many backups stay ({KEPT})"
    )
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Copy, look into the copy, and say."""
    if arguments.keep < 1:
        raise InputError(what="--keep must be at least 1", got=arguments.keep)
    made = (
        backup_now(arguments.save, keep=arguments.keep)
        if arguments.to is None
        else copy_now(arguments.save, arguments.to)
    )
    found = kept_as(*made)
    if arguments.json:
        say_json(found)
    else:
        say(f"{found.file}: {found.bytes:,} bytes, {several(found.episodes, 'episode')}, sound")
    return 0
