"""A situation the sandbox plays: ranges from which each seed draws its start."""

from typing import Annotated

import msgspec
from msgspec import Meta

from astraweave.model.episode import Name, Unit

Range = tuple[float, float]


class Scenario(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One situation. Each range [low, high] is drawn uniformly per seed.

    `threat` in [0, 1] is how dangerous it is, `seconds` the time limit of an episode.
    `ranges` are keyed by names that the environment declares (`BatchEnvironment.ranges`).
    """

    name: Name
    description: str
    threat: Unit
    seconds: Annotated[float, Meta(gt=0.0, le=600.0)]
    ranges: dict[str, Range]
