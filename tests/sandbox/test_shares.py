"""How a job is cut: all who play end at about the same time, and threads do not come together."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from astraweave.sandbox.jobs import Job
from astraweave.sandbox.runner import nobody
from astraweave.sandbox.shares import BLOCK, CHUNK, LEAST, MOST, shared, worth
from tests.sandbox.conftest import Duel


def end_of(sizes: list[int], speeds: list[float]) -> float:
    """When the last worker ends, where whoever is free begins the next part; in episodes."""
    ends = [0.0] * len(speeds)
    for size in sizes:
        free = min(range(len(ends)), key=ends.__getitem__)
        ends[free] += size / speeds[free]
    return max(ends)


@given(
    count=st.integers(1, 30_000),
    speeds=st.lists(st.floats(0.5, 1.0), min_size=2, max_size=16),
    size=st.integers(1, 4096),
)
def test_all_end_at_about_the_same_time_though_some_are_slower(count, speeds, size):
    sizes = shared(count, size, len(speeds))
    assert sum(sizes) == count
    assert min(sizes) > 0
    assert max(sizes) <= max(size + BLOCK, 2 * BLOCK)
    if BLOCK < size < count:
        wait = 1.5 * size / LEAST + 2 * BLOCK
        assert end_of(sizes, speeds) <= count / sum(speeds) + wait / min(speeds)


@given(count=st.integers(1, 30_000), size=st.integers(1, 4096))
def test_parts_are_alike_where_nobody_knows_how_many_play(count, size):
    sizes = shared(count, size, 1)
    assert sum(sizes) == count
    assert len(sizes) <= -(-count // size)
    assert len(set(sizes[:-1])) <= 1
    assert sizes[-1] <= sizes[0] <= size + BLOCK


@pytest.mark.parametrize("workers", [2, 3, 4, 8])
@pytest.mark.parametrize("turns", [2, 3, 4, 9])
def test_parts_become_shorter_so_that_threads_don_t_end_them_together(workers, turns):
    sizes = shared(turns * workers * CHUNK, CHUNK, workers)
    assert sizes[0] == CHUNK
    assert sizes[:-1] == sorted(sizes[:-1], reverse=True)
    assert min(sizes) >= CHUNK // LEAST
    assert len(set(sizes)) > 2


@given(
    wanted_s=st.floats(1e-3, 10.0),
    each_us=st.floats(0.1, 1e6),
)
def test_a_part_is_as_long_as_wanted_in_whole_tiles(wanted_s, each_us):
    size = worth(wanted_s, each_us * 1e-6)
    assert 1 <= size <= MOST
    assert size * each_us * 1e-6 <= max(wanted_s, each_us * 1e-6)
    assert size <= BLOCK or size % BLOCK == 0
    assert size <= CHUNK or size % CHUNK == 0


def test_a_job_is_cut_in_order():
    job = Job(Duel(), (None,), None, np.arange(700), nobody, "")
    parts = [part.seeds for part in job.cut([300, 64, 336])]
    assert [len(part) for part in parts] == [300, 64, 336]
    assert np.concatenate(parts).tolist() == list(range(700))
