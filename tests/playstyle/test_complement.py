import functools
import math

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from astraweave.model.profile import CombatStyle
from astraweave.playstyle import (
    Evidence,
    Rule,
    prior_log_factors,
    profile_of,
    trait_of,
)
from astraweave.playstyle.complement import RULES

TACTICS = tuple(dict.fromkeys(name for rule in RULES for name in rule.tactics))


@functools.cache
def new():
    """The profile of somebody unknown; not made above, where each process would load kernels."""
    return profile_of(Evidence(), player_id="robin", companion_id="mira", now=0.0)


def player(alpha, beta, **styles):
    known = {**dict.fromkeys((style.value for style in CombatStyle), 0.0), **styles}
    pattern = msgspec.structs.replace(
        new().playstyle, aggression=trait_of(alpha, beta), styles=known
    )
    return msgspec.structs.replace(new(), playstyle=pattern)


def test_the_rules_name_the_thirteen_tactics_but_no_other():
    assert set(TACTICS) == {
        *("defensive_stance", "cover_player", "heal_player", "aggressive_attack", "flank_enemy"),
        *("draw_aggro", "wait_for_player", "close_support", "melee_combo", "covering_fire"),
        *("suppress_enemy", "buff_player", "debuff_enemy"),
    }


def test_a_surely_aggressive_player_gets_the_rules_own_factors():
    x = prior_log_factors(player(9000, 10, hybrid=1.0), TACTICS)
    for name in ("defensive_stance", "cover_player", "heal_player"):
        assert math.exp(x[name]) == pytest.approx(1.5)
    for name in ("aggressive_attack", "flank_enemy"):
        assert math.exp(x[name]) == pytest.approx(0.5)
    assert x["draw_aggro"] == x["wait_for_player"] == x["close_support"] == 0.0


def test_a_surely_cautious_player_gets_the_other_rules():
    x = prior_log_factors(player(10, 9000, hybrid=1.0), TACTICS)
    for name in ("aggressive_attack", "draw_aggro"):
        assert math.exp(x[name]) == pytest.approx(1.5)
    for name in ("wait_for_player", "defensive_stance"):
        assert math.exp(x[name]) == pytest.approx(0.7)
    assert x["heal_player"] == x["flank_enemy"] == 0.0


@settings(max_examples=40)
@given(st.floats(1.0, 5000.0))
def test_a_balanced_player_is_treated_as_neither(n):
    x = prior_log_factors(player(n, n, hybrid=1.0), TACTICS)
    assert set(x.values()) == {0.0}


@settings(max_examples=40)
@given(st.floats(1.0, 200.0), st.floats(1.0, 200.0))
def test_less_certainty_means_smaller_factors_never_larger_than_the_rules(alpha, beta):
    x = prior_log_factors(player(alpha, beta, hybrid=1.0), TACTICS)
    assert all(math.log(0.5) <= value <= math.log(1.5) for value in x.values())


@pytest.mark.parametrize(
    ("style", "tactics"),
    [
        ("melee", ("close_support", "melee_combo")),
        ("ranged", ("covering_fire", "suppress_enemy")),
        ("magic", ("buff_player", "debuff_enemy")),
    ],
)
def test_a_style_is_supported_as_far_as_it_is_believed(style, tactics):
    x = prior_log_factors(player(5, 5, **{style: 0.6, "hybrid": 0.4}), TACTICS)
    assert {name for name, value in x.items() if value} == set(tactics)
    assert x[tactics[0]] == pytest.approx(0.6 * math.log(1.3))


def test_only_the_tactics_asked_for_are_answered_and_known_by_their_childs_name():
    x = prior_log_factors(player(9000, 10), ["low/heal_player", "sing"])
    assert x == {"low/heal_player": pytest.approx(math.log(1.5)), "sing": 0.0}


def test_a_game_may_bring_its_own_rules():
    rules = (Rule("aggressive", 2.0, ("sing",)), Rule("magic", 1.5, ("sing",)))
    x = prior_log_factors(player(9000, 10, magic=1.0), ["sing", "heal_player"], rules)
    assert x == {"sing": pytest.approx(math.log(3.0)), "heal_player": 0.0}
