"""The type of one world, and the decorator of functions that only kernels call."""

from collections.abc import Callable
from typing import Any

import numpy as np

from astraweave.arena.kernels import layout as at
from astraweave.model.kernels.jit import njit

World = np.void
"""One row of an array of `WORLD`; numba passes it as one pointer, so that calls cost nothing."""

WORLD = np.dtype(
    [
        ("body", np.float64, (at.SLOTS, at.BODY)),
        ("clock", np.int64, (at.SLOTS, at.CLOCK)),
        ("shots", np.float64, (at.SHOTS, at.SHOT)),
        ("real", np.float64, (at.REAL,)),
        ("whole", np.int64, (at.WHOLE,)),
    ]
)


def inner() -> Callable[[Callable[..., Any]], Any]:
    """`njit` without the wrappers for callers outside, which take most of the compile time."""
    return njit(no_cpython_wrapper=True, no_cfunc_wrapper=True)
