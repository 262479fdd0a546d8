"""Draws from Beta and Dirichlet distributions by counter: seed i decides row i alone.

Gammas by Marsaglia and Tsang (2000), normals by Marsaglia's polar method; the logarithm and the
exponential are sums of their own, since those of the processor's library differ in the last bit.
"""

import math

import numpy as np
import numpy.typing as npt

from astraweave.arena.kernels.lanes import inner
from astraweave.model.kernels.jit import njit
from astraweave.model.kernels.rng import uniform

Floats = npt.NDArray[np.float64]
Seeds = npt.NDArray[np.int64]
HALF_ROOT, LN_2, LEAST_LN = 0.7071067811865476, 0.6931471805599453, -700.0
UNIT = 2.0**-33
"""Half a step of `uniform`: added, so that nothing drawn is 0."""


@inner()
def _ln(x: float) -> float:
    """Natural logarithm of x > 0, to 1e-15: 2·artanh((m − 1)/(m + 1)) + e·ln 2."""
    m, e = math.frexp(x)
    if m < HALF_ROOT:
        m, e = 2.0 * m, e - 1
    z = (m - 1.0) / (m + 1.0)
    w, total = z * z, 0.0
    for k in range(21, 0, -2):
        total = total * w + 1.0 / k
    return 2.0 * z * total + e * LN_2


@inner()
def _exp(x: float) -> float:
    """e^x for x <= 0, to 1e-15; 0 below e^−700."""
    if x < LEAST_LN:
        return 0.0
    k = math.floor(x / LN_2 + 0.5)
    r, total = x - k * LN_2, 1.0
    for i in range(14, 0, -1):
        total = 1.0 + total * r / i
    return math.ldexp(total, int(k))


@njit()
def _gamma(shape: float, seed: int, which: int, stream: int) -> float:
    """One Gamma(shape, 1) for this seed; `which` and `stream` say what it is for."""
    a = shape if shape >= 1.0 else shape + 1.0
    d = a - 1.0 / 3.0
    c = 1.0 / math.sqrt(9.0 * d)
    tick, value = 0, -1.0
    while value < 0.0:
        u = 2.0 * (uniform(seed, which, tick, stream) + UNIT) - 1.0
        v = 2.0 * (uniform(seed, which, tick + 1, stream) + UNIT) - 1.0
        accept = uniform(seed, which, tick + 2, stream) + UNIT
        tick += 3
        s = u * u + v * v
        if s < 1.0 and s > 0.0:
            x = u * math.sqrt(-2.0 * _ln(s) / s)
            t = 1.0 + c * x
            cube = t * t * t
            if t > 0.0 and _ln(accept) < 0.5 * x * x + d - d * cube + d * _ln(cube):
                value = d * cube
    if shape < 1.0:
        value *= _exp(_ln(uniform(seed, which, tick, stream) + UNIT) / shape)
    return value


@njit()
def dirichlets(
    shapes: Floats, groups: npt.NDArray[np.int64], seeds: npt.NDArray[np.int64], stream: int
) -> Floats:
    """Shares from Dirichlet distributions, float64[n, len(shapes)]; of two shapes it is a Beta.

    Args:
        shapes: float64[m], each above 0.
        groups: int64[g + 1], where each distribution's shapes begin, and m.
        seeds: int64[n].
        stream: what it is for.
    """
    drawn = np.empty((seeds.shape[0], shapes.shape[0]))
    for i in range(seeds.shape[0]):
        for j in range(shapes.shape[0]):
            drawn[i, j] = _gamma(shapes[j], int(seeds[i]), j, stream)
        for g in range(groups.shape[0] - 1):
            first, last = groups[g], groups[g + 1]
            total = 0.0
            for j in range(first, last):
                total += drawn[i, j]
            for j in range(first, last):
                # All may be 0 where every shape is tiny: then nothing is known.
                drawn[i, j] = drawn[i, j] / total if total > 0.0 else 1.0 / (last - first)
    return drawn


@inner()
def _pick(count: int, seed: int, stream: int) -> int:
    """One of 0 … count − 1, each as likely."""
    # int(): numpy integers would overflow where nothing is compiled.
    return int(uniform(int(seed), 0, 0, stream) * count)


@njit()
def choices(count: int, seeds: Seeds, stream: int) -> npt.NDArray[np.int64]:
    """One of 0 … count − 1 a seed, each as likely; int64[n]."""
    found = np.empty(seeds.shape[0], np.int64)
    for i in range(seeds.shape[0]):
        found[i] = _pick(count, seeds[i], stream)
    return found


@njit(_nrt=False)
def cast(rows: Floats, seeds: Seeds, stream: int, players: Floats) -> None:
    """One of these rows a seed, each as likely.

    rows: float64[k, traits]. seeds: int64[n]. players: float64[n, traits], filled.
    """
    for i in range(seeds.shape[0]):
        pick = _pick(rows.shape[0], seeds[i], stream)
        for trait in range(rows.shape[1]):
            players[i, trait] = rows[pick, trait]
