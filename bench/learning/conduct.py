"""What the companions of many fights decided, from a batch's log: a `Conduct` each."""

import numpy as np
import numpy.typing as npt

from astraweave.behavior import Tree
from astraweave.behavior.flat.log import DecisionLog
from astraweave.behavior.flat.program import Program
from astraweave.learning.decisions import Choice, Conduct
from astraweave.model.columns import RESULTS
from astraweave.model.episode import ActionResult
from astraweave.model.facts import FactSheet
from astraweave.playstyle.bands import BANDS

Floats = npt.NDArray[np.float64]
_WORTH = {ActionResult.SUCCESS: 1.0, ActionResult.PARTIAL: 0.5, ActionResult.FAILURE: 0.0}


class Conducts:
    """Looks at each step of a batch; `read` tells afterwards who decided what."""

    def __init__(self, tree: Tree, program: Program, sheet: FactSheet) -> None:
        """Of one tree, whose facts are those of the sheet."""
        self._nodes, self._tactics, self._sheet = program.nodes, program.tactics, sheet
        self._children = {node.name: node.children for node in tree.weighted}
        self._buckets: list[npt.NDArray[np.int64]] = []
        self._effects: list[npt.NDArray[np.float32]] = []
        self._sets: dict[tuple[int, int], tuple[str, ...]] = {}

    def sees(self, facts: Floats) -> None:
        """The facts of a decision, float64[n, facts]."""
        found = np.zeros(len(facts), np.int64)
        for role, scale in (("player_health", BANDS + 1), ("threat", 1)):
            place = self._sheet.fraction(role)
            if place is None:
                found += BANDS * scale
                continue
            column, low, span = place
            share = (facts[:, column] - low) / span
            found += np.clip(share * BANDS, 0, BANDS - 1).astype(np.int64) * scale
        self._buckets.append(found)

    def ends(self, effects: npt.NDArray[np.float32]) -> None:
        """What the tactics that ended in the step were worth, float32[n]; NaN where none did."""
        self._effects.append(effects)

    def read(self, log: DecisionLog, n: int) -> list[Conduct]:
        """The conduct of each of n fights."""
        choices: list[list[Choice]] = [[] for _ in range(n)]
        results: list[list[ActionResult]] = [[] for _ in range(n)]
        names: list[set[int]] = [set() for _ in range(n)]
        for row in zip(*(column.tolist() for column in log), strict=True):
            world, start, end, node, tactic, propensity, available, code = row
            outcome = RESULTS[code] or ActionResult.INTERRUPTED
            results[world].append(outcome)
            names[world].add(tactic)
            among = self._among(node, available)
            if outcome is ActionResult.INTERRUPTED or len(among) < 2:
                continue
            # A decision ends in the tick that sees how its last step went.
            effect = float(self._effects[max(0, end - 1)][world])
            choices[world].append(
                Choice(
                    self._nodes[node],
                    int(self._buckets[start][world]),
                    self._tactics[tactic],
                    among,
                    propensity,
                    _WORTH[outcome] if np.isnan(effect) else effect,
                )
            )
        return [_conduct(*each) for each in zip(choices, results, names, strict=True)]

    def _among(self, node: int, available: int) -> tuple[str, ...]:
        key = node, available
        if key not in self._sets:
            own = self._children[self._nodes[node]]
            self._sets[key] = tuple(name for i, name in enumerate(own) if available >> i & 1)
        return self._sets[key]


def _conduct(choices: list[Choice], results: list[ActionResult], names: set[int]) -> Conduct:
    failed = recovered = False
    for result in results:
        recovered |= failed and result is ActionResult.SUCCESS
        failed |= result is ActionResult.FAILURE
    failures = sum(result is ActionResult.FAILURE for result in results)
    return Conduct(tuple(choices), len(results), failures, len(names), recovered)
