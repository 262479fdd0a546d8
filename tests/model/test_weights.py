"""How far weights moved, in words."""

import re

from hypothesis import given
from hypothesis import strategies as st

from astraweave.model.weights import MAX_WEIGHT, MIN_WEIGHT, Change, moved, moves

factors = st.floats(MIN_WEIGHT, MAX_WEIGHT)
near = factors.flatmap(lambda before: st.tuples(st.just(before), st.floats(0.99, 1.01)))


def change(name, before, after):
    return Change(tactic=name, before=before, after=after, target=after)


@given(st.floats(-0.75, 15.0) | st.floats(-0.02, 0.02))
def test_a_move_has_the_sign_it_has_and_none_has_no_sign(share):
    told = moved(share)
    assert re.fullmatch(r"[+-][1-9]\d*%|[+-]0\.[1-9]%|[+-]1\.0%|0%", told)
    if told != "0%":
        assert (told[0] == "-") == (share < 0.0)
        assert abs(float(told[:-1]) / 100.0 - share) <= 0.0051


@given(near)
def test_a_move_of_a_thousandth_is_said_either_way(pair):
    before, ratio = pair
    share = abs(before * ratio / before - 1.0)
    told = moves([change("guard", before, before * ratio)], 3)
    assert share >= 0.00049 if told else share <= 0.00051


def test_the_largest_moves_are_told_first_and_what_stayed_is_left_out():
    changes = [
        change("rest", 1.0, 0.9999),
        change("guard", 1.0, 1.05),
        change("rush", 1.0, 0.8),
        change("heal", 2.0, 2.5),
        change("dance", 1.0, 0.996),
    ]
    assert moves(changes, 2) in ("heal +25%, rush -20%", "rush -20%, heal +25%")
    assert moves(changes, 5).endswith(", guard +5%, dance -0.4%")
    assert moves(changes[:1], 3) == ""
