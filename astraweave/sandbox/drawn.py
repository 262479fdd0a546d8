"""What the ranges of a scenario drew, where a game can tell.

A game tells by `drawn`, see `model.ports.TellsDraw`. Refuses one that raises there; whether it told
the truth is found by playing.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from astraweave.errors import EnvironmentFailure, said_of
from astraweave.model.scenario import Scenario


def drawn_by(game: Any, scenario: Scenario, seed: int, names: Sequence[str]) -> dict[str, float]:
    """The values of these ranges for a seed; without those that are not told, or cannot be.

    Args:
        game: an environment, or a wrapper that has it as `environment`.
        scenario: that it would begin.
        seed: of the episode.
        names: of ranges of the scenario.

    Raises:
        EnvironmentFailure: it raises.
    """
    while not hasattr(game, "drawn") and hasattr(game, "environment"):
        game = game.environment
    if not hasattr(game, "drawn"):
        return {}
    try:
        told = game.drawn(scenario, seed)
    except Exception as error:
        raise EnvironmentFailure(
            what=f"the environment raised {said_of(error)}",
            where=f"scenario {scenario.name}, seed {seed}, drawn",
            fix="give the value of each range that the scenario sets",
        ) from error
    if not isinstance(told, Mapping):
        return {}
    known = {name: told[name] for name in names if name in told}
    return {name: float(v) for name, v in known.items() if _within(v, *scenario.ranges[name])}


def _within(value: object, low: float, high: float) -> bool:
    number = isinstance(value, (int, float)) and math.isfinite(value)
    return number and low <= value <= high  # type: ignore[operator]
