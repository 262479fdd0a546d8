"""What comes of playing a policy: how well, how long, with which tactics, breaking which rules.

No question is asked and nothing is compared; `validate` does that.
"""

import math
from collections.abc import Callable, Iterable
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from astraweave.behavior import Tree
from astraweave.errors import EnvironmentFailure, TreeFailure
from astraweave.model.ports import OUTCOMES, BatchEnvironment
from astraweave.model.scenario import Scenario
from astraweave.model.weights import WeightSet
from astraweave.sandbox.played import Played, joined
from astraweave.sandbox.rules import Rule
from astraweave.sandbox.runner import Batch, Players, nobody, play
from astraweave.sandbox.shares import CHUNK
from astraweave.sandbox.theatre import policy_of

Z_95 = 1.96


class RuleFigures(msgspec.Struct, frozen=True, kw_only=True):
    """In how many episodes a rule was broken; seed and tick of the first break, None without."""

    rule: str
    kind: str
    severity: str
    unit: str
    breaks: int
    seed: int | None = None
    tick: int | None = None


class ScenarioFigures(msgspec.Struct, frozen=True, kw_only=True):
    """Means over the episodes of one scenario.

    success: in [0, 1]; success_low, success_high: Wilson's interval of 95 %, which is exact for
    wins and losses and too wide for what lies between. outcomes: mean of each of
    `model.ports.OUTCOMES`. events, decisions, changes: an episode. tactics: share of the decisions
    that chose each.
    """

    scenario: str
    episodes: int
    success: float
    success_low: float
    success_high: float
    outcomes: dict[str, float]
    decisions: float
    changes: float
    tactics: dict[str, float]
    events: dict[str, float]
    rules: tuple[RuleFigures, ...]


def measure(
    environment: BatchEnvironment,
    tree: Tree,
    weights: WeightSet,
    scenario: Scenario,
    seeds: npt.NDArray[np.int64],
    *,
    players: Players = nobody,
    rules: Iterable[Rule] = (),
    told: Callable[[int], None] | None = None,
) -> ScenarioFigures:
    """Play one episode a seed and count.

    Args:
        environment: what is played in; `watching` it, where a rule is about a fact.
        tree, weights: who decides; a tactic without a weight keeps factor 1.
        scenario: checked.
        seeds: int64[n], n ≥ 1.
        players: who plays beside it.
        rules: those that do not apply to this environment are left out.
        told: called with the episodes played so far, now and then.

    Raises:
        EnvironmentFailure, TreeFailure: naming scenario, seed and step.
        RuleError: a rule that raises.
    """
    policy = policy_of(environment, tree, weights)
    size = min(CHUNK, getattr(environment, "largest_batch", CHUNK))
    chosen = np.zeros(len(tree.tactics), dtype=np.int64)
    parts = []
    for at in range(0, len(seeds), size):
        part = seeds[at : at + size]
        batch = Batch(environment, policy, scenario, part, players)
        try:
            parts.append(batch.play())
        except (EnvironmentFailure, TreeFailure):
            # Once more, halved until the failing seed stands alone.
            play(environment, policy, scenario, part, players)
            raise
        if told is not None:
            told(at + len(part))
        tactic = np.asarray(batch.ticker.log.tactic)
        chosen += np.bincount(tactic[tactic >= 0], minlength=len(chosen))
    played = joined(parts)
    applying = [rule for rule in rules if rule.applies(environment.events)]
    success = _mean(np.clip(played.outcome("success"), 0.0, 1.0))
    low, high = wilson(success, len(played))
    share = chosen / max(1, int(chosen.sum()))
    return ScenarioFigures(
        scenario=scenario.name,
        episodes=len(played),
        success=success,
        success_low=low,
        success_high=high,
        outcomes={name: _mean(played.outcome(name)) for name in OUTCOMES},
        decisions=_mean(played.decisions),
        changes=_mean(played.changes),
        tactics=dict(zip(tree.tactics, share.tolist(), strict=True)),
        events={name: _mean(played.count(name)) for name in played.events},
        rules=tuple(_rule(rule, played) for rule in applying),
    )


def wilson(share: float, n: int) -> tuple[float, float]:
    """Wilson's score interval of 95 % for a share of n; of a mean in [0, 1], it is too wide."""
    square = Z_95 * Z_95 / n
    middle = share + square / 2.0
    spread = math.sqrt(square * share * (1.0 - share) + square * square / 4.0)
    low, high = (middle - spread) / (1.0 + square), (middle + spread) / (1.0 + square)
    return max(0.0, low), min(1.0, high)


def _rule(rule: Rule, played: Played) -> RuleFigures:
    broken = rule.breaks(played)
    at = int(broken.argmax())
    return RuleFigures(
        rule=rule.name,
        kind=rule.kind,
        severity=rule.severity,
        unit=rule.unit,
        breaks=int(broken.sum()),
        seed=int(played.seeds[at]) if broken.any() else None,
        tick=int(played.first_tick(rule.event)[at]) if broken.any() else None,
    )


def _mean(column: npt.NDArray[Any]) -> float:
    return float(column.mean())
