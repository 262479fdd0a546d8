import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from astraweave.model.actions import KINDS
from astraweave.model.profile import CombatStyle, PreferenceProfile, SupportPreference
from astraweave.playstyle import Evidence, profile_of, trait_of, update
from astraweave.playstyle.profile import preferred_tactics, support_preference

KNOWN = dict.fromkeys((style.value for style in CombatStyle), 0.0)


def play(make_row, episodes, actions=None, **values):
    evidence = Evidence()
    for _ in range(episodes):
        evidence = update(evidence, make_row(**values), actions or {})
    return profile_of(evidence, player_id="robin", companion_id="mira", now=12.5)


def test_without_evidence_everything_is_open_and_nothing_is_confident(make_row):
    profile = play(make_row, 0)
    pattern = profile.playstyle
    assert pattern.combat_style is CombatStyle.HYBRID
    assert pattern.support_preference is SupportPreference.ADAPTIVE
    assert pattern.preferred_tactics == ()
    assert (pattern.aggression.mean, pattern.aggression.opportunities) == (0.5, 0.0)
    assert pattern.styles == pytest.approx(
        {"melee": 0.11, "ranged": 0.11, "magic": 0.11, "hybrid": 0.3575, "defensive": 0.3125}
    )
    assert pattern.kinds == pytest.approx(dict.fromkeys(KINDS, 1 / 7))
    assert not profile.is_confident


def test_a_profile_says_whose_it_is_and_when(make_row):
    profile = play(make_row, 3)
    assert (profile.player_id, profile.companion_id) == ("robin", "mira")
    assert (profile.episode_count, profile.updated_at) == (3, 12.5)


@pytest.mark.parametrize(
    ("style", "values"),
    [
        ("melee", {"melee": 18, "ranged": 2, "defensive": 2}),
        ("ranged", {"ranged": 18, "magic": 1, "movement": 60}),
        ("magic", {"magic": 15, "melee": 2, "utility": 40}),
        ("hybrid", {"melee": 8, "ranged": 7, "magic": 6, "defensive": 3}),
        ("defensive", {"defensive": 12, "melee": 4}),
        ("defensive", {"support": 15, "magic": 3}),
    ],
)
def test_each_combat_style_is_named_from_what_is_done(make_row, style, values):
    pattern = play(make_row, 20, **values).playstyle
    assert pattern.combat_style == style
    assert pattern.styles[style] > 0.8


def test_movement_and_utility_do_not_dilute_a_style(make_row):
    still = play(make_row, 20, melee=18, defensive=2).playstyle
    roaming = play(make_row, 20, melee=18, defensive=2, movement=200, utility=50).playstyle
    assert still.styles == roaming.styles


@settings(max_examples=50)
@given(st.lists(st.lists(st.integers(0, 40), min_size=7, max_size=7), min_size=1, max_size=12))
def test_styles_and_kinds_are_distributions_and_the_profile_fits_its_type(make_row, episodes):
    evidence = Evidence()
    for counts in episodes:
        kinds = dict(zip((kind.value for kind in KINDS), counts, strict=True))
        taken = {"aggressive": counts[0], "opportunities": counts[0] + counts[3]}
        evidence = update(evidence, make_row(**kinds, **taken), {"strike": counts[0]})
    profile = profile_of(evidence, player_id="robin", companion_id="mira", now=0.0)
    assert sum(profile.playstyle.styles.values()) == pytest.approx(1.0)
    assert sum(profile.playstyle.kinds.values()) == pytest.approx(1.0)
    assert profile.playstyle.styles[profile.playstyle.combat_style] == max(
        profile.playstyle.styles.values()
    )
    sent = msgspec.json.encode(profile)
    assert msgspec.json.decode(sent, type=PreferenceProfile) == profile


def test_confidence_is_the_lesser_mass_of_the_two_classes(make_row):
    profile = play(make_row, 20, melee=10, aggressive=5, opportunities=10)
    pattern = profile.playstyle
    assert profile.confidence == min(pattern.aggression.confidence, pattern.styles["melee"])


def test_a_class_is_named_from_ten_episodes_and_mass_not_from_mass_alone(make_row):
    values = {"melee": 20, "aggressive": 20, "opportunities": 20}
    assert play(make_row, 9, **values).confidence > 0.8
    assert not play(make_row, 9, **values).is_confident
    assert play(make_row, 10, **values).is_confident


@pytest.mark.parametrize(
    ("alpha", "beta", "styles", "preference"),
    [
        (80, 10, {"melee": 1.0}, SupportPreference.DEFENSIVE),
        (10, 80, {"ranged": 1.0}, SupportPreference.AGGRESSIVE),
        (100, 100, {"ranged": 0.9}, SupportPreference.TACTICAL),
        (100, 100, {"magic": 0.8}, SupportPreference.TACTICAL),
        (100, 100, {"ranged": 0.5, "magic": 0.5}, SupportPreference.ADAPTIVE),
        (100, 100, {"melee": 1.0}, SupportPreference.ADAPTIVE),
        (4, 2, {"ranged": 1.0}, SupportPreference.ADAPTIVE),
        (1, 1, {"magic": 1.0}, SupportPreference.ADAPTIVE),
    ],
)
def test_support_preference_complements_what_is_known(alpha, beta, styles, preference):
    assert support_preference(trait_of(alpha, beta), {**KNOWN, **styles}) is preference


def test_a_middling_archer_is_served_by_tactical_help_end_to_end(make_row):
    values = {"ranged": 20, "melee": 1, "aggressive": 10, "opportunities": 20}
    assert play(make_row, 25, **values).playstyle.support_preference is SupportPreference.TACTICAL


def test_preferred_tactics_are_the_five_done_most_with_their_share_of_all(make_row):
    actions = {"a": 10, "b": 30, "c": 20, "d": 5, "e": 20, "f": 15, "g": 0}
    top = play(make_row, 1, actions).playstyle.preferred_tactics
    assert [t.action for t in top] == ["b", "c", "e", "f", "a"]
    assert [t.share for t in top] == pytest.approx([0.3, 0.2, 0.2, 0.15, 0.1])


def test_an_action_never_done_is_no_preferred_tactic():
    assert preferred_tactics({"a": 0.0}) == ()
    assert [t.action for t in preferred_tactics({"a": 0.0, "b": 1.0})] == ["b"]
