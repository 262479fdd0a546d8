"""`python -m bench.learning [--players DIR] [--seeds N] [--json]`: how well the companion learns.

Minutes on two cores; `--only` measures a part, and `--only gated` what is no part of the whole: the
same with the gate on. Exit 1 when a target is missed, 2 for bad input.
"""

import argparse
import json
import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path

from astraweave.behavior import load_tree
from astraweave.errors import InputError
from bench.learning.between import between_figures
from bench.learning.field import Field
from bench.learning.figures import Figure
from bench.learning.gated import GATED, gated_figures
from bench.learning.people import Person, load_people
from bench.learning.pools import pool_of
from bench.learning.styles import style_figures
from bench.learning.tables import check_document, into_document, table
from bench.learning.traits import trait_figures
from bench.learning.turns import turning_figures
from bench.learning.weights import Size, weight_figures

MOST_SEEDS, MOST_EPISODES, MOST_FIGHTS = 10_000, 1_000, 2_000
PARTS = ("archetypes", "traits", "turning", "weights")
BY_ITSELF = "gated"
LAPSE = 0.3


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, tell, and answer whether all targets are met."""
    given = _parser().parse_args(argv)
    asked = given.only.split(",") if given.only else PARTS
    limits = {"seeds": MOST_SEEDS, "episodes": MOST_EPISODES, "fights": MOST_FIGHTS}
    sizes = {name: value for name in limits if (value := getattr(given, name)) is not None}
    if not all(1 <= value <= limits[name] for name, value in sizes.items()):
        most = f"at most {MOST_SEEDS}, {MOST_EPISODES} and {MOST_FIGHTS}"
        return _refused(f"seeds, episodes and fights must be positive, {most}")
    if not set(asked) <= {*PARTS, BY_ITSELF}:
        return _refused(f"--only takes {', '.join((*PARTS, BY_ITSELF))}, got {given.only!r}")
    try:
        people = load_people(given.players)
        if given.markdown is not None:
            check_document(given.markdown)
    except InputError as error:
        return _refused(str(error))
    found = measured(people, asked, sizes)
    if sys.stderr.isatty():
        sys.stderr.write("\r\033[K")
    told = json.dumps([_plain(figure) for figure in found]) if given.json else table(found)
    sys.stdout.write(told + "\n")
    if given.markdown is not None:
        try:
            into_document(given.markdown, found)
        except InputError as error:
            return _refused(str(error))
    return 1 if any(figure.met is False for figure in found) else 0


def measured(
    people: Sequence[Person], asked: Sequence[str], sizes: Mapping[str, int]
) -> list[Figure]:
    """The figures of these parts, in their order.

    Args:
        people: who plays.
        asked: of `PARTS` and `BY_ITSELF`.
        sizes: what of a `Size` is not as usual.
    """
    field, found, size = Field(load_tree("companion.xml")), [], replace(Size(), **sizes)
    if set(asked) - {"weights", BY_ITSELF}:
        own = pool_of(field, people, tell=lambda done: _tell("fights", done))
    if "archetypes" in asked:
        tired = pool_of(field, people, lapse=LAPSE, tell=lambda done: _tell("fights", done))
        pools = {"as they are": own, f"{LAPSE:.0%} lapse": tired}
        found += style_figures(pools, size.seeds, _tell) + between_figures(own, size.seeds)
    if "traits" in asked:
        found += trait_figures(own, size.seeds, _tell)
    if "turning" in asked:
        found += turning_figures(own, size.seeds)
    if "weights" in asked:
        found += weight_figures(field, people, size, _tell)
    if BY_ITSELF in asked:
        found += gated_figures(field, people, replace(GATED, **sizes), _tell)
    if sizes.get("seeds") == 1:
        found = [_of_one_run(f) if f.low == f.high or math.isnan(f.low) else f for f in found]
    return found


def _of_one_run(figure: Figure) -> Figure:
    """One run has no interval, and so proves no target."""
    return replace(figure, low=math.nan, high=math.nan, met=None)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.learning", description=__doc__)
    parser.add_argument("--players", metavar="DIR", type=Path, help="bots (default: the shipped)")
    usual = (
        ("seeds", "runs a player", Size().seeds, GATED.seeds),
        ("episodes", "of a run", Size().episodes, GATED.episodes),
        ("fights", "that measure J, each time", Size().fights, GATED.fights),
    )
    for name, what, whole, gated in usual:
        words = f"{what} (default: {whole}; {BY_ITSELF}: {gated})"
        parser.add_argument(f"--{name}", metavar="N", type=int, help=words)
    parts = f"of {', '.join(PARTS)} (default: these), and {BY_ITSELF}"
    parser.add_argument("--only", metavar="PART,…", help=parts)
    parser.add_argument("--json", action="store_true", help="print JSON, for programs")
    parser.add_argument(
        "--markdown",
        metavar="FILE",
        type=Path,
        help="put the rows between its markers, too; others stay",
    )
    return parser


def _plain(figure: Figure) -> dict[str, str | float | bool | None]:
    """For JSON, which has no word for what is no number but null."""
    told = asdict(figure)
    for key, value in told.items():
        if isinstance(value, float) and math.isnan(value):
            told[key] = None
    return told


def _refused(why: str) -> int:
    sys.stderr.write(f"bench.learning: {why}\n")
    return 2


def _tell(stage: str, done: float) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\033[K{stage} {done:4.0%}")
        sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
