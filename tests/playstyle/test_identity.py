"""The same person told again: never by their own share in what they are compared with."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from astraweave.playstyle.identity import Likeness, centred, identify

tables = hnp.arrays(
    np.float64, st.tuples(st.integers(1, 12), st.integers(1, 5)), elements=st.floats(-10, 10)
)


@given(tables, st.data())
def test_centring_takes_the_mean_of_the_others_of_the_group(values, data):
    groups = data.draw(st.lists(st.integers(0, 3), min_size=len(values), max_size=len(values)))
    out = centred(values, groups)
    for i, row in enumerate(values):
        others = [j for j, g in enumerate(groups) if g == groups[i] and j != i]
        others = others or [j for j in range(len(values)) if j != i]
        expected = row - values[others].mean(axis=0) if others else np.zeros_like(row)
        assert np.allclose(out[i], expected)


@given(tables)
def test_distances_are_finite_and_between_zero_and_two(values):
    people = [f"p{i % 3}" for i in range(len(values))]
    distance = Likeness.fit(values, people).distances(values)
    assert distance.shape == (len(values), len(set(people)))
    assert np.isfinite(distance).all()
    assert ((distance > -1e-9) & (distance < 2 + 1e-9)).all()


def people_in_levels(rng, *, people, levels, apart, dimensions=40):
    """Each person a point, each level a shift and each episode noise: values and who, where."""
    who = rng.normal(size=(people, dimensions)) * apart
    shift = rng.normal(size=(levels, dimensions)) * 3.0
    rows = [
        who[p] + shift[level] + rng.normal(size=dimensions)
        for level in range(levels)
        for p in range(people)
    ]
    names = [f"person {p}" for _ in range(levels) for p in range(people)]
    where = [level for level in range(levels) for _ in range(people)]
    return np.array(rows), names, where


@pytest.mark.parametrize("seed", range(4))
def test_people_who_differ_are_recognised_in_a_level_not_seen(seed):
    rng = np.random.default_rng(seed)
    values, names, where = people_in_levels(rng, people=12, levels=4, apart=1.0)
    found = identify(values, names, where, [0] * len(names), [None] * len(names))
    assert len(found) == len(names)
    assert np.mean([one.rank == 1 for one in found]) > 0.9
    assert all((one.nearest == names[one.row]) == (one.rank == 1) for one in found)


def test_people_who_do_not_differ_are_recognised_by_chance_alone():
    hits = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        values, names, where = people_in_levels(rng, people=10, levels=4, apart=0.0)
        found = identify(values, names, where, [0] * len(names), [None] * len(names))
        hits += [one.rank == 1 for one in found]
    assert 0.05 < np.mean(hits) < 0.15  # 800 tries at .1: ± .02


def test_partners_are_compared_where_both_are_known():
    rng = np.random.default_rng(1)
    values, names, where = people_in_levels(rng, people=6, levels=3, apart=2.0)
    beside = [f"person {int(name[-1]) ^ 1}" for name in names]
    beside[0] = "a stranger"
    found = identify(values, names, where, [0] * len(names), beside)
    assert found[0].partner_further is None
    assert all(one.partner_further for one in found[1:])


def test_who_is_seen_in_one_level_alone_is_left_out():
    values = np.random.default_rng(0).normal(size=(5, 3))
    found = identify(values, ["a", "b", "a", "b", "c"], [0, 0, 1, 1, 1], [0] * 5, [None] * 5)
    assert [one.row for one in found] == [0, 1, 2, 3]
    assert {one.among for one in found if one.row < 2} == {3}
    assert identify(values, ["a"] * 5, [0] * 5, [0] * 5, [None] * 5) == ()
