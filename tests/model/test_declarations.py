"""Vocabularies, fact sheets and random numbers: declared, checked, the same everywhere."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from astraweave.errors import RecordError, VocabularyError
from astraweave.model.actions import ActionVocabulary, Kind, load_actions
from astraweave.model.facts import Fact, FactSheet, load_facts
from astraweave.model.kernels.rng import uniform as compiled
from astraweave.model.rng import uniform


def test_a_vocabulary_keeps_the_order_it_was_declared_in():
    vocabulary = ActionVocabulary(
        {"cast bolt": Kind("magic", aggressive=True)}, dodge=Kind("movement")
    )
    assert list(vocabulary) == ["cast bolt", "dodge"]
    assert vocabulary["cast bolt"].aggressive


def test_an_unknown_kind_is_refused_with_the_known_ones():
    with pytest.raises(VocabularyError, match="melee, ranged"):
        ActionVocabulary(strike=Kind("slash"))


def test_an_empty_vocabulary_is_refused():
    with pytest.raises(VocabularyError, match="at least one"):
        ActionVocabulary()


def test_a_typo_gets_the_nearest_name():
    assert "'strike'" in ActionVocabulary(strike=Kind("melee")).nearest("strik")


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("", "actions"),
        ("nonsense", "cannot read"),
        ('[actions.a]\nkind = "melee"\nspeed = 1', "speed|kind"),
        ('[action.a]\nkind = "melee"', "action"),
        ("[actions.a]\nkind = 3", "kind"),
    ],
)
def test_a_bad_action_file_is_one_line_that_names_it(tmp_path, text, match):
    path = tmp_path / "actions.toml"
    path.write_text(text)
    with pytest.raises(VocabularyError, match=match) as caught:
        load_actions(path)
    assert "actions.toml" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_actions_and_facts_share_a_file(tmp_path):
    path = tmp_path / "actions.toml"
    path.write_text(
        '[actions.strike]\nkind = "melee"\naggressive = true\n'
        '[facts.hp]\nunit = "hp"\nlow = 0\nhigh = 80\nrole = "player_health"\n'
    )
    assert load_actions(path)["strike"] == Kind("melee", aggressive=True)
    assert load_facts(path).fraction("player_health") == (0, 0.0, 80.0)


@pytest.mark.parametrize("value", [math.nan, math.inf, -1.0, 81.0, "9", None])
def test_a_bad_fact_is_refused_by_its_name(value):
    sheet = FactSheet([Fact("hp", low=0, high=80)])
    with pytest.raises(RecordError, match="'hp'"):
        sheet.check("hp", value)


def test_an_undeclared_fact_is_refused_with_the_nearest_name():
    with pytest.raises(RecordError, match="did you mean 'health'"):
        FactSheet([Fact("health")]).check("helth", 1.0)


@pytest.mark.parametrize(
    "facts",
    [
        [Fact("a"), Fact("a")],
        [Fact("a", low=1, high=1)],
        [Fact("a", role="king")],
        [Fact("a", low=0, high=1, default=2)],
    ],
)
def test_a_bad_declaration_is_refused(facts):
    with pytest.raises(VocabularyError):
        FactSheet(facts)


@given(*[st.integers(-(2**63), 2**63 - 1)] * 1, *[st.integers(0, 2**31)] * 3)
def test_compiled_and_plain_random_numbers_are_the_same(seed, world, tick, stream):
    assert uniform(seed, world, tick, stream) == compiled(seed, world, tick, stream)


def test_random_numbers_never_change():
    golden = [uniform(s, w, t, k) for s, w, t, k in [(0, 0, 0, 0), (7, 1, 2, 3), (2**62, 9, 9, 9)]]
    assert golden == GOLDEN


GOLDEN = [0.4109630810562521, 0.874641478760168, 0.3758611127268523]


def test_random_numbers_are_uniform_and_unrelated():
    x = np.array([uniform(1, w, t, s) for w in range(20) for t in range(50) for s in range(4)])
    assert abs(x.mean() - 0.5) < 0.02
    assert abs(x.var() - 1 / 12) < 0.005
    assert abs(np.corrcoef(x[:-1], x[1:])[0, 1]) < 0.05
