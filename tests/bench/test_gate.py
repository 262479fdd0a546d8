"""The gate measured by simulation, in few runs: `python -m bench.gate` does the same in minutes."""

import numpy as np
import pytest

from astraweave.model.weights import CAP, WeightSet, designer_weights
from bench import gate
from bench.advantages import NAMED

RUNS = 120
# Four standard errors above 5 % of so many runs.
MOST = 0.05 * RUNS + 4.0 * (0.05 * 0.95 * RUNS) ** 0.5


@pytest.mark.parametrize("name", gate.at_the_margin())
def test_scores_at_the_margin_pass_no_more_often_than_alpha(name):
    draw = gate.at_the_margin()[name]
    assert gate.accepted(draw, RUNS, pairs=3000) <= MOST


@pytest.mark.parametrize("mean", [gate.EQUAL, gate.BETTER])
@pytest.mark.parametrize("name", gate.spread(0.5))
def test_equal_and_better_scores_pass(name, mean):
    draw = gate.spread(mean, 0.08)[name]
    assert gate.accepted(draw, 60) >= 57


def test_rare_catastrophes_paid_with_trivial_wins_never_pass():
    assert gate.accepted(gate.catastrophes, 60) == 0


def test_scores_of_the_simulation_have_the_mean_they_are_said_to_have():
    rng = np.random.default_rng(3)
    for name, draw in gate.at_the_margin().items():
        x = draw(rng, 400_000)
        assert x.min() >= 0.0, name
        assert x.max() <= 1.0, name
        assert x.mean() == pytest.approx(gate.S0, abs=4.0 * x.std() / 400_000**0.5 + 1e-12), name


@pytest.mark.slow
@pytest.mark.compiled
def test_whole_verdicts_know_equal_better_and_broken_play(tmp_path):
    tactics = designer_weights(gate.load_tree("companion.xml").tactics).weights
    assert gate.judged(WeightSet(version=1, weights=tactics), 3, "kiter").approved
    up = dict.fromkeys(NAMED["kiter"], 1.0 + CAP)
    assert gate.judged(WeightSet(version=1, weights=tactics | up), 3, "kiter").approved
    name, tree = next(gate.planted(tmp_path))
    broken = gate.judged(designer_weights(tree.tactics), 3, tree=tree)
    assert (broken.approved, broken.step) == (False, "safety"), name
