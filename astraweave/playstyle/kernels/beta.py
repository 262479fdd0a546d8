"""The Beta distribution: tail mass, quantiles and class masses.

The regularised incomplete beta function by its continued fraction (Abramowitz & Stegun 26.5.8)
in Lentz's form, on the side of the mean where it converges fast; quantiles by bisection, which
cannot miss.
"""

import math

import numpy as np
import numpy.typing as npt

from astraweave.model.kernels.jit import njit

TINY = 1e-300
PRECISION = 1e-15
Floats = npt.NDArray[np.float64]
MAX_TERMS = 20_000
HALVINGS = 50


@njit()
def _fraction(a: float, b: float, x: float) -> float:
    """The continued fraction itself, for x below (a + 1)/(a + b + 2)."""
    c = 1.0
    d = 1.0 - (a + b) * x / (a + 1.0)
    d = 1.0 / (d if abs(d) > TINY else TINY)
    value = d
    for m in range(1, MAX_TERMS):
        even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0))
        step = 1.0
        for term in (even, odd):
            d = 1.0 + term * d
            d = 1.0 / (d if abs(d) > TINY else TINY)
            c = 1.0 + term / c
            c = c if abs(c) > TINY else TINY
            step = c * d
            value *= step
        if abs(step - 1.0) < PRECISION:
            break
    return value


@njit()
def below(a: float, b: float, x: float) -> float:
    """I_x(a, b): mass of Beta(a, b) below x, for a, b > 0."""
    if x <= 0.0:
        return 0.0
    if x >= 1.0:
        return 1.0
    logs = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    front = math.exp(logs + a * math.log(x) + b * math.log1p(-x))
    if x < (a + 1.0) / (a + b + 2.0):
        mass = front * _fraction(a, b, x) / a
    else:
        mass = 1.0 - front * _fraction(b, a, 1.0 - x) / b
    return float(min(1.0, max(0.0, mass)))


@njit()
def quantile(a: float, b: float, p: float) -> float:
    """The x with mass p of Beta(a, b) below it, to 1e-15."""
    low, high = 0.0, 1.0
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        if below(a, b, middle) < p:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)


@njit()
def summaries(
    alpha: Floats, beta: Floats, tail: float, low_below: float, high_above: float
) -> Floats:
    """Mean, interval and class masses of n Beta distributions.

    Args:
        alpha, beta: float64[n], > 0.
        tail: mass left out on either side of the interval.
        low_below, high_above: bounds of the middle class.

    Returns:
        float64[n, 6]: mean, low, high, mass below `low_below`, between, above `high_above`.
    """
    out = np.empty((alpha.shape[0], 6))
    for i in range(alpha.shape[0]):
        a, b = alpha[i], beta[i]
        # Mirrored arguments, so that a symmetric posterior has equal tails to the last bit.
        under, over = below(a, b, low_below), below(b, a, 1.0 - high_above)
        out[i, 0] = a / (a + b)
        out[i, 1] = quantile(a, b, tail)
        out[i, 2] = 1.0 - quantile(b, a, tail)
        out[i, 3] = under
        out[i, 4] = max(0.0, 1.0 - under - over)
        out[i, 5] = over
    return out


@njit()
def masses_above(alpha: Floats, beta: Floats, bounds: Floats) -> Floats:
    """float64[n]: mass of Beta(alpha[i], beta[i]) above bounds[i]."""
    out = np.empty(alpha.shape[0])
    for i in range(alpha.shape[0]):
        out[i] = below(beta[i], alpha[i], 1.0 - bounds[i])
    return out
