"""`python -m bench.learning.ranked`: what a tree that always takes the heaviest can learn.

The shipped tree with its choice as `sorted` and as `ranked`, beside the shipped players; the same
learner, step and fights for both. J of what plays (ranked tries things out as it plays), and J of
the order that ranked has learned, played without trying anything (`tree freeze`).
"""

import argparse
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import numpy.typing as npt

from astraweave.behavior import Tree, load_tree
from astraweave.model.shipped import shipped
from bench.learning.field import Field
from bench.learning.learners import Posterior, stacked
from bench.learning.people import load_people
from bench.learning.runs import JUDGING_SEEDS

Floats = npt.NDArray[np.float64]
LOOKS = (10, 20, 40)
POLICIES = ("sorted", "ranked", "roulette")


def with_policy(policy: str, folder: Path) -> Tree:
    """The shipped companion with this policy."""
    text = shipped("behavior_trees", "companion.xml").read_text("utf-8")
    file = folder / f"{policy}.xml"
    file.write_text(text.replace('policy="roulette"', f'policy="{policy}"'), "utf-8")
    return load_tree(file)


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.learning.ranked", description=__doc__)
    parser.add_argument("--seeds", metavar="N", type=int, default=8, help="runs a player")
    parser.add_argument("--fights", metavar="N", type=int, default=256, help="that measure J")
    given = parser.parse_args(argv)
    people = load_people()
    players = np.repeat(np.stack([p.row(0) for p in people]), given.seeds, axis=0)
    own = np.arange(given.seeds * given.fights).reshape(given.seeds, given.fights)
    by = np.tile(JUDGING_SEEDS + own, (len(people), 1))
    with TemporaryDirectory() as folder:
        fields = {
            name: Field(with_policy(name, Path(folder)))
            for name in ("sorted", "ranked", "roulette")
        }
    judge = fields["sorted"]
    ones = np.ones((len(by), len(judge.tactics)))
    static = judge.worth(ones, players, by)
    sys.stdout.write(
        "episode  learned as  J as it plays − J of sorted, unlearned  the same, in order\n"
    )
    for name, field in fields.items():
        learners = [Posterior(field.tree) for _ in range(len(by))]
        for episode in range(max(LOOKS) + 1):
            if episode in (0, *LOOKS):
                factors = stacked(learners)
                told = [each.worth(factors, players, by) - static for each in (field, judge)]
                words = "  ".join(_told(gain) for gain in told)
                sys.stdout.write(f"{episode:7d}  {name:10}  {words}\n")
                sys.stdout.flush()
            fights = (np.arange(len(by)) % given.seeds + 1_000_003 * episode).astype(np.int64)
            rows = field.fights(stacked(learners), players, fights, [0] * len(by))
            for learner, row in zip(learners, rows, strict=True):
                learner.learn(row)
    return 0


def _told(gain: Floats) -> str:
    half = 1.96 * float(gain.std(ddof=1)) / math.sqrt(len(gain)) if len(gain) > 1 else math.nan
    return f"{gain.mean():+.4f} ± {half:.4f}"


if __name__ == "__main__":
    sys.exit(main())
