"""From statistics and profile to a candidate weight set. Refuses to judge it."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec

from astraweave.learning.method import Method, check_terms
from astraweave.learning.methods import Posterior
from astraweave.learning.statistics import LearnerState
from astraweave.learning.target import changes, step, wanted
from astraweave.model.profile import PreferenceProfile
from astraweave.model.weights import CAP, MAX_WEIGHT, MIN_WEIGHT, Change, Proposal, WeightSet, moves

if TYPE_CHECKING:
    from astraweave.behavior import WeightedNode

WORTH_PROPOSING = 0.005
"""A candidate that moves no weight by half a percent is not worth a verdict."""


def propose(  # noqa: PLR0913  # all but four by keyword, each limits the step
    state: LearnerState,
    profile: PreferenceProfile,
    nodes: "Sequence[WeightedNode]",
    deployed: WeightSet,
    *,
    version: int,
    now: float,
    cap: float = CAP,
    low: float = MIN_WEIGHT,
    high: float = MAX_WEIGHT,
    locked: frozenset[str] = frozenset(),
    bounds: Mapping[str, tuple[float, float]] | None = None,
    method: Method | None = None,
) -> Proposal | None:
    """A candidate one capped step from `deployed` towards what the statistics say, or None.

    Args:
        state: the statistics; `state.proposals` counts the proposals made so far.
        profile: for the rules' prior.
        nodes: the tree's WeightedFallbacks.
        deployed: what is in use; the step starts here. Tactics that the tree has no more are
            left out, new ones stand at 1: a tree may be edited at any time.
        version: version the candidate gets.
        now: seconds since 1970.
        cap, low, high: largest relative step and the bounds.
        locked: tactics that must not move.
        bounds: narrower bounds of single tactics.
        method: who says where the weights want to be; the posterior when absent.

    Raises:
        WeightsError: what it says is no finite number.
    """
    learner = method or Posterior()
    tactics = [name for node in nodes for name in node.children]
    deployed = fitted(deployed, tactics)
    after = dict(deployed.weights)
    told: list[Change] = []
    trusts = []
    for node in nodes:
        before = {name: deployed.weights[name] for name in node.children}
        said = learner.terms(state, profile, node.children)
        found, trust = check_terms(learner.name, said, node.children)
        aims = {name: wanted(*both) for name, both in found.items()}
        moved = step(before, aims, cap=cap, low=low, high=high, locked=locked, bounds=bounds)
        after |= moved
        told += changes(state, before, moved, found)
        trusts.append(trust)
    if all(abs(math.log(c.after / c.before)) < WORTH_PROPOSING for c in told):
        return None
    candidate = WeightSet(
        version=version,
        weights=after,
        parent=deployed.version,
        episode_count=state.episodes,
        created_at=now,
        reason=moves(told, 3),
        tree=deployed.tree,
    )
    return Proposal(
        player_id=profile.player_id,
        companion_id=profile.companion_id,
        candidate=candidate,
        baseline=deployed,
        changes=tuple(told),
        number=state.proposals + 1,
        rule_trust=sum(trusts) / len(trusts) if trusts else 0.0,
        profile=profile,
        learner=learner.name,
    )


def fitted(weights: WeightSet, tactics: Iterable[str]) -> WeightSet:
    """The same weights for exactly these tactics: 1 for a new one, what is gone left out."""
    known = {name: weights.weights.get(name, 1.0) for name in tactics}
    return weights if known == weights.weights else msgspec.structs.replace(weights, weights=known)
