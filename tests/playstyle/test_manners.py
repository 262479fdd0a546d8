"""Manners outside of combat, and aggression by situation: ratios of what there was to take."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from astraweave.errors import VocabularyError
from astraweave.model.actions import MANNERS, ActionVocabulary, Kind, load_actions
from astraweave.model.columns import log_of
from astraweave.model.episode import Episode, EpisodeCategory, Observation, PlayerAction
from astraweave.model.facts import Fact, FactSheet
from astraweave.playstyle import Evidence, manners_of, profile_of, update
from astraweave.playstyle.features import FEATURES
from astraweave.playstyle.manners import SITUATION
from astraweave.playstyle.profile import entropy

WORDS = ActionVocabulary(
    ask=Kind("utility", shows=("talkative", "social")),
    leave=Kind("utility"),
    look=Kind("movement", shows=("explorative", "analytical")),
    deliver=Kind("utility", shows=("efficient",)),
    strike=Kind("melee", aggressive=True),
)
FACTS = FactSheet(
    [
        Fact("hp", unit="hp", low=0, high=90, role="player_health"),
        Fact("danger", unit="1", low=0, high=1, role="threat"),
    ]
)
seen = st.tuples(
    st.sampled_from([*WORDS, "unheard"]),
    st.none() | st.sampled_from([0.0, 29.0, 31.0, 61.0, 90.0]),
    st.none() | st.sampled_from([0.0, 0.2, 0.5, 1.0]),
)
plays = st.lists(seen, max_size=30)


def played(category, told):
    """An episode of (action, hp, danger); None is not sensed."""
    observations = []
    for at, (action, hp, danger) in enumerate(told):
        world = {"hp": hp, "danger": danger}
        observations.append(
            Observation(
                timestamp_ms=100 * at,
                player_action=PlayerAction(action_type=action),
                world_state={name: value for name, value in world.items() if value is not None},
            )
        )
    return log_of(
        Episode(id="e", category=category, start_time=0.0, observations=tuple(observations))
    )


def third(value, high):
    if value is None:
        return "unknown"
    return "low" if value < high / 3 else "middling" if value < high * 2 / 3 else "high"


def naive(category, told):
    """The same, one action after the other."""
    found = {}
    fights = category == EpisodeCategory.COMBAT or any(
        action == "strike" or danger is not None for action, _, danger in told
    )
    for action, hp, danger in told:
        if action not in WORDS:
            continue
        for manner, when in MANNERS.items():
            if when == category:
                taken, of = found.get(manner, (0, 0))
                found[manner] = taken + (manner in WORDS[action].shows), of + 1
        if not fights or (hp is None and danger is None) or danger == 0.0:
            continue
        health = (
            "unknown" if hp is None else "low" if hp < 30 else "middling" if hp < 60 else "high"
        )
        threat = "unknown" if danger is None else "low" if danger < 1 / 3 else "middling"
        threat = "high" if danger is not None and danger >= 2 / 3 else threat
        name = f"health {health}, threat {threat}"
        taken, of = found.get(name, (0, 0))
        found[name] = taken + WORDS[action].aggressive, of + 1
    return found


@given(st.sampled_from(EpisodeCategory), plays)
def test_ratios_are_those_of_a_naive_count(category, told):
    assert manners_of(played(category, told), WORDS, FACTS) == naive(category, told)


def test_a_talk_with_hurt_health_passes_up_no_attack():
    talk = [("ask", 20.0, None)] * 5
    assert manners_of(played(EpisodeCategory.DIALOGUE, talk), WORDS, FACTS).keys() == {
        *(name for name, when in MANNERS.items() if when == EpisodeCategory.DIALOGUE)
    }
    fight = manners_of(played(EpisodeCategory.COMBAT, talk), WORDS, FACTS)
    assert fight == {"health low, threat unknown": (0, 5)}
    broken_off = manners_of(
        played(EpisodeCategory.DIALOGUE, [*talk, ("strike", 20.0, None)]), WORDS, FACTS
    )
    assert broken_off["health low, threat unknown"] == (1, 6)


@given(st.sampled_from(EpisodeCategory), plays)
def test_what_no_action_shows_has_no_opportunity(category, told):
    plain = ActionVocabulary({name: Kind(kind.kind) for name, kind in WORDS.items()})
    assert manners_of(played(category, told), plain, FACTS) == {}


def after(shown):
    """Evidence of one episode after the other, each (taken, opportunities) by name."""
    evidence = Evidence()
    for manners in shown:
        evidence = update(evidence, np.zeros(len(FEATURES)), {}, manners=manners)
    return evidence


def believed(evidence):
    return profile_of(evidence, player_id="p", companion_id="c", now=0.0).playstyle


def test_a_talkative_person_is_told_from_a_terse_one_and_from_a_stranger():
    chats, terse = (
        believed(after([{"talkative": (18, 20)}] * 12)),
        after([{"talkative": (2, 20)}] * 12),
    )
    assert chats.manners["talkative"].p_high > 0.95
    assert believed(terse).manners["talkative"].p_low > 0.95
    assert believed(after([])).manners == {}


def test_a_manner_is_named_from_ten_episodes_on():
    def named(episodes):
        evidence = after([{"talkative": (18, 20)}] * episodes)
        return profile_of(evidence, player_id="p", companion_id="c", now=0.0).named_manners

    assert set(named(10)) == {"talkative"}
    assert named(9) == {}


def test_lately_follows_a_change_that_the_long_run_has_hardly_seen():
    evidence = after([{"social": (16, 20)}] * 30 + [{"social": (2, 20)}] * 5)
    play = believed(evidence)
    assert play.manners["social"].mean > 0.6
    assert play.lately["social"].mean < 0.4


def test_a_situation_hardly_seen_is_taken_for_the_rest():
    """Backing off is nearer to the truth than each situation by itself, and than all as one."""
    rng = np.random.default_rng(5)
    off = {"alone": 0.0, "together": 0.0, "backed off": 0.0}
    for _ in range(60):
        middle = rng.uniform(0.2, 0.8)
        truth = np.clip(middle + rng.normal(0.0, 0.12, 6), 0.02, 0.98)
        seen_often = rng.integers(1, 12, 6)
        shown = [
            {
                f"{SITUATION}{k}": (int(rng.binomial(n, p)), int(n))
                for k, (n, p) in enumerate(zip(seen_often, truth, strict=True))
            }
            for _ in range(3)
        ]
        row = np.zeros(len(FEATURES))
        evidence = Evidence()
        for manners in shown:
            row[0] = sum(x for x, _ in manners.values())
            row[1] = sum(m for _, m in manners.values())
            evidence = update(evidence, row, {}, manners=manners, decay=1.0)
        play = believed(evidence)
        for k, p in enumerate(truth):
            name = f"{SITUATION}{k}"
            sums = evidence.manners[name]
            off["alone"] += (sums.S[0] / sums.N - p) ** 2
            off["together"] += (play.aggression.mean - p) ** 2
            off["backed off"] += (play.situations[name].mean - p) ** 2
    assert off["backed off"] < 0.95 * min(off["alone"], off["together"])


@given(st.dictionaries(st.text(max_size=3), st.floats(1e-9, 1e9), max_size=20))
def test_entropy_is_between_one_action_alone_and_all_alike(actions):
    bits = entropy(actions)
    assert 0.0 <= bits <= math.log2(max(1, len(actions))) + 1e-9


def test_entropy_of_four_alike_is_two_bits():
    assert entropy(dict.fromkeys("abcd", 3.5)) == pytest.approx(2.0)
    assert entropy({}) == 0.0 == entropy({"a": 1.0})


@given(
    st.lists(
        st.dictionaries(
            st.sampled_from([*MANNERS, "health low, threat high"]),
            st.tuples(st.integers(0, 9), st.integers(9, 30)),
            max_size=3,
        ),
        max_size=12,
    )
)
def test_evidence_comes_back_from_bytes_as_it_was(shown):
    evidence = after(shown)
    assert Evidence.decoded(evidence.encoded()) == evidence


def test_a_manner_faded_away_is_dropped():
    evidence = after([{"social": (1, 2)}] + [{}] * 7_500)
    assert evidence.manners == {} == evidence.lately


def test_an_unknown_manner_is_refused_with_the_nearest(tmp_path):
    path = tmp_path / "actions.toml"
    path.write_text('[actions.ask]\nkind = "utility"\nshows = ["talkativ"]\n', "utf-8")
    with pytest.raises(VocabularyError, match="did you mean 'talkative'"):
        load_actions(path)
