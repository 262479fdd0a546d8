"""One pass over all of a batch says what looking at number by number says."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from astraweave.errors import EnvironmentFailure
from astraweave.model.facts import Fact, FactSheet
from astraweave.model.kernels.looks import counted, within
from astraweave.sandbox.given import as_declared, counts_in, outcomes_in
from astraweave.sandbox.played import with_own

EDGES = [-np.inf, -1.0, -0.0, 0.0, 5e-324, 0.5, 1.0, 1.0 + 1e-9, 2.0, 1e15, 2e15, np.inf, np.nan]
NUMBERS = st.sampled_from(EDGES) | st.floats()
WHOLE = st.integers(-3, 3) | st.integers(-(2**31), 2**31 - 1)
NONE = np.full(3, -1, np.int32)


@given(
    arrays(np.float64, (3, 2), elements=NUMBERS),
    arrays(np.float64, (2, 2), elements=st.sampled_from(EDGES[:-1])),
)
def test_rows_are_within_when_each_number_is_finite_and_in_its_range(rows, edges):
    low, high = np.sort(edges, axis=0)
    each = [np.isfinite(x) and low[k] <= x <= high[k] for row in rows for k, x in enumerate(row)]
    assert within(rows, low, high) == all(each)


@given(arrays(np.int32, (3, 2), elements=WHOLE), arrays(np.int32, (3, 2), elements=WHOLE))
def test_counts_begin_at_none_and_first_ticks_at_minus_one(counts, first):
    assert counted(counts, first) == (min(counts.ravel()) >= 0 and min(first.ravel()) >= -1)


@given(arrays(np.float64, (3, 6), elements=NUMBERS))
def test_outcomes_seen_at_once_are_those_seen_in_order(outcomes):
    """Of another order in memory they are looked at number by number."""

    def told(given_):
        try:
            return outcomes_in(given_, 3).tobytes()
        except EnvironmentFailure as error:
            return error.what

    assert told(outcomes) == told(np.asfortranarray(outcomes))


@given(arrays(np.int32, (3, 2), elements=WHOLE), arrays(np.int32, (3, 2), elements=WHOLE))
def test_events_seen_at_once_are_those_seen_in_order(counts, first):
    def told(*given_):
        try:
            return [column.tolist() for column in counts_in(given_, 3, 2)]
        except EnvironmentFailure as error:
            return error.what

    assert told(counts, first) == told(counts.astype(np.int64), first)


def test_facts_that_nobody_may_write_to_are_looked_at_all_the_same():
    sheet = FactSheet([Fact("near", low=0.0, high=1.0)])
    facts = np.full((2, 1), 0.5)
    assert as_declared(facts, sheet)
    facts.flags.writeable = False
    assert not as_declared(facts, sheet)  # by numpy, then


@given(
    arrays(np.int32, (3, 2), elements=st.integers(0, 9)),
    arrays(np.int32, (3, 2), elements=st.integers(-1, 9)),
    arrays(np.int32, 3, elements=st.integers(0, 9)),
    arrays(np.int32, 3, elements=st.integers(-1, 9)),
)
def test_what_the_game_counts_too_is_counted_together(counts, first, often, at):
    own = {"fell": (often, at), "hung": (often, at)}
    names, both, earliest = with_own(("hit", "fell"), counts, first, own)
    assert names == ("hit", "fell", "hung")
    for i in range(3):
        seen = [tick for tick in (first[i, 1], at[i]) if tick >= 0]
        assert both[i].tolist() == [counts[i, 0], counts[i, 1] + often[i], often[i]]
        assert earliest[i].tolist() == [first[i, 0], min(seen, default=-1), at[i]]
