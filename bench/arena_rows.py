"""Row `arena`: the reference game in tiles, beside the same rules as a plain compiled loop."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from astraweave.arena import Arena, bot_matrix, play_scenario, shipped_bots
from astraweave.arena.state import State
from bench import naive_arena as naive
from bench.harness import Operation, Operations, Row, median, pairs
from bench.naive_blows import ro
from bench.naive_shots import facts_of
from bench.naive_tactics import command

WORLDS, NAIVE_WORLDS, SLOTS = 1024, 96, 6
STEPS, STEP_TICKS = 100, 6
TICKS = STEPS * STEP_TICKS
ROUNDS = 9
GOAL_RATIO, GOAL_STEPS = 5.0, 200e6
Commands = npt.NDArray[np.int16]
_compiled: Any = njit


def arena() -> Row:
    """Agent-steps a second: 1,024 fights of 600 ticks, walls, shots, events and bots included.

    Every companion is told a tactic drawn anew each second. Reference: the rules as
    `bench.naive_arena` tells them, one world after the other, compiled.
    """
    with _tiles() as ours:
        mine, plain = pairs(ours, _naive(), rounds=ROUNDS, warmup=1)
    each = median(mine) / (WORLDS * TICKS)
    reference = median(plain) / (NAIVE_WORLDS * TICKS)
    steps, ratio = SLOTS / each * 1e9, reference / each
    detail = f"{each:.1f} ns a world-tick, the plain loop {reference:.0f}"
    other = _cart_pole()
    if other is not None:
        detail += (
            f"; {steps / other:.0f}× Gymnasium's vector CartPole-v1 ({other / 1e6:.1f} M steps/s)"
        )
    return Row(
        name="arena",
        what="1,024 worlds of six, one core",
        value=steps / 1e6,
        unit="M agent-steps/s",
        goal=f"≥ {GOAL_STEPS / 1e6:.0f}, ≥ {GOAL_RATIO:.0f}× reference",
        reference=SLOTS / reference * 1e3,
        ratio=ratio,
        met=ratio >= GOAL_RATIO and steps >= GOAL_STEPS,
        detail=detail,
    )


def _players(worlds: int) -> npt.NDArray[np.float64]:
    bots = list(shipped_bots().values())
    return bot_matrix([bots[i % len(bots)] for i in range(worlds)])


def _told(worlds: int) -> Commands:
    """int16[steps, worlds]: a tactic a second, or none."""
    rng = np.random.default_rng(0)
    drawn = rng.integers(-1, 13, (STEPS // 10, worlds), dtype=np.int16)
    return np.repeat(drawn, 10, axis=0)


@contextmanager
def _tiles() -> Iterator[Operation]:
    game, seeds, told = Arena(), np.arange(WORLDS), _told(WORLDS)
    players = _players(WORLDS)

    def run() -> None:
        game.reset(play_scenario(), seeds, players)
        for commands in told:
            game.step(commands)

    yield run


@_compiled(nogil=True, error_model="numpy", _nrt=False)  # type: ignore[untyped-decorator]
def _play(worlds: Any, seeds: Any, told: Any, facts: Any) -> None:
    for step in range(told.shape[0]):
        for i in range(worlds.shape[0]):
            g = worlds[i]
            w, friends, foes = g["rows"], g["friends"], g["foes"]
            if w[ro.LIVE] > 0:
                command(w, friends, told[step, i])
                for _ in range(STEP_TICKS):
                    naive.tick(w, friends, foes, g["shots"], g["push"], seeds[i])
            facts_of(w, friends, foes, facts[i])


def _naive() -> Operation:
    seeds, told = np.arange(NAIVE_WORLDS), _told(NAIVE_WORLDS)
    game = Arena()
    facts = game.reset(play_scenario(), seeds, _players(NAIVE_WORLDS))
    begun = _records(game.state)

    def run() -> None:
        _play(begun.copy(), seeds, told, facts)

    return run


def _records(state: State) -> npt.NDArray[np.void]:
    """The worlds one after the other. In records numba counts no references: fair to the loop."""
    worlds = [state.world(i) for i in range(state.n)]
    shapes = [(name, np.float32, getattr(worlds[0], name).shape) for name in _PARTS]
    records = np.zeros(state.n, [*shapes, ("push", np.float32, (len(worlds[0].foes), 2))])
    for record, world in zip(records, worlds, strict=True):
        for name in _PARTS:
            record[name] = getattr(world, name)
    return records


_PARTS = ("rows", "friends", "foes", "shots")


def _cart_pole() -> float | None:
    """Steps a second of Gymnasium's own vectorised CartPole, where it is installed."""
    if find_spec("gymnasium") is None:
        return None
    gymnasium: Any = import_module("gymnasium")
    worlds = gymnasium.make_vec(
        "CartPole-v1", num_envs=WORLDS, vectorization_mode="vector_entry_point"
    )
    worlds.reset(seed=0)
    actions = np.arange(WORLDS) % 2

    def run() -> None:
        for _ in range(20):
            worlds.step(actions)

    times, _ = pairs(run, run, rounds=ROUNDS)
    worlds.close()
    return 20 * WORLDS / median(times) * 1e9


OPERATIONS: Operations = {"arena": _tiles}
