"""Reward and episode quality: worked values computed elsewhere, and laws."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from astraweave.learning.reward import (
    PLAY_SPAN,
    REWARD_SCALE,
    episode_quality,
    sandbox_reward,
    score,
)

CASES = json.loads(
    (Path(__file__).parents[1] / "data" / "conformance" / "formula_cases.json").read_text()
)["cases"]


@pytest.mark.parametrize(
    "case", [c for c in CASES if c["formula"] == "reward"], ids=lambda c: c["id"]
)
def test_reward_equals_the_worked_value(case):
    reward = score(**case["input"])
    for term, value in case["expect"].items():
        assert getattr(reward, term) == pytest.approx(value, abs=1e-4), term


@pytest.mark.parametrize(
    "case", [c for c in CASES if c["formula"] == "episode_quality"], ids=lambda c: c["id"]
)
def test_episode_quality_equals_the_worked_value(case):
    assert episode_quality(**case["input"]) == pytest.approx(case["expect"]["quality"], abs=1e-4)


def test_abstention_pays_early_and_costs_late():
    def total(step):
        return score(
            base=0.3, steps=5, failed_steps=0, distinct_actions=1, seconds=60.0, abstained_at=step
        )

    assert total(1).abstention == total(3).abstention == 0.5
    assert total(10).abstention == pytest.approx(-0.3)
    assert total(10).play == 0.0
    assert total(3).abstention > total(5).abstention > total(9).abstention


@given(
    base=st.floats(0, 1),
    steps=st.integers(0, 500),
    share=st.floats(0, 1),
    seconds=st.floats(0, 1e5),
    complexity=st.sampled_from([1.0, 1.1, 1.2]),
    signals=st.lists(st.floats(-0.15, 0.15), max_size=6),
)
def test_reward_stays_inside_its_stated_range(base, steps, share, seconds, complexity, signals):
    failed = int(share * steps)
    reward = score(
        base=base,
        steps=steps,
        failed_steps=failed,
        distinct_actions=min(steps, 7),
        seconds=seconds,
        complexity=complexity,
        quality_signals=signals,
        patterns_used=9,
        recovered=True,
    )
    assert 0.0 <= reward.play <= PLAY_SPAN
    assert 0.0 <= reward.learning <= 0.5
    assert reward.total <= REWARD_SCALE


def outcome(success=1.0, seconds=30.0, satisfaction=0.5):
    return np.array([[success, seconds, 0.0, 0.0, 0.0, satisfaction]])


def test_simulated_reward_prefers_winning_then_speed_then_care():
    won, lost = sandbox_reward(outcome()), sandbox_reward(outcome(success=0.4))
    slow, hurt = sandbox_reward(outcome(seconds=60.0)), sandbox_reward(outcome(satisfaction=0.1))
    assert won > max(slow, hurt) > lost
    assert 0.0 <= lost <= won <= PLAY_SPAN
