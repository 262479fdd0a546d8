"""Tactics that do clearly worse in one situation than elsewhere, and the guard that says so.

One factor a tactic plays everywhere (`contexts`); what must not be done while somebody is hurt is
said by the structure. Where this person's play is sure that a tactic is misplaced in a third of
the range of health or threat, the tree gets that one guard more: a candidate like any other, for
the gate, the trial and the way back. Refuses to guard the last child that may always be chosen.
"""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from astraweave.behavior.groot.models import WEIGHTED
from astraweave.learning.contexts import cell_of
from astraweave.learning.mutations import (
    GUARD,
    Limits,
    Move,
    Variant,
    Workshop,
    last_free,
    nodes_in,
)
from astraweave.learning.spread import design_effect, pooled_variance
from astraweave.playstyle.bands import BAND_NAMES, BANDS, UNKNOWN_BAND

if TYPE_CHECKING:
    from astraweave.behavior import Tree
    from astraweave.behavior.groot.xml_reader import Element
    from astraweave.learning.statistics import LearnerState
    from astraweave.model.facts import FactSheet

ROLES = ("player_health", "threat")
LEAST = 8.0
"""Decisions, decayed, in the situation and elsewhere."""
Z_ELSEWHERE, Z_OTHERS = 3.0, 2.0
"""Standard errors below its own worth elsewhere, and below the other tactics there."""


class Misplaced(NamedTuple):
    """A tactic in the third `band` of the fact with `role`, 0 the lowest.

    worth, elsewhere: mean y − y₀ there and in the other thirds. loss: what a decision there loses
    to the mean of the node's tactics. decisions: decayed.
    """

    tactic: str
    role: str
    band: int
    worth: float
    elsewhere: float
    loss: float
    decisions: float

    @property
    def text(self) -> str:
        """For a person."""
        where = f"{self.role.replace('_', ' ')} is {BAND_NAMES[self.band]}"
        return (
            f"{self.tactic} while {where} is worth {self.worth:+z.2f} a decision, elsewhere "
            f"{self.elsewhere:+z.2f} ({self.decisions:.0f} decisions)"
        )


def misplaced(state: "LearnerState", tactics: Sequence[str]) -> tuple[Misplaced, ...]:
    """Where which children of one node are clearly misplaced; what costs most first."""
    noise, found = pooled_variance(state), []
    for axis, role in enumerate(ROLES):
        sums = {name: [_band(state, name, axis, band) for band in range(BANDS)] for name in tactics}
        for band in range(BANDS):
            total = sum(sums[name][band][0] for name in tactics)
            count = sum(sums[name][band][1] for name in tactics)
            for name in tactics:
                s, n = sums[name][band]
                others = [sums[name][b] for b in range(BANDS) if b != band]
                so, no = sum(x for x, _ in others), sum(x for _, x in others)
                if min(n, no) < LEAST:
                    continue
                v = noise * design_effect(state.tactics[name], noise)
                below = so / no - s / n > Z_ELSEWHERE * math.sqrt(v / n + v / no)
                loss = total / count - s / n
                if below and loss > Z_OTHERS * math.sqrt(v / n):
                    found.append(Misplaced(name, role, band, s / n, so / no, loss, n))
    return tuple(sorted(found, key=lambda one: -one.loss * one.decisions))


def _band(state: "LearnerState", tactic: str, axis: int, band: int) -> tuple[float, float]:
    """(Σ(y − y₀), n) in one third of a fact, whatever the other is."""
    wide = UNKNOWN_BAND + 1
    cells = [
        cell_of(state, band * wide + other if axis == 0 else other * wide + band, tactic)
        for other in range(wide)
    ]
    return sum(s for s, _ in cells), sum(n for _, n in cells)


def guard_of(found: Misplaced, sheet: "FactSheet") -> str | None:
    """The `_skipIf` of that third, in the game's own fact; None where no fact has the role."""
    place = sheet.fraction(found.role)
    if place is None:
        return None
    name, low, span = sheet.names[place[0]], place[1], place[2]
    edges = [f"{low + span * k / BANDS:.6g}" for k in range(BANDS + 1)]
    parts = [f"{name} >= {edges[found.band]}"] if found.band > 0 else []
    if found.band < BANDS - 1:
        parts.append(f"{name} < {edges[found.band + 1]}")
    return " && ".join(parts)


def guarded(
    tree: "Tree", state: "LearnerState", sheet: "FactSheet"
) -> tuple[Misplaced, Variant] | None:
    """The tree with the one guard that play asks for most; None where it asks for none.

    Raises:
        UsageError: the tree was not read from a document.
    """
    shop = Workshop(tree, (), Limits(), sheet.names, None)
    elements = list(nodes_in(shop.document.root))
    parents = {id(child): above for above in elements for child in above.children}
    places = _places(shop, elements)
    for node in tree.weighted:
        for found in misplaced(state, node.children):
            place, guard = places.get(found.tactic), guard_of(found, sheet)
            if place is None or guard is None or last_free(elements[place], parents):
                continue
            has = elements[place].attributes.get("_skipIf", "")
            if guard in has:
                continue
            made = shop.made(Move(GUARD, place, f"{found.tactic} skips if {guard}", guard=guard))
            if made is not None:
                return found, made
    return None


def _places(shop: Workshop, elements: "Sequence[Element]") -> dict[str, int]:
    """Key of each tactic → the number of its element, where one element alone has it."""
    choices = [each for each in elements if shop.document.resolve(each)[0] == WEIGHTED]
    if len(choices) != len(shop.tree.weighted):
        return {}  # a tree that is used twice: a guard in it is a guard in both
    number = {id(element): i for i, element in enumerate(elements)}
    return {
        key: number[id(child)]
        for choice, node in zip(choices, shop.tree.weighted, strict=True)
        for key, child in zip(node.children, choice.children, strict=True)
    }
