"""`astraweave archetypes show NAME [FILE]`: one archetype; exit code 1 when there is none."""

import argparse
from pathlib import Path

from astraweave.cli.archetypes_list import shares_of
from astraweave.cli.output import add_json, say, say_json, table
from astraweave.errors import UsageError
from astraweave.model.actions import nearest
from astraweave.playstyle import load_archetypes

BAR = 40


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("name", metavar="NAME", help="the archetype")
    parser.add_argument(
        "file", metavar="FILE", nargs="?", type=Path, help="a library (default: the shipped one)"
    )
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Show it, as bars or data."""
    library = load_archetypes(arguments.file)
    each = library.archetypes.get(arguments.name)
    if each is None:
        fix = nearest(arguments.name, tuple(library.archetypes))
        where = str(arguments.file or "the shipped library")
        raise UsageError(what=f"there is no archetype {arguments.name!r}", where=where, fix=fix)
    shares = shares_of(library)[arguments.name]
    if arguments.json:
        told = {"name": arguments.name, "description": each.description, "shares": shares}
        say_json(told | {"kappa": library.kappa})
        return 0
    bars = [(kind, f"{p:4.0%}", "█" * round(p * BAR)) for kind, p in shares.items()]
    head = f"{arguments.name}: {each.description}" if each.description else arguments.name
    say(f"{head}\n\n{table(bars)}")
    return 0
