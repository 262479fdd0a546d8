"""What the rows of batches are given: facts of real fights, random trees, how long actions run.

All follows from fixed seeds, and what the environment says is written down beforehand: every
engine is given the same arrays.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any
from xml.sax.saxutils import quoteattr

import numpy as np
import numpy.typing as npt

from astraweave.arena import Arena, bot_matrix, play_scenario, shipped_bots
from astraweave.behavior import BatchTicker, Program, Tree, load_tree
from astraweave.behavior.groot.reader import read_tree
from astraweave.model.shipped import shipped

Floats = npt.NDArray[np.float64]
Bytes = npt.NDArray[np.int8]
AGENTS = 10_000
LONGEST = 10
WON = 0.8
NAMES = tuple(f"f{i}" for i in range(8))
DEEDS = tuple(f"a{i}" for i in range(8))
COMPOSITES = ("Sequence", "Fallback", "ReactiveSequence", "ReactiveFallback")
LARGEST = 64


@dataclass(frozen=True, slots=True)
class World:
    """What agents are given, tick by tick. facts: float64[n, f] each, over and over."""

    facts: tuple[Floats, ...]
    status: tuple[Bytes, ...]
    done: npt.NDArray[np.bool_]

    def at(self, tick: int) -> tuple[Floats, Bytes, npt.NDArray[np.bool_]]:
        """Arguments of `BatchTicker.tick`."""
        return self.facts[tick % len(self.facts)], self.status[tick], self.done


def lived(batch: BatchTicker, facts: tuple[Floats, ...], ticks: int) -> World:
    """The world of a batch whose actions run for 1–10 ticks, evenly; four in five succeed."""
    rng, n = np.random.default_rng(1), len(batch.seeds)
    status, done = np.zeros(n, np.int8), np.zeros(n, np.bool_)
    left, last, said = np.zeros(n, np.int64), np.full(n, -1, np.int16), []
    for tick in range(ticks):
        said.append(status)
        commands = batch.tick(facts[tick % len(facts)], status, done).copy()
        begins = (commands != last) | (left == 0)
        left = np.where(begins, rng.integers(1, LONGEST + 1, n), left) - 1
        ended = np.where(rng.random(n) < WON, 2, 3)
        status = np.where(left == 0, ended, 1).astype(np.int8)
        last = commands
    return World(facts, tuple(said), done)


def failing(facts: tuple[Floats, ...], ticks: int) -> World:
    """A world in which every action fails at once: agents choose again and again."""
    n = len(facts[0])
    return World(facts, (np.full(n, 3, np.int8),) * ticks, np.zeros(n, np.bool_))


@cache
def fights() -> tuple[Floats, ...]:
    """Facts of 10,000 fights of all the arena's bots, at eight moments a second and more apart."""
    bots = tuple(shipped_bots().values())
    players = bot_matrix(tuple(bots[i % len(bots)] for i in range(AGENTS)))
    arena, seeds = Arena(), np.arange(AGENTS, dtype=np.int64)
    facts = arena.reset(play_scenario(), seeds, players)
    batch = BatchTicker(companion(), seeds, None, arena.step_seconds, keep_log=False)
    status, done, seen = np.zeros(AGENTS, np.int8), np.zeros(AGENTS, np.bool_), []
    for step in range(96):
        if step % 12 == 5:
            seen.append(np.array(facts))
        now = arena.step(batch.tick(facts, status, done))
        facts, status, done = now.facts, now.status, now.done
    return tuple(seen)


@cache
def companion() -> Program:
    """The shipped tree for the arena."""
    return load_tree("companion.xml").program(Arena.facts.names, Arena.actions)


def companions(n: int) -> list[Program]:
    """As many trees of companion.xml's shape, whose guards differ in every number."""
    rng = np.random.default_rng(2)
    text = shipped("behavior_trees", "companion.xml").read_text("utf-8")

    def moved(guard: re.Match[str]) -> str:
        def other(number: re.Match[str]) -> str:
            return f"{float(number[0]) * rng.uniform(0.98, 1.02):.6f}"

        return re.sub(r"(?<![\w.])\d+(\.\d+)?", other, guard[0])

    found = []
    for i in range(n):
        xml = re.sub(r'_skipIf="[^"]*"', moved, text)
        tree = Tree(read_tree(xml.encode(), f"{i}.xml"), f"{i}.xml")
        found.append(tree.program(Arena.facts.names, Arena.actions))
    return found


def scattered() -> tuple[Floats, ...]:
    """Random facts for random trees: eight moments, each drawn anew, which no predictor learns."""
    rng = np.random.default_rng(3)
    return tuple(rng.random((AGENTS, len(NAMES))) for _ in range(8))


def random_tree(seed: int) -> Tree:
    """A tree of 4–64 nodes: all composites of the subset, leaves half actions, half conditions."""
    rng = np.random.default_rng((4, seed))
    body = _grown(rng, int(rng.integers(4, LARGEST + 1)), _counter())
    xml = f'<root BTCPP_format="4"><BehaviorTree ID="M">{body}</BehaviorTree></root>'
    return Tree(read_tree(xml.encode(), f"random{seed}.xml"), f"random{seed}.xml")


def _counter() -> Callable[[], str]:
    names = iter(range(LARGEST))
    return lambda: f"n{next(names)}"


def _grown(rng: np.random.Generator, size: int, name: Callable[[], str]) -> str:
    """XML of a node and what is below it, `size` nodes in all; one in five has a guard."""
    guard = f" _skipIf={quoteattr(_script(rng))}" if rng.random() < 0.2 else ""
    own = f'name="{name()}"{guard}'
    if size == 1 and rng.random() < 0.5:
        return f'<Action ID="{rng.choice(DEEDS)}" {own}/>'
    if size == 1:
        return f"<ScriptCondition code={quoteattr(_script(rng))} {own}/>"
    kind = rng.choice((*COMPOSITES, *COMPOSITES, "WeightedFallback", "Inverter"))
    parts = 1 if kind == "Inverter" else min(size - 1, int(rng.integers(2, 6)))
    cuts = np.sort(rng.choice(np.arange(1, size - 1), parts - 1, replace=False))
    sizes = np.diff([0, *cuts.tolist(), size - 1]).tolist()
    return f"<{kind} {own}>{''.join(_grown(rng, part, name) for part in sizes)}</{kind}>"


def _script(rng: np.random.Generator) -> str:
    """Mostly one comparison, sometimes two, a difference, or arithmetic."""

    def one() -> str:
        return f"{rng.choice(NAMES)} {rng.choice(('<', '<=', '>', '>='))} {rng.random():.2f}"

    a, b = rng.choice(NAMES, 2, replace=False)
    kinds: tuple[Any, ...] = (
        one(),
        f"{one()} && {one()}",
        f"{one()} || {one()}",
        f"{a} - {b} < {rng.random():.2f}",
        f"{a} * 2 + {b} > {rng.random() * 3:.2f}",
    )
    return str(rng.choice(kinds, p=(0.65, 0.1, 0.1, 0.1, 0.05)))
