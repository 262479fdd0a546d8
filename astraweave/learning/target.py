"""Weights from statistics: rules as a prior whose trust is learned, outcomes on top.

Computed anew from the statistics each time and never compounded; only the step from what is
deployed is limited. Refuses to know where the statistics come from.
"""

import math
from collections.abc import Mapping, Sequence

from astraweave.errors import WeightsError
from astraweave.learning.statistics import (
    LearnerState,
    TacticSums,
    design_effect,
    pooled_variance,
)
from astraweave.model.weights import CAP, MAX_WEIGHT, MIN_WEIGHT, Change

TAU = 0.03
PRIOR_N = 15.0


def rule_trust(
    state: LearnerState, tactics: Sequence[str], prior: Mapping[str, float], base: float
) -> float:
    """λ̂: by how much the rules' log-factors x predict the tactics' outcomes, in y per unit of x.

    A normal prior at τ with variance τ²; each tactic with data is one observation ȳ = λx of
    variance σ²·deff/N; clipped to [−2τ, 2τ], so wrong rules can be turned round.
    """
    variance = pooled_variance(state)
    above, below = TAU / TAU**2, 1.0 / TAU**2
    for name in tactics:
        sums, x = state.tactics.get(name), prior.get(name, 0.0)
        if sums is None or sums.N <= 0 or x == 0.0:
            continue
        v = variance * design_effect(sums, variance) / sums.N
        above += x * (sums.S / sums.N - base) / v
        below += x * x / v
    return min(2.0 * TAU, max(-2.0 * TAU, above / below))


def targets(
    state: LearnerState, tactics: Sequence[str], prior: Mapping[str, float]
) -> tuple[dict[str, float], float]:
    """Where the weights of one node want to be, before bounds and cap.

    m_i = (n₀(base + λ̂x_i) + S_i)/(n₀ + N_i), w*_i = exp((m_i − m̄)/τ), m̄ the plain mean over
    the node's children. Without data this is the rules' own factors, up to a common one.

    Args:
        state: the statistics.
        tactics: the children of one WeightedFallback.
        prior: tactic → x, the log-factor of the rules for this player; absent is 0.

    Returns:
        tactic → w*, each positive and finite, and λ̂.
    """
    known = [state.tactics.get(name, TacticSums()) for name in tactics]
    count = sum(sums.N for sums in known)
    base = sum(sums.S for sums in known) / count if count > 0 else 0.0
    trust = rule_trust(state, tactics, prior, base)
    means = [
        (PRIOR_N * (base + trust * prior.get(name, 0.0)) + sums.S) / (PRIOR_N + sums.N)
        for name, sums in zip(tactics, known, strict=True)
    ]
    middle = sum(means) / len(means) if means else 0.0
    # ±50τ is far outside every bound and keeps exp finite whatever the statistics hold.
    wanted = {
        name: math.exp(min(50.0, max(-50.0, (mean - middle) / TAU)))
        for name, mean in zip(tactics, means, strict=True)
    }
    return wanted, trust


def step(
    before: Mapping[str, float],
    wanted: Mapping[str, float],
    *,
    cap: float = CAP,
    low: float = MIN_WEIGHT,
    high: float = MAX_WEIGHT,
    locked: frozenset[str] = frozenset(),
) -> dict[str, float]:
    """One promotion's step towards `wanted`: at most `cap` relative, inside [low, high].

    Raises:
        WeightsError: a weight that is not finite or not positive, naming the tactic.
    """
    after = dict(before)
    for name, target in wanted.items():
        old = before.get(name, 1.0)
        for value in (old, target):
            if not (math.isfinite(value) and value > 0):
                raise WeightsError(
                    what=f"weight of {name!r} must be finite and positive", got=value, where="step"
                )
        if name not in locked:
            capped = min((1.0 + cap) * old, max((1.0 - cap) * old, target))
            after[name] = min(high, max(low, capped))
    return after


def changes(
    state: LearnerState,
    before: Mapping[str, float],
    after: Mapping[str, float],
    wanted: Mapping[str, float],
    prior: Mapping[str, float],
    trust: float,
) -> tuple[Change, ...]:
    """What moved each tactic, for `why`: prior and evidence in log-weight, decisions counted."""
    told = []
    for name, target in wanted.items():
        sums = state.tactics.get(name, TacticSums())
        shrink = PRIOR_N / (PRIOR_N + sums.N)
        told.append(
            Change(
                tactic=name,
                before=before.get(name, 1.0),
                after=after[name],
                target=target,
                prior=shrink * trust * prior.get(name, 0.0) / TAU,
                evidence=(sums.S / (PRIOR_N + sums.N)) / TAU,
                decisions=sums.N,
            )
        )
    return tuple(told)
