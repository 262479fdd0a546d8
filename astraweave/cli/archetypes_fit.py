"""`astraweave archetypes fit SAVES… --to FILE`: archetypes from a population.

Saves that cannot be read are named, the others are used, and the exit code is 2. The file has the
same bytes whoever reads the saves and in whatever order they are given.
"""

import argparse
from contextlib import nullcontext
from pathlib import Path

from astraweave.cli.archetypes_list import facts, render
from astraweave.cli.common import progress, wipe
from astraweave.cli.files import check_free, write_out
from astraweave.cli.output import add_json, complain, say, say_json
from astraweave.cli.text import several
from astraweave.errors import InputError
from astraweave.learning.population import Read, read_saves, saves_in
from astraweave.playstyle.library_file import library_text
from astraweave.playstyle.population import Fitted, fit, spells_of
from astraweave.sandbox.cluster import executor

SHOWN = 20


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "saves", metavar="SAVES", nargs="+", type=Path, help="saves, or folders of *.db"
    )
    parser.add_argument("--to", metavar="FILE", type=Path, required=True, help="the library, TOML")
    parser.add_argument(
        "--k", metavar="N", default="auto", help="how many archetypes, or auto (default: auto)"
    )
    parser.add_argument(
        "--cluster",
        metavar="ADDRESS",
        help="who reads the saves: local:N, or tcp://HOST:PORT of a Dask scheduler",
    )
    parser.add_argument("--force", action="store_true", help="replace the file")
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Read, fit, write."""
    k = _checked_k(arguments.k)
    check_free(arguments.to, replace=arguments.force)
    saves = saves_in(arguments.saves)
    draw = progress() or _silent
    crew = nullcontext() if arguments.cluster is None else executor(arguments.cluster)
    with crew as workers:
        reads = read_saves(saves, workers, lambda done: draw("reading saves", done))
    wipe()
    bad = [read for read in reads if read.error is not None]
    _complain(bad)
    spells = [spell for read in reads for counts in read.counts() for spell in spells_of(counts)]
    found = fit(spells, k, draw)
    wipe()
    write_out(arguments.to, library_text(found.library), replace=arguments.force)
    if arguments.json:
        say_json(_facts(arguments, reads, found))
    else:
        say(_told(arguments, reads, found))
    return 2 if bad else 0


def _silent(stage: str, done: float) -> None:
    """Nobody watches."""


def _checked_k(given: str) -> int | None:
    if given == "auto":
        return None
    if not given.isascii() or not given.isdigit():
        raise InputError(what="--k is a number or auto", got=given, fix="correct it")
    return int(given)


def _complain(bad: list[Read]) -> None:
    for read in bad[:SHOWN]:
        complain(f"left out: {read.error}")
    if len(bad) > SHOWN:
        complain(f"and {several(len(bad) - SHOWN, 'more save')} left out")


def _facts(arguments: argparse.Namespace, reads: list[Read], found: Fitted) -> dict[str, object]:
    return facts(found.library) | {
        "to": str(arguments.to),
        "saves": len(reads),
        "bad": [{"save": read.path, "reason": read.error} for read in reads if read.error],
        "people": sum(len(read.players) for read in reads),
        "left_out": sum(read.left_out for read in reads),
        "episodes": found.episodes,
        "spells": found.spells,
        "sizes": found.sizes,
        "bic": {str(k): value for k, value in found.bic.items()},
    }


def _told(arguments: argparse.Namespace, reads: list[Read], found: Fitted) -> str:
    good = [read for read in reads if read.error is None]
    people = sum(len(read.players) for read in good)
    kinds = len(found.library.archetypes)
    lines = [
        f"{arguments.to}: {several(kinds, 'archetype')} of {several(found.episodes, 'episode')} in "
        f"{several(found.spells, 'spell')}, {several(people, 'person', 'people')}, {len(good)} of "
        f"{several(len(reads), 'save')}",
        render(found.library),
    ]
    left_out = sum(read.left_out for read in good)
    if left_out:
        lines.append(
            f"{several(left_out, 'episode was', 'episodes were')} left out: damaged, or of actions "
            "nobody declared"
        )
    if len(found.bic) > 1:
        lines.append("BIC " + ", ".join(f"{k}: {value:.0f}" for k, value in found.bic.items()))
    return "\n".join(lines)
