"""Insights: what a companion has come to know, when that is worth keeping, and what it leads to.

An insight is kept at a confidence of .6 and an importance of 4; one that was kept is given up when
its confidence falls below a half. Importance = clamp(round(10 · confidence · weight of its type),
+1 with three pieces of evidence, 1, 10). Refuses types and relations it does not know.
"""

import math
from enum import StrEnum

import msgspec

from astraweave.errors import InputError
from astraweave.model.derived import insight_id
from astraweave.model.episode import Unit
from astraweave.model.memory import (
    Association,
    Memory,
    MemorySource,
    MemoryType,
    SpatialTemporalContext,
)

LEAST_CONFIDENCE, LEAST_IMPORTANCE = 0.6, 4
GIVEN_UP_BELOW = 0.5
MUCH_EVIDENCE = 3
STRENGTH = 0.5


class InsightType(StrEnum):
    """The five kinds."""

    EMOTIONAL_GROWTH = "emotional_growth"
    PLAYER_PATTERN = "player_pattern"
    MEMORY_CONNECTION = "memory_connection"
    KNOWLEDGE_EVOLUTION = "knowledge_evolution"
    RELATIONSHIP_EVOLUTION = "relationship_evolution"


class Relation(StrEnum):
    """How one leads to another; at most one link of a kind from one to the other."""

    LEADS_TO = "leads_to"
    CONTRADICTS = "contradicts"
    SUPPORTS = "supports"
    BUILDS_ON = "builds_on"


TYPE_WEIGHTS: dict[InsightType, float] = {
    InsightType.RELATIONSHIP_EVOLUTION: 1.0,
    InsightType.PLAYER_PATTERN: 0.9,
    InsightType.EMOTIONAL_GROWTH: 0.8,
    InsightType.KNOWLEDGE_EVOLUTION: 0.8,
    InsightType.MEMORY_CONNECTION: 0.6,
}


def importance_of(kind: InsightType | str, confidence: float, evidence: int) -> int:
    """1 to 10.

    Args:
        kind: one of the five.
        confidence: in [0, 1].
        evidence: pieces of it.

    Raises:
        InputError: a kind that is none, a confidence outside [0, 1].
    """
    try:
        weight = TYPE_WEIGHTS[InsightType(kind)]
    except ValueError:
        fix = f"one of {', '.join(InsightType)}"
        raise InputError(what="no type of insight", got=kind, where="insight", fix=fix) from None
    if not 0.0 <= confidence <= 1.0:
        what = "a confidence is in [0, 1]"
        raise InputError(what=what, got=confidence, where="insight", fix="correct it")
    # Halves up, as people round; Python's own rounds them to even.
    whole = math.floor(10.0 * confidence * weight + 0.5) + (evidence >= MUCH_EVIDENCE)
    return min(10, max(1, whole))


def is_kept(confidence: float, importance: int, *, known: bool = False) -> bool:
    """Whether an insight is worth keeping; one that is `known` is given up later than it came."""
    if known:
        return confidence >= GIVEN_UP_BELOW
    return confidence >= LEAST_CONFIDENCE and importance >= LEAST_IMPORTANCE


class Insight(msgspec.Struct, frozen=True, kw_only=True):
    """One. `key` names it among those of a pair; `evidence` are ids of memories."""

    key: str
    kind: InsightType
    text: str
    confidence: Unit
    evidence: tuple[str, ...] = ()
    contradicts: str | None = None

    @property
    def importance(self) -> int:
        """See `importance_of`."""
        return importance_of(self.kind, self.confidence, len(self.evidence))

    def memory(self, player_id: str, companion_id: str, now: float) -> Memory:
        """As a semantic memory, linked to what it builds on and what it contradicts."""
        links = [(each, Relation.BUILDS_ON) for each in self.evidence]
        if self.contradicts is not None:
            other = insight_id(player_id, companion_id, self.contradicts)
            links.append((other, Relation.CONTRADICTS))
        return Memory(
            id=insight_id(player_id, companion_id, self.key),
            memory_type=MemoryType.SEMANTIC,
            text=self.text,
            created_at=now,
            last_accessed=now,
            player_id=player_id,
            companion_id=companion_id,
            data={
                "insight": self.kind.value,
                "key": self.key,
                "confidence": round(self.confidence, 4),
                "importance": self.importance,
                "evidence": list(self.evidence),
            },
            context=SpatialTemporalContext(participants=(player_id,)),
            importance=self.importance / 10.0,
            confidence=self.confidence,
            source=MemorySource.INFERENCE,
            tags=("insight", self.kind.value),
            associations=tuple(
                Association(memory_id=target, relation=relation.value, strength=STRENGTH)
                for target, relation in dict.fromkeys(links)
            ),
        )
