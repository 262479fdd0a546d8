"""How a job is cut: nobody has more than a share, and threads don't come back all at once."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from astraweave.sandbox.jobs import Job
from astraweave.sandbox.runner import nobody
from astraweave.sandbox.shares import BLOCK, CHUNK, MOST, shared, worth
from tests.sandbox.conftest import Duel


def ends_of(sizes: list[int], workers: int) -> list[list[int]]:
    """When each worker ends its parts, in episodes, where whoever is free begins the next one."""
    ends: list[list[int]] = [[0] for _ in range(workers)]
    for size in sizes:
        free = min(ends, key=lambda each: each[-1])
        free.append(free[-1] + size)
    return [each[1:] for each in ends]


@given(
    count=st.integers(1, 30_000),
    workers=st.integers(1, 16),
    size=st.integers(1, 4096),
)
def test_no_thread_has_more_to_play_than_its_share(count, workers, size):
    sizes = shared(count, size, workers)
    assert sum(sizes) == count
    assert min(sizes) > 0
    assert max(sizes) <= max(size + BLOCK, 2 * BLOCK)
    if BLOCK < size < count:
        turns = -(-len(sizes) // workers)
        most = max(each[-1] for each in ends_of(sizes, workers) if each)
        assert most <= count / workers + turns * BLOCK


@pytest.mark.parametrize("workers", [2, 3, 4, 8])
@pytest.mark.parametrize("turns", [2, 3, 4, 9])
def test_threads_don_t_end_their_parts_together_but_the_last_ones(workers, turns):
    count = turns * workers * CHUNK
    every = ends_of(shared(count, CHUNK, workers), workers)
    assert {each[-1] for each in every} == {count // workers}
    before = sorted(end for each in every for end in each[:-1] if end <= count // workers - CHUNK)
    assert len(before) >= workers - 1
    assert np.diff(before).min() >= CHUNK // workers - BLOCK


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
