import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from astraweave.errors import UsageError
from astraweave.sandbox import NOT_WORSE, UNDECIDED, WORSE, NotWorse
from astraweave.sandbox.eprocess import MEAN_TRUST, SPREAD_TRUST, STAKE

scores = st.lists(st.floats(0.0, 1.0), max_size=60).map(lambda x: np.array(x, dtype=np.float64))


def naive(x: npt.NDArray[np.float64], null: float, side: int, guess: float) -> list[float]:
    """The wealth after each x, one at a time, as the formula is written."""
    wealth, seen, path = 1.0, [], []
    for value in x:
        gain = (value - null) * side
        mean = (MEAN_TRUST * guess + sum(seen)) / (MEAN_TRUST + len(seen))
        moment = (SPREAD_TRUST * (0.5 - 0.495) + sum(g * g for g in seen)) / (
            SPREAD_TRUST + len(seen)
        )
        most = STAKE / (null if side > 0 else 1.0 - null)
        wealth *= 1.0 + min(max(mean / moment, 0.0), most) * gain
        seen.append(gain)
        path.append(wealth)
    return path


def decisions(rng: np.random.Generator, draw: object, runs: int, n: int) -> dict[str, int]:
    counts = {NOT_WORSE: 0, WORSE: 0, UNDECIDED: 0}
    for _ in range(runs):
        test = NotWorse()
        test.update(np.clip(draw(rng, n), 0.0, 1.0))  # type: ignore[operator]
        counts[test.decision] += 1
    return counts


@given(scores)
def test_both_bets_grow_as_the_formula_says(x: npt.NDArray[np.float64]) -> None:
    test = NotWorse()
    accepted = test.accept.path(x)
    rejected = test.reject.path(x)
    np.testing.assert_allclose(accepted, naive(x, 0.495, 1, 0.005), rtol=1e-9, atol=1e-300)
    np.testing.assert_allclose(rejected, naive(x, 0.5, -1, 0.0), rtol=1e-9, atol=1e-300)


@given(scores, st.integers(0, 60))
def test_the_answer_does_not_depend_on_how_pairs_are_cut(
    x: npt.NDArray[np.float64], cut: int
) -> None:
    whole, parts = NotWorse(), NotWorse()
    whole.update(x)
    parts.update(x[:cut])
    parts.update(x[cut:])
    assert whole == parts


def test_equal_play_is_accepted_after_some_four_hundred_pairs() -> None:
    test = NotWorse()
    assert test.update(np.full(1000, 0.5)) == NOT_WORSE
    assert 380 <= test.pairs <= 420
    assert test.accept.wealth >= 20.0
    assert test.mean == 0.5


def test_a_decision_stands_whatever_comes_after() -> None:
    test = NotWorse()
    test.update(np.full(1000, 0.5))
    pairs = test.pairs
    assert test.update(np.zeros(1000)) == NOT_WORSE
    assert test.pairs == pairs


@pytest.mark.parametrize("wrong", [[1.1], [-0.1], [np.nan], [np.inf]])
def test_scores_outside_the_unit_interval_are_refused(wrong: list[float]) -> None:
    with pytest.raises(UsageError, match="span"):
        NotWorse().update(np.array(wrong))


def test_a_mean_at_the_margin_is_accepted_no_more_often_than_alpha() -> None:
    rng = np.random.default_rng(1)
    found = decisions(rng, lambda r, n: r.normal(0.495, 0.08, n), runs=300, n=3000)
    # 300 runs at 5 %: 15 expected at most, 27 is three standard errors above.
    assert found[NOT_WORSE] <= 27


def test_skewed_play_at_the_margin_is_accepted_no_more_often_than_alpha() -> None:
    rng = np.random.default_rng(2)
    loss = 0.495 / 0.5 - 1.0
    found = decisions(rng, lambda r, n: np.where(r.random(n) < -loss, 0.0, 0.5), runs=300, n=3000)
    assert found[NOT_WORSE] <= 27


def test_equal_policies_are_accepted_nearly_always() -> None:
    rng = np.random.default_rng(3)
    found = decisions(rng, lambda r, n: r.normal(0.5, 0.1, n), runs=200, n=15_000)
    assert found[NOT_WORSE] >= 188


def test_half_a_percent_better_is_accepted_nearly_always() -> None:
    rng = np.random.default_rng(4)
    found = decisions(rng, lambda r, n: r.normal(0.505, 0.1, n), runs=100, n=15_000)
    assert found[NOT_WORSE] >= 97


def test_rare_catastrophes_paid_with_trivial_wins_are_never_accepted() -> None:
    rng = np.random.default_rng(5)

    def draw(r: np.random.Generator, n: int) -> npt.NDArray[np.float64]:
        u = r.random(n)
        return np.where(u < 0.05, 0.0, np.where(u < 0.35, 0.51, 0.5))

    found = decisions(rng, draw, runs=100, n=15_000)
    assert found == {NOT_WORSE: 0, WORSE: 100, UNDECIDED: 0}
