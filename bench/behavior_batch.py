"""Rows `tick_batch` and `tick_any`: 10,000 agents ticked at once, by shipped and random trees."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import numpy as np
import numpy.typing as npt

from astraweave.behavior import BatchTicker, Program
from astraweave.behavior.flat.odds import odds
from bench import behavior_crowd as crowd
from bench import behavior_others as others
from bench.behavior_floor import FACTS, floor, fresh
from bench.harness import Operation, Operations, Row, median, pairs, sample

ROUNDS, WARM = 150, 20
STEP_S, HOLD_S, HOLD_STEPS = 0.1, 0.5, 5
BATCH_NS, ANY_NS = 60.0, 200.0
TREES = 1_000
RANDOM_TREES, RANDOM_ROUNDS, RANDOM_WARM = 128, 24, 8
SEEDS = np.arange(crowd.AGENTS, dtype=np.int64)


def learned(program: Program) -> npt.NDArray[np.float64]:
    """Learned factors, float64[tactics], inside their bounds."""
    return np.random.default_rng(5).uniform(0.25, 4.0, len(program.tactics))


def tick_batch() -> Row:
    """10,000 companions with learned weights, decisions logged, in the world of `crowd.lived`.

    Reference: the same decisions by a loop over bare arrays, written for this one tree.
    """
    program, facts = crowd.companion(), crowd.fights()
    ticks = ROUNDS + WARM
    world = crowd.lived(_batch(program), facts, ticks)
    batch, by_hand = _batch(program), _Hand(program, world)
    mine, hand = pairs(_ticks(batch, world), by_hand, rounds=ROUNDS, warmup=WARM)
    assert np.array_equal(batch.commands, by_hand.commands), "the floor decides otherwise"
    value, least = median(mine, crowd.AGENTS), median(hand, crowd.AGENTS)
    choices = len(batch.log.world) / (ticks * crowd.AGENTS)
    worst = _ns(_batch(program, hold_s=0.0), crowd.failing(facts, ticks))
    few, many = _pair(_ticks(_many(1), world), _ticks(_many(TREES), world), crowd.AGENTS)
    return Row(
        name="tick_batch",
        what=(
            f"{crowd.AGENTS:,} companions, an agent: facts of real fights, actions of 1–10 ticks, "
            f"{choices:.2f} choices a tick, logged"
        ),
        value=value,
        unit="ns",
        goal=f"≤ {BATCH_NS:.0f} ns",
        reference=least,
        ratio=value / least,
        met=value <= BATCH_NS,
        detail=(
            f"{worst:.0f} ns when every action fails and is chosen anew in the same tick; "
            f"{few:.0f} ns over one tree of several, {many:.0f} ns over {TREES:,} different ones; "
            f"{_others(world, value)}; reference: the same decisions over bare arrays, by hand"
        ),
    )


def tick_any() -> Row:
    """10,000 agents by each of 128 random trees; the value is the median over the trees.

    Reference: the interpreter for all node types, over every eighth of these trees.
    """
    facts = crowd.scattered()
    found, slow = [], []
    for seed in range(RANDOM_TREES):
        program = crowd.random_tree(seed).program(crowd.NAMES, crowd.DEEDS)
        found.append(_random(program, facts, machine=False))
        if seed % 8 == 0:
            slow.append(_random(program, facts, machine=True))
    value, reference = float(np.median(found)), float(np.median(slow))
    return Row(
        name="tick_any",
        what=f"{crowd.AGENTS:,} agents, an agent, the median over {RANDOM_TREES} random trees",
        value=value,
        unit="ns",
        goal=f"≤ {ANY_NS:.0f} ns",
        reference=reference,
        ratio=value / reference,
        met=value <= ANY_NS,
        detail=(
            f"p90 {np.percentile(found, 90):.0f} ns, worst {max(found):.0f} ns; 4–"
            f"{crowd.LARGEST} nodes, facts drawn anew in each tick; reference: the interpreter"
        ),
    )


def _batch(program: Program, *, hold_s: float = HOLD_S) -> BatchTicker:
    return BatchTicker(program, SEEDS, learned(program), STEP_S, hold_s=hold_s)


def _many(trees: int) -> BatchTicker:
    """The agents over so many different trees of one shape, mixed."""
    programs = crowd.companions(trees)
    factors = [learned(program) for program in programs]
    return BatchTicker(programs, SEEDS, factors, STEP_S, which=SEEDS % trees)


def _random(program: Program, facts: tuple[crowd.Floats, ...], *, machine: bool) -> float:
    """ns an agent of one random tree."""
    ticks = RANDOM_ROUNDS + RANDOM_WARM
    engine: Literal["jump", "machine"] = "machine" if machine else "jump"
    world = crowd.lived(BatchTicker(program, SEEDS, None, STEP_S, _engine="jump"), facts, ticks)
    batch = BatchTicker(program, SEEDS, None, STEP_S, _engine=engine)
    times = sample(_ticks(batch, world), rounds=RANDOM_ROUNDS, warmup=RANDOM_WARM)
    return median(times, crowd.AGENTS)


def _ns(batch: BatchTicker, world: crowd.World) -> float:
    """Median ns an agent of one batch in a world."""
    times = sample(_ticks(batch, world), rounds=ROUNDS, warmup=WARM)
    return median(times, crowd.AGENTS)


def _pair(one: Operation, other: Operation, agents: int) -> tuple[float, float]:
    """Median ns an agent of two operations, run in turns."""
    times, other_times = pairs(one, other, rounds=ROUNDS, warmup=WARM)
    return median(times, agents), median(other_times, agents)


def _ticks(batch: BatchTicker, world: crowd.World) -> Operation:
    """The next tick of the world at each call."""

    def operation() -> None:
        batch.tick(*world.at(batch.step))

    return operation


class _Hand:
    """The floor, tick by tick."""

    def __init__(self, program: Program, world: crowd.World) -> None:
        self.world, self.step = world, 0
        self.columns = np.array([program.facts.index(name) for name in FACTS])
        self.weights = odds(program, learned(program), 1)[0]
        self.memory = fresh(crowd.AGENTS)
        self.commands = np.full(crowd.AGENTS, -1, np.int16)

    def __call__(self) -> None:
        """One tick."""
        facts, status, _ = self.world.at(self.step)
        where, memory, commands = self.columns, self.memory, self.commands
        floor(facts, where, status, self.weights, SEEDS, memory, self.step, HOLD_STEPS, commands)
        self.step += 1


def _others(world: crowd.World, value: float) -> str:
    """What one agent costs where each is ticked by itself."""
    theirs = others.py_trees(world)
    if theirs is None:
        alone = median(sample(others.scalar(world), rounds=ROUNDS, warmup=WARM), others.AGENTS)
        return f"Ticker, one at a time, {alone:,.0f} ns; py_trees is not installed"
    alone, slow = _pair(others.scalar(world), theirs, others.AGENTS)
    ratio = f"{slow / value:,.0f}×), without draw, hold and log"
    return f"Ticker, one at a time, {alone:,.0f} ns; py_trees {slow:,.0f} ns ({ratio}"


@contextmanager
def _companions() -> Iterator[Operation]:
    """Ticks of the whole batch in a world that goes round."""
    program = crowd.companion()
    world = crowd.lived(_batch(program), crowd.fights(), ROUNDS)
    batch = BatchTicker(program, SEEDS, learned(program), STEP_S, keep_log=False)
    yield lambda: batch.tick(*world.at(batch.step % ROUNDS))


@contextmanager
def _random_one() -> Iterator[Operation]:
    """Ticks of the whole batch by one random tree of 64 nodes at most."""
    program = crowd.random_tree(0).program(crowd.NAMES, crowd.DEEDS)
    batch = BatchTicker(program, SEEDS, None, STEP_S, keep_log=False)
    world = crowd.lived(BatchTicker(program, SEEDS), crowd.scattered(), ROUNDS)
    yield lambda: batch.tick(*world.at(batch.step % ROUNDS))


OPERATIONS: Operations = {"tick_batch": _companions, "tick_any": _random_one}
