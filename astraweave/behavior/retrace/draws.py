"""Which draw makes a recorded choice: the recorded seed's own if it does, else one that does.

Refuses to search for ever: an episode has so many tries.
"""

from itertools import chain
from typing import TYPE_CHECKING

from astraweave.behavior.engine.weighted import STREAM, pick
from astraweave.model.rng import uniform

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from astraweave.behavior.retrace.ground import Ground
    from astraweave.behavior.retrace.record import Decision

TRIES, BUDGET = 5_000, 200_000
ELSEWHERE = 1 << 24
"""Draws from here on are no episode's own."""


class Draws:
    """The draws of one episode."""

    def __init__(self, ground: "Ground", seed: int, decisions: "Sequence[Decision]") -> None:
        """`decisions` in the order in which they were made; they are given their draws."""
        self._ground, self._seed, self._left = ground, seed, BUDGET
        drawn = 0
        for decision in decisions:
            decision.draw = drawn
            drawn += not self._is_sorted(decision)

    def _is_sorted(self, decision: "Decision") -> bool:
        choosing = self._ground.choosing.get(decision.node)
        return choosing is not None and choosing.node.policy == "sorted"

    def gives(self, draw: int, decision: "Decision", stand: tuple[str, ...]) -> bool:
        """Whether the draw of that number makes the decision when these stand for choice.

        Empty `stand`: nobody recorded it, all of them.
        """
        choosing = self._ground.choosing.get(decision.node)
        if choosing is None or choosing.child(decision.tactic) is None:
            return False
        if choosing.node.policy == "sorted":
            return True
        wanted = choosing.keys.index(decision.tactic)
        those = [i for i, key in enumerate(choosing.keys) if key in (stand or choosing.keys)]
        drawn = uniform(self._seed, 0, draw, STREAM + choosing.number)
        return bool(those) and pick(choosing.strengths, those, drawn)[0] == wanted

    def find(
        self, own: int | None, aims: "Sequence[tuple[Decision, tuple[str, ...]]]"
    ) -> int | None:
        """A draw that makes all of these decisions, whichever comes first; None: none was found.

        Args:
            own: the number of the recorded draw, which is tried first.
            aims: decisions, each with those that stand for choice.
        """
        wanted = [aim for aim in aims if self._can_be(aim)]
        tries = min(TRIES, self._left) if wanted else 0
        first: Iterable[int] = () if own is None else (own,)
        for draw in chain(first, range(ELSEWHERE, ELSEWHERE + tries)):
            self._left -= draw >= ELSEWHERE
            if all(self.gives(draw, decision, stand) for decision, stand in wanted):
                return draw
        return None

    def _can_be(self, aim: "tuple[Decision, tuple[str, ...]]") -> bool:
        decision, stand = aim
        choosing = self._ground.choosing.get(decision.node)
        if choosing is None or choosing.node.policy == "sorted":
            return False
        return decision.tactic in choosing.keys and (decision.tactic in stand or not stand)
