"""Each episode into the account of what learned weights earned (`since`), when it is learned.

What the designer's weights would have earned by the same decisions is estimated from their
propensities, with a model of the tactics' worth from the episodes before (DR, as in `off_policy`):
so the estimate of each episode is fair, whatever came before. Refuses decisions that the tree of
today could not make.
"""

from typing import TYPE_CHECKING

from astraweave.errors import SaveError
from astraweave.learning.guard import paid_for
from astraweave.learning.off_policy import chances_of
from astraweave.learning.recent import Logged
from astraweave.learning.since import Since
from astraweave.learning.statistics import DECAY, FADED, EpisodeRow, LearnerState, fold
from astraweave.learning.target import PRIOR_N

if TYPE_CHECKING:
    from collections.abc import Sequence

    from astraweave.behavior import WeightedNode
    from astraweave.memory import MemoryStore


MOST = 1e4
"""How often a decision may count for the designer's weights: a file from outside can say that
it was made with any propensity above 0, and one decision must not be more than all others."""


def count(since: Since, version: int, told: Logged, nodes: "Sequence[WeightedNode]") -> None:
    """One more episode of the person's own play, in place."""
    known = {node.name: node for node in nodes}
    earned = owed = 0.0
    seen: list[tuple[str, float]] = []
    for at, place, propensity, y in told.decisions:
        name, available = told.sets[at]
        node = known.get(name)
        if node is None or not set(available) <= set(node.children):
            continue
        chances = chances_of(node, available, {})
        hoped = [_expected(since, name, tactic) for tactic in available]
        model = sum(p * h for p, h in zip(chances, hoped, strict=True))
        earned += y
        owed += model + min(MOST, chances[place] / propensity) * (y - hoped[place])
        seen += [(f"{name}|{available[place]}", y), (name, y)]
    if not seen:
        return
    faded = {key: (DECAY * s, DECAY * n) for key, (s, n) in since.means.items() if n > FADED}
    for key, y in seen:
        total, times = faded.get(key, (0.0, 0.0))
        faded[key] = (total + y, times + 1.0)
    since.means = faded
    if version > since.after:
        since.add(earned, owed)


def _expected(since: Since, node: str, tactic: str) -> float:
    """Worth of a tactic, drawn to the mean of its node; ½ where nothing is known."""
    total, times = since.means.get(node, (0.0, 0.0))
    middle = total / times if times > 0.0 else 0.5
    total, times = since.means.get(f"{node}|{tactic}", (0.0, 0.0))
    return (PRIOR_N * middle + total) / (PRIOR_N + times)


def count_last(state: LearnerState, row: EpisodeRow, nodes: "Sequence[WeightedNode]") -> None:
    """The episode that was folded last, if it is one that counts."""
    if row.own and row.outcome is not None:
        count(state.since, row.policy_version, state.log[-1], nodes)
    state.since.seen = state.episodes


def recount(
    store: "MemoryStore",
    state: LearnerState,
    pair: tuple[str, str],
    nodes: "Sequence[WeightedNode]",
) -> None:
    """Begin anew after a roll back; count all again, where not all that was learned is counted.

    So it is in a save of an older program, and where an episode was forgotten.
    """
    paid = paid_for(store.deployments(*pair))
    if state.since.after != paid:
        state.since = state.since.settled(paid)
    if state.since.seen == state.episodes:
        return
    scratch = LearnerState(since=Since(after=paid))
    for _, body in store.rows(*pair):
        try:
            row = EpisodeRow.decoded(body)
        except SaveError:
            continue  # counted where the rows are read for the statistics
        fold(scratch, row)
        count_last(scratch, row, nodes)
    state.since = scratch.since
    state.since.seen = state.episodes
