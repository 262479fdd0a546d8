"""Both engines against traces that BehaviorTree.CPP 4.10 itself produced."""

import pytest

from tests.behavior.replay import cases, play_batch, play_scalar, traces

CASES = {case.id: case for case in (*cases(), *traces())}


def test_the_subset_is_not_empty():
    assert len(CASES) >= 100


@pytest.mark.parametrize("name", CASES)
def test_the_scalar_engine_does_what_behaviortree_cpp_does(name):
    assert play_scalar(CASES[name]) == (CASES[name].roots, CASES[name].events)


@pytest.mark.parametrize("name", CASES)
def test_the_batch_engine_does_what_behaviortree_cpp_does(name):
    assert play_batch(CASES[name]) == (CASES[name].roots, CASES[name].events)
