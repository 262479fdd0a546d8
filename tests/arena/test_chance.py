"""Draws of one moment: six at once against one by one."""

from hypothesis import given
from hypothesis import strategies as st

from astraweave.arena.kernels import layout as at
from astraweave.arena.kernels.chance import draw, moment, six
from astraweave.model.kernels.jit import njit


@njit(cache=False)
def at_once(key, tick):
    return six(moment(key, tick))


@njit(cache=False)
def each(key, tick, stream):
    return draw(moment(key, tick), stream)


@given(st.integers(0, 2**32 - 1), st.integers(0, 2**24))
def test_six_draws_at_once_are_those_of_the_first_six_streams(key, tick):
    streams = (
        at.DRAW_PACE,
        at.DRAW_LAPSE,
        at.DRAW_BOLD,
        at.DRAW_CHOICE,
        at.DRAW_PICK,
        at.DRAW_IDLE,
    )
    assert at_once(key, tick) == tuple(each(key, tick, stream) for stream in streams)
