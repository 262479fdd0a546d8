from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from astraweave.sandbox.decisions import DITHER_RUN, DITHER_SECONDS, decision_figures

STEP = 0.1
Row = tuple[int, int, int, int]


def log_of(rows: list[Row]) -> Any:
    table = np.array(rows, dtype=np.int64).reshape(len(rows), 4)
    names = ("world", "step_started", "step_ended", "tactic")
    return SimpleNamespace(**dict(zip(names, table.T, strict=True)))


def naive(rows: list[Row], world: int) -> tuple[int, int, int, int]:
    """Decisions, changes, runs and first tick of one world, decision by decision."""
    mine = [row for row in rows if row[0] == world]
    changes = runs = length = 0
    first = -1
    for i, (_, started, ended, tactic) in enumerate(mine):
        changed = i > 0 and mine[i - 1][3] != tactic
        changes += changed
        short = ended >= 0 and (ended - started) * STEP < DITHER_SECONDS
        length = length + 1 if short and (changed or i == 0) else 0
        if length == DITHER_RUN:
            runs += 1
            first = ended * 6 if first < 0 else first
    return len(mine), changes, runs, first


row = st.tuples(st.integers(0, 2), st.integers(0, 3), st.integers(-1, 8), st.integers(0, 1))


@given(st.lists(row, max_size=80))
def test_figures_agree_with_counting_one_by_one(rows: list[Row]) -> None:
    found = decision_figures(log_of(rows), 3, STEP, 6)
    for world in range(3):
        assert tuple(int(column[world]) for column in found) == naive(rows, world)


@pytest.mark.parametrize(("steps", "dithers"), [(2, True), (3, False)])
def test_tactics_dropped_within_three_tenths_of_a_second_are_dithering(
    steps: int, dithers: bool
) -> None:
    rows = [(0, i * steps, (i + 1) * steps, i % 2) for i in range(DITHER_RUN)]
    found = decision_figures(log_of(rows), 1, STEP, 6)
    assert bool(found.dithered[0]) is dithers


def test_the_same_tactic_again_and_again_is_no_dithering() -> None:
    rows = [(0, i, i + 1, 0) for i in range(20)]
    assert decision_figures(log_of(rows), 1, STEP, 6).dithered[0] == 0


def test_a_tree_that_never_chooses_decides_nothing() -> None:
    found = decision_figures(log_of([]), 2, STEP, 6)
    assert found.decisions.tolist() == [0, 0]
    assert found.dithered_at.tolist() == [-1, -1]
