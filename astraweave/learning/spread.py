"""How much decisions differ, and how alike those of one episode are. Refuses nothing."""

from astraweave.learning.statistics import LearnerState, TacticSums

PRIOR_DECISIONS, PRIOR_VARIANCE = 10.0, 0.0625


def pooled_variance(state: LearnerState) -> float:
    """σ² of one decision's y − y₀ over all tactics, with 10 pseudo-decisions at .0625."""
    squares = sum(t.V - (t.S * t.S / t.N if t.N > 0 else 0.0) for t in state.tactics.values())
    count = sum(t.N for t in state.tactics.values())
    return (max(0.0, squares) + PRIOR_DECISIONS * PRIOR_VARIANCE) / (count + PRIOR_DECISIONS)


def design_effect(sums: TacticSums, variance: float) -> float:
    """How many times less than N independent decisions these are worth, ≥ 1 for whole weights.

    ρ by moments: how much more the sums of episodes differ than σ² alone makes them, drawn to .1
    as by five episodes more. The traits have another estimator (`Shares.design_effect`, D-071).
    """
    t = sums
    if t.N <= 0:
        return 1.0
    below = variance * (t.N - t.K - (t.M - t.W) / t.N)
    r = 0.0
    if below > 0:
        r = min(0.9, max(0.0, (t.Q - t.S * t.S / t.N - variance * (t.K - t.W / t.N)) / below))
    n = t.K * t.K / t.K2 if t.K2 > 0 else 0.0
    rho = (max(0.0, n - 1.0) * r + 0.5) / (n + 4.0)
    return max(1e-3, (t.W + rho * (t.M - t.W)) / t.N)
