"""Memories: what is kept of an episode, a person, a habit; and how an episode becomes one."""

import math
from enum import StrEnum
from functools import lru_cache
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from astraweave.model.columns import EpisodeLog
from astraweave.model.episode import Count, Name, Unit

SATISFIED_ABOVE = 0.7


class MemoryType(StrEnum):
    """The seven kinds of memory."""

    SENSORY = "sensory"
    WORKING = "working"
    EPISODIC = "episodic"
    SEMANTIC = "semantic"
    PROCEDURAL = "procedural"
    EMOTIONAL = "emotional"
    SOCIAL = "social"


class MemorySource(StrEnum):
    """Where a memory comes from."""

    DIRECT_EXPERIENCE = "direct_experience"
    INFERENCE = "inference"
    SHARED = "shared"
    AUTHORED = "authored"


class EmotionalContext(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """How it felt: intensity and arousal in [0, 1], valence in [−1, 1]."""

    primary_emotion: str
    intensity: Unit
    valence: Annotated[float, Meta(ge=-1.0, le=1.0)]
    arousal: Unit


class SpatialTemporalContext(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """Where and when: `location` in the game's own units or words, `duration_ms` of the event."""

    location: str | None = None
    time_period: str | None = None
    duration_ms: Count | None = None
    participants: tuple[str, ...] = ()
    related_events: tuple[str, ...] = ()


class Association(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A directed link to another memory."""

    memory_id: Name
    relation: str
    strength: Unit


class Memory(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """One memory. Times are seconds since 1970 (UTC); `data` is any JSON value.

    `embedding` is a vector of any fixed length, None where none was computed.
    """

    id: Name
    memory_type: MemoryType
    text: str
    created_at: Annotated[float, Meta(ge=0.0, le=4e11)]
    player_id: Name = "player"
    companion_id: Name = "companion"
    data: Any = None
    emotion: EmotionalContext | None = None
    context: SpatialTemporalContext = SpatialTemporalContext()
    last_accessed: Annotated[float, Meta(ge=0.0, le=4e11)] = 0.0
    access_count: Count = 0
    importance: Unit = 0.5
    confidence: Unit = 1.0
    source: MemorySource = MemorySource.DIRECT_EXPERIENCE
    tags: tuple[str, ...] = ()
    associations: tuple[Association, ...] = ()
    embedding: tuple[float, ...] | None = None


def memory_of(log: EpisodeLog) -> Memory:
    """The episodic memory of an episode: same id, its outcome as text, emotion and importance.

    The memory points at the episode by its id instead of holding a second copy of it.
    Emotion is "satisfied" above a success rating of .7, else "frustrated"; intensity is the
    player's satisfaction, valence 2·success − 1, arousal the companion's effectiveness;
    importance is the mean of success and satisfaction, ½ without an outcome.
    """
    outcome, emotion, importance = log.outcome, None, 0.5
    story = "In progress"
    if outcome is not None:
        rating, satisfaction = outcome.success_rating, outcome.player_satisfaction
        story = f"Success: {rating:.0%}, Satisfaction: {satisfaction:.0%}"
        emotion = EmotionalContext(
            primary_emotion="satisfied" if rating > SATISFIED_ABOVE else "frustrated",
            intensity=satisfaction,
            valence=rating * 2.0 - 1.0,
            arousal=outcome.companion_effectiveness,
        )
        importance = (rating + satisfaction) / 2.0
    start, end, duration = log.start_time, log.end_time, None
    if end is None:
        end = start
    else:
        duration = max(0, round((end - start) * 1e3))
    category = str(log.category)
    return Memory(
        id=log.id,
        memory_type=MemoryType.EPISODIC,
        text=f"{category.capitalize()} episode: {story}",
        created_at=end,
        last_accessed=end,
        player_id=log.player_id,
        companion_id=log.companion_id,
        data={"episode": log.id, "observations": len(log.observations)},
        emotion=emotion,
        context=SpatialTemporalContext(
            location=_location(log),
            duration_ms=duration,
            participants=(log.player_id, log.companion_id),
        ),
        importance=importance,
        tags=tuple(dict.fromkeys((category, *log.tags))),
    )


_PLACES = (("location",), ("player_position",), ("player_x", "player_y"), ("x", "y"))


def _location(log: EpisodeLog) -> str | None:
    """Where the first observation was: a named place, else coordinates, else None."""
    if not len(log.observations):
        return None
    named = log.extra.get(0, {}).get("world_state", {})
    for key in ("location", "player_position"):
        if isinstance(named.get(key), str):
            return str(named[key])
    for columns in _places(log.fact_names):
        row = int(log.observations["row"][0])
        values = [log.facts.item(row, column) for column in columns if row >= 0]
        if values and not any(map(math.isnan, values)):
            return ", ".join(f"{value:.1f}" for value in values)
    return None


@lru_cache(maxsize=16)  # a game senses the same facts in each episode
def _places(fact_names: tuple[str, ...]) -> tuple[tuple[int, ...], ...]:
    """The columns that tell a place, the best first."""
    known = [keys for keys in _PLACES if set(keys) <= set(fact_names)]
    return tuple(tuple(fact_names.index(key) for key in keys) for keys in known)
