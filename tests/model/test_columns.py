"""Episodes as columns and back: nothing is lost, nothing is invented."""

import math

import msgspec
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from astraweave.model.columns import NO_ROW, OBSERVATION, episode_of, log_of
from astraweave.model.draft import Draft
from astraweave.model.episode import (
    ActionResult,
    CompanionResponse,
    Episode,
    EpisodeCategory,
    EpisodeOutcome,
    Observation,
    PlayerAction,
)

names = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=12)
finite = st.floats(allow_nan=False, allow_infinity=False, min_value=-1e15, max_value=1e15)
scalars = st.one_of(finite, st.integers(-(2**60), 2**60), st.booleans(), names, st.none())
bags = st.dictionaries(names, scalars, max_size=4)
players = st.builds(PlayerAction, action_type=names, target=st.none() | names, parameters=bags)
companions = st.builds(
    CompanionResponse,
    action_type=names,
    result=st.sampled_from(ActionResult),
    effectiveness=st.none() | st.floats(0, 1),
    tactic=st.none() | names,
    node=st.none() | names,
    propensity=st.none() | st.floats(0.001, 1),
    available=st.lists(names, max_size=4, unique=True).map(tuple),
    duration_ms=st.integers(0, 2**32 - 1),
)
observations = st.builds(
    Observation,
    timestamp_ms=st.integers(0, 2**32 - 1),
    player_action=st.none() | players,
    companion_response=st.none() | companions,
    world_state=bags,
)
episodes = st.builds(
    Episode,
    id=names,
    category=st.sampled_from(EpisodeCategory),
    start_time=st.floats(0, 4e9),
    end_time=st.none() | st.floats(0, 4e9),
    policy_version=st.integers(0, 2**53),
    seed=st.integers(-(2**63), 2**63 - 1),
    observations=st.lists(observations, max_size=6).map(tuple),
    outcome=st.none() | st.builds(EpisodeOutcome, success_rating=st.floats(0, 1)),
    tags=st.lists(names, max_size=3).map(tuple),
)


@given(episodes)
def test_columns_hold_every_episode_without_loss(episode):
    assert episode_of(log_of(episode)) == episode


@given(episodes)
def test_json_holds_every_episode_without_loss(episode):
    assert msgspec.json.decode(msgspec.json.encode(episode), type=Episode) == episode


def test_an_observation_is_48_bytes_little_endian():
    assert OBSERVATION.itemsize == 48
    assert all(OBSERVATION[n].base.byteorder in "<|=" for n in OBSERVATION.names)


def test_equal_world_states_are_stored_once():
    seen = tuple(
        Observation(timestamp_ms=i, world_state={"hp": 1.0 if i < 5 else 2.0}) for i in range(10)
    )
    log = log_of(Episode(id="a", category=EpisodeCategory.QUEST, start_time=0.0, observations=seen))
    assert log.facts.tolist() == [[1.0], [2.0]]


def draft():
    made = Draft(
        id="d",
        category=EpisodeCategory.COMBAT,
        start_time=100.0,
        player_id="p",
        companion_id="c",
        policy_version=3,
        seed=9,
        fact_names=("hp", "mana"),
    )
    made.rows = [(0.9, math.nan), (0.4, 0.1)]
    reply = CompanionResponse(action_type="heal", result=ActionResult.SUCCESS)
    made.seen = [
        (0.5, "strike", "wolf", {"damage": 3.0}, 0),
        (1.0, reply, 0),
        (2.25, "dodge", None, None, 1),
    ]
    return made


def test_a_draft_becomes_the_same_columns_as_its_episode():
    log = draft().log()
    assert [o.timestamp_ms for o in episode_of(log).observations] == [500, 1000, 2250]
    assert episode_of(log).observations[0].world_state == {"hp": 0.9}
    again = log_of(episode_of(log))
    assert episode_of(again) == episode_of(log)
    assert np.array_equal(again.observations["code"], log.observations["code"])


def test_parts_of_a_draft_together_hold_all_of_it():
    whole = draft()
    first, rest = whole.part(0, 0, 101.0), whole.part(2, 1, 103.0)
    first.seen, first.rows = first.seen[:2], first.rows[:1]
    seen = [*episode_of(first.log()).observations, *episode_of(rest.log()).observations]
    assert seen == list(episode_of(whole.log()).observations)


def test_a_part_leaves_out_rows_that_lie_before_it():
    late = draft().part(1, 1, 103.0).log()
    assert late.observations["row"].tolist() == [NO_ROW, 0]
