"""What outcomes ask for in each context alone: health band × threat band, with back-off.

Shown, not played: weights of their own in each context gained too little to be worth it
(ARCHITECTURE.md, D-073), so one factor a tactic plays everywhere. A designer sees here where a
tactic is worth more or less than overall, and can say so with a guard. Refuses contexts that were
not met.
"""

import math
from collections.abc import Mapping, Sequence

import msgspec

from astraweave.learning.statistics import DECAY, LearnerState
from astraweave.learning.target import TAU
from astraweave.model.weights import MAX_WEIGHT, MIN_WEIGHT
from astraweave.playstyle.bands import BAND_NAMES, BANDS, UNKNOWN_BAND

PSEUDO = 30.0
"""Decisions that the overall factor counts for in each context."""


class InContext(msgspec.Struct, frozen=True, kw_only=True):
    """One tactic in one context: the factor that plays, and the one its outcomes there ask for.

    health, threat: low, middling, high (thirds of the range) or unknown. decisions: decayed.
    """

    tactic: str
    health: str
    threat: str
    learned: float
    asked: float
    decisions: float


def in_contexts(
    state: LearnerState,
    tactics: Sequence[str],
    factors: Mapping[str, float],
    pseudo: float = PSEUDO,
) -> tuple[InContext, ...]:
    """Every tactic of one node in every context that was met; by health, threat and tactic.

    m = (n₀·τ ln w + S)/(n₀ + N) with the sums of y − y₀ of the context alone, where w is what plays
    everywhere: where a context knows nothing, it is w. The mean over the tactics stays as it is.

    Args:
        state: the statistics.
        tactics: the children of one WeightedFallback.
        factors: learned factor of each, 1 where none is given.
        pseudo: n₀, decisions.
    """
    logs = {name: math.log(factors.get(name, 1.0)) for name in tactics}
    middle = sum(logs.values()) / max(1, len(logs))
    told = []
    for bucket in range((BANDS + 1) ** 2):
        sums = {name: cell_of(state, bucket, name) for name in tactics}
        if not any(count > 0.0 for _, count in sums.values()):
            continue
        means = {n: (pseudo * TAU * logs[n] + s) / (pseudo + c) for n, (s, c) in sums.items()}
        shift = TAU * middle - sum(means.values()) / len(means)
        health, threat = divmod(bucket, UNKNOWN_BAND + 1)
        for name, mean in means.items():
            asked = math.exp(min(50.0, max(-50.0, (mean + shift) / TAU)))
            told.append(
                InContext(
                    tactic=name,
                    health=BAND_NAMES[health],
                    threat=BAND_NAMES[threat],
                    learned=factors.get(name, 1.0),
                    asked=min(MAX_WEIGHT, max(MIN_WEIGHT, asked)),
                    decisions=sums[name][1],
                )
            )
    return tuple(told)


def cell_of(state: LearnerState, bucket: int, tactic: str) -> tuple[float, float]:
    """(Σ(y − y₀), n) of one tactic in one context, faded to now."""
    total, count, at = state.cells.get(f"{bucket}|{tactic}", (0.0, 0.0, state.clock))
    left = DECAY ** (state.clock - at)
    return left * total, left * count
