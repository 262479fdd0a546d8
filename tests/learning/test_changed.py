"""A person who changes: what was learned of the former style is set aside, ready for a return."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from astraweave.learning.changed import KEPT
from astraweave.learning.decisions import Choice, Conduct
from astraweave.learning.rows import absorb
from astraweave.learning.statistics import EpisodeRow, LearnerState, TacticSums
from astraweave.model.episode import EpisodeOutcome
from astraweave.playstyle import FEATURES, Evidence
from astraweave.playstyle.archetypes import UNKNOWN, Archetype, Library

KINDS = {"brawler": "melee", "archer": "ranged"}
LIBRARY = Library(
    archetypes={name: Archetype(kinds={kind: 1.0}) for name, kind in KINDS.items()}, kappa=100.0
)
TACTICS = ("guard", "rush")


def row(style, guard):
    """One episode of a brawler or an archer, beside whom `guard` was worth so much, `rush` ½."""
    features = dict.fromkeys(FEATURES, 0.0) | {KINDS[style]: 30.0, "combat_actions": 30.0}
    worths = {"guard": guard, "rush": 0.5}
    choices = tuple(Choice("n", 0, t, TACTICS, 0.5, worths[t]) for t in TACTICS * 6)
    return EpisodeRow(
        category="combat",
        policy_version=0,
        seconds=30.0,
        features=list(features.values()),
        actions={},
        conduct=Conduct(choices, 12, 0, 2, False),
        outcome=EpisodeOutcome(success_rating=1.0),
    )


def lived(*spells):
    """State and evidence after spells of (style, worth of guard, episodes)."""
    state, evidence = LearnerState(), Evidence()
    for style, guard, episodes in spells:
        for _ in range(episodes):
            evidence = absorb(state, evidence, row(style, guard), LIBRARY)
    return state, evidence


def mean(state):
    guard = state.tactics["guard"]
    return guard.S / guard.N


def test_what_was_learned_of_another_style_counts_a_fifth_after_the_switch():
    before, _ = lived(("brawler", 0.9, 10))
    state, evidence = lived(("brawler", 0.9, 10), ("archer", 0.1, 2))
    assert evidence.style.confirmed == "archer"
    assert set(state.styles) == {"brawler"}
    assert state.tactics["guard"].N < (KEPT + 0.01) * (before.tactics["guard"].N + 12)
    assert evidence.kinds.N < (KEPT + 0.01) * 12 * 30


def test_who_comes_back_is_known_at_once():
    away = ("brawler", 0.9, 10), ("archer", 0.1, 10)
    then, _ = lived(*away[:1])
    state, evidence = lived(*away)
    assert mean(state) < 0.0 < mean(then)
    state, evidence = lived(*away, ("brawler", 0.9, 3))
    assert evidence.style.confirmed == "brawler"
    # Less than then: two episodes each way had to pass before a switch was sure.
    assert mean(state) > 0.25 * mean(then)
    assert set(state.styles) == {"archer"}
    assert evidence.episodes == 23
    assert evidence.offence.S[0] > 0.8 * evidence.offence.N


def test_a_first_confirmation_sets_nothing_aside():
    state, evidence = lived(("brawler", 0.9, 6))
    assert evidence.style.confirmed == "brawler"
    assert state.styles == {}


def test_nothing_is_kept_of_the_unknown():
    state, evidence = LearnerState(), Evidence()
    for number in range(24):
        one = row("brawler", 0.9)
        if number % 16 < 8:  # neither of the two: half of everything
            features = [30.0 if name in ("magic", "support") else 0.0 for name in FEATURES]
            one = msgspec.structs.replace(one, features=features)
        evidence = absorb(state, evidence, one, LIBRARY)
    assert UNKNOWN not in state.styles


def test_what_is_set_aside_is_stored_and_read_back():
    state, evidence = lived(("brawler", 0.9, 10), ("archer", 0.1, 4))
    again = LearnerState.decoded(state.encoded())
    assert again.styles["brawler"].tactics == state.styles["brawler"].tactics
    for _ in range(3):
        evidence, other = (
            absorb(each, evidence, row("brawler", 0.9), LIBRARY) for each in (state, again)
        )
        assert evidence == other
    assert again.tactics == state.tactics


@given(st.lists(st.tuples(st.integers(1, 9), st.floats(-3, 3)), min_size=1, max_size=6))
def test_scaled_sums_are_those_of_episodes_that_weigh_less(episodes):
    whole, parts = TacticSums(), TacticSums()
    for n, d in episodes:
        whole.add(n, d, d * d)
        parts.add(n, d, d * d, 0.3)
    scaled = msgspec.structs.astuple(whole.scaled(0.3))
    assert scaled == pytest.approx(msgspec.structs.astuple(parts))
