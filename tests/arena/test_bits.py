"""Marked lanes as bits: which, and in what order, against counting them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from astraweave.arena.kernels.bits import MARKS, count, lowest, marks
from astraweave.arena.kernels.lanes import ANY, NO_LANE, others
from astraweave.model.kernels.jit import njit


@njit(cache=False)
def walked(due, which):
    """The marked lanes, in the order in which a tick meets them."""
    found = np.full(MARKS, -1)
    left, count = marks(due, which), 0
    while left != NO_LANE:
        found[count], left = lowest(left), others(left)
        count += 1
    return found[:count]


@njit(cache=False)
def counted(bits):
    return count(bits)


@given(st.lists(st.sampled_from([0, 0, 0, 1, 2, 8, 15, 255]), min_size=MARKS, max_size=MARKS))
def test_every_marked_lane_is_met_once_in_order(lanes):
    due = np.array(lanes, dtype=np.uint8)
    assert walked(due, ANY).tolist() == np.flatnonzero(due).tolist()
    for bit in (1, 2, 8, 128):
        assert walked(due, np.uint8(bit)).tolist() == np.flatnonzero(due & bit).tolist()


@pytest.mark.parametrize("lane", [0, 15, 16, 31, 32, 47, 48, 63])
def test_the_edges_of_what_is_read_at_once_are_lanes_like_the_others(lane):
    due = np.zeros(MARKS, dtype=np.uint8)
    due[lane] = 4
    assert walked(due, ANY).tolist() == [lane]


@given(st.lists(st.booleans(), min_size=64, max_size=64))
def test_bits_are_counted(lanes):
    bits = np.uint64(sum(1 << k for k, marked in enumerate(lanes) if marked))
    assert int(counted(bits)) == sum(lanes)
