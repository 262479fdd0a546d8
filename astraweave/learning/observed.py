"""Proof without a simulator: what logged play says of a candidate, and a cautious trial of it.

Weaker than the sandbox, and says so: it sees only situations that were met, and no rule but the
bounds. Hence a smaller cap, narrower bounds, and a trial: until an e-process has looked at real
episodes of both, what was learned plays in about half of them and the baseline in the others.
"""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import numpy.typing as npt

from astraweave.learning.recent import Logged
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
Z_ONE_SIDED = 1.6448536269514722


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
    log: Sequence[Logged],
    nodes: "Sequence[WeightedNode]",
    candidate: Mapping[str, float],
    deployed: Mapping[str, float],
) -> Support:
    """Self-normalised importance sampling over logged decisions.

    (Swaminathan & Joachims 2015.) Each decision counts by the propensity it was made with,
    whatever version made it; one that the tree of today could not make is left out. The bound is
    Student's on the difference, its variance from the influence of whole episodes, so that
    decisions of one episode count as related and few episodes as few. The candidate comes from
    the same play, which flatters it a little: the trial is there for that.

    Args:
        log: recent episodes.
        nodes: the tree's WeightedFallbacks, for the designer's weights and the policy.
        candidate, deployed: learned factors by tactic.
    """
    known = {node.name: node for node in nodes}
    parts = [_columns(episode, known, candidate, deployed) for episode in log]
    parts = [part for part in parts if part.shape[1]]
    if not parts:
        return Support(candidate=0.0, deployed=0.0, lower=-1.0, decisions=0.0)
    new, old, y = np.concatenate(parts, axis=1)
    value_new, influence_new = _snips(new, y)
    value_old, influence_old = _snips(old, y)
    ends = np.cumsum([part.shape[1] for part in parts])
    influence = influence_new - influence_old
    clusters = np.array([part.sum() for part in np.split(influence, ends[:-1])])
    n = len(clusters)
    lower = -1.0
    if n > 1:
        error = math.sqrt(float(np.square(clusters).sum()) * n / (n - 1)) / len(y)
        lower = value_new - value_old - student_95(n - 1) * error
    squares = float(np.square(new).sum())
    return Support(
        candidate=value_new,
        deployed=value_old,
        lower=lower,
        decisions=float(new.sum()) ** 2 / squares if squares > 0.0 else 0.0,
    )


def student_95(degrees: int) -> float:
    """The 95 % quantile of Student's t, to 1 % from three degrees of freedom on.

    Cornish-Fisher's expansion around the normal quantile (Abramowitz & Stegun 26.7.5).
    """
    z, v = Z_ONE_SIDED, float(degrees)
    return (
        z
        + (z**3 + z) / (4 * v)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * v**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * v**3)
    )


def _columns(
    episode: Logged,
    nodes: "Mapping[str, WeightedNode]",
    candidate: Mapping[str, float],
    deployed: Mapping[str, float],
) -> npt.NDArray[np.float64]:
    """float64[3, n]: π(a)/propensity under candidate and deployed, and y, of each decision."""
    chances = [
        None
        if name not in nodes or not set(available) <= set(nodes[name].children)
        else (
            _chances(nodes[name], available, candidate),
            _chances(nodes[name], available, deployed),
        )
        for name, available in episode.sets
    ]
    rows = []
    for at, place, propensity, y in episode.decisions:
        both = chances[at]
        if both is not None:
            rows.append((both[0][place] / propensity, both[1][place] / propensity, y))
    return np.array(rows, dtype=np.float64).reshape(len(rows), 3).T


def _chances(
    node: "WeightedNode", available: Sequence[str], factors: Mapping[str, float]
) -> list[float]:
    """Probability of each available child under weights designer × factor.

    A roulette draws by weight; a sorted node takes the heaviest, the first of equals.
    """
    designed = dict(zip(node.children, node.weights, strict=True))
    weights = [designed[name] * factors.get(name, 1.0) for name in available]
    if node.policy == "sorted":
        best = weights.index(max(weights))
        return [float(place == best) for place in range(len(weights))]
    total = sum(weights)
    return [weight / total for weight in weights]


def _snips(
    ratios: npt.NDArray[np.float64], y: npt.NDArray[np.float64]
) -> tuple[float, npt.NDArray[np.float64]]:
    """The estimate, and by how much each decision moves it, in units of 1/n."""
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
    found = support(state.log, nodes, candidate, deployed)
    against = found if baseline is None else support(state.log, nodes, candidate, baseline.weights)
    lower = min(found.lower, against.lower)
    fault, step = _static_fault(candidate, deployed, nodes, locked, bounds or {}), "static"
    if require_sandbox:
        fault = "no environment to prove it in; attach or learn with one"
    if fault is None:
        fault, step = _unsupported(state.episodes, found.decisions, lower), "observed"
    figures = {**msgspec.structs.asdict(found), "lower": lower}
    return Verdict(
        approved=fault is None,
        reason=fault or f"no worse in {found.decisions:.0f} effective decisions; {ON_TRIAL}",
        proof="observed",
        step=step,
        alpha=ALPHA,
        proposal_number=proposal.number,
        episodes=state.episodes,
        figures=figures,
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
