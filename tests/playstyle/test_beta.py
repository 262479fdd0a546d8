import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from astraweave.playstyle.kernels import beta

positive = st.floats(0.5, 400.0)


def naive_below(a, b, x, cells=20_000):
    """Mass of Beta(a, b) below x by the midpoint rule; a, b ≥ 1."""
    middles = (np.arange(cells) + 0.5) / cells
    logs = (a - 1) * np.log(middles) + (b - 1) * np.log1p(-middles)
    density = np.exp(logs - logs.max())
    total = density.sum()
    inside = density[: int(x * cells)].sum() + density[int(x * cells) % cells] * (x * cells % 1)
    return inside / total


@settings(max_examples=60)
@given(st.floats(1.0, 400.0), st.floats(1.0, 400.0), st.floats(0.01, 0.99))
def test_mass_below_agrees_with_numerical_integration(a, b, x):
    assert beta.below(a, b, x) == pytest.approx(naive_below(a, b, x), abs=2e-4)


@pytest.mark.parametrize(
    ("a", "b", "x", "mass"),
    [
        (1.0, 1.0, 0.3, 0.3),
        (2.0, 1.0, 0.3, 0.09),
        (1.0, 2.0, 0.3, 0.51),
        (2.0, 2.0, 0.4, 0.352),
        (0.5, 0.5, 0.25, 1 / 3),  # arcsine law
        (2.0, 3.0, 0.5, 0.6875),
        (10.0, 10.0, 0.5, 0.5),
    ],
)
def test_mass_below_has_the_known_values(a, b, x, mass):
    assert beta.below(a, b, x) == pytest.approx(mass, abs=1e-9)


@settings(max_examples=60)
@given(st.integers(1, 30), st.integers(1, 30), st.floats(0.05, 0.95))
def test_mass_below_is_the_binomial_tail_for_whole_numbers(a, b, x):
    n = a + b - 1
    tail = sum(math.comb(n, k) * x**k * (1 - x) ** (n - k) for k in range(a, n + 1))
    assert beta.below(float(a), float(b), x) == pytest.approx(tail, abs=1e-12)


@settings(max_examples=60)
@given(positive, positive, st.integers(0, 1024))
def test_the_two_tails_are_one(a, b, cell):
    x = cell / 1024  # so that 1 − x is exact
    assert beta.below(a, b, x) + beta.below(b, a, 1.0 - x) == pytest.approx(1.0, abs=1e-11)


@settings(max_examples=40)
@given(positive, positive, st.floats(0.001, 0.999))
def test_a_quantile_has_its_mass_below_it(a, b, p):
    assert beta.below(a, b, beta.quantile(a, b, p)) == pytest.approx(p, abs=1e-9)


def test_nothing_lies_outside_zero_and_one():
    assert beta.below(2.0, 3.0, 0.0) == beta.below(2.0, 3.0, -1.0) == 0.0
    assert beta.below(2.0, 3.0, 1.0) == beta.below(2.0, 3.0, 2.0) == 1.0


def test_millions_of_observations_neither_overflow_nor_stop_short():
    assert beta.below(3e6, 2e6, 0.6) == pytest.approx(0.5, abs=1e-3)
    assert beta.below(3e6, 2e6, 0.59) < 1e-9
    assert beta.below(3e6, 2e6, 0.61) > 1 - 1e-9


def test_the_uniform_has_the_masses_of_its_classes():
    row = beta.summaries(np.ones(1), np.ones(1), 0.05, 0.4, 0.6)[0]
    np.testing.assert_allclose(row, [0.5, 0.05, 0.95, 0.4, 0.2, 0.4], atol=1e-12)


def test_mirrored_posteriors_are_mirror_images_to_the_last_bit():
    a, b = np.array([3.25, 7.5]), np.array([7.5, 3.25])
    one, other = beta.summaries(a, b, 0.05, 0.4, 0.6)
    assert one[3] == other[5]
    assert one[5] == other[3]
    assert one[1] == 1.0 - other[2]


def test_mass_above_is_what_is_not_below():
    above = beta.masses_above(np.array([2.0, 5.0]), np.array([3.0, 1.0]), np.array([0.5, 0.6]))
    np.testing.assert_allclose(above, [0.3125, 1 - 0.6**5], atol=1e-12)
