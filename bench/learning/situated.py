"""`python -m bench.learning.situated`: a player whose best tactic depends on the situation.

Not the reference game's, where it hardly does (`bench.learning.contextual`): decisions are drawn
from a table of worths, one row a context (health × threat, in thirds), one column a tactic. In
*opposed* a third of the tactics is best where health is low and worst where it is high; in *alike*
every context has the same row; in *rare* one context in twenty asks for something else. Shares of
the gap between the designer's weights and the best ones that are closed by one factor a tactic, by
one a context (`in_contexts`), and by a guard where a tactic is clearly misplaced (`situated`).
"""

import argparse
import sys
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from astraweave.learning.contexts import PSEUDO, in_contexts
from astraweave.learning.decisions import Choice, Conduct
from astraweave.learning.situated import ROLES, misplaced
from astraweave.learning.statistics import EpisodeRow, LearnerState, fold
from astraweave.learning.target import step, targets
from astraweave.model.episode import EpisodeOutcome
from astraweave.model.weights import MAX_WEIGHT, MIN_WEIGHT
from astraweave.playstyle import FEATURES
from astraweave.playstyle.bands import BAND_NAMES, BANDS

Floats = npt.NDArray[np.float64]
TACTICS = tuple(f"t{i}" for i in range(6))
CONTEXTS = BANDS * BANDS
HEALTH, THREAT = np.divmod(np.arange(CONTEXTS), BANDS)
DECISIONS, NOISE = 30, 0.25
LOOKS = (10, 20, 40, 80)
WAYS = ("one factor a tactic", "one a context", "guards")
SKIPPED = 1e-9


def worlds(rng: np.random.Generator) -> dict[str, tuple[Floats, Floats]]:
    """Name → worths float64[CONTEXTS, tactics] in [0, 1] and shares of the contexts."""
    base = 0.5 + 0.04 * rng.standard_normal(len(TACTICS))
    alike = np.tile(base, (CONTEXTS, 1))
    opposed, rare = alike.copy(), alike.copy()
    opposed[:BANDS, :2] += 0.2
    opposed[-BANDS:, :2] -= 0.2
    rare[-1, 2] += 0.3
    even = np.full(CONTEXTS, 1.0 / CONTEXTS)
    seldom = np.full(CONTEXTS, 0.95 / (CONTEXTS - 1))
    seldom[-1] = 0.05
    return {"opposed": (opposed, even), "alike": (alike, even), "rare": (rare, seldom)}


def value(worths: Floats, shares: Floats, table: Floats) -> float:
    """Expected worth of a decision under a table of factors, float64[CONTEXTS, tactics]."""
    chances = table / table.sum(axis=1, keepdims=True)
    return float(shares @ (chances * worths).sum(axis=1))


def best(worths: Floats) -> Floats:
    """Each tactic at the bound that its context asks for."""
    middle = np.median(worths, axis=1, keepdims=True)
    return np.where(worths > middle, MAX_WEIGHT, MIN_WEIGHT)


def tables(state: LearnerState, factors: dict[str, float]) -> list[Floats]:
    """What each of `WAYS` would play."""
    one = np.tile([factors[name] for name in TACTICS], (CONTEXTS, 1))
    every, guards = one.copy(), one.copy()
    for told in in_contexts(state, TACTICS, factors, PSEUDO):
        health, threat = BAND_NAMES.index(told.health), BAND_NAMES.index(told.threat)
        every[health * BANDS + threat, TACTICS.index(told.tactic)] = told.asked
    for found in misplaced(state, TACTICS):
        band = (
            np.arange(CONTEXTS) // BANDS if found.role == ROLES[0] else np.arange(CONTEXTS) % BANDS
        )
        guards[band == found.band, TACTICS.index(found.tactic)] = SKIPPED
    guards[guards.max(axis=1) == SKIPPED] = 1.0
    return [one, every, guards]


def lived(
    worths: Floats, shares: Floats, rng: np.random.Generator, way: int
) -> list[tuple[float, float]]:
    """(gained, gap) at each look of a life that plays one of `WAYS`."""
    state, factors = LearnerState(), dict.fromkeys(TACTICS, 1.0)
    designed = value(worths, shares, np.ones_like(worths))
    gap, found = value(worths, shares, best(worths)) - designed, []
    for episode in range(1, max(LOOKS) + 1):
        table = tables(state, factors)[way] if state.tactics else np.ones_like(worths)
        fold(state, _episode(worths, shares, table, rng))
        aims, _ = targets(state, TACTICS, {})
        factors = step(factors, aims)
        if episode in LOOKS:
            now = tables(state, factors)[way]
            found.append((value(worths, shares, now) - designed, gap))
    return found


def _episode(worths: Floats, shares: Floats, table: Floats, rng: np.random.Generator) -> EpisodeRow:
    choices = []
    for context in rng.choice(CONTEXTS, DECISIONS, p=shares):
        chances = table[context] / table[context].sum()
        place = int(rng.choice(len(TACTICS), p=chances))
        worth = float(np.clip(worths[context, place] + NOISE * rng.standard_normal(), 0.0, 1.0))
        bucket = int(context // BANDS * (BANDS + 1) + context % BANDS)
        choices.append(Choice("n", bucket, TACTICS[place], TACTICS, float(chances[place]), worth))
    won = float(np.mean([choice.worth for choice in choices]))
    return EpisodeRow(
        category="combat",
        policy_version=1,
        seconds=60.0,
        features=[0.0] * len(FEATURES),
        actions={},
        conduct=Conduct(tuple(choices), DECISIONS, 0, len(TACTICS), recovered=False),
        outcome=EpisodeOutcome(success_rating=won, player_satisfaction=0.5, duration_ms=60_000),
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.learning.situated", description=__doc__)
    parser.add_argument("--seeds", metavar="N", type=int, default=40, help="lives of each")
    given = parser.parse_args(argv)
    looks = "  ".join(f"{look:>6}" for look in LOOKS)
    sys.stdout.write(f"share of the gap closed after episodes  {looks}\n")
    for name in worlds(np.random.default_rng(0)):
        for way, words in enumerate(WAYS):
            lives = []
            for seed in range(given.seeds):
                rng = np.random.default_rng(seed)
                lives.append(lived(*worlds(rng)[name], rng, way))
            told = np.array(lives)
            closed = told[:, :, 0].sum(axis=0) / told[:, :, 1].sum(axis=0)
            figures = "  ".join(f"{share:6.3f}" for share in closed)
            sys.stdout.write(f"{name:10} {words:28} {figures}\n")
            sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
