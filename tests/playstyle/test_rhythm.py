"""How a person moves: counts as a naive count has them, whatever the game calls its actions."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from astraweave.errors import EpisodeError
from astraweave.model.actions import ActionVocabulary, Kind
from astraweave.model.columns import log_of
from astraweave.model.episode import Episode, EpisodeCategory, Observation, PlayerAction
from astraweave.playstyle.rhythm import STATES, TEMPO_MS, features

HEADINGS = ("up", "right", "down", "left")
ACTS = ("strike", "use")
WINDS = {"up": "north", "right": "east", "down": "south", "left": "west"}
TEMPOS = ("held", "quick", "steady", "paused")

plays = st.lists(
    st.tuples(st.integers(0, 2_000), st.sampled_from((*HEADINGS, *ACTS, "stay"))),
    max_size=60,
)


def played(told, *, start=0, name=lambda action: (action, None)):
    """An episode of (gap in ms, action), as `name` calls each: (action, target)."""
    seen, at = [], start
    for gap, action in told:
        at += gap
        called, target = name(action)
        seen.append(
            Observation(
                timestamp_ms=at, player_action=PlayerAction(action_type=called, target=target)
            )
        )
    return log_of(
        Episode(id="e", category=EpisodeCategory.QUEST, start_time=0.0, observations=tuple(seen))
    )


def naive(told):
    """Shares of pairs of steps, one step after the other."""
    steps, at = [], 0
    for gap, action in told:
        at += gap
        if action != "stay":
            steps.append((at, action))
    states = []
    for (t, p), (u, q) in pairwise(steps):
        tempo = TEMPOS[sum(u - t >= edge for edge in TEMPO_MS)]
        if p in HEADINGS and q in HEADINGS:
            turned = (HEADINGS.index(q) - HEADINGS.index(p)) % 4
            relation = ("straight", "turn", "back", "turn")[turned]
        elif p in HEADINGS:
            relation = "act"
        elif q in HEADINGS:
            relation = "leave"
        else:
            relation = "again" if p == q else "other"
        states.append(f"{tempo} {relation}")
    pairs = [f"{a} > {b}" for a, b in pairwise(states)]
    return {pair: pairs.count(pair) / len(pairs) for pair in pairs}


def shares(found):
    return {
        name: value**2
        for name, value in zip(found.names, found.values[0].tolist(), strict=True)
        if " > " in name
    }


@given(plays)
def test_pairs_of_steps_are_those_of_a_naive_count(told):
    assert shares(features([played(told)], least_share=0.0)) == pytest.approx(naive(told))


@given(plays, st.integers(0, 10**6))
def test_neither_the_hour_nor_standing_still_changes_anything(told, start):
    moved = [(gap, action) for gap, action in told if action != "stay"]
    still = [(0, "stay"), *(pair for each in moved for pair in (each, (0, "stay")))]
    one, other = features([played(moved)]), features([played(still, start=start)])
    assert one.names == other.names
    assert np.array_equal(one.values, other.values)


@pytest.mark.parametrize(
    "name",
    [
        lambda a: ("move", a) if a in HEADINGS else (a, None),
        lambda a: (f"walk_{a}", None) if a in HEADINGS else (a, "door"),
        lambda a: (a.upper(), None) if a in HEADINGS else (a, None),
        lambda a: (
            dict(zip(HEADINGS, ("north", "east", "south", "west"), strict=True)).get(a, a),
            None,
        ),
    ],
)
def test_the_way_a_game_names_its_moves_does_not_matter(name):
    told = [(100 * i % 1100, a) for i, a in enumerate([*HEADINGS, *ACTS, "up", "up"] * 9)]
    assert shares(features([played(told, name=name)])) == shares(features([played(told)]))


def test_a_vocabulary_says_what_moves():
    told = [(100, "dash"), (100, "dash"), (100, "left"), (100, "dash")]
    words = ActionVocabulary(dash=Kind("movement"), left=Kind("utility"))
    found = features([played(told)], words, least_share=0.0)
    assert set(shares(found)) == {"held straight > held act", "held act > held leave"}
    assert "does left" in found.names


def test_acts_are_told_by_name_and_target_and_rare_ones_get_no_column():
    told = [(500, "use")] * 600 + [(500, "strike")]
    found = features([played(told, name=lambda a: (a, "door" if a == "use" else None))])
    assert [name for name in found.names if name.startswith("does")] == ["does use door"]


@given(st.lists(plays, min_size=1, max_size=5))
def test_every_value_is_a_finite_root_of_a_share(many):
    found = features([played(told) for told in many])
    assert found.values.shape == (len(many), len(found.names))
    assert np.isfinite(found.values).all()
    assert ((found.values >= 0.0) & (found.values <= 1.0)).all()


def test_busy_is_the_share_of_time_near_a_step():
    found = features([played([(0, "use"), (100, "use"), (900, "use")])])
    assert math.isclose(found.values[0, 0], (100 + 225) / 1000)


def test_no_episode_is_said():
    with pytest.raises(EpisodeError, match="there is no episode"):
        features([])


def test_all_states_have_a_name_of_their_own():
    assert len(set(STATES)) == len(STATES) == 7 * len(TEMPOS)
