"""What every phase of a tick is made of: plain loops over lanes that become vector instructions.

Two kinds of function share a tick. *Wide* ones loop over all lanes of a tile without a branch: a
condition chooses between two values already computed, and in each array a loop
touches one record only, so that the compiler can tell that nothing overlaps. *Sparse* ones take one
lane (`i`) and do what happens seldom there: a wide function marks those lanes in `due`.

`s`, `e` and `f` are one tile of `worlds`, `foes` and `shots`; `me` is where a record begins, `i` a
lane, `now` the tick.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from astraweave.arena.kernels import layout as at
from astraweave.arena.kernels.bits import Bits
from astraweave.model.kernels.jit import njit

State = npt.NDArray[np.float32]
Due = npt.NDArray[np.uint8]
Deeds = npt.NDArray[np.int8]
Keys = npt.NDArray[np.int64]
Tile = np.void
Work = np.void
Tiles = npt.NDArray[np.void]
Works = npt.NDArray[np.void]

ZERO, HALF, ONE, FAR = np.float32(0), np.float32(0.5), np.float32(1), np.float32(40)
FAR_AWAY = np.float32(FAR * FAR)
"""Where nobody is, squared."""
NO, YES = np.uint8(0), np.uint8(1)
NO_LANE, FIRST_LANE = np.uint64(0), np.uint64(1)
"""As bits: no lane is marked; the first lane is."""
ACTS, STAYS = np.uint8(1), np.uint8(2)
ANY = np.uint8(255)
"""Marks of the lanes where a player or companion acts, or stays for `slide`; and all marks."""


def inner() -> Callable[[Callable[..., Any]], Any]:
    """`njit` for what other kernels call: without the wrappers for callers outside.

    A call would hand over seven numbers for each array; it cost a quarter of a tick.
    """
    return njit(no_cpython_wrapper=True, no_cfunc_wrapper=True, forceinline=True)


@inner()
def foe(slot: int) -> np.uint64:
    """Where an enemy's record begins."""
    return np.uint64(slot - at.FIRST_ENEMY) * at.FOE


@inner()
def least(a: np.float32, b: np.float32) -> np.float32:
    """The smaller; b when they cannot be compared. One instruction, unlike `min`."""
    return a if a < b else b


@inner()
def most(a: np.float32, b: np.float32) -> np.float32:
    """The larger; b when they cannot be compared."""
    return a if a > b else b


@inner()
def square(x: np.float32) -> np.float32:
    """For distances, which are compared as their squares: a root costs more than all the rest."""
    return x * x


@inner()
def pick(condition: bool, a: np.float32, b: np.float32) -> np.float32:
    """`a if condition else b`, both read beforehand: a read that is conditional is a branch."""
    return a if condition else b


@inner()
def mark(condition: bool, as_what: np.uint8) -> np.uint8:
    """A mark where the condition holds."""
    return as_what if condition else NO


@inner()
def others(bits: Bits) -> Bits:
    """Without the lowest that is set."""
    return bits & (bits - FIRST_LANE)
