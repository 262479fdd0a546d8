"""Dynamic scripting as published: who pays, who gains, and that the sum stays."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from astraweave.errors import InputError, WeightsError
from astraweave.learning.dynamic_scripting import ScriptingSettings, change, playable, updated

NAMES = "abcdef"
SETTINGS = ScriptingSettings()
WEIGHTS = st.lists(st.floats(0.25, 4.0), min_size=2, max_size=6).map(
    lambda values: dict(zip(NAMES, values, strict=False))
)


def test_break_even_changes_nothing_and_the_ends_are_the_settings_own():
    assert change(0.3, SETTINGS) == 0.0
    assert change(0.0, SETTINGS) == pytest.approx(-0.3)
    assert change(1.0, SETTINGS) == pytest.approx(1.0)


def test_a_worked_example():
    # F = .65 is half way up: +½ for a and b; the four others pay a quarter each.
    after = updated(dict.fromkeys(NAMES, 1.0), "ab", 0.65)
    assert after == pytest.approx({"a": 1.5, "b": 1.5, "c": 0.75, "d": 0.75, "e": 0.75, "f": 0.75})


@pytest.mark.parametrize(
    ("used", "fitness", "after"),
    [
        # +1 for a, of which the bound of 4 leaves .2; the others pay a third of that each.
        ("a", 1.0, {"a": 4.0, "b": 1.0 - 0.2 / 3, "c": 0.6 - 0.2 / 3, "d": 0.6 - 0.2 / 3}),
        # −.3 for c and d; of the .3 that a and b gain each, a can take .2, and b gets the rest.
        ("cd", 0.0, {"a": 4.0, "b": 1.4, "c": 0.3, "d": 0.3}),
        # +½ for a and b, cut to .2 and .5; c and d can pay .35 each and no more: both end at ¼.
        ("ab", 0.65, {"a": 4.0, "b": 1.5, "c": 0.25, "d": 0.25}),
        # All were used: what all gain is taken back from all, so nothing changes.
        ("abcd", 0.35, {"a": 3.8, "b": 1.0, "c": 0.6, "d": 0.6}),
    ],
)
def test_examples_worked_by_hand_at_the_bounds(used, fitness, after):
    assert updated({"a": 3.8, "b": 1.0, "c": 0.6, "d": 0.6}, used, fitness) == pytest.approx(after)


@given(WEIGHTS, st.sets(st.sampled_from(NAMES)), st.floats(0.0, 1.0))
def test_the_sum_stays_and_every_weight_keeps_its_bounds(weights, used, fitness):
    after = updated(weights, used, fitness)
    assert list(after) == list(weights)
    assert math.fsum(after.values()) == pytest.approx(math.fsum(weights.values()), abs=1e-9)
    # Exactly: the next episode refuses a weight that is out of them by a hair.
    assert all(0.25 <= weight <= 4.0 for weight in after.values())


@given(WEIGHTS, st.floats(0.31, 1.0))
def test_what_was_used_in_a_good_episode_does_not_lose(weights, fitness):
    used = set(list(weights)[:1])
    after = updated(weights, used, fitness)
    for name in used:
        assert after[name] >= weights[name] - 1e-9


def test_repeated_success_stops_at_the_bound():
    weights = dict.fromkeys(NAMES, 1.0)
    for _ in range(50):
        weights = updated(weights, "a", 1.0)
    assert weights == pytest.approx({"a": 4.0} | dict.fromkeys("bcdef", 0.4))


def test_top_culling_lets_the_strongest_rest():
    settings = ScriptingSettings(cull_above=2.0)
    assert playable({"a": 3.0, "b": 1.0}, settings) == {"a": 0.25, "b": 1.0}
    assert playable({"a": 3.0, "b": 1.0}, SETTINGS) == {"a": 3.0, "b": 1.0}
    # When all would rest, all play.
    assert playable({"a": 3.0, "b": 2.5}, settings) == {"a": 3.0, "b": 2.5}


@pytest.mark.parametrize("fitness", [-0.1, 1.1, math.nan, math.inf])
def test_fitness_that_is_none_is_refused(fitness):
    with pytest.raises(InputError, match="fitness"):
        updated({"a": 1.0, "b": 1.0}, "a", fitness)


@pytest.mark.parametrize("weight", [0.1, 5.0, math.nan, math.inf])
def test_a_weight_out_of_bounds_is_named(weight):
    with pytest.raises(WeightsError, match="'b'"):
        updated({"a": 1.0, "b": weight}, "a", 0.5)


@pytest.mark.parametrize(
    "odd",
    [{"break_even": 0.0}, {"break_even": 1.0}, {"reward": -1.0}, {"low": 4.0}, {"high": math.inf}],
)
def test_settings_that_learn_nothing_are_refused(odd):
    with pytest.raises(InputError, match="ScriptingSettings"):
        ScriptingSettings(**odd)
