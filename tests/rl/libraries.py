"""Both libraries, or whoever imports this is left out; and what the tests here compare with."""

from importlib.util import find_spec

import numpy as np
import pytest

from astraweave.sandbox import load_scenarios

NEEDS = 'needs pip install "astraweave[rl]"'
gymnasium = pytest.importorskip("gymnasium", reason=NEEDS)
if find_spec("pettingzoo") is None:  # importing it would choose a sound driver
    pytest.skip(NEEDS, allow_module_level=True)

SCENARIOS = ["play", *(scenario.name for scenario in load_scenarios("all"))]


def same(one, other):
    """Equal to the last bit: arrays, numbers, and what holds them."""
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, tuple | list):
        return len(one) == len(other) and all(map(same, one, other))
    if one is None or other is None:
        return one is other
    a, b = np.asarray(one), np.asarray(other)
    if a.dtype == object:
        return same(list(a), list(b))
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
