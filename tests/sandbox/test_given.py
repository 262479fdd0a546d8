"""What an environment over arrays gives is looked at before it is counted."""

import numpy as np
import pytest

from astraweave.errors import EnvironmentFailure, said_of
from astraweave.model.ports import SUCCESS, BatchStep
from astraweave.sandbox import vectorised
from astraweave.sandbox.given import counts_in, outcomes_in, step_in, steps_in

STEP = BatchStep(
    np.zeros((2, 1)), np.full(2, SUCCESS, np.int8), np.full(2, np.nan), np.ones(2, bool)
)
OUTCOMES = np.ones((2, 6))
NONE = np.zeros((2, 1), np.int32)


def odd(column, value):
    given = OUTCOMES.copy()
    given[1, column] = value
    return given


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (None, "must give a BatchStep, gave NoneType"),
        (STEP[:3], "must give a BatchStep, gave tuple"),
        (STEP._replace(facts=np.zeros((3, 1))), r"declared float64\[2, 1\], gave float64\[3, 1\]"),
        (STEP._replace(facts=np.zeros((2, 1), np.float32)), r"gave float32\[2, 1\]"),
        (STEP._replace(done=True), "must give status and done of 2 worlds"),
        (STEP._replace(status=np.full(2, "x")), "must give status int8 and done bool, gave <U1"),
        (STEP._replace(status=np.full(2, None)), "must give status int8 and done bool, gave obj"),
        (STEP._replace(status=np.full(2, 1.5)), r"must give a status in \[0, 3\], gave 1.5"),
        (STEP._replace(status=np.full(2, np.nan)), r"must give a status in \[0, 3\], gave nan"),
        (STEP._replace(status=np.full(2, 300)), r"must give a status in \[0, 3\], gave 300"),
        (STEP._replace(effectiveness=np.array([np.nan, 1.5])), r"in \[0, 1\], or NaN, gave 1.5"),
        (STEP._replace(effectiveness=np.array([-0.1, 1.0])), r"in \[0, 1\], or NaN, gave -0.1"),
        (STEP._replace(effectiveness=np.array([np.inf, 0.0])), r"in \[0, 1\], or NaN, gave inf"),
        (STEP._replace(effectiveness=np.zeros(3)), r"float64\[2\], gave float64\[3\]"),
        (STEP._replace(effectiveness=np.full(2, "x")), r"effectiveness float64\[2\], gave <U1"),
        (STEP._replace(done=np.full(2, np.nan)), "status int8 and done bool, gave int8 and float"),
        (STEP._replace(done=np.full(2, "False")), "status int8 and done bool, gave int8 and <U5"),
    ],
)
def test_a_step_of_another_shape_or_kind_is_refused(given, said):
    with pytest.raises(EnvironmentFailure, match=said):
        step_in(given, 2, 1)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (None, r"must give outcomes float64\[2, 6\], gave object"),
        (OUTCOMES[:1], r"gave float64\[1, 6\]"),
        (OUTCOMES + 1j, "gave complex128"),
        (OUTCOMES.astype(str), r"gave <U\d+"),
        (odd(0, 5.0), r"a success in \[0, 1\], gave 5"),
        (odd(1, -2.0), "seconds of at least 0, gave -2"),
        (odd(2, 1e308), r"outcomes in ±1e\+15, gave 1e\+308"),
    ],
)
def test_outcomes_that_cannot_be_counted_are_refused(given, said):
    with pytest.raises(EnvironmentFailure, match=said):
        outcomes_in(given, 2)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_outcomes_that_are_not_finite_are_for_a_rule_to_judge(value):
    assert not np.isfinite(outcomes_in(odd(0, value), 2)[1, 0])


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (None, "must give event counts and first ticks, gave NoneType"),
        ((1, 2, 3), "must give event counts and first ticks, gave tuple"),
        ((NONE, NONE[:1]), r"events twice int32\[2, 1\], gave .* and int32\[1, 1\]"),
        ((NONE + np.nan, NONE), "gave float64"),
        ((NONE.astype(str), NONE), "gave <U"),
        ((NONE - 5, NONE), "from 0 to 2147483647, gave -5"),
        ((NONE, NONE - 2), "from -1 to 2147483647, gave -2"),
        ((NONE + np.int64(2**40), NONE), "gave 1099511627776"),
    ],
)
def test_counts_that_are_none_are_refused(given, said):
    with pytest.raises(EnvironmentFailure, match=said):
        counts_in(given, 2, 1)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("x", r"int32\[2\] steps, gave <U1\[\]"),
        (np.full(2, -3, np.int32), "0 to 9 steps, gave -3 to -3"),
        (np.full(2, 99, np.int32), "0 to 9 steps, gave 99 to 99"),
    ],
)
def test_steps_that_cannot_be_are_refused(given, said):
    with pytest.raises(EnvironmentFailure, match=said):
        steps_in(given, 2, 9)


def test_lists_and_other_whole_numbers_will_do():
    counts, first = counts_in(([[1], [0]], [[3], [-1]]), 2, 1)
    assert (counts.dtype, first.tolist()) == (np.int32, [[3], [-1]])
    facts, status, done = step_in(STEP._replace(status=[3.0, 2.0], done=[1, 0]), 2, 1)
    assert (status.tolist(), done.tolist(), facts.shape) == ([3, 2], [True, False], (2, 1))


@pytest.mark.parametrize(
    ("declared", "said"),
    [
        ({"largest_batch": 0}, "largest_batch must be a whole number"),
        ({"largest_batch": 2.5}, "largest_batch must be a whole number"),
        ({"step_ticks": "x"}, "step_ticks must be a whole number"),
        ({"bounds": None}, "bounds must be pairs of finite numbers by range"),
        ({"bounds": {"foe": (5,)}}, "bounds must be pairs of finite numbers by range"),
        ({"player_names": 5}, "player_names must be a tuple of different names"),
        ({"step_seconds": True}, "step_seconds must be a number above 0"),
    ],
)
def test_what_a_game_may_declare_besides_is_looked_at_too(game, declared, said):
    with pytest.raises(EnvironmentFailure, match=said):
        vectorised(type("Odd", (type(game),), declared)())


def test_an_exception_without_a_text_hides_nothing():
    class MuteError(Exception):
        def __str__(self):
            raise ValueError

    assert said_of(MuteError()) == "MuteError: (its text raised ValueError)"
    assert said_of(KeyError("x")) == "KeyError: 'x'"
