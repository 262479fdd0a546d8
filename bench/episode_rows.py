"""Row `episodes`: whole fights of 600 ticks through the sandbox, the companion's tree included."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import numpy as np
from msgspec.structs import replace
from numba import njit

from astraweave.arena import Arena, play_scenario
from astraweave.behavior import load_tree
from astraweave.model.weights import designer_weights
from astraweave.sandbox import policy_of
from astraweave.sandbox.hands import threads
from astraweave.sandbox.jobs import Job, code_hash
from bench.harness import Operation, Operations, Row, in_turns, median

FIGHTS, TICKS, ROUNDS = 8192, 600, 15
BITS = 60_000_000
"""Steps of the loop beside it: about as long as the fights."""
GOAL_EPISODES, GOAL_THREADS = 50e3, 1.8


def episodes() -> Row:
    """Fights a second on one core, and on two: as a verdict has them played, by its threads.

    Reference: how much faster two threads are with a loop that reads no memory and needs no
    interpreter; less than 2 is what other programs, or other guests of the host, have taken.
    """
    with _by(1) as one, _by(2) as two, ThreadPoolExecutor(2) as pool:

        def halves() -> None:
            for each in [pool.submit(_loop, BITS // 2) for _ in range(2)]:
                each.result()

        runs = (one, two, lambda: _loop(BITS), halves)
        alone, together, loop, halved = in_turns(runs, rounds=ROUNDS, warmup=2)
    # Of each turn by itself: a slow minute slows both of a turn.
    rate, gain = FIGHTS / median(alone) * 1e9, float(np.median(alone / together))
    most = float(np.median(loop / halved))
    return Row(
        name="episodes",
        what=f"fights of {TICKS} ticks, the tree and its log included, one core",
        value=rate,
        unit="fights/s",
        goal=f"≥ {GOAL_EPISODES:,.0f}, two threads ≥ {GOAL_THREADS}×",
        met=rate >= GOAL_EPISODES and gain >= GOAL_THREADS,
        reference=f"two threads with a bare loop {most:.2f}×",
        detail=f"{median(alone) / FIGHTS / TICKS:.1f} ns a world-tick; two threads "
        f"{gain:.2f}× one, {gain / most:.2f} of the bare loop's gain",
    )


@njit(nogil=True)
def _loop(steps: int) -> np.uint64:
    """Marsaglia's xorshift: registers alone."""
    bits = np.uint64(88172645463325252)
    for _ in range(steps):
        bits ^= bits << np.uint64(13)
        bits ^= bits >> np.uint64(7)
        bits ^= bits << np.uint64(17)
    return bits


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
