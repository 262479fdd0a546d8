"""Episodes for the tests of playstyle, from as little as a list of action names."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from astraweave.model.actions import ActionVocabulary, Kind
from astraweave.model.columns import EpisodeLog, LogBuilder
from astraweave.model.episode import (
    ActionResult,
    CompanionResponse,
    EpisodeCategory,
    EpisodeOutcome,
)
from astraweave.playstyle.features import FEATURES

MakeLog = Callable[..., EpisodeLog]
MakeRow = Callable[..., Any]


@pytest.fixture(scope="session")
def vocabulary() -> ActionVocabulary:
    """One action of each kind, and names that would mislead a reader of substrings."""
    return ActionVocabulary(
        strike=Kind("melee", aggressive=True),
        shoot=Kind("ranged", aggressive=True),
        bolt=Kind("magic", aggressive=True),
        block=Kind("defensive"),
        heal=Kind("support"),
        dodge=Kind("movement"),
        drink=Kind("utility"),
        dismiss=Kind("utility"),
        attack_of_nerves=Kind("utility"),
    )


@pytest.fixture(scope="session")
def make_log() -> MakeLog:
    """`make_log(actions, facts=…, …)`: one action every `step_ms`, with its row of facts.

    An action None is a decision of the companion; `facts` has one mapping an action, or None.
    """

    def build(
        actions: Sequence[str | None],
        facts: Sequence[Mapping[str, float] | None] | None = None,
        *,
        step_ms: int = 500,
        seconds: float | None = 10.0,
        outcome: EpisodeOutcome | None = None,
    ) -> EpisodeLog:
        names = tuple(dict.fromkeys(name for row in facts or () for name in row or ()))
        builder = LogBuilder(names)
        companion = CompanionResponse(action_type="wait", result=ActionResult.SUCCESS)
        for i, action in enumerate(actions):
            sensed = facts[i] if facts else None
            values = None if sensed is None else [sensed.get(name, np.nan) for name in names]
            row = -1 if values is None else builder.row(values)
            if action is None:
                builder.companion(i * step_ms, companion, row)
            else:
                builder.player(i * step_ms, action, None, None, row)
        return builder.build(
            id="fight",
            category=EpisodeCategory.COMBAT,
            start_time=1000.0,
            end_time=None if seconds is None else 1000.0 + seconds,
            player_id="robin",
            companion_id="mira",
            policy_version=0,
            seed=0,
            truncated=False,
            outcome=outcome,
            tags=(),
        )

    return build


@pytest.fixture(scope="session")
def make_row() -> MakeRow:
    """`make_row(aggressive=3, opportunities=10, …)`: a row of features, the rest 0."""

    def build(**values: float) -> Any:
        fought = ("melee", "ranged", "magic", "defensive", "support")
        values.setdefault("combat_actions", sum(values.get(kind, 0.0) for kind in fought))
        return np.array([float(values.pop(name, 0.0)) for name in FEATURES])

    return build
