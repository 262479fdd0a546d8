"""What a verdict does when the game, the reward or a rule is at fault."""

from asyncio import CancelledError
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import msgspec
import numpy as np
import pytest

from astraweave.errors import RuleError, ScenarioError, UsageError
from astraweave.model.ports import BatchStep
from astraweave.model.scenario import Scenario
from astraweave.model.verdict import Verdict
from astraweave.model.weights import WeightSet
from astraweave.sandbox import FORBID, SLOW, GateSettings, Rule

pytestmark = pytest.mark.compiled

Weights = Callable[..., WeightSet]
Judge = Callable[..., Verdict]


def test_an_environment_that_fails_is_no_and_says_where(
    judge: Judge, weights: Weights, game: Any
) -> None:
    def step(self: Any, commands: Any) -> BatchStep:
        raise RuntimeError("the physics blew up")

    broken = type("Broken", (type(game),), {"step": step})()
    verdict = judge(weights(), environment=broken)
    assert (verdict.approved, verdict.step) == (False, "environment")
    assert "scenario hurt, seed" in verdict.reason
    assert "the physics blew up" in verdict.reason


@pytest.mark.parametrize("success", [1.01, -0.5, 5.0])
def test_a_success_that_is_no_share_is_a_failure_of_the_game(
    judge: Judge, weights: Weights, game: Any, success: float
) -> None:
    def outcomes(self: Any) -> Any:
        given = type(game).outcomes(self).copy()
        given[0, 0] = success
        return given

    boasts = type("Boasts", (type(game),), {"outcomes": outcomes})()
    verdict = judge(weights(), environment=boasts)
    assert (verdict.approved, verdict.step) == (False, "environment")
    assert f"must give a success in [0, 1], gave {success:g}" in verdict.reason


class Odd(BaseException):
    """What a game's own library may raise, past `except Exception`."""


@pytest.mark.parametrize("raised", [Odd, CancelledError, SystemExit, GeneratorExit])
def test_whatever_a_game_raises_is_its_failure(
    judge: Judge, weights: Weights, game: Any, raised: type[BaseException]
) -> None:
    def step(self: Any, commands: Any) -> BatchStep:
        raise raised("out of it")

    broken = type("Broken", (type(game),), {"step": step})()
    verdict = judge(weights(), environment=broken)
    assert (verdict.approved, verdict.step) == (False, "environment")
    assert raised.__name__ in verdict.reason


def test_a_person_who_interrupts_is_no_failure_of_the_game(
    judge: Judge, weights: Weights, game: Any
) -> None:
    def step(self: Any, commands: Any) -> BatchStep:
        raise KeyboardInterrupt

    broken = type("Broken", (type(game),), {"step": step})()
    with pytest.raises(KeyboardInterrupt):
        judge(weights(), environment=broken)


def test_an_episode_that_nobody_could_wait_for_is_refused(
    judge: Judge, weights: Weights, game: Any
) -> None:
    endless = type("Endless", (type(game),), {"step_seconds": 1e-9})()
    with pytest.raises(ScenarioError, match="is 1 to 100,000 decision steps"):
        judge(weights(), environment=endless)


def test_a_state_that_is_not_finite_is_a_break(judge: Judge, weights: Weights, game: Any) -> None:
    def step(self: Any, commands: Any) -> BatchStep:
        given = type(game).step(self, commands)
        given.facts[:, 1] = np.nan if self.t == 2 else given.facts[:, 1]
        return given

    broken = type("Broken", (type(game),), {"step": step})()
    verdict = judge(weights(), environment=broken)
    assert not verdict.approved
    assert verdict.counterexample is not None
    assert verdict.counterexample.rule == "non_finite_state"
    assert verdict.counterexample.tick == 2


@pytest.mark.parametrize(
    "odd", [lambda o: o[:, 0] * np.nan, lambda o: o, lambda o: o[:, 0] * 5.0 - o[:, 1]]
)
def test_a_reward_that_is_no_reward_is_refused(judge: Judge, weights: Weights, odd: Any) -> None:
    with pytest.raises(UsageError, match=r"reward"):
        judge(weights(shoot=0.5), reward=odd, settings=replace(SLOW, rules=()))


def test_a_rule_that_gives_no_bools_is_refused(judge: Judge, weights: Weights) -> None:
    odd = Rule("odd", FORBID, "minor", "", "", lambda p: p.ticks)  # type: ignore[arg-type,return-value]
    with pytest.raises(RuleError, match="rule odd"):
        judge(weights(), settings=GateSettings(rules=(odd,)))
    with pytest.raises(RuleError, match="rule odd"):
        judge(weights(), settings=replace(SLOW, rules=(odd,)))


def test_a_scenario_the_environment_does_not_know_is_refused(
    judge: Judge, weights: Weights, scenarios: tuple[Scenario, ...]
) -> None:
    odd = msgspec.structs.replace(scenarios[0], ranges={"fog": (0.0, 1.0)})
    with pytest.raises(ScenarioError, match="fog"):
        judge(weights(), scenarios=[odd])
