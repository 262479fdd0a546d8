"""Whole fights, the companion's tree included, without Python between their steps.

The play is that of `Arena.step` under the same ticker, step by step and decision by decision.
"""

import numpy as np
import numpy.typing as npt

from astraweave.arena.kernels import layout as at
from astraweave.arena.state import Floats, State
from astraweave.behavior import BatchTicker
from astraweave.behavior.flat.jump import Jump

DECISIONS = 16
"""Of a fight, on the average, before the log must grow while it is played."""


def played_on(
    state: State,
    work: npt.NDArray[np.void],
    ticker: BatchTicker,
    facts: Floats,
    limit: int,
    step_ticks: int,
) -> npt.NDArray[np.int32] | None:
    """Play fights to their end; int32[n], the steps of each.

    None where they can only be stepped: a tree that has no jump code, or facts that are not finite.

    Args:
        state: at the start of the fights.
        work: one record of `layout.work`.
        ticker: of one agent a fight, not yet ticked.
        facts: float64[n, facts], those of the start; overwritten.
        limit: most steps.
        step_ticks: ticks of a step.
    """
    engine = ticker.engine
    if not isinstance(engine, Jump):
        return None
    from astraweave.arena.kernels import episodes  # noqa: PLC0415  # 20 s to compile

    n, tiles, step, first = state.n, len(state.tiles), 0, 0
    engine.grow(1 + DECISIONS * n)
    steps, status, done = np.zeros(n, np.int32), np.zeros(n, np.int8), np.zeros(n, np.bool_)
    active = np.arange(-1, tiles)
    active[0] = tiles
    hall = episodes.Hall(state.tiles, work, np.arange(tiles * at.LANES), active)
    while step < limit:
        batch = engine.batch(facts, status, done)
        step, first = episodes.play_on(
            hall, batch, engine.pace, step_ticks, step, first, limit, steps
        )
        if first == episodes.STRANGE:
            return None
        if step < limit:
            engine.grow()
    engine.went_on(int(steps.max(initial=0)))
    return steps
