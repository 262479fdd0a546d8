"""Proof without a simulator: what logged play says of a candidate, and a cautious trial of it.

Weaker than the sandbox, and says so: it sees only situations that were met, and no rule but the
bounds. Hence a smaller cap, narrower bounds, and a canary that plays every other episode until
an e-process has looked at both.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import numpy.typing as npt

from astraweave.learning.reward import PLAY_SPAN
from astraweave.learning.statistics import Canary, LearnerState, Logged
from astraweave.model.verdict import Verdict
from astraweave.model.weights import Proposal
from astraweave.sandbox import WORSE, NotWorse

if TYPE_CHECKING:
    from astraweave.behavior import WeightedNode

CAP_OBSERVED = 0.10
LOW_OBSERVED, HIGH_OBSERVED = 0.5, 2.0
MIN_EPISODES = 10
MIN_DECISIONS = 100.0
TOLERANCE = 0.02
Z_ONE_SIDED = 1.645
CANARY_EPISODES = 6
REAL_TRUST = 4.0


class Support(msgspec.Struct, frozen=True, kw_only=True):
    """Off-policy estimate of two weight sets.

    Values per decision in [0, 1]; `lower` bounds candidate − deployed from below (one-sided
    95 %); `decisions` is the effective number of decisions behind it.
    """

    candidate: float
    deployed: float
    lower: float
    decisions: float


def support(
    log: Sequence[Sequence[Logged]],
    nodes: "Sequence[WeightedNode]",
    candidate: Mapping[str, float],
    deployed: Mapping[str, float],
) -> Support:
    """Self-normalised importance sampling over logged decisions.

    (Swaminathan & Joachims 2015.) The bound is a normal one on the difference, its variance
    from the influence of whole episodes, so that decisions of one episode count as related.

    Args:
        log: decisions, one list an episode.
        nodes: the tree's WeightedFallbacks, for the designer's weights.
        candidate, deployed: learned factors by tactic.
    """
    decisions = [d for episode in log for d in episode]
    if not decisions:
        return Support(candidate=0.0, deployed=0.0, lower=-1.0, decisions=0.0)
    designed = {n.name: dict(zip(n.children, n.weights, strict=True)) for n in nodes}
    y = np.array([d.y for d in decisions])
    new = _ratios(decisions, designed, candidate)
    old = _ratios(decisions, designed, deployed)
    value_new, influence_new = _snips(new, y)
    value_old, influence_old = _snips(old, y)
    ends = np.cumsum([len(episode) for episode in log])
    influence = influence_new - influence_old
    clusters = [part.sum() for part in np.split(influence, ends[:-1])]
    error = float(np.sqrt(np.sum(np.square(clusters)))) / len(decisions)
    return Support(
        candidate=value_new,
        deployed=value_old,
        lower=value_new - value_old - Z_ONE_SIDED * error,
        decisions=float(new.sum() ** 2 / np.square(new).sum()),
    )


def _ratios(
    decisions: Sequence[Logged],
    designed: Mapping[str, Mapping[str, float]],
    factors: Mapping[str, float],
) -> npt.NDArray[np.float64]:
    """π(a)/propensity of each decision under weights designer × factor, among the available."""
    ratios = []
    for d in decisions:
        own = designed.get(d.node, {})
        weight = {a: own.get(a, 1.0) * factors.get(a, 1.0) for a in d.available}
        total = sum(weight.values())
        ratios.append(weight.get(d.tactic, 0.0) / total / d.propensity if total > 0 else 0.0)
    return np.array(ratios)


def _snips(
    ratios: npt.NDArray[np.float64], y: npt.NDArray[np.float64]
) -> tuple[float, npt.NDArray[np.float64]]:
    total = ratios.sum()
    if total <= 0:
        return 0.0, np.zeros_like(y)
    value = float((ratios * y).sum() / total)
    return value, ratios * (y - value) * len(y) / total


def judge_observed(
    state: LearnerState,
    proposal: Proposal,
    nodes: "Sequence[WeightedNode]",
    *,
    require_sandbox: bool,
) -> Verdict:
    """Verdict with proof "observed": enough episodes, enough support, and not worse by SNIPS."""
    found = support(state.log, nodes, proposal.candidate.weights, proposal.baseline.weights)
    reason, step = "logged play supports it; it now plays every other episode", "observed"
    refused = True
    if require_sandbox:
        reason, step = "no environment to prove it in; attach or learn with one", "static"
    elif state.episodes < MIN_EPISODES:
        reason = f"{state.episodes} of the {MIN_EPISODES} episodes needed without a sandbox"
    elif found.decisions < MIN_DECISIONS:
        reason = (
            f"logged play supports it with {found.decisions:.0f} effective decisions, "
            f"{MIN_DECISIONS:.0f} are needed"
        )
    elif found.lower < -TOLERANCE:
        reason = f"it may be worse by {-found.lower:.3f} a decision, {TOLERANCE:g} is allowed"
    else:
        refused = False
    return Verdict(
        approved=not refused,
        reason=reason,
        proof="observed",
        step=step,
        alpha=0.05,
        proposal_number=proposal.number,
        episodes=state.episodes,
        figures=msgspec.structs.asdict(found),
    )


def canary_decision(state: LearnerState, canary: Canary) -> str:
    """What becomes of a trial: keep, roll back or wait, by the e-process over real episodes.

    Each pair is one episode of either version; x = ½ + (r_new − r_old)/2R.
    """
    since = max(0, state.episodes - canary.since)
    recent = state.rewards[-since:] if since else []
    new = [r for version, r in recent if version == canary.version]
    old = [r for version, r in recent if version == canary.parent]
    pairs = min(len(new), len(old))
    x = 0.5 + (np.array(new[:pairs]) - np.array(old[:pairs])) / (2.0 * PLAY_SPAN)
    test = NotWorse(trust=REAL_TRUST)
    if test.update(x) == WORSE:
        return "roll back"
    return "keep" if since >= CANARY_EPISODES else "wait"
