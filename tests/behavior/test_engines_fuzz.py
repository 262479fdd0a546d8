"""The two engines are one meaning: random trees of all nodes, scripts, timers, halts and errors."""

import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from astraweave.behavior.scripts.values import leading_double
from astraweave.errors import TreeError
from tests.behavior.random_play import batched, scalar
from tests.behavior.random_trees import WORLDS, trees

TICKS = 30
FEW = settings(max_examples=120, suppress_health_check=list(HealthCheck), deadline=None)
MANY = settings(FEW, max_examples=2_500)
"""Examples are big on purpose: whole trees and whole worlds."""
HOLDS = st.sampled_from((0.0, 0.3, 0.5))


def compare(planted, world, hold_s, *, answered):
    """Every tick of every agent, and the log; the propensities bit for bit."""
    tree, factors = planted
    agents = [0, 1, 2]
    given_ = {"answered": answered}
    try:
        many = batched(tree, factors, world, agents, TICKS, hold_s, **given_)
    except TreeError as refused:
        # What a SubTree can never see is refused at once; the scalar engine says so when it reads.
        if "not declared" in refused.what:
            reject()
        raise
    for agent, (ticks, rows) in zip(agents, many, strict=True):
        alone, told = scalar(tree, factors, world, agent, TICKS, hold_s, **given_)
        for tick, (one, other) in enumerate(zip(alone, ticks, strict=True)):
            assert as_told(one) == as_told(other), f"agent {agent} tick {tick}"
        assert told == rows


def as_told(seen):
    """What must be equal of a tick: numbers by their bytes, NaN too."""
    root, halted, events, command, tactic, board = seen
    return root, halted, events, command, tactic, {k: number(v).hex() for k, v in board.items()}


def number(value):
    """A value as the batch engine has it: a text that SetBlackboard wrote is its number."""
    return leading_double(value) if isinstance(value, str) else float(value)


@FEW
@given(trees(), WORLDS, HOLDS)
def test_both_engines_do_the_same_with_leaves_that_answer(planted, world, hold_s):
    compare(planted, world, hold_s, answered=True)


@FEW
@given(trees(), WORLDS, HOLDS)
def test_both_engines_do_the_same_with_leaves_that_are_commanded(planted, world, hold_s):
    compare(planted, world, hold_s, answered=False)


@pytest.mark.slow
@MANY
@given(trees(), WORLDS, HOLDS, st.booleans())
def test_both_engines_do_the_same_at_length(planted, world, hold_s, answered):
    compare(planted, world, hold_s, answered=answered)
