"""Row `weights`: from a profile and statistics to a capped, bounded candidate."""

import math
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from astraweave.behavior import load_tree
from astraweave.learning.proposal import propose
from astraweave.learning.statistics import LearnerState, TacticSums
from astraweave.model.weights import designer_weights
from astraweave.playstyle import FEATURES, Evidence, profile_of, update
from bench.harness import Operation, Operations, Row, median, pairs

ROUNDS = 2000
GOAL_US = 100.0


def weights() -> Row:
    """Weights of the thirteen shipped tactics from a profile of 50 episodes.

    Reference: the bare formula over numpy arrays of the same thirteen, without names, reasons,
    learned trust in rules or a type around it.
    """
    with _weights_operation() as ours:
        bare = _bare()
        mine, reference = pairs(ours, bare, rounds=ROUNDS)
    value, least = median(mine, 1e3), median(reference, 1e3)
    return Row(
        name="weights",
        what="candidate weights of 13 tactics from profile and statistics",
        value=value,
        unit="µs",
        goal=f"≤ {GOAL_US:.0f} µs",
        reference=least,
        ratio=value / least,
        met=value <= GOAL_US,
        detail="reference: the formula alone, in numpy",
    )


@contextmanager
def _weights_operation() -> Iterator[Operation]:
    tree = load_tree("companion.xml")
    evidence = Evidence()
    row = np.zeros(len(FEATURES))
    row[:2] = 30, 40
    for _ in range(50):
        evidence = update(evidence, row, {"strike": 30, "block": 10})
    profile = profile_of(evidence, player_id="robin", companion_id="mira", now=0.0)
    state = LearnerState(episodes=50)
    for i, name in enumerate(tree.tactics):
        sums = state.tactics[name] = TacticSums()
        for episode in range(50):
            sums.decay()
            sums.add(2, 0.02 * math.sin(i + episode), 0.01)
    base = designer_weights(tree.tactics)
    yield lambda: propose(state, profile, tree.weighted, base, version=1, now=0.0)


def _bare() -> Operation:
    rng = np.random.default_rng(1)
    sums, counts, prior = rng.normal(0, 0.1, 13), rng.uniform(1, 30, 13), rng.normal(0, 0.3, 13)
    before = np.ones(13)

    def formula() -> object:
        means = (15.0 * 0.03 * prior + sums) / (15.0 + counts)
        wanted = np.exp((means - means.mean()) / 0.03)
        return np.clip(np.clip(wanted, 0.75 * before, 1.25 * before), 0.25, 4.0)

    return formula


OPERATIONS: Operations = {"weights": _weights_operation}
