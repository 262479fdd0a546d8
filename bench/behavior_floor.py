"""The floor of row `tick_batch`: companion.xml written by hand as one loop over bare arrays.

It makes the same decisions, command by command, and can do nothing else: no other tree, no log,
no weights of an agent's own, no check of what it is given.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from astraweave.model.kernels.jit import njit
from astraweave.model.kernels.rng import uniform

F8 = npt.NDArray[np.float64]
I8 = npt.NDArray[np.int64]
I1 = npt.NDArray[np.int8]
CHILD, EXCLUDED, SINCE, HELD, DRAWS, MEMORY = range(6)
"""Columns of memory: the running child, −1 for none; …; step in which the last one succeeded inside
the hold, −1 for none; draws made."""
FACTS = (
    "enemies", "player_enemy_distance", "companion_health", "heal_ready", "mana", "player_health",
    "player_distance", "stamina", "edge_distance", "enemy_distance", "close_enemies",
    "player_attacked", "line_of_fire_clear",
)  # fmt: skip


def fresh(n: int) -> I8:
    """Memory of n agents that have not ticked."""
    memory = np.zeros((n, MEMORY), np.int64)
    memory[:, [CHILD, HELD]] = -1
    return memory


@njit(no_cpython_wrapper=True, _nrt=False)
def _standing(f: F8, w: int, at: I8) -> Any:
    """Bit mask of the children whose guard does not hold."""
    near, beside, own = f[w, at[9]] <= 6.0, f[w, at[1]] <= 6.0, f[w, at[2]]
    breath, magic, aim = f[w, at[7]], f[w, at[4]], f[w, at[12]] >= 0.5
    far, reach = f[w, at[0]] - f[w, at[10]] >= 1.0, f[w, at[9]] <= 10.5
    heal = (f[w, at[3]] >= 0.5) & (magic >= 0.3) & (f[w, at[5]] < 0.75) & (f[w, at[6]] <= 6.0)
    mask = 1 | ((f[w, at[1]] <= 8.0) & (own >= 0.15)) << 1 | heal << 2
    mask |= ((breath >= 0.15) & (own >= 0.2)) << 3
    mask |= ((f[w, at[8]] >= 2.5) & (breath >= 0.2) & near & (own >= 0.2)) << 4
    mask |= ((own >= 0.35) & (breath >= 0.15) & far & (f[w, at[9]] <= 9.0)) << 5
    mask |= (f[w, at[11]] <= 0.5) << 6 | beside << 7 | (beside & (breath >= 0.15)) << 8
    mask |= (aim & (breath >= 0.2) & reach) << 9 | (aim & (breath >= 0.2) & far & reach) << 10
    mask |= ((magic >= 0.2) & (f[w, at[6]] <= 8.0)) << 11
    return mask | ((magic >= 0.2) & (f[w, at[9]] <= 9.0)) << 12


@njit(no_cpython_wrapper=True, _nrt=False)
def _drawn(mask: int, weights: F8, number: float) -> int:
    """Child that a number in [0, 1) falls on."""
    total = 0.0
    for child in range(13):
        total += weights[child] if mask >> child & 1 else 0.0
    aim, below, last = number * total, 0.0, 0
    for child in range(13):
        if mask >> child & 1:
            below += weights[child]
            last = child
            if aim < below:
                break
    return last


@njit(no_cpython_wrapper=True, _nrt=False)
def _one(
    facts: F8, at: I8, status: I1, weights: F8, seeds: I8, memory: I8, w: int, step: int, hold: int
) -> Any:
    """The child that runs now, −1 for none."""
    child, held = memory[w, CHILD], memory[w, HELD]
    memory[w, HELD] = -1
    if facts[w, at[0]] <= 0.0:
        return -1
    if child >= 0:
        if status[w] < 2:
            return child
        if status[w] == 2:
            memory[w, HELD] = child if step - memory[w, SINCE] < hold else -1
            return -1
        memory[w, EXCLUDED] |= 1 << child
    else:
        memory[w, EXCLUDED] = 0
    mask = _standing(facts, w, at) & ~memory[w, EXCLUDED]
    if held >= 0 and step - memory[w, SINCE] < hold and mask >> held & 1:
        return held
    if mask == 0:
        return -1
    memory[w, SINCE] = step
    memory[w, DRAWS] += 1
    return _drawn(mask, weights, uniform(seeds[w], 0, memory[w, DRAWS] - 1, 1000))


@njit(_nrt=False)
def floor(
    facts: F8,
    at: I8,
    status: I1,
    weights: F8,
    seeds: I8,
    memory: I8,
    step: int,
    hold: int,
    commands: npt.NDArray[np.int16],
) -> None:
    """One tick of all agents. at: int64[13], columns of FACTS."""
    for w in range(facts.shape[0]):
        child = _one(facts, at, status, weights, seeds, memory, w, step, hold)
        memory[w, CHILD] = child
        commands[w] = child
