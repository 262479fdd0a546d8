"""`model.rng` compiled; every kernel draws from here."""

from astraweave.model.kernels.jit import njit
from astraweave.model.rng import uniform as _uniform

uniform = njit(inline="never")(_uniform)
