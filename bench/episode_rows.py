"""Row `episodes`: whole fights of 600 ticks through the sandbox, the companion's tree included."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from msgspec.structs import replace

from astraweave.arena import Arena, play_scenario
from astraweave.behavior import load_tree
from astraweave.model.weights import designer_weights
from astraweave.sandbox import policy_of
from astraweave.sandbox.hands import threads
from astraweave.sandbox.jobs import Job, code_hash
from bench.harness import Operation, Operations, Row, median, pairs

FIGHTS, TICKS, ROUNDS = 8192, 600, 9
GOAL_EPISODES, GOAL_THREADS = 50e3, 1.8


def episodes() -> Row:
    """Fights a second on one core, and on two: as a verdict has them played, by its threads."""
    with _by(1) as one, _by(2) as two:
        alone, together = pairs(one, two, rounds=ROUNDS, warmup=2)
    # Of each turn by itself: a slow minute slows both of a turn.
    rate, gain = FIGHTS / median(alone) * 1e9, float(np.median(alone / together))
    return Row(
        name="episodes",
        what=f"fights of {TICKS} ticks, the tree and its log included, one core",
        value=rate,
        unit="fights/s",
        goal=f"≥ {GOAL_EPISODES:,.0f}, two threads ≥ {GOAL_THREADS}×",
        met=rate >= GOAL_EPISODES and gain >= GOAL_THREADS,
        detail=f"{median(alone) / FIGHTS / TICKS:.1f} ns a world-tick; two threads {gain:.2f}× one",
    )


@contextmanager
def _by(count: int) -> Iterator[Operation]:
    arena, tree = Arena(), load_tree("companion.xml")
    policy = policy_of(arena, tree, designer_weights(tree.tactics))
    scenario = replace(play_scenario(), seconds=TICKS / 60)
    job = Job(arena, (policy,), scenario, np.arange(FIGHTS), arena.archetypes, code_hash(arena))
    with threads(count) as hands:

        def run() -> None:
            for part in hands.play(job):
                part.get()

        yield run


@contextmanager
def _one() -> Iterator[Operation]:
    with _by(1) as run:
        yield run


OPERATIONS: Operations = {"episodes": _one}
