"""Proof without a simulator: what logged play says of a candidate, and a cautious trial of it.

Weaker than the sandbox, and says so: it sees only situations that were met, and no rule but the
bounds. Hence a smaller cap, narrower bounds, and a trial: until an e-process has looked at real
episodes of both, what was learned plays in about half of them and the baseline in the others.
"""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from astraweave.learning.off_policy import OffPolicy, evaluate
from astraweave.learning.statistics import LearnerState
from astraweave.learning.trial import ON_TRIAL
from astraweave.model.verdict import Verdict
from astraweave.model.weights import Proposal, WeightSet
from astraweave.sandbox.gate import PLAYABLE, step_fault, weights_fault

if TYPE_CHECKING:
    from astraweave.behavior import WeightedNode

CAP_OBSERVED = 0.10
LOW_OBSERVED, HIGH_OBSERVED = 0.5, 2.0
MIN_EPISODES = 10
MIN_DECISIONS = 100.0
TOLERANCE = 0.02
ALPHA = 0.05


def judge_observed(
    state: LearnerState,
    proposal: Proposal,
    nodes: "Sequence[WeightedNode]",
    *,
    baseline: WeightSet | None = None,
    require_sandbox: bool = False,
    locked: frozenset[str] = frozenset(),
    bounds: Mapping[str, tuple[float, float]] | None = None,
) -> Verdict:
    """Verdict with proof "observed": static checks, enough episodes, support, not worse by SNIPS.

    Args:
        state: the statistics.
        proposal: what is judged.
        nodes: the tree's WeightedFallbacks.
        baseline: what the present trial runs against. The candidate must be no worse than it,
            too, or the tolerances of many small steps add up.
        require_sandbox: refuse whatever was observed.
        locked: tactics that must not move.
        bounds: narrower bounds of single tactics.
    """
    candidate, deployed = proposal.candidate.weights, proposal.baseline.weights
    found = evaluate(state.log, nodes, candidate, deployed)
    against = found if baseline is None else evaluate(state.log, nodes, candidate, baseline.weights)
    lower = min(each.low for told in (found, against) for each in (told.snips, told.dr))
    fault, step = _static_fault(candidate, deployed, nodes, locked, bounds or {}), "static"
    if require_sandbox:
        fault = "no environment to prove it in; attach or learn with one"
    if fault is None:
        fault, step = _unsupported(state.episodes, found.decisions, lower), "observed"
    return Verdict(
        approved=fault is None,
        reason=fault or f"no worse in {found.decisions:.0f} effective decisions; {ON_TRIAL}",
        proof="observed",
        step=step,
        alpha=ALPHA,
        proposal_number=proposal.number,
        episodes=state.episodes,
        figures={**figures_of(found), "lower": lower},
    )


def figures_of(found: OffPolicy) -> dict[str, float]:
    """What logged play says, as figures of a verdict: values per decision, in [0, 1]."""
    return {
        "candidate": found.snips.candidate,
        "deployed": found.snips.deployed,
        "snips_low": found.snips.low,
        "snips_high": found.snips.high,
        "dr_candidate": found.dr.candidate,
        "dr_deployed": found.dr.deployed,
        "dr_low": found.dr.low,
        "dr_high": found.dr.high,
        "decisions": found.decisions,
    }


def contradicted(found: OffPolicy) -> str | None:
    """Why real play speaks against a candidate, whatever a simulation says; None when it does not.

    Only where there is enough of it, and where both estimates are sure that it is worse by more
    than the tolerance.
    """
    best = max(found.snips.high, found.dr.high)
    if found.decisions < MIN_DECISIONS or best >= -TOLERANCE:
        return None
    return (
        f"logged play is sure that it is worse by {-best:.3f} a decision or more "
        f"({found.decisions:.0f} effective decisions), {TOLERANCE:g} is allowed"
    )


def _static_fault(
    candidate: Mapping[str, float],
    deployed: Mapping[str, float],
    nodes: "Sequence[WeightedNode]",
    locked: frozenset[str],
    bounds: Mapping[str, tuple[float, float]],
) -> str | None:
    """What is wrong with a step by itself; weights outside the bounds may only come nearer."""
    tactics = tuple(name for node in nodes for name in node.children)
    before = {name: deployed.get(name, 1.0) for name in candidate}
    for name, after in candidate.items():
        if not 0.0 < after < math.inf:
            return f"the weight of {name} must be finite and positive, got {after:g}"
    return weights_fault(candidate, tactics, *PLAYABLE) or step_fault(
        before,
        candidate,
        cap=CAP_OBSERVED,
        whitelist=frozenset(tactics) - locked,
        bounds=bounds,
        widest=(LOW_OBSERVED, HIGH_OBSERVED),
    )


def _unsupported(episodes: int, decisions: float, lower: float) -> str | None:
    if episodes < MIN_EPISODES:
        return f"{episodes} of the {MIN_EPISODES} episodes needed without a sandbox"
    if decisions < MIN_DECISIONS:
        return (
            f"logged play supports it with {decisions:.0f} effective decisions, "
            f"{MIN_DECISIONS:.0f} are needed"
        )
    if lower < -TOLERANCE:
        return f"it may be worse by {-lower:.3f} a decision, {TOLERANCE:g} is allowed"
    return None
