"""How strong a memory still is, and from when on it is forgotten.

The curve is AstraWeave's: half-lives by type, slowed by importance and by being asked for.
"""

import math

from astraweave.errors import StoreError
from astraweave.model.memory import MemoryType

HALF_LIFE_DAYS: dict[MemoryType, float] = {
    MemoryType.SENSORY: 0.25,
    MemoryType.WORKING: 1.0,
    MemoryType.EPISODIC: 14.0,
    MemoryType.EMOTIONAL: 7.0,
    MemoryType.SOCIAL: 21.0,
    MemoryType.PROCEDURAL: 30.0,
    MemoryType.SEMANTIC: 180.0,
}
FORGOTTEN_BELOW: dict[MemoryType, float] = {
    MemoryType.SENSORY: 0.1,
    MemoryType.WORKING: 0.2,
    MemoryType.EPISODIC: 0.15,
    MemoryType.EMOTIONAL: 0.18,
    MemoryType.SOCIAL: 0.15,
    MemoryType.PROCEDURAL: 0.12,
    MemoryType.SEMANTIC: -1.0,  # never
}


def strength(
    *, memory_type: MemoryType | str, age_days: float, importance: float, access_count: int
) -> float:
    """What is left of a memory, in [0, 1].

    e^(−.693·age/half-life) · (1 + .5(importance − .5)) · (1 + .3·accesses/max(1, age)) ·
    (1 + .1·ln accesses, from two accesses on), clamped.

    Args:
        memory_type: one of the seven.
        age_days: since it was encoded; an age below 0, of a clock that was set back, is 0.
        importance: [0, 1].
        access_count: how often it was asked for, from 0 on.

    Raises:
        StoreError: no such type, or a number that is not finite or out of range.
    """
    if memory_type not in HALF_LIFE_DAYS:
        raise StoreError(
            what="not a type of memory",
            got=memory_type,
            where="strength",
            fix=f"give one of {', '.join(MemoryType)}",
        )
    if not (math.isfinite(age_days) and 0.0 <= importance <= 1.0 and access_count >= 0):
        raise StoreError(
            what="age must be finite, importance in [0, 1] and accesses from 0 on",
            got=f"{age_days}, {importance} and {access_count}",
            where="strength",
            fix="correct the value",
        )
    age = max(0.0, age_days)
    left = math.exp(-0.693 * age / HALF_LIFE_DAYS[MemoryType(memory_type)])
    left *= 1.0 + 0.5 * (importance - 0.5)
    left *= 1.0 + 0.3 * access_count / max(1.0, age)
    if access_count > 1:
        left *= 1.0 + 0.1 * math.log(access_count)
    return min(1.0, max(0.0, left))


def is_forgotten(memory_type: MemoryType, left: float) -> bool:
    """Whether `left` of a memory is too little to keep it."""
    return left < FORGOTTEN_BELOW[memory_type]
