"""What one step of learning adds to the memories: reflections, insights, changes.

Refuses to write again what says the same.
"""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from astraweave.learning.insights import Insight
from astraweave.learning.story import Moment, Reflection, Story, insights_of
from astraweave.model.derived import insight_id, moment_id, reflection_id
from astraweave.model.memory import (
    Association,
    Memory,
    MemorySource,
    MemoryType,
    SpatialTemporalContext,
)
from astraweave.playstyle.switching import Belief


class Before(NamedTuple):
    """What the save has of a story. insights: by key; moments: how many."""

    insights: dict[str, Insight]
    moments: int
    anew: bool


class Chapter(NamedTuple):
    """See the fields of the same names of `LearningCommit`."""

    memories: tuple[Memory, ...]
    gone: tuple[str, ...]
    anew: bool


def known_before(story: Story, belief: Belief | None, player_id: str, replayed: int) -> Before:
    """Taken before the new episodes are folded.

    Args:
        story, belief: as they are now.
        player_id: whose.
        replayed: how many rows they were just made anew from; then the save has other words.
    """
    if replayed:
        return Before({}, 0, True)
    known = {each.key: each for each in insights_of(story, belief, player_id)}
    return Before(known, story.counted, False)


def chapter(
    before: Before,
    story: Story,
    belief: Belief | None,
    reflections: Sequence[Reflection],
    pair: tuple[str, str],
    now: float,
) -> Chapter:
    """What is to be written after the new episodes were folded."""
    known = {each.key: each for each in insights_of(story, belief, pair[0])}
    told = [reflection_memory(each, pair, now) for each in reflections]
    told += [moment_memory(m, pair, now) for m in story.moments if m.number >= before.moments]
    told += [
        each.memory(*pair, now) for key, each in known.items() if before.insights.get(key) != each
    ]
    gone = tuple(insight_id(*pair, key) for key in before.insights if key not in known)
    return Chapter(tuple(told), gone, before.anew)


def reflection_memory(told: Reflection, pair: tuple[str, str], now: float) -> Memory:
    """What was thought about an episode, as an episodic memory beside the episode's own."""
    return Memory(
        id=reflection_id(told.episode),
        memory_type=MemoryType.EPISODIC,
        text=told.text,
        created_at=now,
        last_accessed=now,
        player_id=pair[0],
        companion_id=pair[1],
        data=msgspec.to_builtins(told),
        context=SpatialTemporalContext(participants=pair, related_events=(told.episode,)),
        importance=0.6,
        source=MemorySource.INFERENCE,
        tags=("reflection",),
        associations=(Association(memory_id=told.episode, relation="builds_on", strength=0.5),),
    )


def moment_memory(told: Moment, pair: tuple[str, str], now: float) -> Memory:
    """A change, as a semantic memory: the timeline is never forgotten by itself."""
    return Memory(
        id=moment_id(*pair, told.number),
        memory_type=MemoryType.SEMANTIC,
        text=told.text,
        created_at=now,
        last_accessed=now,
        player_id=pair[0],
        companion_id=pair[1],
        data=msgspec.to_builtins(told),
        context=SpatialTemporalContext(participants=(pair[0],), related_events=(told.trigger,)),
        importance=told.significance,
        source=MemorySource.INFERENCE,
        tags=("timeline",),
    )
