"""The decisions of one episode: which tactic, in which context, chosen how, worth what.

The unit of credit is one activation of a WeightedFallback. Interrupted decisions have no worth;
one with a single available tactic is logged, not counted: it says nothing of the choice. Refuses
to count what contradicts itself, a tactic that was not among the available ones.
"""

import math
from itertools import accumulate
from operator import or_
from typing import Annotated

import msgspec
from msgspec import Meta

from astraweave.model.columns import COMPANION, NONE, RESULTS, EpisodeLog
from astraweave.model.episode import ActionResult, Count, Unit
from astraweave.model.facts import FactSheet
from astraweave.playstyle.bands import BANDS, bands

_WORTH = {ActionResult.SUCCESS: 1.0, ActionResult.PARTIAL: 0.5, ActionResult.FAILURE: 0.0}


class Choice(msgspec.Struct, frozen=True, array_like=True):
    """One counted decision. `bucket` is health band × 4 + threat band; `worth` is e in [0, 1]."""

    node: str
    bucket: Annotated[int, Meta(ge=0, lt=(BANDS + 1) ** 2)]
    tactic: str
    available: tuple[str, ...]
    propensity: Annotated[float, Meta(gt=0.0, le=1.0)]
    worth: Unit

    def __post_init__(self) -> None:
        """Refuse a choice that was none of the available ones."""
        if self.tactic not in self.available:
            message = f"{self.tactic!r} is not among the available tactics"
            raise ValueError(message)


class Conduct(msgspec.Struct, frozen=True, array_like=True):
    """What the companion did in an episode: counted choices, and the totals reward asks for."""

    choices: tuple[Choice, ...]
    steps: Count
    failed: Count
    distinct: Count
    recovered: bool


def conduct_of(log: EpisodeLog, sheet: FactSheet | None = None) -> Conduct:
    """Read the companion's decisions out of an episode.

    Args:
        log: the episode.
        sheet: the game's declared facts, for the bands of health and threat; without one a
            fact named like its role counts, in [0, 1].
    """
    rows = log.observations[log.observations["kind"] == COMPANION]
    health = bands(log, sheet, "player_health", rows["row"])
    threat = bands(log, sheet, "threat", rows["row"])
    sets = [tuple(dict.fromkeys(log.names[k] for k in ids)) for ids in log.sets]
    choices: list[Choice] = []
    results: list[ActionResult] = []
    names: set[int] = set()
    for i, seen in enumerate(rows.tolist()):
        effectiveness, propensity, _, _, _, _, code, _, tactic, node, available, _, result = seen[
            :13
        ]
        outcome = RESULTS[result] or ActionResult.INTERRUPTED
        results.append(outcome)
        names.add(code)
        if outcome is ActionResult.INTERRUPTED or NONE in (tactic, node, available):
            continue
        if len(sets[available]) < 2 or log.names[tactic] not in sets[available]:
            continue
        if math.isnan(propensity):
            continue
        choices.append(
            Choice(
                log.names[node],
                int(health[i]) * (BANDS + 1) + int(threat[i]),
                log.names[tactic],
                sets[available],
                propensity,
                _WORTH[outcome] if math.isnan(effectiveness) else effectiveness,
            )
        )
    failed = [r is ActionResult.FAILURE for r in results]
    after_failure = zip(results, accumulate(failed, or_), strict=True)
    return Conduct(
        tuple(choices),
        len(results),
        sum(failed),
        len(names),
        any(result is ActionResult.SUCCESS and before for result, before in after_failure),
    )
