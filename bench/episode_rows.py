"""Row `episodes`: whole fights of 600 ticks through the sandbox, the companion's tree included."""

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import cache

import numpy as np
from msgspec.structs import replace

from astraweave.arena import Arena, play_scenario
from astraweave.behavior import load_tree
from astraweave.model.weights import designer_weights
from astraweave.sandbox import policy_of
from astraweave.sandbox.hands import threads
from astraweave.sandbox.jobs import Job, code_hash
from bench.harness import Operation, Operations, Row, in_turns, median

FIGHTS, TICKS, ROUNDS = 8192, 600, 15
GOAL_EPISODES, GOAL_THREADS = 50e3, 1.8


def episodes() -> Row:
    """Fights a second on one core, and on two: as a verdict has them played, by its threads.

    Reference: how much faster two processes are, each of which plays half of the fights and shares
    nothing; less than 2 is what the cores take from each other, or have taken from them.
    """
    spawned = multiprocessing.get_context("spawn")
    with _by(1) as one, _by(2) as two, ProcessPoolExecutor(2, spawned) as pool:

        def halves() -> None:
            for each in [pool.submit(_half) for _ in range(2)]:
                each.result()

        alone, together, halved = in_turns((one, two, halves), rounds=ROUNDS, warmup=2)
    # Of each turn by itself: a slow minute slows all of a turn.
    rate, gain = FIGHTS / median(alone) * 1e9, float(np.median(alone / together))
    most = float(np.median(alone / halved))
    return Row(
        name="episodes",
        what=f"fights of {TICKS} ticks, the tree and its log included, one core",
        value=rate,
        unit="fights/s",
        goal=f"≥ {GOAL_EPISODES:,.0f}, two threads ≥ {GOAL_THREADS}×",
        met=rate >= GOAL_EPISODES and gain >= GOAL_THREADS,
        reference=f"two processes that share nothing {most:.2f}×",
        detail=f"{median(alone) / FIGHTS / TICKS:.1f} ns a world-tick; two threads "
        f"{gain:.2f}× one, {gain / most:.2f} of what two processes gain",
    )


@cache
def _half_of_them() -> tuple[ExitStack, Operation]:
    """Half of the fights, in this process."""
    stack = ExitStack()
    return stack, stack.enter_context(_by(1, FIGHTS // 2))


def _half() -> None:
    _half_of_them()[1]()


@contextmanager
def _by(count: int, fights: int = FIGHTS) -> Iterator[Operation]:
    arena, tree = Arena(), load_tree("companion.xml")
    policy = policy_of(arena, tree, designer_weights(tree.tactics))
    scenario = replace(play_scenario(), seconds=TICKS / 60)
    job = Job(arena, (policy,), scenario, np.arange(fights), arena.archetypes, code_hash(arena))
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
