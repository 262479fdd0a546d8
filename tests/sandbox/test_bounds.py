import math

import numpy as np
import pytest

from astraweave.sandbox.bounds import episodes_needed, rate_bound, spent_alpha
from astraweave.sandbox.seeds import PAIRS, SAFETY, episode_seeds


def test_the_alphas_of_a_life_of_proposals_sum_to_no_more_than_alpha() -> None:
    total = sum(spent_alpha(0.05, k) for k in range(1, 20_000))
    assert 0.0499 < total <= 0.05


def test_the_first_proposal_at_one_in_a_thousand_takes_7402_episodes() -> None:
    assert episodes_needed(0.001, spent_alpha(0.001, 1)) == 7402


@pytest.mark.parametrize(("p0", "alpha"), [(0.01, 0.05), (0.001, 0.001), (0.2, 0.3)])
def test_that_many_clean_episodes_show_the_rate(p0: float, alpha: float) -> None:
    n = episodes_needed(p0, alpha)
    assert (1 - p0) ** n <= alpha < (1 - p0) ** (n - 1)
    assert rate_bound(0, n, alpha) <= p0


@pytest.mark.parametrize(("breaks", "n"), [(0, 10), (1, 10), (3, 50), (9, 10), (40, 900)])
def test_at_the_bound_so_few_breaks_have_chance_alpha(breaks: int, n: int) -> None:
    p = rate_bound(breaks, n, 0.05)
    chance = sum(math.comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(breaks + 1))
    assert chance == pytest.approx(0.05, rel=1e-6)


def test_nothing_but_breaks_bounds_nothing() -> None:
    assert rate_bound(4, 4, 0.05) == 1.0


def test_seeds_are_fresh_for_each_purpose_scenario_and_proposal() -> None:
    every = [
        episode_seeds(seed, number, purpose, scenario, 0, 500)
        for seed in (0, 1, -1)
        for number in (1, 2)
        for purpose in (SAFETY, PAIRS)
        for scenario in (0, 1)
    ]
    seeds = np.concatenate(every)
    assert len(np.unique(seeds)) == len(seeds)
    assert seeds.dtype == np.int64
    assert seeds.min() >= 0
    assert seeds.max() < 2**53


def test_seeds_do_not_depend_on_how_they_are_cut() -> None:
    whole = episode_seeds(7, 1, PAIRS, 0, 0, 100)
    np.testing.assert_array_equal(whole[40:60], episode_seeds(7, 1, PAIRS, 0, 40, 20))
