"""One stretch of play with one outcome, as it is stored, sent and read by people.

The JSON of `Episode` is the exchange format of `astraweave ingest`: one episode a line. Other
programs write it, so a misspelt key is refused and not dropped.
Recorders and stores work on the columnar twin, `model.columns.EpisodeLog`.
"""

from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

Unit = Annotated[float, Meta(ge=0.0, le=1.0)]
NonNegative = Annotated[float, Meta(ge=0.0, le=1e12)]
Name = Annotated[str, Meta(min_length=1, max_length=200)]
Count = Annotated[int, Meta(ge=0, le=2**53)]
Number = Annotated[float, Meta(ge=-1e15, le=1e15)]
Millis = Annotated[int, Meta(ge=0, le=2**32 - 1)]
Scalar = float | int | bool | str | None


class EpisodeCategory(StrEnum):
    """What kind of play an episode is."""

    COMBAT = "combat"
    DIALOGUE = "dialogue"
    EXPLORATION = "exploration"
    PUZZLE = "puzzle"
    QUEST = "quest"
    SOCIAL = "social"


class ActionResult(StrEnum):
    """How an action of the companion ended; its place here is its code in columns (from 1)."""

    SUCCESS = "success"
    FAILURE = "failure"
    INTERRUPTED = "interrupted"
    PARTIAL = "partial"


class PlayerAction(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """One thing the player did. `action_type` is a name of the game's vocabulary."""

    action_type: Name
    target: str | None = None
    parameters: dict[str, Scalar] = {}


class CompanionResponse(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """One decision of the companion, recorded when it ended.

    `effectiveness` in [0, 1] is the game's own measure, None when it gave none. `tactic` is the
    chosen child of the WeightedFallback `node`, `propensity` the probability it was chosen with,
    `available` the children whose guards let them stand for choice. `duration_ms` reaches back
    from the observation's timestamp to the choice.
    """

    action_type: Name
    result: ActionResult
    effectiveness: Unit | None = None
    tactic: str | None = None
    node: str | None = None
    propensity: Annotated[float, Meta(gt=0.0, le=1.0)] | None = None
    available: tuple[str, ...] = ()
    duration_ms: Millis = 0


class Observation(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """What was seen at one moment: an action, a response, and the world as it was sensed.

    `timestamp_ms` counts from the start of the episode. The world state of a companion's
    response is the one it was chosen in.
    """

    timestamp_ms: Millis
    player_action: PlayerAction | None = None
    companion_response: CompanionResponse | None = None
    world_state: dict[str, Scalar] = {}


class EpisodeOutcome(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """How an episode went. Ratings in [0, 1]; damage and resources in the game's own units.

    `quality_signals` are the game's own (no damage taken, objective met early, …), each within
    ±.15; `complexity` is 1, 1.1 or 1.2 for a simple, middling or hard episode.
    """

    success_rating: Unit
    player_satisfaction: Unit = 0.5
    companion_effectiveness: Unit = 0.5
    duration_ms: Annotated[int, Meta(ge=0, le=2**53)] = 0
    damage_dealt: NonNegative = 0.0
    damage_taken: NonNegative = 0.0
    resources_used: NonNegative = 0.0
    failure_count: Count = 0
    quality_signals: tuple[Annotated[float, Meta(ge=-0.15, le=0.15)], ...] = ()
    complexity: Annotated[float, Meta(ge=1.0, le=1.2)] = 1.0


class Episode(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """A stretch of play with one outcome; `outcome` None when it was cut off by a crash.

    `start_time` and `end_time` are seconds since 1970 (UTC). `policy_version` is the version of
    the weight set that played, 0 for the designer's; `seed` the seed of its choices.
    `truncated` says that it ended for a reason outside the play (time limit, crash).
    """

    id: Name
    category: EpisodeCategory
    start_time: Annotated[float, Meta(ge=0.0, le=4e11)]
    end_time: Annotated[float, Meta(ge=0.0, le=4e11)] | None = None
    player_id: Name = "player"
    companion_id: Name = "companion"
    policy_version: Count = 0
    seed: Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)] = 0
    truncated: bool = False
    observations: tuple[Observation, ...] = ()
    outcome: EpisodeOutcome | None = None
    tags: tuple[str, ...] = ()
