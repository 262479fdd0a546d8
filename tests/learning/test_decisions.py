"""What counts as a decision, and what it is worth."""

import pytest

from astraweave.learning.decisions import conduct_of
from astraweave.model.columns import log_of
from astraweave.model.episode import (
    ActionResult,
    CompanionResponse,
    Episode,
    EpisodeCategory,
    Observation,
)
from astraweave.model.facts import Fact, FactSheet


def response(result=ActionResult.SUCCESS, effectiveness=None, available=("a", "b"), **more):
    return CompanionResponse(
        action_type="a",
        tactic="a",
        node="n",
        propensity=0.5,
        result=result,
        effectiveness=effectiveness,
        available=available,
        **more,
    )


def conduct(*responses, world=None, sheet=None):
    observations = tuple(
        Observation(timestamp_ms=i * 1000, companion_response=r, world_state=world or {})
        for i, r in enumerate(responses)
    )
    episode = Episode(
        id="e", category=EpisodeCategory.COMBAT, start_time=0.0, observations=observations
    )
    return conduct_of(log_of(episode), sheet)


@pytest.mark.parametrize(
    ("result", "given", "worth"),
    [
        (ActionResult.SUCCESS, None, 1.0),
        (ActionResult.PARTIAL, None, 0.5),
        (ActionResult.FAILURE, None, 0.0),
        (ActionResult.SUCCESS, 0.3, 0.3),
        (ActionResult.FAILURE, 0.2, 0.2),
    ],
)
def test_worth_is_the_games_effectiveness_else_the_result(result, given, worth):
    assert conduct(response(result, given)).choices[0].worth == worth


def test_an_interrupted_decision_has_no_worth():
    assert conduct(response(ActionResult.INTERRUPTED, 0.9)).choices == ()


def test_a_decision_without_alternative_is_a_step_but_not_counted():
    told = conduct(response(available=("a",)))
    assert (told.choices, told.steps) == ((), 1)


def test_failures_and_recovery_are_noticed():
    told = conduct(response(ActionResult.FAILURE), response(), response(ActionResult.FAILURE))
    assert (told.steps, told.failed, told.recovered) == (3, 2, True)
    assert not conduct(response(), response(ActionResult.FAILURE)).recovered


def test_the_bucket_is_health_band_times_threat_band():
    low = conduct(response(), world={"player_health": 0.1, "threat": 0.9}).choices[0].bucket
    assert low == 0 * 4 + 2
    assert conduct(response()).choices[0].bucket == 3 * 4 + 3, "unknown health, unknown threat"


def test_bands_follow_the_declared_range_of_the_fact_with_the_role():
    sheet = FactSheet([Fact("hp", low=0, high=200, role="player_health")])
    assert conduct(response(), world={"hp": 190.0}, sheet=sheet).choices[0].bucket // 4 == 2
    assert conduct(response(), world={"hp": 20.0}, sheet=sheet).choices[0].bucket // 4 == 0
