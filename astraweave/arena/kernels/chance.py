"""Random numbers of a world: keyed by its seed, the tick and what they are for."""

import numpy as np
import numpy.typing as npt

from astraweave.arena.kernels import layout as at
from astraweave.model.kernels.jit import njit
from astraweave.model.kernels.rng import uniform

Ints = npt.NDArray[np.int64]


@njit()
def draw(whole: Ints, stream: int) -> float:
    """A number in [0, 1) for this world, this tick and this use."""
    # int(): numpy integers would overflow in `uniform` where nothing is compiled.
    return float(uniform(int(whole[at.SEED]), 0, int(whole[at.TICK]), stream))
