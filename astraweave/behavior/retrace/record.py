"""What an episode's log says of decisions: which were made, when, in which facts, in what order.

Facts were kept when a decision was made and when the player did something; between these
moments nothing is known. Refuses nothing: what makes no sense is left out.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from astraweave.model.columns import COMPANION, NO_ROW, NONE, PLAYER, RESULTS, EpisodeLog

if TYPE_CHECKING:
    from astraweave.behavior.retrace.ground import Ground

TOLERANCE_MS = 2
"""Times are rounded to milliseconds, and a duration once more: two that are this close are one."""

Facts = dict[str, float]


@dataclass(slots=True, eq=False)
class Decision:
    """One recorded choice. result: "success", "failure", "interrupted" or "partial".

    row: of the facts it was made in, −1 for none. draw: how many roulettes were drawn before.
    """

    node: str
    tactic: str
    began_ms: int
    ended_ms: int
    result: str
    effectiveness: float | None
    propensity: float | None
    available: tuple[str, ...]
    row: int
    draw: int = 0

    def ends_after(self, t_ms: int) -> bool:
        """Whether it goes on after the tick at `t_ms`."""
        return self.ended_ms > t_ms + TOLERANCE_MS

    def ends_before(self, t_ms: int) -> bool:
        """Whether it was over when the tick at `t_ms` came."""
        return self.ended_ms < t_ms - TOLERANCE_MS


@dataclass(slots=True)
class Moment:
    """A tick whose facts were kept. made: the decisions of this tick, in order."""

    t_ms: int
    row: int
    made: list[Decision] = field(default_factory=list)


def decisions_of(log: EpisodeLog, ground: "Ground") -> list[Decision]:
    """Decisions in the order in which they were made; the log has them as they ended."""
    found = [_decision(log, seen) for seen in log.observations if _is_decision(seen)]
    found.sort(key=lambda decision: decision.began_ms)
    ordered: list[Decision] = []
    for group in _groups(found):
        ordered += _in_order(group, ground)
    return ordered


def _groups(decisions: Sequence[Decision]) -> list[list[Decision]]:
    """Decisions that were made in one tick: at one time, and in one row of facts."""
    groups: list[list[Decision]] = [[decisions[0]]] if decisions else []
    for before, decision in pairwise(decisions):
        near = decision.began_ms - before.began_ms <= TOLERANCE_MS
        if near and before.row == decision.row:
            groups[-1].append(decision)
        else:
            groups.append([decision])
    return groups


def _in_order(group: list[Decision], ground: "Ground") -> list[Decision]:
    """A tick's decisions as they were made.

    What ended in the tick was made as it ended, but what was made inside a chosen child came after
    that and ended before. What went on may have ended in any order later; in its tick a tree is
    gone through from top to bottom.
    """
    trees: list[list[Decision]] = []
    for decision in group:
        below: list[Decision] = []
        while trees and ground.inside(trees[-1][0].node, decision.node, decision.tactic):
            below = trees.pop() + below
        trees.append([decision, *below])
    ended = [tree for tree in trees if not tree[0].ends_after(tree[0].began_ms)]
    lasting = [tree for tree in trees if tree[0].ends_after(tree[0].began_ms)]
    for tree in sorted(lasting, key=lambda tree: ground.place(tree[0].node)):
        ended.insert(_place(tree[0], ended, ground), tree)
    return [decision for tree in ended for decision in tree]


def _place(decision: Decision, trees: list[list[Decision]], ground: "Ground") -> int:
    """Behind what ended at or below its node, else before what stands further down."""
    own = [i for i, tree in enumerate(trees) if ground.under(tree[0].node, decision.node)]
    if own:
        return own[-1] + 1
    at = ground.place(decision.node)
    later = (i for i, tree in enumerate(trees) if ground.place(tree[0].node) > at)
    return next(later, len(trees))


def _is_decision(seen: Any) -> bool:
    return bool(seen["kind"] == COMPANION and seen["node"] != NONE and seen["tactic"] != NONE)


def _decision(log: EpisodeLog, seen: Any) -> Decision:
    available = seen["available"]
    result = RESULTS[seen["result"]]
    return Decision(
        node=log.names[seen["node"]],
        tactic=log.names[seen["tactic"]],
        began_ms=int(seen["t_ms"]) - int(seen["duration_ms"]),
        ended_ms=int(seen["t_ms"]),
        result="interrupted" if result is None else result.value,
        effectiveness=_number(seen["effectiveness"]),
        propensity=_number(seen["propensity"]),
        available=() if available == NONE else tuple(log.names[k] for k in log.sets[available]),
        row=int(seen["row"]),
    )


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def moments_of(log: EpisodeLog, decisions: Sequence[Decision]) -> list[Moment]:
    """Ticks whose facts are known, oldest first.

    Besides those of decisions: what the player did while one went on shows the facts sensed last,
    unless they are those of a decision.
    """
    moments = [Moment(group[0].began_ms, group[0].row, group) for group in _groups(decisions)]
    seen = {moment.row for moment in moments}
    began = [decision.began_ms for decision in decisions]
    ended = list(accumulate((decision.ended_ms for decision in decisions), max))
    for observed in log.observations:
        row, t_ms = int(observed["row"]), int(observed["t_ms"])
        if observed["kind"] == PLAYER and row != NO_ROW and row not in seen:
            seen.add(row)
            at = bisect_right(began, t_ms)
            if at and ended[at - 1] > t_ms + TOLERANCE_MS:
                moments.append(Moment(t_ms, row))
    return sorted(moments, key=lambda moment: moment.t_ms)


def facts_of(log: EpisodeLog, row: int) -> Facts:
    """The facts of a row that were sensed."""
    if not 0 <= row < len(log.facts):
        return {}
    values = log.facts[row].tolist()
    return {n: v for n, v in zip(log.fact_names, values, strict=True) if not np.isnan(v)}
