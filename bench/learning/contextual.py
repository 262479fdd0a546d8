"""`python -m bench.learning.contextual`: would weights of their own in each context play better?

A context is health band × threat band. Each tactic of each context shrinks to the tactic's overall
posterior with a number of pseudo-decisions, from the same statistics; the weights of the context
that a world is in are given to the batch engine before every decision. J is measured in the same
fights as that of the overall weights, so what is printed is a paired difference.
"""

import argparse
import math
import sys
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from astraweave.behavior import BatchTicker, load_tree
from astraweave.learning.contexts import in_contexts
from astraweave.learning.reward import REWARD_SCALE, sandbox_reward
from astraweave.playstyle.bands import BAND_NAMES, BANDS
from bench.learning.field import Field
from bench.learning.learners import Posterior
from bench.learning.people import load_people
from bench.learning.runs import JUDGING_SEEDS

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
BUCKETS = (BANDS + 1) ** 2
PSEUDO = (10.0, 30.0, 100.0)
LOOKS = (10, 20, 40, 80)


def in_context(learner: Posterior, pseudo: float) -> Floats:
    """float64[BUCKETS, tactics]: factors, the overall ones in a context that was not met."""
    known = learner.weights.weights
    place = {name: i for i, name in enumerate(learner.tree.tactics)}
    found = np.tile(learner.factors, (BUCKETS, 1))
    for node in learner.tree.weighted:
        for each in in_contexts(learner.state, node.children, known, pseudo):
            bucket = BAND_NAMES.index(each.health) * (BANDS + 1) + BAND_NAMES.index(each.threat)
            found[bucket, place[each.tactic]] = each.asked
    return found


def buckets_of(facts: Floats, field: Field) -> Ints:
    """int64[n]: the context of each world."""
    found = np.zeros(len(facts), np.int64)
    for role, scale in (("player_health", BANDS + 1), ("threat", 1)):
        place = field.arena.facts.fraction(role)
        if place is None:
            found += BANDS * scale
            continue
        column, low, span = place
        share = (facts[:, column] - low) / span
        found += np.clip(share * BANDS, 0, BANDS - 1).astype(np.int64) * scale
    return found


def worth_in_context(field: Field, tables: Floats, players: Floats, seeds: Ints) -> Floats:
    """J of each run: float64[k]. tables: float64[k, BUCKETS, tactics]; seeds: int64[k, n]."""
    n = seeds.shape[1]
    rewards = []
    for table, player, own in zip(tables, players, seeds, strict=True):
        arena = field.arena
        facts = arena.reset(field.scenario, own, np.repeat(player[None], n, axis=0))
        first = np.ascontiguousarray(table[buckets_of(facts, field)])
        ticker = BatchTicker(field.program, own, first, arena.step_seconds, keep_log=False)
        status, done = np.zeros(n, np.int8), np.zeros(n, np.bool_)
        while not done.all():
            ticker.weights(np.ascontiguousarray(table[buckets_of(facts, field)]))
            facts, status, _, done = arena.step(ticker.tick(facts, status, done))
        rewards.append(sandbox_reward(arena.outcomes()).mean() / REWARD_SCALE)
    return np.array(rewards)


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.learning.contextual", description=__doc__
    )
    parser.add_argument("--seeds", metavar="N", type=int, default=8, help="runs a player")
    parser.add_argument(
        "--fights", metavar="N", type=int, default=512, help="that measure J, a run"
    )
    given = parser.parse_args(argv)
    field, people = Field(load_tree("companion.xml")), load_people()
    learners = [Posterior(field.tree) for _ in range(len(people) * given.seeds)]
    players = np.repeat(np.stack([p.row(0) for p in people]), given.seeds, axis=0)
    count = given.seeds * given.fights
    own = JUDGING_SEEDS + np.arange(count).reshape(given.seeds, given.fights)
    by = np.tile(own, (len(people), 1))
    sys.stdout.write("episode  pseudo  gain of J over the overall weights (95 %)  static\n")
    static = field.worth(np.ones((len(by), len(field.tactics))), players, by)
    for episode in range(1, max(LOOKS) + 1):
        factors = np.stack([learner.factors for learner in learners])
        fights = (np.arange(len(learners)) % given.seeds + 1_000_003 * episode).astype(np.int64)
        for learner, row in zip(
            learners, field.fights(factors, players, fights, [0] * len(learners)), strict=True
        ):
            learner.learn(row)
        if episode in LOOKS:
            flat = field.worth(np.stack([each.factors for each in learners]), players, by)
            for pseudo in PSEUDO:
                tables = np.stack([in_context(each, pseudo) for each in learners])
                gain = worth_in_context(field, tables, players, by) - flat
                half = 1.96 * float(gain.std(ddof=1)) / math.sqrt(len(gain))
                sys.stdout.write(
                    f"{episode:7d}  {pseudo:6.0f}  {gain.mean():+.4f} ± {half:.4f}   "
                    f"overall over static {np.mean(flat - static):+.4f}\n"
                )
                sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
