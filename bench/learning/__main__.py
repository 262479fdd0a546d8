"""`python -m bench.learning [--players DIR] [--seeds N] [--json]`: how well the companion learns.

Minutes on two cores. Exit 1 when a target is missed, 2 for bad input.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from astraweave.errors import InputError
from bench.learning.figures import Figure
from bench.learning.people import load_people
from bench.learning.weights import EPISODES, Size, weight_figures

MOST_SEEDS, MOST_EPISODES = 10_000, 1_000


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, tell, and answer whether all targets are met."""
    parser = argparse.ArgumentParser(prog="python -m bench.learning", description=__doc__)
    parser.add_argument("--players", metavar="DIR", type=Path, help="bots (default: the shipped)")
    parser.add_argument("--seeds", metavar="N", type=int, default=100, help="runs a player")
    parser.add_argument("--episodes", metavar="N", type=int, default=EPISODES)
    parser.add_argument("--fights", metavar="N", type=int, default=32, help="that measure J, a run")
    parser.add_argument("--json", action="store_true", help="print JSON, for programs")
    given = parser.parse_args(argv)
    limits = ((given.seeds, MOST_SEEDS), (given.episodes, MOST_EPISODES), (given.fights, 10_000))
    if not all(1 <= value <= most for value, most in limits):
        sys.stderr.write("bench.learning: seeds, episodes and fights must be positive, and few\n")
        return 2
    try:
        people = load_people(given.players)
    except InputError as error:
        sys.stderr.write(f"bench.learning: {error}\n")
        return 2
    size = Size(given.seeds, given.episodes, given.fights)
    found = weight_figures(people, size, _tell)
    if sys.stderr.isatty():
        sys.stderr.write("\r\033[K")
    told = json.dumps([asdict(figure) for figure in found]) if given.json else table(found)
    sys.stdout.write(told + "\n")
    return 1 if any(figure.met is False for figure in found) else 0


def _tell(stage: str, done: float) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\033[K{stage} {done:4.0%}")
        sys.stderr.flush()


def table(found: Sequence[Figure]) -> str:
    """One line a figure."""
    width = max(len(figure.name) for figure in found)
    lines = []
    for figure in found:
        word = {True: "met", False: "MISSED", None: ""}[figure.met]
        interval = f"[{figure.low:.3f}, {figure.high:.3f}]"
        line = f"{figure.name:{width}}  {figure.value:7.3f}  {interval:18} {figure.target:7} {word}"
        lines.append(line.rstrip())
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
