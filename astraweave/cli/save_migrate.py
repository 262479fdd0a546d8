"""`astraweave save migrate SAVE`: bring an older save to the newest schema, now."""

import argparse

from astraweave.cli.output import add_json, say, say_json
from astraweave.memory.keeping import migrate_now


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("save", metavar="SAVE", help="the save file")
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Migrate, and say from where to where."""
    done = migrate_now(arguments.save)
    if arguments.json:
        say_json(done)
    elif done.before == done.after:
        say(f"{done.path}: schema {done.after} is the newest; nothing to do")
    else:
        kept = f"; the old file is {done.kept}" if done.kept else ""
        say(f"{done.path}: schema {done.before} → {done.after}{kept}")
    return 0
