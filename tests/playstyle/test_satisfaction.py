import pytest
from hypothesis import given
from hypothesis import strategies as st

from astraweave.model.episode import EpisodeOutcome
from astraweave.model.facts import Fact, FactSheet
from astraweave.playstyle import satisfaction, satisfaction_from

SHEET = FactSheet([Fact("hp", low=0, high=50, role="player_health")])
unit = st.floats(0, 1)


@given(unit, unit, unit)
def test_satisfaction_is_in_the_unit_interval_and_grows_with_each_part(active, kept, success):
    told = satisfaction_from(active=active, kept=kept, success=success)
    assert 0 <= told <= 1
    assert told <= satisfaction_from(active=1.0, kept=kept, success=success)
    assert told <= satisfaction_from(active=active, kept=1.0, success=success)
    assert told <= satisfaction_from(active=active, kept=kept, success=1.0)


def test_it_is_half_activity_three_tenths_health_and_a_fifth_success(make_log):
    facts = [{"hp": 50.0}, {"hp": 25.0}]
    log = make_log(["strike", "block"], facts, step_ms=2000, seconds=8.0)
    told = satisfaction(log, SHEET, success=1.0)
    assert told == pytest.approx(0.5 * (2 / 4) + 0.3 * 0.75 + 0.2)


def test_success_is_the_outcomes_unless_given(make_log):
    log = make_log(["strike"], seconds=2.0, outcome=EpisodeOutcome(success_rating=0.0))
    assert satisfaction(log) == pytest.approx(0.5 + 0.15)
    assert satisfaction(log, success=1.0) == pytest.approx(0.5 + 0.15 + 0.2)


def test_what_is_unknown_counts_half(make_log):
    assert satisfaction(make_log(["strike"], seconds=2.0), SHEET) == pytest.approx(0.75)


def test_decisions_of_the_companion_are_no_activity_of_the_player(make_log):
    quiet = make_log([None, None, None], step_ms=2000, seconds=6.0)
    assert satisfaction(quiet, success=0.0) == pytest.approx(0.15)


def test_an_empty_episode_of_no_length_is_no_activity(make_log):
    assert satisfaction(make_log([], seconds=0.0), success=0.0) == pytest.approx(0.15)


def test_many_actions_in_one_window_are_one_active_window(make_log):
    log = make_log(["strike"] * 10, step_ms=100, seconds=20.0)
    assert satisfaction(log, success=0.0) == pytest.approx(0.5 * 0.1 + 0.15)
