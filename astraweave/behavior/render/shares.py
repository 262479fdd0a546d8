"""How likely each child of a WeightedFallback is, by the designer and with what was learned.

Shares are those of a choice for which every child stands; guards and failures leave fewer.
Refuses weights of tactics that the tree does not have.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from astraweave.behavior import nodes
from astraweave.behavior.engine.weighted import strengths
from astraweave.errors import WeightsError
from astraweave.model.actions import nearest

if TYPE_CHECKING:
    from astraweave.behavior.tree import Tree

_EVEN = 0.005


@dataclass(frozen=True, slots=True)
class Share:
    """One child's part in a choice.

    key: its tactic. weight: the designer's. factor: learned, None when nothing was given.
    before, now: shares in [0, 1] without and with the factors; of a sorted choice they are shares
    of the weights. rank_before, rank: place in the order of a sorted choice, from 1; 0 otherwise.
    """

    key: str
    weight: float
    factor: float | None
    before: float
    now: float
    rank_before: int = 0
    rank: int = 0

    @property
    def trend(self) -> int:
        """1 when learning made the child likelier than the designer did, −1 less likely, else 0."""
        if self.factor is None:
            return 0
        if self.rank:
            return (self.rank_before > self.rank) - (self.rank_before < self.rank)
        return (self.now > self.before * (1 + _EVEN)) - (self.now < self.before * (1 - _EVEN))

    @property
    def label(self) -> str:
        """The share in percent, or the place in the order."""
        return f"#{self.rank}" if self.rank else f"{100.0 * self.now:.1f} %"

    @property
    def learned(self) -> str:
        """The factor, e.g. "×1.25"; empty without one."""
        return "" if self.factor is None else f"×{self.factor:.2f}"


def shares_of(tree: "Tree", weights: Mapping[str, float] | None) -> dict[str, Share]:
    """Path of each weighted child → its share.

    Args:
        tree: the tree.
        weights: learned factor of each tactic, 1 where none is given; None: nothing was learned.

    Raises:
        WeightsError: an unknown tactic, or a factor that is not finite and above 0, or so far from
            1 that no choice could go by it.
    """
    _check(tree, weights or {})
    found: dict[str, Share] = {}
    choices = [n for n in nodes.walk(tree.root) if isinstance(n, nodes.WeightedFallback)]
    for node, named in zip(choices, tree.weighted, strict=True):
        factors = [1.0 if weights is None else weights.get(key, 1.0) for key in named.children]
        designed, learned = strengths(node, [1.0] * len(factors)), strengths(node, factors)
        before, now = _shares(designed), _shares(learned)
        places = [(0, 0)] * len(learned)
        if node.policy == "sorted":
            places = list(zip(_ranks(designed), _ranks(learned), strict=True))
        for i, child in enumerate(node.children):
            factor = None if weights is None else factors[i]
            found[child.path] = Share(
                named.children[i], node.weights[i], factor, before[i], now[i], *places[i]
            )
    return found


def _check(tree: "Tree", weights: Mapping[str, float]) -> None:
    for tactic, factor in weights.items():
        if tactic not in tree.tactics:
            fix = nearest(tactic, tree.tactics)
            raise WeightsError(what="unknown tactic", got=tactic, where=tree.path, fix=fix)
        if not (math.isfinite(factor) and factor > 0.0):
            raise WeightsError(
                what=f"factor of {tactic!r} must be finite and above 0",
                got=factor,
                where=tree.path,
                fix="1 changes nothing",
            )


def _shares(strong: Sequence[float]) -> list[float]:
    total = sum(strong)
    return [one / total for one in strong]


def _ranks(weights: Sequence[float]) -> list[int]:
    """Place of each in the order in which a sorted choice tries them; ties: document order."""
    order = sorted(range(len(weights)), key=lambda i: -weights[i])
    ranks = [0] * len(weights)
    for place, i in enumerate(order, start=1):
        ranks[i] = place
    return ranks
