"""Weights from statistics: rules as a prior whose trust is learned, outcomes on top.

Computed anew from the statistics each time and never compounded; only the step from what is
deployed is limited. Refuses to know where the statistics come from.
"""

import math
from collections.abc import Mapping, Sequence

from astraweave.errors import WeightsError
from astraweave.learning.spread import design_effect, pooled_variance
from astraweave.learning.statistics import (
    LearnerState,
    TacticSums,
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


def terms(
    state: LearnerState, tactics: Sequence[str], prior: Mapping[str, float]
) -> tuple[dict[str, tuple[float, float]], float]:
    """What the rules and what the outcomes say of each child of one node, and λ̂.

    m_i = (n₀(base + λ̂x_i) + S_i)/(n₀ + N_i) in two parts: n₀λ̂x_i/(n₀ + N_i) is the rules', the
    rest the outcomes'. Each is centred over the children and divided by τ, so that the two add
    up to ln w*_i = (m_i − m̄)/τ.

    Args:
        state: the statistics.
        tactics: the children of one WeightedFallback.
        prior: tactic → x, the log-factor of the rules for this player; absent is 0.
    """
    known = [state.tactics.get(name, TacticSums()) for name in tactics]
    count = sum(sums.N for sums in known)
    base = sum(sums.S for sums in known) / count if count > 0 else 0.0
    trust = rule_trust(state, tactics, prior, base)
    shrink = [PRIOR_N / (PRIOR_N + sums.N) for sums in known]
    rules = [a * trust * prior.get(name, 0.0) for a, name in zip(shrink, tactics, strict=True)]
    seen = [a * base + sums.S / (PRIOR_N + sums.N) for a, sums in zip(shrink, known, strict=True)]
    return dict(zip(tactics, zip(_centred(rules), _centred(seen), strict=True), strict=True)), trust


def _centred(values: Sequence[float]) -> list[float]:
    """Differences to the plain mean, in units of τ."""
    middle = sum(values) / len(values) if values else 0.0
    return [(value - middle) / TAU for value in values]


def targets(
    state: LearnerState, tactics: Sequence[str], prior: Mapping[str, float]
) -> tuple[dict[str, float], float]:
    """Where the weights of one node want to be, before bounds and cap: w* = exp of the `terms`.

    Without data this is the rules' own factors, up to a common one.

    Returns:
        tactic → w*, each positive and finite, and λ̂.
    """
    found, trust = terms(state, tactics, prior)
    return {name: wanted(*both) for name, both in found.items()}, trust


def wanted(rules: float, seen: float) -> float:
    """w* of the two terms of one tactic."""
    # ±50 is far outside every bound and keeps exp finite whatever the statistics hold.
    return math.exp(min(50.0, max(-50.0, rules + seen)))


def step(
    before: Mapping[str, float],
    aims: Mapping[str, float],
    *,
    cap: float = CAP,
    low: float = MIN_WEIGHT,
    high: float = MAX_WEIGHT,
    locked: frozenset[str] = frozenset(),
    bounds: Mapping[str, tuple[float, float]] | None = None,
) -> dict[str, float]:
    """One promotion's step towards `aims`: at most `cap` relative, inside [low, high].

    A weight that stands outside the bounds moves towards them, by `cap` and no faster. `bounds`
    narrow those of single tactics; where they lie outside [low, high], the nearer end of it holds.

    Raises:
        WeightsError: a weight that is not finite or not positive, naming the tactic.
    """
    # A hair less, so that after / before − 1 is within the cap however it is rounded.
    most = cap * (1.0 - 1e-9)
    after = dict(before)
    for name, target in aims.items():
        old = before.get(name, 1.0)
        for value in (old, target):
            if not (math.isfinite(value) and value > 0):
                raise WeightsError(
                    what=f"weight of {name!r} must be finite and positive", got=value, where="step"
                )
        if name not in locked:
            least, most_of_it = (bounds or {}).get(name, (low, high))
            bounded = min(high, max(low, min(most_of_it, max(least, target))))
            after[name] = min((1.0 + most) * old, max((1.0 - most) * old, bounded))
    return after


def changes(
    state: LearnerState,
    before: Mapping[str, float],
    after: Mapping[str, float],
    found: Mapping[str, tuple[float, float]],
) -> tuple[Change, ...]:
    """What moved each tactic, for `why`: the terms of its target, and decisions counted."""
    return tuple(
        Change(
            tactic=name,
            before=before.get(name, 1.0),
            after=after[name],
            target=wanted(rules, seen),
            prior=rules,
            evidence=seen,
            decisions=state.tactics.get(name, TacticSums()).N,
        )
        for name, (rules, seen) in found.items()
    )
