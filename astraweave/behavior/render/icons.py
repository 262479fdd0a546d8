"""Small signs for node types and statuses, as strokes in a square from −1 to 1, y downwards.

Letters and signs are those of the Groot editors where they have some: an arrow for sequences,
"?" for fallbacks, "!" for Inverter, A and C for actions and conditions. Refuses nothing.
"""

import math

from astraweave.behavior.status import FAILURE, RUNNING, SKIPPED, SUCCESS, Status

Line = tuple[tuple[float, float], ...]
_ARROW: tuple[Line, ...] = (((-0.9, 0.0), (0.85, 0.0)), ((0.25, -0.6), (0.85, 0.0), (0.25, 0.6)))


def _moved(lines: tuple[Line, ...], dy: float, size: float = 1.0) -> tuple[Line, ...]:
    return tuple(tuple((x * size, y * size + dy) for x, y in line) for line in lines)


def _arc(start: float, end: float, radius: float = 0.8, steps: int = 14) -> Line:
    """Part of a circle; angles in turns, clockwise from the right."""
    turns = [start + (end - start) * i / steps for i in range(steps + 1)]
    return tuple(
        (
            round(radius * math.cos(math.tau * turn), 3),
            round(radius * math.sin(math.tau * turn), 3),
        )
        for turn in turns
    )


_LOOP: tuple[Line, ...] = (_arc(-0.12, 0.68), ((-0.62, -1.0), (-0.32, -0.72), (-0.66, -0.4)))
_CLOCK: tuple[Line, ...] = (_arc(0.0, 1.0), ((0.0, -0.45), (0.0, 0.05), (0.35, 0.3)))
_CHECK: tuple[Line, ...] = (((-0.7, 0.05), (-0.2, 0.6), (0.75, -0.6)),)
_CROSS: tuple[Line, ...] = (((-0.6, -0.6), (0.6, 0.6)), ((-0.6, 0.6), (0.6, -0.6)))
_PARALLEL = (*_moved(_ARROW, -0.5, 0.75), *_moved(_ARROW, 0.5, 0.75))
_REACTIVE = (*_moved(_ARROW, -0.35, 0.8), ((0.7, 0.45), (0.7, 0.8), (-0.7, 0.8), (-0.7, 0.45)))
_MEMORY = (*_ARROW, ((-0.9, -0.55), (-0.9, 0.55)))
_BRANCH: tuple[Line, ...] = (
    ((-0.9, 0.0), (-0.2, 0.0), (0.3, -0.65), (0.9, -0.65)),
    ((-0.2, 0.0), (0.9, 0.0)),
    ((-0.2, 0.0), (0.3, 0.65), (0.9, 0.65)),
)
_BARS: tuple[Line, ...] = (
    ((-0.8, -0.65), (0.9, -0.65)),
    ((-0.8, 0.0), (0.2, 0.0)),
    ((-0.8, 0.65), (-0.3, 0.65)),
)
_TREE: tuple[Line, ...] = (
    ((-0.75, -0.75), (-0.75, 0.6), (0.7, 0.6)),
    ((-0.75, -0.1), (0.7, -0.1)),
    ((-0.75, -0.75), (0.1, -0.75)),
)
_WRITE: tuple[Line, ...] = (
    ((-0.75, 0.75), (-0.6, 0.2), (0.4, -0.8), (0.8, -0.4), (-0.2, 0.6), (-0.75, 0.75)),
)

STROKES: dict[str, tuple[Line, ...]] = {
    "Sequence": _ARROW,
    "AsyncSequence": _ARROW,
    "SequenceWithMemory": _MEMORY,
    "ReactiveSequence": _REACTIVE,
    "Parallel": _PARALLEL,
    "ParallelAll": _PARALLEL,
    "WeightedFallback": _BARS,
    "Switch": _BRANCH,
    "SubTree": _TREE,
    "Repeat": _LOOP,
    "RetryUntilSuccessful": _LOOP,
    "KeepRunningUntilFailure": _LOOP,
    "Loop": _LOOP,
    "Delay": _CLOCK,
    "Timeout": _CLOCK,
    "Sleep": _CLOCK,
    "ForceSuccess": _CHECK,
    "ForceFailure": _CROSS,
    "AlwaysSuccess": _CHECK,
    "AlwaysFailure": _CROSS,
    "SetBlackboard": _WRITE,
    "UnsetBlackboard": _CROSS,
    "RunScript": _WRITE,
}
"""By class of the node; one that is not here has a letter."""

LETTERS: dict[str, str] = {
    "Fallback": "?",
    "AsyncFallback": "?",
    "ReactiveFallback": "?",
    "IfThenElse": "if",
    "WhileDoElse": "if",
    "TryCatch": "T",
    "Inverter": "!",
    "RunOnce": "1",
    "Precondition": "if",
    "EntryUpdated": "U",
    "Condition": "C",
    "ScriptCondition": "C",
    "WasEntryUpdated": "C",
    "Action": "A",
}

MARKS: dict[Status, tuple[Line, ...]] = {
    SUCCESS: _CHECK,
    FAILURE: _CROSS,
    RUNNING: (((-0.4, -0.7), (0.75, 0.0), (-0.4, 0.7), (-0.4, -0.7)),),
    SKIPPED: (((-0.7, 0.0), (0.7, 0.0)),),
}
"""A check, a cross, a triangle that points on, a dash: no status rests on colour alone."""
