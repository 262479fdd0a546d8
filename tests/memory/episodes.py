"""Episodes to store, for the tests of this folder and the programs they kill."""

from typing import Any

from astraweave.model.draft import Draft
from astraweave.model.episode import (
    ActionResult,
    CompanionResponse,
    EpisodeCategory,
    EpisodeOutcome,
)

FACTS = ("player_health", "threat", "player_x", "player_y")
START_S = 1_000_000.0


def make_draft(name: str = "e1", observations: int = 12, **fields: Any) -> Draft:
    """A fight of `observations` entries, two a second, each seen in a row of its own."""
    seen: list[Any] = []
    for i in range(observations):
        if i % 3:
            seen.append((i / 2, "strike", "orc", {"damage": float(i), "hot": i % 2 == 0}, i))
        else:
            response = CompanionResponse(
                action_type="heal",
                result=ActionResult.SUCCESS,
                effectiveness=0.5,
                tactic="heal_player",
                node="root",
                propensity=0.25,
                available=("heal_player", "flank_enemy"),
                duration_ms=400,
            )
            seen.append((i / 2, response, i))
    header: dict[str, Any] = {
        "id": name,
        "category": EpisodeCategory.COMBAT,
        "start_time": START_S,
        "end_time": START_S + observations / 2,
        "player_id": "robin",
        "companion_id": "mira",
        "policy_version": 0,
        "seed": 7,
        "fact_names": FACTS,
        "outcome": EpisodeOutcome(success_rating=0.75, player_satisfaction=0.25),
        "tags": ["night"],
        "seen": seen,
        "rows": [[1.0 - i / 100, 0.5, float(i), 2.0] for i in range(observations)],
    }
    return Draft(**header | fields)


def parts_of(draft: Draft, every: int) -> list[Draft]:
    """What a recorder hands over while `draft` grows: a part every `every` entries."""
    parts = []
    for first in range(0, len(draft.seen), every):
        part = draft.part(first, first, draft.start_time + (first + every) / 2)
        part.seen, part.rows = part.seen[:every], part.rows[:every]
        parts.append(part)
    return parts
