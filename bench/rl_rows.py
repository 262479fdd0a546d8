"""Row `rl_vector`: the arena as Gymnasium's vector, beside Gymnasium's own vector CartPole-v1."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import gymnasium
import numpy as np

from astraweave.rl import ID
from bench.harness import Operation, Operations, Row, median, pairs, sample

PLACES, STEPS, SINGLE_STEPS, ROUNDS = 1024, 20, 100, 15
SETTLED = 600
"""Steps after which fights begin at all times, as in training."""
AGENT_STEPS = 6 * 6
"""Of a step: six fighters, six ticks."""
GOAL_RATIO = 2.0


def rl_vector() -> Row:
    """Environment steps a second: 1,024 fights, actions at random, each begun anew when it is over.

    Reference: CartPole-v1's vector, whose step is one body's; the ratio is of agent-steps.
    """
    with _vector() as ours, _single() as single:
        mine, cart_pole = pairs(ours, _cart_pole(), rounds=ROUNDS, warmup=2)
        alone = median(sample(single, rounds=ROUNDS)) / SINGLE_STEPS
    steps, reference = (PLACES * STEPS / median(times) * 1e3 for times in (mine, cart_pole))
    ratio = steps * AGENT_STEPS / reference
    return Row(
        name="rl_vector",
        what="1,024 fights as a Gymnasium vector, one core",
        value=steps,
        unit="M env steps/s",
        goal=f"agent-steps ≥ {GOAL_RATIO:g}× reference's",
        reference=reference,
        ratio=ratio,
        met=ratio >= GOAL_RATIO,
        detail=f"{steps * AGENT_STEPS:.0f} M agent-steps/s; a single environment "
        f"{alone / 1e3:.0f} µs a step; the reference is Gymnasium's vector CartPole-v1",
    )


@contextmanager
def _vector() -> Iterator[Operation]:
    envs = gymnasium.make_vec(ID, num_envs=PLACES)
    envs.reset(seed=0)
    actions = np.random.default_rng(0).integers(0, 14, (STEPS, PLACES))

    def run() -> None:
        for row in actions:
            envs.step(row)

    for _ in range(SETTLED // STEPS):
        run()
    yield run
    envs.close()


@contextmanager
def _single() -> Iterator[Operation]:
    env: Any = gymnasium.make(ID).unwrapped

    def run() -> None:
        env.reset(seed=0)
        for step in range(SINGLE_STEPS):
            env.step(step % 14)

    yield run


def _cart_pole() -> Operation:
    envs = gymnasium.make_vec(
        "CartPole-v1", num_envs=PLACES, vectorization_mode="vector_entry_point"
    )
    envs.reset(seed=0)
    actions = np.arange(PLACES) % 2

    def run() -> None:
        for _ in range(STEPS):
            envs.step(actions)

    return run


OPERATIONS: Operations = {"rl_vector": _vector}
