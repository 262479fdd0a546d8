"""Whole fights, the companion's tree included, without Python between their steps.

The play is that of `sandbox.play` with an `Arena`, step by step and decision by decision.
"""

import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from astraweave.arena.environment import Arena, Floats
from astraweave.arena.kernels import layout as at
from astraweave.arena.state import event_counts, outcomes
from astraweave.behavior import BatchTicker, Program
from astraweave.behavior.flat.jump import Jump
from astraweave.behavior.flat.log import DecisionLog
from astraweave.model.scenario import Scenario


@dataclass(frozen=True, slots=True, eq=False)
class Episodes:
    """n fights, in the order of their seeds.

    outcomes: float64[n, 6], see `state.outcomes`. counts, first: int32[n, events]. steps: int32[n],
    decision steps. log: every decision, the last of each fight interrupted; its `world` is a
    place among the seeds.
    """

    outcomes: Floats
    counts: npt.NDArray[np.int32]
    first: npt.NDArray[np.int32]
    steps: npt.NDArray[np.int32]
    log: DecisionLog


def play_episodes(
    program: Program,
    scenario: Scenario,
    seeds: npt.NDArray[np.int64],
    players: Floats | None = None,
    factors: Floats | None = None,
    *,
    step_ticks: int = 6,
    slots: int | None = None,
    threads: int = 1,
) -> Episodes:
    """Play one fight a seed to its end.

    Args:
        program: of the companion, over `Arena.facts` and `Arena.actions`.
        scenario, seeds, players: as in `Arena.reset`.
        factors: as in `BatchTicker`.
        step_ticks, slots: as in `Arena`.
        threads: how many play at once, each its share of the seeds; the results are the same.

    Raises:
        ScenarioError, UsageError, WeightsError: as `Arena` and `BatchTicker` do.
    """
    cuts = [len(seeds) * k // threads for k in range(threads + 1)]

    def part(k: int) -> Episodes:
        mine = slice(cuts[k], cuts[k + 1])
        cast = None if players is None else players[mine]
        own = factors[mine] if factors is not None and factors.ndim == 2 else factors
        arena = Arena(step_ticks, slots)
        return _played(arena, program, scenario, seeds[mine], cast, own)

    if threads == 1:
        return part(0)
    with ThreadPoolExecutor(threads, "arena") as pool:
        return _joined(list(pool.map(part, range(threads))), cuts)


def _played(
    arena: Arena,
    program: Program,
    scenario: Scenario,
    seeds: npt.NDArray[np.int64],
    players: Floats | None,
    factors: Floats | None,
) -> Episodes:
    facts = arena.reset(scenario, seeds, players)
    ticker = BatchTicker(program, seeds, factors, arena.step_seconds)
    limit = math.ceil(scenario.seconds / arena.step_seconds) + 1
    steps = np.zeros(len(seeds), np.int32)
    engine = ticker.engine
    if isinstance(engine, Jump):
        _compiled(arena, engine, facts, limit, steps)
    else:
        _step_by_step(arena, ticker, facts, limit, steps)
    ticker.halt()
    counts, first = event_counts(arena.state)
    return Episodes(outcomes(arena.state), counts, first, steps, ticker.log)


def _compiled(
    arena: Arena, engine: Jump, facts: Floats, limit: int, steps: npt.NDArray[np.int32]
) -> None:
    from astraweave.arena.kernels.episodes import play_on  # noqa: PLC0415  # 20 s to compile

    n, step, first = len(steps), 0, 0
    status, done = np.zeros(n, np.int8), np.zeros(n, np.bool_)
    work, tiles = np.zeros(1, at.work(arena.slots)), arena.state.tiles
    while step < limit:
        batch = engine.batch(facts, status, done)
        step, first = play_on(
            tiles, work, batch, engine.pace, arena.step_ticks, step, first, limit, steps
        )
        if step < limit:
            engine.grow()
    engine.went_on(int(steps.max(initial=0)))


def _step_by_step(
    arena: Arena, ticker: BatchTicker, facts: Floats, limit: int, steps: npt.NDArray[np.int32]
) -> None:
    """For trees that have no jump code."""
    n = len(steps)
    status, done = np.zeros(n, np.int8), np.zeros(n, np.bool_)
    for _ in range(limit):
        steps += ~done
        facts, status, _, done = arena.step(ticker.tick(facts, status, done))
        if done.all():
            return


def _joined(parts: Sequence[Episodes], cuts: Sequence[int]) -> Episodes:
    names = DecisionLog._fields
    log = DecisionLog._make(np.concatenate([getattr(p.log, name) for p in parts]) for name in names)
    shift = [np.full(len(part.log.world), cut) for part, cut in zip(parts, cuts, strict=False)]
    log = log._replace(world=log.world + np.concatenate(shift))
    # As one thread writes it: by the step of the choice, then by world.
    order = np.lexsort((log.world, log.step_started))
    return Episodes(
        outcomes=np.concatenate([part.outcomes for part in parts]),
        counts=np.concatenate([part.counts for part in parts]),
        first=np.concatenate([part.first for part in parts]),
        steps=np.concatenate([part.steps for part in parts]),
        log=DecisionLog._make(column[order] for column in log),
    )
