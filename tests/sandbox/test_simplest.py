import math

from hypothesis import given
from hypothesis import strategies as st

from astraweave.sandbox.simplest import simplest

NUMBERS = st.floats(allow_nan=False, allow_infinity=False)


@given(NUMBERS, NUMBERS, st.integers(1, 12))
def test_all_are_in_the_range_none_twice_and_there_is_one(one: float, two: float, n: int) -> None:
    low, high = sorted((one, two))
    found = simplest(low, high, n)
    assert 1 <= len(found) <= n
    assert len(set(found)) == len(found)
    assert all(low <= value <= high and math.isfinite(value) for value in found)


@given(st.integers(-50, 50), st.integers(0, 50))
def test_of_whole_numbers_the_one_nearest_nothing_comes_first(low: int, wide: int) -> None:
    assert simplest(low, low + wide)[0] == min(range(low, low + wide + 1), key=abs)


def test_no_whole_number_at_hand_the_fewest_decimals_come_first() -> None:
    assert simplest(0.25, 0.45)[:2] == (0.3, 0.4)
    assert simplest(0.31, 0.39)[0] == 0.31
    assert simplest(0.5, 0.5) == (0.5,)
