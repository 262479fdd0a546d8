"""`astraweave archetypes list [FILE]`: a library of archetypes, a line each."""

import argparse
from pathlib import Path

from astraweave.cli.output import add_json, say, say_json, table
from astraweave.model.actions import KINDS
from astraweave.playstyle import Library, load_archetypes

LEADING = 3


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "file", metavar="FILE", nargs="?", type=Path, help="a library (default: the shipped one)"
    )
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Show it."""
    library = load_archetypes(arguments.file)
    if arguments.json:
        say_json(facts(library))
    else:
        say(render(library))
    return 0


def facts(library: Library) -> dict[str, object]:
    """The library, shares summing to 1."""
    shares = shares_of(library)
    return {
        "kappa": library.kappa,
        "archetypes": [
            {"name": name, "description": each.description, "shares": shares[name]}
            for name, each in library.archetypes.items()
        ],
    }


def shares_of(library: Library) -> dict[str, dict[str, float]]:
    """Archetype → kind → share; kinds from the most to the least."""
    found = {}
    for name, row in zip(library.archetypes, library.shares().tolist(), strict=True):
        pairs = zip((kind.value for kind in KINDS), row, strict=True)
        found[name] = dict(sorted(pairs, key=lambda pair: (-pair[1], pair[0])))
    return found


def render(library: Library) -> str:
    """A line each."""
    rows = [("archetype", "mostly", "description")]
    for name, shares in shares_of(library).items():
        mostly = ", ".join(f"{kind} {p:.0%}" for kind, p in list(shares.items())[:LEADING])
        rows.append((name, mostly, library.archetypes[name].description))
    return f"{table(rows)}\nkappa {library.kappa:g}"
