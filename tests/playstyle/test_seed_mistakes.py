"""What the original requirements got wrong (design section 9), and must not come back."""

import pytest

from astraweave.model.episode import EpisodeOutcome
from astraweave.model.facts import Fact, FactSheet
from astraweave.model.profile import CombatStyle, SupportPreference
from astraweave.playstyle import (
    Evidence,
    action_counts,
    feature_row,
    prior_log_factors,
    profile_of,
    update,
)

SHEET = FactSheet([Fact("hp", low=0, high=100, role="player_health")])


@pytest.fixture
def believed(vocabulary):
    """Profile of a player from whole episodes."""

    def build(logs):
        evidence = Evidence()
        for log in logs:
            row = feature_row(log, vocabulary, SHEET)
            evidence = update(evidence, row, action_counts(log, vocabulary))
        return profile_of(evidence, player_id="robin", companion_id="mira", now=0.0)

    return build


def test_a_strike_is_aggressive_though_no_attack_is_in_its_name(make_log, believed):
    assert believed([make_log(["strike"] * 10)] * 10).playstyle.aggression.mean > 0.9


def test_a_name_with_attack_in_it_is_not_aggressive_by_that(make_log, believed):
    assert believed([make_log(["attack_of_nerves"] * 10)] * 10).playstyle.aggression.mean < 0.1


def test_dismiss_is_what_it_was_declared_not_what_is_in_it(make_log, vocabulary):
    assert vocabulary["dismiss"].kind == "utility"
    row = feature_row(make_log(["dismiss"]), vocabulary, SHEET)
    assert row.sum() == feature_row(make_log(["drink"]), vocabulary, SHEET).sum()


def test_a_fighter_who_fails_at_low_health_is_still_tolerant_of_risk(make_log, believed):
    facts = [{"hp": 20.0}] * 10
    lost = EpisodeOutcome(success_rating=0.0)
    won = EpisodeOutcome(success_rating=1.0)
    losing = believed([make_log(["strike"] * 10, facts, outcome=lost)] * 8)
    winning = believed([make_log(["strike"] * 10, facts, outcome=won)] * 8)
    hiding = believed([make_log(["block"] * 10, facts, outcome=won)] * 8)
    assert losing.playstyle.risk_tolerance == winning.playstyle.risk_tolerance
    assert losing.playstyle.risk_tolerance.mean > 0.9
    assert hiding.playstyle.risk_tolerance.mean < 0.1


def test_a_player_never_seen_at_low_health_is_unknown_not_average(make_log, believed):
    healthy = believed([make_log(["strike"] * 10, [{"hp": 90.0}] * 10)] * 8)
    trait = healthy.playstyle.risk_tolerance
    assert trait.opportunities == 0
    assert trait.high - trait.low == pytest.approx(0.9)


def test_a_balanced_player_is_not_treated_as_cautious(make_log, believed):
    mixed = ["strike", "block", "shoot", "heal", "bolt", "dodge"]
    profile = believed([make_log(mixed * 3)] * 20)
    x = prior_log_factors(profile, ("aggressive_attack", "draw_aggro", "wait_for_player"))
    assert all(abs(value) < 1e-3 for value in x.values())
    assert profile.playstyle.support_preference is SupportPreference.ADAPTIVE


def test_ten_episodes_may_name_a_class_and_thirty_one_of_nothing_may_not(make_log, believed):
    assert believed([make_log(["strike"] * 10)] * 10).is_confident
    assert not believed([make_log(["dismiss"])] * 9).is_confident
    assert not believed([make_log(["strike", "block"], seconds=1.0)] * 31).is_confident


def test_a_player_who_only_blocks_is_defensive_and_who_does_nothing_is_not(make_log, believed):
    blocking = believed([make_log(["block"] * 10)] * 10).playstyle
    idle = believed([make_log([])] * 10).playstyle
    assert blocking.combat_style is CombatStyle.DEFENSIVE
    assert idle.combat_style is CombatStyle.HYBRID
    assert idle.styles["defensive"] < 0.5


def test_believing_the_same_profile_ten_times_changes_no_factor(make_log, believed):
    profile = believed([make_log(["strike"] * 10)] * 10)
    once = prior_log_factors(profile, ("heal_player",))
    for _ in range(10):
        assert prior_log_factors(profile, ("heal_player",)) == once
    assert once["heal_player"] <= 0.406
