"""Random numbers of a world: `model.rng.uniform`, keyed (seed, 0, tick, stream), to 24 bits.

A world keeps the part of the hash that its seed decides (`key`), a decision the part of its tick
(`moment`): one more draw then costs one round instead of six.
"""

import numpy as np

from astraweave.arena.kernels.lanes import inner
from astraweave.model.kernels.jit import njit

MASK = 0xFFFFFFFF
STEP = 0x9E3779B9
UNIT = np.float32(2.0**-24)


@inner()
def _round(h: int) -> int:
    h = h ^ (h >> 16)
    h = (h * 0x7FEB352D) & MASK
    h = h ^ (h >> 15)
    h = (h * 0x846CA68B) & MASK
    return h ^ (h >> 16)


@njit()
def key(seed: int) -> int:
    """What a seed contributes to every draw of its world."""
    seed = int(seed)
    h = _round(((seed & MASK) + STEP) & MASK) ^ ((seed >> 32) & MASK)
    return int(_round((_round((h + STEP) & MASK) + STEP) & MASK))


@inner()
def moment(key: int, tick: int) -> int:
    """What key and tick contribute to the draws of this tick."""
    # int(): numpy integers would overflow where nothing is compiled.
    return int(_round(((int(key) ^ tick) + STEP) & MASK))


@inner()
def draw(moment: int, stream: int) -> np.float32:
    """A number in [0, 1) for this world, this tick and this use."""
    return np.float32(_round(moment ^ stream) >> 8) * UNIT
