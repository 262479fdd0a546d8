"""Who is drawn from a profile is drawn from its posterior, and the same on every machine."""

import hashlib
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from astraweave.arena.kernels import drawing
from astraweave.arena.kernels.drawing import cast, choices, dirichlets
from astraweave.playstyle.kernels.beta import below

N = 20_000
SEEDS = np.arange(N) * 7919 + 3
# Kolmogorov's bound at 1e-4: a right distribution fails once in ten thousand seeds.
FAR = 2.23 / math.sqrt(N)
_ln, _exp = drawing._ln, drawing._exp  # noqa: SLF001  # compiled for other kernels only

pytestmark = pytest.mark.compiled


@pytest.mark.parametrize("shapes", [(1.0, 1.0), (0.05, 0.4), (3.0, 900.0), (41.5, 17.25)])
def test_a_share_of_two_follows_its_beta_distribution(shapes):
    drawn = np.sort(dirichlets(np.array(shapes), np.array([0, 2]), SEEDS, 1)[:, 0])
    mass = np.array([below(*shapes, x) for x in drawn[::50]])
    assert np.abs(mass - np.arange(N)[::50] / N).max() < FAR


def test_shares_have_the_moments_of_a_dirichlet_distribution_and_others_nothing_of_it():
    shapes = np.array([2.0, 3.0, 0.3, 1.7, 5.0])
    drawn = dirichlets(shapes, np.array([0, 2, 5]), SEEDS, 1)
    assert drawn[:, :2].sum(axis=1) == pytest.approx(1.0)
    part, total = shapes[2:] / 7.0, 7.0
    np.testing.assert_allclose(drawn[:, 2:].mean(axis=0), part, atol=5e-3)
    spread = -np.outer(part, part) + np.diag(part)
    np.testing.assert_allclose(np.cov(drawn[:, 2:].T), spread / (total + 1.0), atol=2e-3)
    assert abs(np.corrcoef(drawn[:, 0], drawn[:, 3])[0, 1]) < FAR


def test_what_a_seed_draws_is_written_down_to_the_last_bit():
    drawn = dirichlets(np.array([2.0, 0.5, 0.01, 30.0, 1.0]), np.array([0, 2, 5]), SEEDS, 301)
    assert hashlib.sha256(drawn.tobytes()).hexdigest()[:16] == "79e8d73890a3b38c"
    assert dirichlets(np.array([2.0, 0.5]), np.array([0, 2]), SEEDS[5:6], 301)[0].tolist() == (
        dirichlets(np.array([2.0, 0.5]), np.array([0, 2]), SEEDS, 301)[5].tolist()
    )
    players = np.empty((N, 2))
    cast(np.repeat(np.arange(7.0), 2).reshape(7, 2), SEEDS, 300, players)
    picks = choices(7, SEEDS, 300)
    assert np.bincount(picks) == pytest.approx(N / 7, rel=0.06)
    assert (players == picks[:, None]).all()


def test_shapes_too_small_to_draw_from_leave_nothing_undefined():
    drawn = dirichlets(np.full(3, 1e-6), np.array([0, 3]), SEEDS[:500], 1)
    assert drawn.sum(axis=1) == pytest.approx(1.0)


@given(st.floats(1e-300, 1e300), st.floats(-690.0, 0.0))
def test_logarithm_and_exponential_are_right_to_the_last_digits(x, y):
    assert _ln.py_func(x) == pytest.approx(math.log(x), rel=1e-14, abs=1e-15)
    assert _exp.py_func(y) == pytest.approx(math.exp(y), rel=1e-13)
